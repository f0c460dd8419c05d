"""Every figure of the pages opens its definition, its formula with the numbers in it, and the rows behind it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Role, User
from costs import lines
from costs.budgets import lines as budget_lines
from costs.entered import NewLine
from costs.models import Category
from outcomes import agreements, measurements
from outcomes.models import Measurement, Outcome
from portfolio.comparison_definitions import CHANGES
from portfolio.definitions import names
from projects import initiatives, periods, transitions, units
from projects.models import Initiative, Transition
from tests.markup import tight

# The portfolio is built once, so one process does it for all of them.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]
AS_OF = "as_of=2026-01-31"
Visit = Callable[..., str]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[int]]:
    """Build the portfolio; what a test changes afterwards is taken back at its end, and this at the module's."""
    with django_db_blocker.unblock(), transaction.atomic():
        admin = User.objects.create_user("admin@example.com", role=Role.ADMIN)
        yield [initiative.pk for initiative in _portfolio(admin)]
        transaction.set_rollback(True)


@pytest.fixture
def admin(built: list[int], db: None) -> User:
    return User.objects.get(email="admin@example.com")


@pytest.fixture
def portfolio(built: list[int], db: None) -> list[Initiative]:
    """Triage; one stopped; one in production of which the start is not known; a proposal; and what belongs to none."""
    return [Initiative.objects.get(pk=pk) for pk in built]


@pytest.fixture
def triage(portfolio: list[Initiative]) -> Initiative:
    """In production since August 2025. Flows by month: March −1,000, October −50, November 1,200, December 600."""
    return portfolio[0]


@pytest.fixture
def visit(client: Client, admin: User) -> Visit:
    client.force_login(admin)

    def get(path: str, status: int = 200, **headers: str) -> str:
        answer = client.get(path, headers={"accept-language": "en", **headers})
        assert answer.status_code == status, path
        return tight(answer.content.decode())

    return get


def _portfolio(admin: User) -> list[Initiative]:
    cloud = Category.objects.get(name="cloud")
    triage = _triage(admin, cloud)
    stopped = _initiative(admin, "Stopped", proposed="2025-01-01", prototype="2025-02-01", stopped="2025-06-01")
    undated = _initiative(admin, "Undated", proposed="2025-01-01")
    Transition.objects.create(
        initiative=undated, position=2, from_stage="proposed", to_stage="production", known_by=date(2025, 9, 1),
        unknown_reason="absent",
    )  # fmt: skip
    periods.rebuild([undated.pk])
    proposal = _initiative(admin, "Proposal", proposed="2025-05-01")
    costs = [(stopped, 100, "USD"), (undated, 70, "USD"), (proposal, 5, "USD"), (None, 40, "USD"), (None, 1, "EUR")]
    lines.add(admin, [NewLine(each, date(2025, 4, 1), cloud, Decimal(amount), code) for each, amount, code in costs])
    return [triage, stopped, undated, proposal]


def _triage(admin: User, cloud: Category) -> Initiative:
    made = _initiative(admin, "Triage", proposed="2025-01-01", prototype="2025-02-01", production="2025-08-01")
    spent = [("2025-03-01", 1000, "USD"), ("2025-10-01", 50, "USD"), ("2025-10-02", 7, "EUR"), ("2025-10-03", 8, "EUR")]
    lines.add(
        admin, [NewLine(made, date.fromisoformat(on), cloud, Decimal(amount), code) for on, amount, code in spent]
    )
    hours = _hours(admin, made, "USD")
    read = [_read(admin, hours, month, value) for month, value in ((11, 20), (12, 10))]
    measurements.validate(admin, read[:1])
    _read(admin, _hours(admin, made, "EUR"), 12, 3)
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    budget_lines.add(
        admin, [budget_lines.NewBudget(made, on, None, Decimal(620), "USD", date(2025, 1, 1)) for on in months]
    )
    return made


