"""Sets are read as tallies: counted together, they tell what the initiatives tell one by one."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from statistics import median

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.changes import changing
from accounts.models import Role
from portfolio.explanations.drill_down import behind
from portfolio.explanations.explain import explain
from portfolio.explanations.texts.portfolio import names
from portfolio.facts.gathering import gather, rows_in
from portfolio.metrics.rates import funnel
from portfolio.metrics.summary import summary
from portfolio.metrics.unknown_starts import population_of
from portfolio.selection.filters import NARROWING, FilterError, Filters
from portfolio.selection.scope import Names
from projects import bulk, initiatives, transitions, units
from projects.stages import LINE, Stage
from projects.standing import standing
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight
from tests.projects.stood import failed, stood
from tests.projects.test_standing import FIRST, histories, keep

pytestmark = pytest.mark.django_db


@contextmanager
def kept(many, **facts) -> Iterator[None]:
    """Keep initiatives with these histories for one example: the next begins without them."""
    with transaction.atomic():
        for steps in many:
            keep(InitiativeFactory(owner=None, **facts), steps)
        yield
        transaction.set_rollback(True)


@settings(max_examples=60)
@given(st.lists(histories(), min_size=1, max_size=12), st.integers(-2, 60), st.booleans())
def test_tallies_are_the_initiatives_counted(many, days, is_outcome_recorded):
    filters = Filters(as_of=FIRST + timedelta(days))
    with kept(many, outcomes_not_recorded=not is_outcome_recorded):
        found = gather(filters, None)
        assert told_by_tallies(found.tallies) == told_one_by_one(filters.as_of)
        assert [step.entered for step in funnel(found.tallies)] == [
            sum(each.ever(stage) for each in standing(None, filters.as_of)) for stage in LINE
        ]
        rows = Counter((row.guidance, row.stage, row.reached_production) for row in rows_in(found))
    counted = Counter()
    for tally in found.tallies:
        counted[tally.guidance, tally.stage, tally.reached_production] += tally.count
    assert rows == counted


@settings(max_examples=30)
@given(st.lists(histories(), min_size=1, max_size=12), st.integers(-2, 60), st.none() | st.integers(0, 30))
def test_rows_behind_a_figure_are_as_many_as_it_counts_and_as_it_left_out(many, days, since):
    started_from = None if since is None else FIRST + timedelta(since)
    with kept(many):
        found = summary(Filters(as_of=FIRST + timedelta(days), started_from=started_from), None)
        for name in names():
            _rows_are_as_many(name, found)


def _rows_are_as_many(name, found):
    figure, stands = found[name], behind(found[name], found.facts)
    assert {why: len(each.counted) for why, each in stands.left_out.items()} == figure.left_out, name
    if name.startswith(("production_within_", "median_days", "stage_days_")):
        counted = figure.inputs["prototypes" if name.startswith("production_within_") else "initiatives"]
        assert len(stands.counted) == counted, name
    if name.startswith(("stage_days_", "median_days")) and figure.value is not None:
        assert median(stands.counted.values()) == figure.value, name
    if name in ("prototypes", "reached_production", "failed", "in_flight", "guidance_recorded_later", "funnel"):
        assert len(stands.counted) == figure.value, name


def told_by_tallies(tallies) -> Counter:
    """How often each (stage, prototype, production, failed, days) occurs; days where both dates are known."""
    found: Counter = Counter()
    for tally in tallies:
        found.update(
            (tally.stage, tally.is_prototype, tally.reached_production, tally.failed, day) for day in tally.days
        )
    return found


def told_one_by_one(as_of: date) -> Counter:
    """The same from where each initiative stood."""
    return Counter(
        (each.stage, each.is_prototype, each.reached_production, failed(each), days_of(each, as_of))
        for each in stood(None, as_of)
    )


def days_of(each, as_of: date) -> int | None:
    """Days from its start to production, its stop or the date."""
    end = each.production_on if each.reached_production else each.stage_since if failed(each) else as_of
    return (end - each.started_on).days if each.started_on and end else None


@pytest.fixture
def office():
    return UserFactory(role=Role.PORTFOLIO)


@pytest.fixture
def motor(office):
    """A prototype of 1 February 2025 in the unit Claims / Motor, tagged Voice; beside it a draft without anything."""
    unit = units.find_or_make("Claims / Motor", office)
    made = initiatives.create(
        office, title="Triage", owner=office, business_unit=unit, tags=["Voice"], hosting="cloud_api", problem="Slow",
        desired_outcome="Fast",
    )  # fmt: skip
    for stage, on in (("proposed", date(2025, 1, 1)), ("prototype", date(2025, 2, 1))):
        transitions.move(made, stage, on, office)
    initiatives.create(office, title="Draft", owner=office, problem="Slow", desired_outcome="Fast")
    return made


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({}, 2),
        ({"business_unit": "claims"}, 1),
        ({"business_unit": "CLAIMS / motor"}, 1),
        ({"tag": "voice"}, 1),
        ({"hosting": "cloud_api"}, 1),
        ({"hosting": "saas"}, 0),
        ({"stage": "prototype"}, 1),
        ({"stage": "draft"}, 1),
        ({"guidance": "aimless"}, 1),
        ({"guidance": "guided"}, 0),
        ({"started_from": date(2025, 2, 1), "started_to": date(2025, 2, 1)}, 1),
        ({"started_from": date(2025, 2, 2)}, 0),
        ({"started_to": date(2025, 1, 31)}, 0),
        ({"tag": "voice", "stage": "draft"}, 0),
    ],
)
def test_filters_keep_what_they_name(motor, filters, kept):
    assert set(filters) <= set(NARROWING)
    found = gather(Filters(**filters), None, with_page_extras=True)
    assert found.count == kept == len(rows_in(found))
    assert (found.names.units, found.names.tags) == (("Claims", "Claims / Motor"), ("Voice",))


@pytest.fixture
def unknown_starts(motor):
    """Beside `motor` three prototypes without a day: in production (absent), stopped (absent), in pilot (year-only)."""
    for stage, why in (("production", "absent"), ("stopped", "absent"), ("pilot", "year-only")):
        unknown = {"on": None, "known_by": date(2024, 12, 31), "reason": why}
        steps = [{"from": "draft", "to": "prototype", **unknown}, {"from": "prototype", "to": stage, **unknown}]
        keep(InitiativeFactory(outcomes_not_recorded=True, hosting="cloud_api"), steps)


OF_ALL = {"absent": 2, "year-only": 1}
LACKS = {
    "prototypes": OF_ALL, "production_rate": OF_ALL, "production_within": OF_ALL,
    "reached_production": {"absent": 1}, "failed": {"absent": 1}, "in_flight": {"year-only": 1},
    "production_rate_decided": {"absent": 2}, "median_days_to_production": {"absent": 1},
    **dict.fromkeys(("gross_cost", "recovered", "net_cost", "cost_per_production"), OF_ALL),
    **dict.fromkeys(("realised_benefit", "validated_benefit", "net_benefit", "roi"), OF_ALL),
}  # fmt: skip
# Not told of a cohort of guidance.
ALSO_LACKS = {
    "cost_sunk": {"absent": 1}, "direct_cost_per_production": {"absent": 1}, "spend_without_outcome": OF_ALL,
    "failure_adds": OF_ALL, "run_cost": {"absent": 1},
    **dict.fromkeys(("npv", "irr", "roi_pv", "bcr", "payback_months", "discounted_payback_months"), OF_ALL),
}  # fmt: skip
# Only asked for.
LACK_ON_DEMAND = {
    "cost_reached": {"absent": 1}, "cost_in_flight": {"year-only": 1}, "paid_back": OF_ALL, "cost_no_prototype": {},
    "not_recorded": OF_ALL, "guided": {}, "funnel": OF_ALL, "stage_conversion_pilot": OF_ALL,
    "stage_days_pilot": {"year-only": 1}, "stage_days_production": {},  # only one was in both stages
}  # fmt: skip
OF_KNOWN_STARTS = ("guided", "partly_guided", "aimless", "guided_to_aimless", "guidance_recorded_later")
LACK_NOBODY = (*OF_KNOWN_STARTS, "cost_no_prototype", "unallocated", "pending_lines")


def test_of_every_other_figure_it_is_known_whom_a_cohort_by_start_lacks():
    lack = [name for name in names() if population_of(name) is None and not name.startswith("stage_days_")]
    assert sorted(lack) == sorted(LACK_NOBODY)


@pytest.mark.parametrize("chosen", ["started_from", "started_to"])
def test_a_cohort_by_start_says_how_many_it_lacks_because_their_start_is_unknown(unknown_starts, chosen):
    # One prototype of 1 February 2025 is counted; of the three others one reached production and one failed.
    found = summary(Filters(as_of=date(2025, 6, 30), **{chosen: date(2025, 2, 1)}), None)
    assert [found[name].value for name in ("prototypes", "reached_production", "failed", "in_flight")] == [1, 0, 0, 1]
    assert found.left_out == LACKS | ALSO_LACKS
    assert found.by_guidance["not_recorded"].left_out == LACKS
    assert [found.by_guidance[each].left_out for each in ("guided", "partly_guided", "aimless")] == [{}, {}, {}]
    for name, reasons in (LACKS | ALSO_LACKS | LACK_ON_DEMAND).items():
        figure = found["production_within_24" if name == "production_within" else name]
        assert figure.left_out == reasons, name
        lists = behind(figure, found.facts).left_out
        assert {why: len(each.counted) for why, each in lists.items()} == reasons, name


@pytest.mark.parametrize(
    ("others", "lacks"),
    [
        ({"stage": "pilot"}, {"year-only": 1}),
        ({"hosting": "cloud_api"}, OF_ALL),
        ({"hosting": "saas"}, {}),
        ({"guidance": "not_recorded"}, OF_ALL),
        ({"guidance": "aimless"}, {}),
        # Not of a cohort by start; and before 31 December 2024 none of the three is known to be a prototype.
        ({"started_from": None}, {}),
        ({"as_of": date(2024, 12, 30)}, {}),
    ],
)
def test_a_cohort_by_start_lacks_those_that_the_other_filters_keep(unknown_starts, others, lacks):
    filters = Filters(**{"as_of": date(2025, 6, 30), "started_from": date(2020, 1, 1)} | others)
    assert summary(filters, None).left_out.get("prototypes", {}) == lacks


def test_the_funnel_of_a_cohort_by_start_says_whom_it_lacks(unknown_starts, client):
    headers = bearer(UserFactory(role=Role.EXECUTIVE))
    for query, lacks in (("started_from=2020-01-01", OF_ALL), ("hosting=cloud_api", {})):
        told = client.get(f"/api/v1/portfolio/funnel?as_of=2025-06-30&{query}", headers=headers).json()
        assert told["left_out"] == lacks
        of_days = {step["stage"]: step["left_out"] for step in told["steps"] if step["left_out"]}
        assert of_days == {"pilot": {"year-only": 1} if lacks else {"a date unknown": 1}}


def test_the_days_to_a_stage_of_a_cohort_by_start_say_whom_they_lack_and_list_them(unknown_starts, client, office):
    client.force_login(office)
    page = client.get("/portfolio/figures/stage_days_pilot/?as_of=2025-06-30&started_from=2025-02-01").content.decode()
    assert "The dates that it needs are not known." in page
    assert "1 initiative – only the year is known" in page


def test_a_change_in_a_year_lists_those_whose_start_is_unknown_as_its_figure_does(unknown_starts, client, office):
    client.force_login(office)
    address = "/portfolio/figures/%s/?as_of=2025-06-30&started_from=2025-02-01"
    for name in ("cost_per_production", "net_benefit", "spend_without_outcome"):
        for each in (name, f"{name}_in_a_year"):
            shown = client.get(address % each).content.decode()
            assert "left_out=absent" in shown, each
            rows = client.get(f"{address % each}&left_out=absent").context["page_obj"]
            assert len(rows.object_list) == 2, each


def test_the_trend_of_a_cohort_by_start_says_whom_it_lacks_beside_what_waits(unknown_starts, motor, client):
    admin = UserFactory(admin=True)
    add_line(motor, "2025-06-01", "7", currency="EUR")
    headers, address = bearer(admin), "/api/v1/portfolio/%s?as_of=2025-06-30&started_from=2025-02-01"
    told, found = (client.get(address % each, headers=headers).json()["left_out"] for each in ("trend", "summary"))
    costs = OF_ALL | {"pending lines": 1}
    both = dict.fromkeys(("gross_cost", "recovered", "net_cost", "net_benefit"), costs)
    assert told == both | {"benefit": OF_ALL}
    assert {name: found[name] for name in both} == both
    assert found["realised_benefit"] == OF_ALL


def test_a_page_without_any_initiative_says_whose_start_is_unknown(unknown_starts, client, office):
    client.force_login(office)
    page = tight(client.get("/?as_of=2025-06-30&started_from=2025-02-02").content.decode())
    assert "No initiative matches these filters." in page
    assert "2 initiatives – date absent in the source" in page


@pytest.mark.parametrize(("language", "between"), [("en", ", "), ("ja", "、")])
def test_figures_that_leave_out_the_same_stand_together_on_the_page(unknown_starts, client, office, language, between):
    client.force_login(office)
    address = "/?as_of=2025-06-30&started_from=2025-02-01"
    page = tight(client.get(address, headers={"accept-language": language}).content.decode())
    rows = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.partition('<dl class="kv text">')[2])
    names = [re.findall(r"/portfolio/figures/(\w+)/", figures) for figures, _reasons in rows]
    of_all = {name for name, lacks in (LACKS | ALSO_LACKS).items() if lacks == OF_ALL} - {"spend_without_outcome"}
    assert [set(each) for each in names] == [
        {name.replace("within", "within_24") for name in of_all},
        {"reached_production", "median_days_to_production", "direct_cost_per_production"},
        # As many as the row above, but others.
        {"failed", "cost_sunk"}, {"in_flight"}, {"production_rate_decided"}, {"spend_without_outcome"}, {"run_cost"},
    ]  # fmt: skip
    assert [len(each) for each in names] == [18, 3, 2, 1, 1, 1, 1]
    figures, reasons = rows[1]
    assert len(re.split(f"</a>{between}<a", figures)) == 3
    where = f"/portfolio/figures/{names[1][0]}/?as_of=2025-06-30&amp;started_from=2025-02-01&amp;left_out=absent#rows"
    assert re.findall('href="(.*?)"', reasons) == [where]


def test_the_year_before_is_asked_for_only_where_it_is_shown(office):
    in_production = InitiativeFactory(owner=office)
    for month, stage in enumerate(("proposed", "prototype", "production"), start=1):
        transitions.move(in_production, stage, date(2025, month, 1), office)
    for initiative in (in_production, None):
        add_line(initiative, "2025-03-01", "100")
    filters = Filters(as_of=date(2026, 4, 30))
    for year_before in (False, True):
        with CaptureQueriesContext(connection) as asked:
            found = gather(filters, None, year_before=year_before)
        assert any("2025-04-30" in query["sql"] for query in asked) == year_before
        assert bool(found.unallocated_before.gross) == year_before


def test_explaining_a_change_asks_for_nothing_that_only_the_page_shows(office):
    for add in (100, 200):
        add_line(InitiativeFactory(owner=office), "2025-03-01", str(add))
    add_line(None, "2025-03-01", "50")
    filters = Filters(as_of=date(2026, 4, 30))
    with CaptureQueriesContext(connection) as asked:
        found = explain("net_benefit_in_a_year", filters, office, "USD")
    # Now and a year before the same was spent: 0 − 350 both times.
    assert (found.value, found.facts.names, found.facts.watched) == ("$0.00", Names(), [])
    assert {day for _pk, day in found.facts.on_days} == {date(2025, 4, 30)}  # no month ends of a sparkline
    assert not any("WITH RECURSIVE seen" in query["sql"] for query in asked)


def test_a_unit_is_not_found_by_the_beginning_of_its_name(motor, office):
    with pytest.raises(FilterError) as refused:
        gather(Filters(business_unit="Claim"), office)
    assert list(refused.value.errors) == ["business_unit"]


def test_every_unit_that_is_offered_can_be_filtered_by_also_where_its_name_has_a_slash(motor, office):
    with changing(office) as change:
        made = bulk.find_or_make_units({("GSA", "FAS / GSA IT")}, change)
    initiatives.edit(motor, version=motor.version, actor=office, business_unit=made["GSA", "FAS / GSA IT"])
    for person in (office, UserFactory(role=Role.CONTRIBUTOR)):
        offered = gather(Filters(), person, with_page_extras=True).names.units
        assert offered == ("GSA", "GSA / FAS / GSA IT")
        assert [gather(Filters(business_unit=path), person).count for path in offered] == [1, 1]


def test_what_a_person_may_not_see_is_in_no_tally_and_in_no_filter(motor, office):
    initiatives.edit(motor, version=motor.version, actor=office, confidential=True)
    found = gather(Filters(), UserFactory(role=Role.CONTRIBUTOR), with_page_extras=True)
    assert [(tally.stage, tally.count) for tally in found.tallies] == [(Stage.DRAFT, 1)]
    assert (found.names.units, found.names.tags) == ((), ())
