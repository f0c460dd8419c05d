"""What waits for an exchange rate, or belongs to no initiative, is counted and leads to its lines."""

from __future__ import annotations

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from accounts.models import User
from costs import lines
from costs.models import Category
from costs.new_line import NewLine
from projects import units
from projects.models import Initiative
from tests.portfolio.figure_pages.words import AS_OF, Visit, formula, titles, told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]


def test_a_figure_of_some_initiatives_tells_of_their_lines_that_wait_alone(
    visit: Visit, portfolio: list[Initiative]
) -> None:
    # Two of Triage wait, and one of no initiative.
    for name, count, of_none in (("gross_cost", 3, True), ("cost_per_production", 2, False)):
        page = visit(f"/portfolio/figures/{name}/?{AS_OF}&left_out=pending-lines")
        assert f"Left out: {count} cost lines – waiting for an exchange rate" in page
        assert ("1 line of no initiative" in page) == of_none


@pytest.mark.parametrize(
    ("name", "count", "listed"),
    [
        ("cost_per_production", 7, ["Triage 5", "Undated 2"]),
        ("direct_cost_per_production", 2, ["Triage 2"]),
        ("run_cost", 3, ["Triage 2", "Undated 1"]),
    ],
)
def test_what_waits_beside_a_cost_of_some_days_is_what_was_spent_in_them(
    visit: Visit, admin: User, portfolio: list[Initiative], name: str, count: int, listed: list[str]
) -> None:
    # Triage is in production since 1 August, and two of its lines wait in October; the run cost is that of October to
    # December. The day on which Undated reached it is not known.
    triage, _stopped, undated, _proposal = portfolio
    cloud = Category.objects.get(name="cloud")
    days = [date(2025, 7, 31), date(2025, 8, 1), date(2025, 9, 30)]
    waits = [*((triage, day) for day in days), (undated, date(2025, 4, 1)), (undated, date(2025, 12, 31))]
    lines.add(admin, [NewLine(each, day, cloud, Decimal(9), "EUR") for each, day in waits])
    page = visit(f"/portfolio/figures/{name}/?as_of=2026-01-31&left_out=pending-lines")
    assert f"Left out: {count} cost lines – waiting for an exchange rate" in page
    ways = re.findall(r'href="(/costs/\?initiative=[^"]+)">(\d+)</a>', page)
    assert [f"{title} {number}" for title, (_way, number) in zip(titles(page), ways, strict=True)] == listed
    for way, number in ways:
        assert f"{number} line" in told(visit(html.unescape(way)))


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


def test_a_reading_that_waits_is_left_out_of_the_benefit_and_said(visit: Visit, triage: Initiative) -> None:
    outcome = triage.outcomes.get(metric="Hours saved (EUR)")
    page = told(visit(f"/outcomes/{outcome.pk}/figures/realised_benefit/"))
    assert "1 reading – waiting for an exchange rate" in page


def test_budget_figures_say_which_cost_waits_for_a_rate(visit, triage):
    for name in ("budget_variance", "estimate_at_completion", "estimate_by_performance"):
        assert "2 cost lines – waiting for an exchange rate" in told(visit(f"{triage.url}figures/{name}/?{AS_OF}")), (
            name
        )
    assert "waiting for" not in told(visit(f"{triage.url}figures/budget_total/?{AS_OF}"))


def test_lines_that_wait_list_no_months_of_cost_that_does_not(visit, triage):
    shown = visit(f"{triage.url}figures/pending_lines/?{AS_OF}")
    assert "The months behind it" not in shown
    assert "pending=on" in shown