def _initiative(admin: User, title: str, **stages: str) -> Initiative:
    made = initiatives.create(admin, title=title, problem="Slow", desired_outcome="Fast", owner=admin)
    for stage, on in stages.items():
        transitions.move(made, stage, date.fromisoformat(on), admin)
    return made


def _hours(admin: User, initiative: Initiative, currency: str) -> Outcome:
    return agreements.agree(
        admin, initiative, metric=f"Hours saved ({currency})", unit="hours", direction="increase", kind="flow",
        agreed_on=date(2025, 1, 1), baseline=Decimal(0), baseline_on=date(2025, 1, 1), target=Decimal(100),
        target_on=date(2026, 12, 31), unit_value=Decimal(60), unit_value_currency=currency,
    )  # fmt: skip


def _read(admin: User, outcome: Outcome, month: int, value: int) -> Measurement:
    first, last = date(2025, month, 1), date(2025, month, 30 if month == 11 else 31)
    return measurements.record(admin, outcome, period_start=first, period_end=last, value=Decimal(value))


def told(page: str) -> str:
    """Return the words of a page, each space a plain one, nothing between a sign and its currency."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).replace("\u2060", "")


def formula(page: str) -> str:
    """Return the formula of a figure's page; of a rule that holds the heading is what it says."""
    if 'class="formula">' not in page:
        return told(page.partition("<h1>")[2].partition("</h1>")[0]).strip()
    return told(page.partition('class="formula">')[2].partition("</p>")[0]).strip()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="key">[^<]+</span> ([^<]+)</a>', page)


def links(page: str) -> list[str]:
    """Return every address of the page that opens a figure; the page of all of them is none."""
    return sorted({html.unescape(each) for each in re.findall(r'href="([^"]*/figures/[^"#?/]+/[^"#]*)', page)})


def shown_figures(page: str) -> list[str]:
    """Return the markup of every figure card, and of every chart with what stands above it in its card."""
    cards = re.findall(r'<div class="card fig">.*?<div class="fig-foot', page, re.DOTALL)
    above = page.split('<figure class="chart')
    charts = [re.split(r'<(?:div|section) class="card[ "]', before)[-1] for before in above[:-1]]
    heads = [after.partition("</figcaption>")[0] if "</figcaption>" in after else "" for after in above[1:]]
    return cards + [before + head for before, head in zip(charts, heads, strict=True)]


