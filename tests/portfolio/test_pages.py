"""The portfolio's pages: how many queries they take, what they say when something is missing, and who sees what."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.changes import data_version
from accounts.models import Role, User
from costs import lines
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import Category
from costs.new_line import NewLine
from costs.totals import flows_by_initiative, flows_on
from outcomes import measurements
from portfolio.dashboard import initiative_overview
from portfolio.models import Benchmark
from projects import initiatives, transitions
from projects.models import BusinessUnit, Initiative, Tag
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight
from tests.outcomes.factories import enter, make_flow, read
from tests.portfolio.test_signals import prototype

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15


@pytest.fixture
def admin():
    return User.objects.create_user("admin@example.com", role=Role.ADMIN)


@pytest.fixture
def portfolio(admin):
    """Two initiatives: one in production, one stopped and confidential; each has cost 100."""
    made = []
    for title, end, confidential in (("Triage", "production", False), ("Secret", "stopped", True)):
        initiative = initiatives.create(
            admin, title=title, problem="Slow", desired_outcome="Fast", owner=admin, confidential=confidential
        )
        for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1)), (end, date(2025, 8, 1))):
            transitions.move(initiative, stage, on, admin)
        category = Category.objects.get(name="cloud")
        lines.add(admin, [NewLine(initiative, date(2025, 3, 1), category, Decimal(100), "USD")])
        made.append(initiative)
    return made


@pytest.fixture
def visit(client, admin):
    def get(path, user=None, language="en", **headers):
        client.force_login(user or admin)
        return client.get(path, headers={"accept-language": language, **headers})

    return get


def test_portfolio_page_takes_at_most_15_queries_cold_and_4_warm(
    client, admin, portfolio, django_assert_max_num_queries
):
    client.force_login(admin)
    cache.clear()
    with django_assert_max_num_queries(MOST_QUERIES):
        assert "2 prototypes" in client.get("/").content.decode()
    with django_assert_max_num_queries(4):
        client.get("/")
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get("/portfolio/figures/cost_per_production/")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get("/portfolio/decisions/").status_code == 200


def test_after_a_restore_no_page_is_shown_that_other_data_had_under_the_same_number(visit, portfolio, admin):
    """Going back to a savepoint is what a restore is: the number comes again, with other data behind it."""
    before, shown, category = data_version().number, [], Category.objects.get(name="cloud")
    for amount in (700, 800):
        place = transaction.savepoint()
        lines.add(admin, [NewLine(portfolio[0], date(2025, 4, 1), category, Decimal(amount), "USD")])
        assert data_version().number == before + 1
        shown.append(re.search(r"\$900|\$1,000", visit("/").text).group())
        if amount == 700:
            transaction.savepoint_rollback(place)
    assert shown == ["$900", "$1,000"]


@pytest.mark.parametrize("narrowed", ["", "?business_unit=claims&tag=voice", "?business_unit=Claims&guidance=aimless"])
def test_somebody_who_sees_less_asks_no_more_and_filters_find_without_case(
    client, portfolio, narrowed, django_assert_max_num_queries
):
    first = portfolio[0]
    first.business_unit, _made = BusinessUnit.objects.get_or_create(name="Claims", path="Claims")
    first.save()
    first.tags.add(Tag.objects.create(name="Voice"))
    client.force_login(User.objects.create_user("c@example.com", role=Role.CONTRIBUTOR))
    cache.clear()
    with django_assert_max_num_queries(MOST_QUERIES):
        assert "1 prototype" in client.get(f"/{narrowed}").content.decode()
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(f"/portfolio/figures/cost_per_production/{narrowed}")
    assert client.get("/?business_unit=Nobody").status_code == 422


def test_all_that_need_a_decision_stand_on_a_page_with_every_reason(visit, portfolio, admin):
    for number in range(6):
        late = initiatives.create(
            admin,
            title=f"Late {number}",
            owner=admin,
            planned_production_on=date(2025, 5, 1),
            plan_agreed_on=date(2025, 1, 1),
        )
        for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1))):
            transitions.move(late, stage, on, admin)
    lines.add(admin, [NewLine(late, date(2025, 3, 1), Category.objects.get(name="cloud"), Decimal(7), "USD")])
    first = tight(visit("/?as_of=2025-06-30").content.decode())
    assert first.count('class="watch-why"') == 5
    assert '<a href="/portfolio/decisions/?as_of=2025-06-30">all 8</a>' in first
    every = tight(visit("/portfolio/decisions/?as_of=2025-06-30").content.decode())
    assert "<b>8</b> of 8 initiatives" in every
    assert [f"Late {number}" in every for number in range(6)] == [True] * 6
    row = every[every.index("Late 5") :]
    assert row.index("Past its date") < row.index("No target") < row.index("</tr>")


def test_what_needs_a_decision_in_one_cohort_is_not_kept_back_by_the_others(visit, admin):
    def late(title):
        made = initiatives.create(
            admin, title=title, owner=admin, planned_production_on=date(2025, 5, 1), plan_agreed_on=date(2025, 1, 1)
        )
        for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1))):
            transitions.move(made, stage, on, admin)
        return made

    others = [late(f"Other {number}").pk for number in range(6)]
    Initiative.objects.filter(pk__in=others).update(outcomes_not_recorded=True)
    late("Of the cohort")
    page = tight(visit("/?as_of=2025-06-30&guidance=aimless").content.decode())
    assert re.findall(r"<a href=[^>]*>\s*AI-\d+ ([^<]+?)\s*</a>", page) == ["Of the cohort"]


def test_before_anything_is_under_way_the_pages_say_so_in_words(visit, portfolio):
    early = "?as_of=2000-01-01"
    assert "Nothing is in flight or in production." in visit(f"/portfolio/decisions/{early}").content.decode()
    shown = tight(visit(f"/portfolio/figures/production_within_24/{early}").content.decode())
    assert "<h1>In production · within 24 months</h1>" in shown
    assert '<p class="lead">There is no prototype yet.</p>' in shown


def test_every_figure_of_a_cohort_opens_what_it_is_made_of(visit, portfolio):
    page = tight(visit("/?hosting=unknown&as_of=2025-12-31").content.decode())
    found = re.findall(r'href="(/portfolio/figures/\w+/\?[^"]*guidance=aimless[^"]*)" data-definition>([^<]+)<', page)
    opened = {html.unescape(address): shown for address, shown in found}
    assert list(opened.values()) == ["Aimless", "2", "50\u202f%", "$200", "181", "−100\u202f%"]  # its curve first
    for address in opened:
        assert {"hosting=unknown", "as_of=2025-12-31"} <= set(address.partition("?")[2].split("&"))
        assert 'class="formula"' in visit(address).content.decode()


def test_overview_takes_at_most_15_queries(portfolio, client, admin, django_assert_max_num_queries):
    client.force_login(admin)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(f"/initiatives/{portfolio[0].key}/").status_code == 200


def test_a_change_is_seen_at_once(visit, portfolio, admin):
    assert "$200" in visit("/").content.decode()
    category = Category.objects.get(name="cloud")
    lines.add(admin, [NewLine(portfolio[0], date(2025, 4, 1), category, Decimal(50), "USD")])
    assert "$250" in visit("/").content.decode()


def test_a_contributor_sees_figures_of_what_they_may_see(visit, portfolio):
    contributor = User.objects.create_user("c@example.com", role=Role.CONTRIBUTOR)
    assert "1 prototype" in visit("/", contributor).content.decode()
    assert visit(f"/initiatives/{portfolio[1].key}/", contributor).status_code == 404


def test_an_empty_portfolio_offers_the_first_step(visit):
    shown = visit("/").content.decode()
    assert "No initiative is registered yet." in shown
    assert "/initiatives/new/" in shown


def test_an_empty_portfolio_in_japanese(visit):
    assert "施策はまだ登録されていません。" in visit("/", language="ja").content.decode()


@pytest.mark.parametrize("path", ["", "portfolio/decisions/", "portfolio/figures/", "portfolio/figures/irr/"])
def test_filters_that_make_no_sense_are_said_and_the_rest_holds(visit, portfolio, path):
    nonsense = "as_of=2026-13-01&tag=nobody&business_unit=nowhere&stage=pilots"
    answer = visit(f"/{path}?{nonsense}&hosting=unknown")
    assert answer.status_code == 422
    shown = answer.content.decode()
    for said in (
        "As of: Give a date as YYYY-MM-DD, from 1950 to 2100. What the address says is ignored.",
        "Tag: there is no “nobody”. The filter is ignored.",
        "Business unit: there is no “nowhere”. The filter is ignored.",
        "Stage: there is no “pilots”. The filter is ignored.",
    ):
        assert shown.count(said) == 1
    assert "hosting=unknown" in shown
    assert "tag=nobody" not in shown.partition("<main")[2].partition("</main>")[0]


def test_filters_stand_in_their_fields_and_in_words(visit, portfolio):
    portfolio[0].tags.add(Tag.objects.create(name='"Voice" <b>'))
    page = tight(visit("/?tag=%22VOICE%22+%3Cb%3E&stage=production&started_from=2025-01-01&rate=0.08").content.decode())
    choice = page[page.index('<select name="tag"') :]
    assert '<option value="&quot;Voice&quot; &lt;b&gt;">&quot;Voice&quot; &lt;b&gt;</option>' in choice
    assert '<option value="&quot;VOICE&quot; &lt;b&gt;" selected>' in choice  # as it was asked for
    assert '<option value="production" selected>Production</option>' in page
    assert '<input type="date" name="started_from" id="id_started_from" value="2025-01-01">' in page
    assert '<input type="text" name="rate_percent" id="id_rate_percent" value="8" inputmode="decimal">' in page
    assert "started from 1 January 2025" in page


@pytest.mark.parametrize("typed", ["7.5", "7.5 %", " 7.50％"])
def test_a_discount_rate_is_typed_in_per_cent(visit, portfolio, typed):
    page = visit(f"/?{urlencode({'rate_percent': typed})}").content.decode()
    assert re.search(r"/portfolio/figures/\w+/\?rate=0\.075\"", page)
    assert 'name="rate_percent" id="id_rate_percent" value="7.5"' in page


@pytest.mark.parametrize("typed", ["a tenth", "7,5", "-91", "10001"])
def test_a_discount_rate_that_is_none_is_said(visit, portfolio, typed):
    answer = visit(f"/?{urlencode({'rate_percent': typed})}")
    assert answer.status_code == 422
    assert (
        "Give a rate such as 10\u202f% (as a share: 0.1), from −90\u202f% to 10,000\u202f%." in answer.content.decode()
    )


@pytest.mark.parametrize("name", ["production_within_24", "cost_per_production", "roi", "irr", "pending_lines"])
def test_a_figure_opens_its_definition_alone_for_the_dialog(visit, portfolio, name):
    whole = visit(f"/portfolio/figures/{name}/").content.decode()
    part = visit(f"/portfolio/figures/{name}/", **{"hx-request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert 'class="formula"' in part


def test_the_formula_has_the_numbers_in_it(visit, portfolio):
    shown = visit("/portfolio/figures/cost_per_production/").content.decode()
    assert "$200.00 spent on prototypes ÷ 1 in production = $200.00" in shown


@pytest.mark.parametrize("name", ["nonsense", "production_within_7", "production_within_"])
def test_there_is_no_other_figure(visit, name):
    assert visit(f"/portfolio/figures/{name}/").status_code == 404


def test_a_share_of_firms_never_stands_beside_our_rate():
    beside = Benchmark.objects.filter(comparable_with="production_rate")
    assert beside.count() == 9
    assert not beside.filter(kind__in=["share of firms or respondents", "forecast"]).exists()


def test_published_figures_say_what_they_measure_in_the_readers_language(visit):
    page = visit("/portfolio/benchmarks/", language="ja").content.decode()
    assert "AIプロジェクトのうち、本番に到達するものの割合。回答の平均。" in page
    assert "divided by" not in page
    assert "見積もりを50%超上回ったITプロジェクト" in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gross_cost", ["Gross cost: <b>$100.00</b>", "sum of its cost lines (months with cost: 1) = $100.00"]),
        ("net_cost", ["$100.00 gross − $0.00 recovered = $100.00"]),
        ("net_benefit", ["$0.00 benefit − $100.00 net cost = −$100.00"]),
        ("roi", ["−$100.00 net benefit ÷ $100.00 net cost = −100"]),
        ("payback_months", ["Benefit has not yet covered the cost."]),
    ],
)
def test_figure_of_an_initiative_shows_its_formula_and_the_months_behind_it(visit, portfolio, name, said):
    html = visit(f"/initiatives/{portfolio[0].key}/figures/{name}/").content.decode().replace("\u2060", "")
    assert [words for words in said if words not in html] == []
    assert "Mar\u00a02025</th>" in html
    assert "−$100.00</td>" in html


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Production is 122 days overdue: it was planned for "), ("ja", "122日")]
)
def test_a_rule_that_holds_says_by_how_much_and_lists_no_months_that_say_nothing(visit, admin, language, said):
    planned = timezone.localdate() - timedelta(days=122)
    late = initiatives.create(
        admin, title="Late", problem="", desired_outcome="", owner=admin, planned_production_on=planned
    )
    for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1))):
        transitions.move(late, stage, on, admin)
    category = Category.objects.get(name="cloud")
    lines.add(admin, [lines.NewLine(late, date(2025, 3, 1), category, Decimal(100), "USD")])
    url = f"/initiatives/{late.key}/figures/"
    html = visit(f"{url}past_planned_production/", language=language).content.decode()
    heading = html.partition("<h1>")[2].partition("</h1>")[0]
    assert said in heading
    assert 'class="formula"' not in html  # the heading has said it
    assert "<tbody>" not in html
    assert f'href="/initiatives/{late.key}/edit/timeline/"' in html
    for page in (html, visit(f"{url}past_planned_production/", **{"hx-request": "true"}).content.decode()):
        assert f'href="/initiatives/{late.key}/stage/"' in page
    html = visit(f"{url}no_target_outcome/").content.decode()
    assert "$100 spent and nothing to measure it against" in html.partition("<h1>")[2].partition("</h1>")[0]
    assert '<p class="lead">Late</p>' in html
    assert "<tbody>" in html


def test_figure_of_an_initiative_without_flows_is_a_dash_with_its_reason(visit, portfolio, admin):
    bare = initiatives.create(admin, title="Bare", problem="", desired_outcome="", owner=admin)
    html = visit(f"/initiatives/{bare.key}/figures/npv/").content.decode()
    assert "There is neither cost nor measured benefit." in html
    assert "— present value of benefit − — of net cost at — = —" in html
    assert "No month yet" in html


@pytest.mark.parametrize(
    ("gross", "planned", "said"),
    [
        ("0", "0", "Nothing of the budget is due yet."),
        ("900", "0", "Nothing of the budget is due yet."),
        ("0", "1200", "$1,200 planned to date"),
        ("900", "1200", "25\u202f% under plan"),
        ("1200", "1200", "As planned"),
        ("1500", "1200", "25\u202f% over plan"),
    ],
)
def test_cost_is_told_against_the_plan_in_words(gross, planned, said):
    row = prototype(gross=Decimal(gross), planned_cost=Decimal(planned), has_budget=True)
    assert initiative_overview.against_plan(row, "USD") == said


def test_overview_leads_to_how_each_of_its_figures_is_computed(visit, portfolio):
    key = portfolio[0].key
    html = visit(f"/initiatives/{key}/").content.decode()
    for name in ("gross_cost", "realised_benefit", "roi", "payback_months", "net_benefit", "npv"):
        assert f'href="/initiatives/{key}/figures/{name}/" data-definition' in html


def test_figure_of_an_initiative_is_a_fragment_for_htmx_and_nothing_for_those_who_may_not_see_it(visit, portfolio):
    assert b"<html" not in visit(f"/initiatives/{portfolio[0].key}/figures/roi/", hx_request="true").content
    assert visit(f"/initiatives/{portfolio[0].key}/figures/nothing/").status_code == 404
    stranger = User.objects.create_user("stranger@example.com", role=Role.CONTRIBUTOR)
    assert visit(f"/initiatives/{portfolio[1].key}/figures/roi/", stranger).status_code == 404


@pytest.mark.parametrize("name", ["npv", "roi", "roi_pv", "bcr", "irr", "cost_per_production", "production_within_24"])
def test_figure_of_an_empty_portfolio_says_why_there_is_none(visit, name):
    answer = visit(f"/portfolio/figures/{name}/")
    assert answer.status_code == 200
    assert "—" in answer.content.decode()


def test_a_cost_that_was_credited_is_shown_as_0(client):
    owner = UserFactory(admin=True)
    made = InitiativeFactory(owner=owner)
    enter(made, "prototype", date(2025, 3, 1))
    enter(made, "production", date(2025, 6, 1))
    add_line(made, "2025-05-01", "100")
    add_line(made, "2025-09-01", "-100")
    answer = client.get("/api/v1/portfolio/summary?as_of=2026-01-31", headers=bearer(owner)).json()
    # 100 until production, 0 in all; a year before there was nothing.
    names = ("gross_cost", "cost_per_production", "direct_cost_per_production", "failure_adds")
    assert [Decimal(answer[name]) for name in names] == [0, 0, 100, -100]
    client.force_login(owner)
    page = tight(client.get("/?as_of=2026-01-31", headers={"accept-language": "en"}).content.decode())
    assert "No cost is recorded" not in page
    assert "Where $0 went" in page
    assert "It cost" in page
    cells = re.findall(r'data-label="Cost per production">(.*?)</td>', page, re.DOTALL)
    assert ["$0.00" in cell or ">$0<" in cell for cell in cells] == [False, False, True]  # it is the only aimless one


def test_a_cost_that_waits_is_not_asked_for_again(client):
    owner = UserFactory(admin=True)
    add_line(InitiativeFactory(owner=owner), "2025-05-01", "7", currency="EUR")
    client.force_login(owner)
    page = client.get("/?as_of=2026-01-31", headers={"accept-language": "en"}).content.decode()
    assert "Log a cost" not in page
    assert '<p class="chart-none">1 line waits for an exchange rate</p>' in page


def test_only_what_prototypes_cost_keeps_the_price_of_a_production_waiting(visit, admin):
    # One line waits that two prototypes share, an aimless one and a partly guided one; then the draft's alone.
    draft, one, other = (InitiativeFactory(owner=admin, title=title) for title in ("Draft", "One", "Other"))
    make_flow(other, agreed_on=date(2025, 1, 1))
    for each in (one, other):
        enter(each, "prototype", date(2025, 1, 1))
        enter(each, "production", date(2025, 6, 1))
    add_line(draft, "2025-05-01", "7", currency="EUR")

    def shown():
        page = visit("/?as_of=2026-01-31").content.decode()
        heads = page.partition("grid-4")[2]
        return [
            re.search(f'{name}/.*?reason">(.*?)<', heads, re.DOTALL)[1]
            for name in ("cost_per_production", "spend_without_outcome")
        ], page

    reasons, page = shown()
    assert reasons == ["No cost of theirs is counted.", "1 line waits for an exchange rate"]
    assert "What they cost has not been recorded." in page
    add_line(None, "2025-05-02", "8", currency="EUR", vendor="Stratus")
    allocation_rules.create(admin, Terms({"vendor": "Stratus"}, ((one, None), (other, None))))
    allocation_runs.apply(admin)
    reasons, page = shown()
    assert reasons == ["1 line waits for an exchange rate", "2 lines wait for an exchange rate"]
    assert "What they cost waits for an exchange rate." in page


def test_a_benefit_that_waits_is_not_missed_in_what_needs_a_decision(visit, admin):
    # In production for eight months; ten hours of July are worth EUR 60 each, of which no rate is known.
    made = InitiativeFactory(owner=admin, title="Triage")
    enter(made, "prototype", date(2025, 3, 1))
    enter(made, "production", date(2025, 6, 1))
    add_line(made, "2025-05-01", "100")
    pages = ("/", "/portfolio/decisions/", f"/initiatives/{made.key}/figures/no_benefit/")

    def shown():
        return [visit(f"{page}?as_of=2026-01-31").content.decode() for page in pages]

    assert ["no benefit measured after 8 months" in page for page in shown()] == [True] * 3
    outcome = make_flow(made, unit_value_currency="EUR", agreed_on=date(2025, 1, 1))
    read(outcome, date(2025, 7, 31), 10, period_start=date(2025, 7, 1))
    assert ["no benefit measured" in page for page in shown()] == [False] * 3
    why = shown()[-1]
    assert "The benefit that has been measured waits for an exchange rate." in why
    assert "1 reading – waiting for an exchange rate" in re.sub(r"<[^>]+>", "", why)


def test_a_benefit_whose_period_is_not_over_is_not_measured_yet(visit, admin):
    # 30 hours of January to March are worth 1,800 once March is over; at 15 February they are in no sum.
    made = InitiativeFactory(owner=admin)
    enter(made, "prototype", date(2025, 1, 1))
    add_line(made, "2025-01-05", "100")
    outcome = make_flow(made)
    read(outcome, date(2025, 3, 31), 30, period_start=date(2025, 1, 1))
    pages = ("/?as_of=2025-02-15", "/initiatives/?columns=realised_benefit&as_of=2025-02-15", "/?as_of=2025-04-01")

    def shown():
        return [re.sub(r"<[^>]+>", "", visit(page).content.decode()) for page in pages]

    portfolio, listed, later = shown()
    assert "No benefit has been measured yet." in portfolio
    assert "No benefit measured yet" in portfolio
    assert "No benefit measured yet" in listed
    assert "Measured benefit has paid back 1,800" in later.replace("\u202f%", "")
    # A month that equals its baseline counts, and comes to nothing.
    read(outcome, date(2024, 12, 31), 0, period_start=date(2024, 12, 1))
    assert "Measured benefit has paid back 0" in shown()[0]


def test_a_cost_that_was_withdrawn_is_none():
    owner = UserFactory(admin=True)
    made = InitiativeFactory(owner=owner)
    withdrawn = add_line(made, "2025-04-01", "7")
    add_line(made, "2025-05-01", "100")
    add_line(made, "2025-06-01", "-100")
    lines.remove(owner, withdrawn)
    both, one, none = date(2026, 1, 31), date(2025, 5, 10), date(2025, 4, 30)
    assert [made.pk in flows_by_initiative(None, day) for day in (both, one, none)] == [True, True, False]
    assert set(flows_on([(made.pk, day) for day in (both, one, none)])) == {(made.pk, both), (made.pk, one)}


def test_what_waits_is_said_beside_every_sum_and_of_each_cohort(client, django_assert_max_num_queries):
    owner = UserFactory(admin=True)
    guided, aimless = (InitiativeFactory(owner=owner, problem="Slow", desired_outcome="Fast") for _ in range(2))
    for made in (guided, aimless):
        enter(made, "prototype", date(2025, 3, 1))
    outcome = make_flow(guided, unit_value_currency="EUR", agreed_on=date(2025, 1, 1))
    reading = read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    add_line(guided, "2025-05-01", "100")
    add_line(guided, "2025-05-01", "1000", currency="EUR")
    add_line(aimless, "2025-05-02", "7", currency="EUR")
    given = {"headers": bearer(owner)}
    found = client.get("/api/v1/portfolio/summary?as_of=2026-01-31", **given).json()
    assert found["left_out"]["roi"] == found["left_out"]["npv"] == {"pending lines": 2, "pending readings": 1}
    assert "run_cost" not in found["left_out"]  # neither is in production
    assert "validated_benefit" not in found["left_out"]
    cohorts = {name: each["left_out"].get("roi") for name, each in found["by_guidance"].items()}
    assert cohorts == {
        "guided": None,
        "partly_guided": {"pending lines": 1, "pending readings": 1},
        "aimless": {"pending lines": 1},
        "not_recorded": None,
    }
    one = client.get(f"/api/v1/initiatives/{guided.key}/economics?as_of=2026-01-31", **given).json()
    assert one["left_out"]["recovered"] == {"pending lines": 1}
    assert one["left_out"]["npv"] == {"pending lines": 1, "pending readings": 1}
    measurements.validate(owner, [reading])
    again = client.get("/api/v1/portfolio/summary?as_of=2026-01-31", **given).json()
    assert again["left_out"]["validated_benefit"] == {"pending readings": 1}
    client.force_login(owner)
    cache.clear()
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get("/?as_of=2026-01-31")
    page = client.get("/portfolio/figures/validated_benefit/?as_of=2026-01-31&left_out=pending-readings#rows")
    assert guided.key in page.content.decode()


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("contributor", ["/initiatives/new/"]),
        ("portfolio", ["/initiatives/new/", "/imports/"]),
        ("finance", ["/imports/"]),
        ("executive", []),
        ("admin", ["/initiatives/new/", "/imports/"]),
    ],
)
def test_an_empty_portfolio_offers_what_each_may_do(client, role, offered):
    """What is kept of the page is the same for those who see all of it; what they may do is not."""
    client.force_login(UserFactory(role="admin"))
    client.get("/")
    client.force_login(UserFactory(role=role))
    page = client.get("/").content.decode()
    empty = page[page.index("Nothing to add up yet") :].partition("</div>")[0]
    assert re.findall(r'<a class="btn[^"]*" href="([^"]+)"', empty) == offered
