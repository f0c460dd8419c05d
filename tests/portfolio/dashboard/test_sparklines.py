"""The small lines beside the headline figures: each ends at its figure, and a gap is a gap."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from costs.totals import Flow
from portfolio.dashboard import sparklines
from portfolio.facts.flows import MonthFlow
from portfolio.facts.look_back_days import trend_days
from portfolio.metrics.summary import summarise
from tests.portfolio.build import AS_OF, facts, reached, row, spent

DAYS = [date(2025, 6, 17), date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31)]


def summary(rows, on_days=None, **options):
    return summarise(replace(facts(rows, **options), on_days=on_days or {}), "USD")


def by_days(number: int, *amounts: int) -> dict[tuple[int, date], Flow]:
    return {(number, day): Flow(Decimal(amount)) for day, amount in zip(DAYS, amounts, strict=True)}


def test_a_line_looks_back_a_year_and_three_quarters_between():
    assert trend_days(AS_OF) == DAYS
    assert trend_days(date(2024, 2, 29))[0] == date(2023, 2, 28)


def test_cost_per_production_divides_by_those_in_production_on_that_day():
    # 1 reached it on 1 January 2026, 2 on a day that nobody knows, 3 is in flight: 1, 1, 1, 2, now 2 are in production.
    rows = [reached(1, date(2026, 1, 1), **spent("60")), reached(2, None, **spent("40")), row(3, **spent("20"))]
    on_days = by_days(1, 10, 20, 30, 50) | by_days(2, 0, 0, 30, 40) | by_days(3, 0, 5, 10, 20)
    assert sparklines.cost_per_production(summary(rows, on_days)) == [10, 25, 70, 55, 60]


def test_where_nothing_was_in_production_the_line_has_a_gap():
    rows = [reached(1, date(2026, 1, 1), **spent("60"))]
    assert sparklines.cost_per_production(summary(rows, by_days(1, 10, 20, 30, 50))) == [None, None, None, 50, 60]
    assert sparklines.cost_per_production(summary([row(1, **spent("60"))])) == []


def test_spend_without_a_target_follows_those_that_have_none_today():
    rows = [row(1, **spent("60")), row(2, has_target=True, **spent("100"))]
    on_days = by_days(1, 0, 5, 10, 20) | by_days(2, 50, 60, 70, 80)
    assert sparklines.spend_without_outcome(summary(rows, on_days)) == [0, 5, 10, 20, 60]
    assert sparklines.spend_without_outcome(summary(rows[1:], on_days)) == []


def test_production_within_24_months_follows_its_own_curve():
    # Two of two reach it on day 100; both were followed for longer than 24 months: 0, then 1 from the sixth month on.
    rows = [reached(1, date(2025, 4, 11)), row(2, started_on=date(2024, 1, 1))]
    line = sparklines.within_24_months(summary(rows))
    assert line[:2] == [0, 0]
    assert line[-1] == pytest.approx(0.5)
    assert len(line) == 9
    assert sparklines.within_24_months(summary([reached(1, date(2025, 4, 11))])) == []  # nobody was followed so long


def test_net_benefit_adds_up_month_by_month():
    flow = MonthFlow(date(2026, 1, 1), date(2026, 1, 31), Decimal(5), gross=Decimal(8), recovered=Decimal(0))
    assert sparklines.net_benefit(summary([row(1)], months=[flow, flow])) == [-3, -6]