PAGES = [
    "/",
    "/?hosting=unknown",
    "/portfolio/decisions/",
    "{key}/",
    "{key}/outcomes/",
    "{key}/costs/",
    "{key}/budget/",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_figure_and_chart_opens_its_definition_its_formula_and_its_rows(
    visit: Visit, portfolio: list[Initiative], address: str
) -> None:
    page = visit(address.format(key=f"/initiatives/{portfolio[0].key}"))
    without = [told(card) for card in shown_figures(page) if "data-definition" not in card]
    assert without == []
    opened = links(page)
    assert opened
    for each in opened:
        whole = visit(each)
        assert formula(whole), each
        assert "%(" not in whole
        assert "<tbody>" in whole or 'class="soft"' in whole or "empty-title" in whole, (
            f"{each}: neither rows nor a reason"
        )
        assert 'class="formula"' in visit(each, hx_request="true")


@pytest.mark.parametrize("name", names())
def test_every_figure_has_rows_or_says_why_there_are_none(visit: Visit, portfolio: list[Initiative], name: str) -> None:
    page = visit(f"/portfolio/figures/{name}/?{AS_OF}")
    assert formula(page)
    assert "%(" not in page
    has_rows = '<tr><td class="what">' in page
    assert has_rows or '<p class="soft">' in page or "of no initiative" in page or "belongs to no initiative" in page


@pytest.mark.parametrize(
    ("name", "counted", "left_out"),
    [
        ("median_days_to_production", ["Triage"], {"absent": ["Undated"]}),
        ("production_within_6", ["Stopped", "Triage"], {"absent": ["Undated"]}),
        ("direct_cost_per_production", ["Triage"], {"absent": ["Undated"], "pending-lines": ["Triage"]}),
        ("failure_adds", ["Triage", "Stopped", "Undated"], {"absent": ["Undated"], "pending-lines": ["Triage"]}),
        ("production_rate", ["Triage", "Stopped", "Undated"], {}),
        ("stage_conversion_prototype", ["Triage", "Stopped", "Undated"], {}),
        ("stage_days_pilot", [], {}),
        ("gross_cost", ["Triage", "Stopped", "Undated", "Proposal"], {"pending-lines": ["Triage"]}),
        ("cost_reached", ["Triage", "Undated"], {"pending-lines": ["Triage"]}),
        ("cost_no_prototype", ["Proposal"], {"pending-lines": ["Triage"]}),
        ("run_cost", ["Triage", "Undated"], {"pending-lines": ["Triage"]}),
        ("realised_benefit", ["Triage"], {"pending-readings": ["Triage"]}),
        ("validated_benefit", ["Triage"], {}),
        *(
            (
                name,
                ["Triage", "Proposal", "Undated", "Stopped"],
                {
                    "pending-lines": ["Triage"],
                    "pending-readings": ["Triage"],
                },
            )
            for name in ("net_benefit", "roi", "npv", "payback_months")
        ),
        ("recovered", [], {"pending-lines": ["Triage"]}),
        ("pending_lines", ["Triage"], {}),
    ],
)
def test_rows_are_those_that_the_figure_is_computed_over_and_those_left_out_stand_apart(
    visit: Visit, portfolio: list[Initiative], name: str, counted: list[str], left_out: dict[str, list[str]]
) -> None:
    page = visit(f"/portfolio/figures/{name}/?{AS_OF}")
    assert titles(page) == counted
    assert set(re.findall(r"left_out=([\w-]+)", page)) == set(left_out)
    for code, expected in left_out.items():
        assert titles(visit(f"/portfolio/figures/{name}/?{AS_OF}&left_out={code}")) == expected


def test_a_figure_of_some_initiatives_tells_of_their_lines_that_wait_alone(
    visit: Visit, portfolio: list[Initiative]
) -> None:
    # Two of Triage wait, and one of no initiative.
    for name, count, of_none in (("gross_cost", 3, True), ("cost_per_production", 2, False)):
        page = visit(f"/portfolio/figures/{name}/?{AS_OF}&left_out=pending-lines")
        assert f"Left out: {count} cost lines – waiting for an exchange rate" in page
        assert ("1 line of no initiative" in page) == of_none


def test_those_that_a_cohort_by_start_leaves_out_stand_with_their_money(
    visit: Visit, admin: User, portfolio: list[Initiative]
) -> None:
    # Undated cost 70 and saved 2 hours at 60 in November; the cohort itself cost 1,000 + 50 + 100.
    undated = portfolio[2]
    _read(admin, _hours(admin, undated, "USD"), 11, 2)
    cohort = f"{AS_OF}&started_from=2025-01-01"
    page = visit(f"/portfolio/figures/production_rate/?{cohort}&left_out=absent")
    assert titles(page) == ["Undated"]
    cells = {name: re.findall(rf'data-label="{name}">([^<]+)<', page) for name in ("Gross cost", "Measured benefit")}
    assert cells == {"Gross cost": ["$70"], "Measured benefit": ["$120"]}
    assert formula(visit(f"/portfolio/figures/gross_cost/?{cohort}")).endswith("= $1,150.00")
    assert "= $1,800.00" in formula(visit(f"/portfolio/figures/realised_benefit/?{cohort}"))  # 20 + 10 hours at 60


def test_of_a_long_list_paper_says_which_part_it_shows(
    visit: Visit, portfolio: list[Initiative], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/portfolio/figures/gross_cost/?{AS_OF}"
    assert "on-paper" not in visit(address)
    monkeypatch.setattr("portfolio.figure_views.ROWS_PER_PAGE", 3)
    assert re.search(r'<p class="card-note on-paper"> ?1–3 of 4 ?</p>', visit(address))


def test_no_benefit_measured_and_no_cost_recorded_are_no_amount_of_0(
    visit: Visit, admin: User, portfolio: list[Initiative]
) -> None:
    # Of the prototypes Triage alone has readings; a fourth has neither cost nor reading.
    _initiative(admin, "Bare", proposed="2025-01-01", prototype="2025-02-01")
    page = told(visit(f"/portfolio/figures/prototypes/?{AS_OF}"))
    bare = page.partition(" Bare ")[2].split("</tr>")[0]
    assert "— No cost is recorded. — No benefit measured yet" in bare
    assert "$0" not in page
    assert "— No cost is recorded." in told(visit(f"/portfolio/figures/cost_per_production/?{AS_OF}"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gross_cost", ["Unallocated $40.00", "In all $1,265.00"]),
        ("net_benefit", ["Unallocated −$40.00", "In all $535.00"]),
        ("cost_per_production", ["In all $1,220.00"]),
        ("direct_cost_per_production", ["In all $1,000.00"]),
        ("run_cost", ["In all $50.00"]),
    ],
)
def test_rows_add_up_to_the_number_in_the_formula(
    visit: Visit, portfolio: list[Initiative], name: str, shown: list[str]
) -> None:
    page = told(visit(f"/portfolio/figures/{name}/?{AS_OF}"))
    assert [each for each in shown if each not in page] == []


@pytest.mark.parametrize(
    ("language", "name", "chips"),
    [
        ("en", "gross_cost", ["Counted 4 initiatives", "waiting for an exchange rate 3 cost lines"]),
        ("en", "realised_benefit", ["Counted 1 initiative", "waiting for an exchange rate 1 reading"]),
        ("en", "production_within_6", ["Counted 2 initiatives", "date absent in the source 1 initiative"]),
        ("ja", "gross_cost", ["対象 施策4件", "為替レート待ち コスト明細3件"]),
        ("ja", "production_within_6", ["対象 施策2件", "元データに日付なし 施策1件"]),
    ],
)
def test_each_chip_says_what_it_counts(
    client: Client, admin: User, portfolio: list[Initiative], language: str, name: str, chips: list[str]
) -> None:
    client.force_login(admin)
    page = client.get(f"/portfolio/figures/{name}/?{AS_OF}", headers={"accept-language": language}).content.decode()
    nav = page.partition('<nav class="chips" aria-label="')[2].partition("</nav>")[0].partition(">")[2]
    assert [told(chip).strip() for chip in re.findall(r"<a .*?</a>", nav, re.DOTALL)] == chips


def test_what_waits_for_a_rate_leads_to_its_lines(visit: Visit, portfolio: list[Initiative]) -> None:
    page = visit(f"/portfolio/figures/pending_lines/?{AS_OF}")
    assert formula(page) == "lines: 3; their initiatives: 1; unallocated lines: 1"
    ledger = html.unescape(re.search(r'href="(/costs/\?initiative=[^"]+)"', page)[1])
    assert "2 lines" in told(visit(ledger))
    ledger = html.unescape(re.search(r'href="(/costs/\?unallocated=[^"]+)"', page)[1])
    assert "1 line" in told(visit(ledger))
    assert "pending=on" in visit(f"/initiatives/{portfolio[0].key}/figures/pending_lines/?{AS_OF}")


@pytest.mark.parametrize(
    ("narrowed", "listed"),
    [
        ("", "3 lines"),
        ("&business_unit=Claims+%26+care&hosting=on_prem", "2 lines"),
        ("&guidance=guided", None),
        ("&stage=production", None),
        ("&started_from=2025-01-01", None),
    ],
)
def test_every_line_that_waits_is_of_the_set_or_not_offered(
    visit: Visit, admin: User, triage: Initiative, narrowed: str, listed: str | None
) -> None:
    unit = units.find_or_make("Claims & care", admin)
    Initiative.objects.filter(pk=triage.pk).update(business_unit=unit, hosting="on_prem")
    page = visit(f"/portfolio/figures/pending_lines/?{AS_OF}{narrowed}")
    ways = re.findall(r'href="([^"]+)">Every line that waits', page)
    assert len(ways) == (listed is not None)
    assert all(listed in told(visit(html.unescape(way))) for way in ways)


@pytest.mark.parametrize("page", ["portfolio/figures/unallocated/", "portfolio/figures/gross_cost/", ""])
def test_unallocated_of_a_day_leads_to_its_lines_of_that_day(
    visit: Visit, admin: User, portfolio: list[Initiative], page: str
) -> None:
    cloud = Category.objects.get(name="cloud")
    lines.add(admin, [NewLine(None, date(2026, 2, 10), cloud, Decimal(9), "USD")])
    shown = visit(f"/{page}?{AS_OF}").partition("<main")[2]
    assert "/costs/unallocated/" not in shown  # which knows today alone
    ledger = html.unescape(re.search(r'href="(/costs/\?unallocated=on&amp;as_of=[^"]+)"', shown)[1])
    assert "$40.00" in visit(ledger)
    assert "$9.00" not in visit(ledger)
    assert "/costs/unallocated/" in visit(f"/{page}").partition("<main")[2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("realised_benefit", "$0.00 from 0 readings of a level + $1,800.00 from 2 readings of an amount = $1,800.00"),
        (
            "validated_benefit",
            "validated: $0.00 from 0 readings of a level + $1,200.00 from 1 reading of an amount = $1,200.00, "
            "of $1,800.00 measured",
        ),
        ("irr", "11 monthly flows, discounted at r ≈ 122.6 %: $1,031.28 of gains − $1,031.28 of net costs = 0"),
        ("payback_months", "7.0308 + (8.0164 − 7.0308) × $1,050.00 ÷ ($1,050.00 + $150.00) ≈ 7.89 months"),
        ("discounted_payback_months", "7.0308 + (8.0164 − 7.0308) × $1,047.28 ÷ ($1,047.28 + $78.65) ≈ 7.95 months"),
        ("budget_total", "sum of its budget lines (months with a budget: 3) = $1,860.00"),
        ("budget_due", "$0.00 of full months + $620.00 × 31 ÷ 31 days of this month = $620.00"),
        ("budget_variance", "$1,050.00 gross cost − $620.00 budget to date = $430.00"),
        ("estimate_at_completion", "$1,050.00 gross cost + $1,240.00 of the budget to come = $2,290.00"),
        ("estimate_by_performance", "$1,860.00 budget ÷ ($620.00 due ÷ $1,050.00 spent) = $3,150.00"),
    ],
)
def test_formula_of_an_initiative_has_its_numbers_in_it(
    visit: Visit, triage: Initiative, name: str, expected: str
) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/{name}/?{AS_OF}")
    assert formula(page) == expected
    assert "<tbody>" in page


@pytest.mark.parametrize(
    ("as_of", "name", "expected"),
    [
        ("2025-10-31", "payback_months", "Running total after 7.03 months: −$1,050.00"),
        ("2025-10-31", "irr", "8 monthly flows: $0.00 of gains, $1,050.00 of net costs"),
        ("2025-02-01", "payback_months", "— + (— − —) × — ÷ (— + —) = —"),
        ("2025-02-01", "budget_variance", "$0.00 gross cost − $0.00 budget to date = $0.00"),
        ("2024-12-31", "budget_variance", "— gross cost − — budget to date = —"),
    ],
)
def test_formula_of_what_does_not_exist_says_how_far_it_got(
    visit: Visit, triage: Initiative, as_of: str, name: str, expected: str
) -> None:
    assert formula(visit(f"/initiatives/{triage.key}/figures/{name}/?as_of={as_of}")) == expected


def test_months_of_a_figure_are_discounted_at_its_rate(visit: Visit, triage: Initiative) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/irr/?{AS_OF}")
    assert [each for each in ("+$702.91", "+$328.37", "−$31.28", "−$1,000.00") if each not in told(page)] == []


@pytest.mark.parametrize(
    ("name", "expected", "rows"),
    [
        ("attainment", "(10 − 0) ÷ (100 − 0) = 10 %, in hours a month", 1),
        ("status", "latest reading 31 December 2025", 1),
        (
            "realised_benefit",
            "Σ (reading − 0 hours a month × months) × $60.00 × 100 % over 2 readings = $1,800.00",
            2,
        ),
        (
            "validated_benefit",
            "Σ (reading − 0 hours a month × months) × $60.00 × 100 % over 1 reading = $1,200.00",
            1,
        ),
    ],
)
def test_figure_of_an_outcome_opens_its_formula_and_its_readings(
    visit: Visit, triage: Initiative, name: str, expected: str, rows: int
) -> None:
    outcome = triage.outcomes.get(metric="Hours saved (USD)")
    page = visit(f"/outcomes/{outcome.pk}/figures/{name}/")
    assert formula(page).startswith(expected)
    assert page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") == rows
    visit(f"/outcomes/{outcome.pk}/figures/nonsense/", status=404)


def test_benefit_of_an_initiative_opens_that_of_its_outcomes(visit: Visit, triage: Initiative) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/validated_benefit/?{AS_OF}")
    outcome = triage.outcomes.get(metric="Hours saved (USD)")
    assert f"/outcomes/{outcome.pk}/figures/validated_benefit/" in page
    assert "Hours saved (USD) $1,200.00" in told(page)
    assert "Hours saved (EUR)" not in told(page)


def test_a_reading_that_waits_is_left_out_of_the_benefit_and_said(visit: Visit, triage: Initiative) -> None:
    outcome = triage.outcomes.get(metric="Hours saved (EUR)")
    page = told(visit(f"/outcomes/{outcome.pk}/figures/realised_benefit/"))
    assert "1 reading – waiting for an exchange rate" in page


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("over_budget", "Cost $1,050 against $620 planned to date (+69 %)"),
        ("no_benefit", "The rule does not hold."),
        ("past_planned_production", "The rule does not hold."),
        ("no_target_outcome", "The rule does not hold."),
    ],
)
def test_a_rule_that_asks_for_a_decision_opens_its_definition_and_its_months(
    visit: Visit, triage: Initiative, rule: str, expected: str
) -> None:
    page = visit(f"/initiatives/{triage.key}/figures/{rule}/?{AS_OF}")
    assert formula(page) == expected
    assert ("<tbody>" in page) == (rule != "past_planned_production")  # of which money says nothing


def test_a_rate_tells_the_formula_of_its_interval_with_its_numbers(visit: Visit, portfolio: list[Initiative]) -> None:
    # 2 of 3, z² = 3.8415: 3.8415 / 6 = 0.6402; 0.2222 / 3 = 0.0741; 3.8415 / 36 = 0.1067; 1 + 3.8415 / 3 = 2.2805.
    page = told(visit(f"/portfolio/figures/production_rate/?{AS_OF}"))
    assert "95 % interval: (p + z² ÷ 2n ± z √(p (1 − p) ÷ n + z² ÷ 4n²)) ÷ (1 + z² ÷ n) at p = 0.6667, n = 3" in page
    assert "z = 1.96: (0.6667 + 0.6402 ± 1.96 × √(0.07407 + 0.1067)) ÷ 2.28, from 20.8 % to 93.9 %" in page


def test_the_curve_of_production_is_told_step_by_step(visit: Visit, admin: User, portfolio: list[Initiative]) -> None:
    # Of three with known dates one is stopped on day 120, one in production on day 181, one in flight since day 364.
    _initiative(admin, "Under way", proposed="2025-01-01", prototype="2025-02-01")
    page = visit(f"/portfolio/figures/production_within_6/?{AS_OF}")
    steps = page.partition("step by step</h2>")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    assert [told(row).split() for row in steps.split("</tr>")[:-1]] == [
        ["120", "3", "0", "1", "1.0000", "0.0000", "0.0000"],
        ["181", "2", "1", "0", "0.6667", "0.3333", "0.3333"],
    ]
    in_words = "F before the last day with an event + S × into production ÷ at risk"
    assert formula(page) == f"F(6 months) = {in_words} = 0 + 0.6667 × 1 ÷ 2 ≈ 33.3 %"
    # V = (1/3)² × 1/(3 × 2) + (2/3)² × 1 × (2 − 1)/2³ − 0 = 0.0741
    assert (
        "F^exp(±z √V ÷ (F ln F)) at F = 0.3333, √V = 0.2722, z = 1.96: "
        "0.3333^exp(±1.96 × 0.2722 ÷ (0.3333 × (−1.099))), from 0.9 % to 77.4 %"
    ) in told(page)


def test_each_curve_of_the_chart_opens_its_own_figure_and_its_cohort(visit: Visit, portfolio: list[Initiative]) -> None:
    # In September Triage has been followed for 18 months, and the one that was stopped for four.
    as_of = "as_of=2026-09-01"
    card = visit(f"/?{as_of}").partition("What each cohort is:")[2].partition("</p>")[0]
    assert links(card) == [
        f"/portfolio/figures/aimless/?{as_of}",
        f"/portfolio/figures/partly_guided/?{as_of}",
        f"/portfolio/figures/production_within_6/?{as_of}&guidance=aimless",
        f"/portfolio/figures/production_within_6/?{as_of}&guidance=partly_guided",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Two in production by September 2025, for 1,000 + 100 + 70; a year later for 50 more.
        ("cost_per_production", "$610.00 − $585.00 a year before = +$25.00"),
        ("net_benefit", "$535.00 − (−$1,215.00) a year before = +$1,750.00"),
    ],
)
def test_a_change_in_a_year_opens_both_of_its_figures(
    visit: Visit, portfolio: list[Initiative], name: str, expected: str
) -> None:
    as_of = "as_of=2026-09-01"
    assert f"/portfolio/figures/{name}_in_a_year/?{as_of}" in links(visit(f"/?{as_of}"))
    page = visit(f"/portfolio/figures/{name}_in_a_year/?{as_of}")
    assert formula(page) == expected
    assert f"/portfolio/figures/{name}/?{as_of}" in links(page)  # how today's comes about
    assert titles(page) == titles(visit(f"/portfolio/figures/{name}/?{as_of}"))


def test_funnel_opens_each_of_its_steps(visit: Visit, portfolio: list[Initiative]) -> None:
    page = visit(f"/portfolio/figures/funnel/?{AS_OF}")
    assert formula(page).startswith(
        "4 proposals, of which 3 got to approval, 3 to a prototype, 2 to a pilot, 2 to production"
    )
    step = visit(f"/portfolio/figures/stage_conversion_pilot/?{AS_OF}")
    assert formula(step) == "2 entered it or a later one ÷ 3 entered the stage before ≈ 66.7 %"
    assert "Prototype → Pilot" in told(step)


def _sixty_more(admin: User) -> None:
    """Add 40 in production, 20 of them with a reading, and 20 in flight; each has cost 10."""
    cloud = Category.objects.get(name="cloud")
    begun, in_production = {"proposed": "2025-01-01", "prototype": "2025-02-01"}, {"production": "2025-07-01"}
    made = [_initiative(admin, f"Another {at}", **begun | (in_production if at < 40 else {})) for at in range(60)]
    lines.add(admin, [NewLine(each, date(2025, 4, 1), cloud, Decimal(10), "USD") for each in made])
    for each in made[:20]:
        _read(admin, _hours(admin, each, "USD"), 12, 3)


# A page reads its rows, the dialog does not; most takes what waits for a rate and adds up readings by their kind.
QUERIES = {"irr": (14, 13), "gross_cost": (14, 13), "production_rate": (14, 12), "realised_benefit": (15, 14)}


def test_a_figure_takes_the_same_15_queries_at_most_whatever_its_rows(
    client: Client, admin: User, portfolio: list[Initiative], django_assert_num_queries: Any
) -> None:
    client.force_login(admin)
    for more in (False, True):
        if more:
            _sixty_more(admin)
        for name, (page, dialog) in QUERIES.items():
            with django_assert_num_queries(page):
                shown = client.get(f"/portfolio/figures/{name}/").content.decode()
            with django_assert_num_queries(dialog):
                client.get(f"/portfolio/figures/{name}/", headers={"hx-request": "true"})
    assert len(titles(shown)) == 21  # Triage, and 20 of the 60


@pytest.mark.parametrize("name", [*names(), *CHANGES])
def test_no_figure_takes_more_than_15_queries(
    client: Client, admin: User, portfolio: list[Initiative], name: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(admin)
    with django_assert_max_num_queries(15):
        client.get(f"/portfolio/figures/{name}/")


def test_under_a_filter_gross_cost_is_the_sum_of_its_initiatives(visit: Visit, portfolio: list[Initiative]) -> None:
    page = visit(f"/portfolio/figures/gross_cost/?{AS_OF}&stage=production")
    assert formula(page) == "sum over 2 initiatives = $1,120.00"
    assert "Cost of what reached production" in page
    assert "Cost sunk" not in page  # of those there is none


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("npv", "In all $1,050.00 $0.00 $1,800.00 +$750.00"),
        ("budget_variance", "In all $1,860.00 $620.00 $1,050.00 +$430.00"),
    ],
)
def test_months_of_an_initiative_add_up(visit: Visit, triage: Initiative, name: str, shown: str) -> None:
    assert shown in told(visit(f"/initiatives/{triage.key}/figures/{name}/?{AS_OF}"))


def test_rows_and_readings_of_what_one_may_not_see_stay_hidden(
    client: Client, admin: User, portfolio: list[Initiative]
) -> None:
    triage = portfolio[0]
    Initiative.objects.filter(pk=triage.pk).update(confidential=True)
    client.force_login(User.objects.create_user("c@example.com", role=Role.CONTRIBUTOR))
    for name in ("prototypes", "gross_cost", "pending_lines", "realised_benefit"):
        assert "Triage" not in client.get(f"/portfolio/figures/{name}/").content.decode()
    outcome = triage.outcomes.earliest("pk")
    assert client.get(f"/outcomes/{outcome.pk}/figures/attainment/").status_code == 404
    assert client.get(f"/initiatives/{triage.key}/figures/budget_total/").status_code == 404


def test_a_part_that_is_nothing_stands_among_the_parts_of_the_funnel(visit, triage):
    # By March 2025 two had begun a prototype, and none a pilot.
    shown = visit("/portfolio/figures/funnel/?as_of=2025-03-15")
    conversion = re.search(r'figures/stage_conversion_pilot/[^"]*">.*?</dd>', shown, re.S)
    assert conversion is not None, re.findall(r"figures/[^/]*/", shown)
    assert "0\u202f%" in conversion[0]


def test_budget_figures_say_which_cost_waits_for_a_rate(visit, triage):
    for name in ("budget_variance", "estimate_at_completion", "estimate_by_performance"):
        assert "2 cost lines – waiting for an exchange rate" in _words(visit(f"{triage.url}figures/{name}/?{AS_OF}")), (
            name
        )
    assert "waiting for" not in _words(visit(f"{triage.url}figures/budget_total/?{AS_OF}"))


def test_a_date_that_is_none_is_said_beside_a_figure(visit, triage):
    for address in ("/portfolio/figures/roi/", f"{triage.url}figures/roi/"):
        assert 'role="alert"' in visit(f"{address}?as_of=2026-02-30", status=422)


def test_the_rate_stands_in_a_formula_with_every_digit(visit, triage):
    assert "7.5\u202f%" in visit(f"{triage.url}figures/npv/?{AS_OF}&rate=0.075")


def test_lines_that_wait_list_no_months_of_cost_that_does_not(visit, triage):
    shown = visit(f"{triage.url}figures/pending_lines/?{AS_OF}")
    assert "The months behind it" not in shown
    assert "pending=on" in shown


def _words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
