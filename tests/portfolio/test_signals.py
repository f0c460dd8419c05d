"""The four rules of what needs a decision, each with its last day or amount at which it does not hold yet."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.decisions.signals import signals
from portfolio.facts.pending import Pending
from portfolio.facts.rows import Row
from projects.stages import Stage

AS_OF = date(2026, 6, 30)


def prototype(**fields) -> Row:
    """A prototype of 2025 that has a target, no plan, no budget and no cost: no rule holds for it."""
    known = {
        "id": 1, "number": 1, "title": "Triage", "unit": "", "stage": Stage.PROTOTYPE, "on_hold": False,
        "is_prototype": True, "started_on": date(2025, 1, 1),
        "reached_production": False, "production_on": None, "has_target": True,
    }  # fmt: skip
    return Row(**known | fields)


def in_production(since: date, **fields) -> Row:
    return prototype(stage=Stage.PRODUCTION, reached_production=True, production_on=since, **fields)


def told(row: Row) -> list[tuple[str, str]]:
    return [(signal.rule, signal.words) for signal in signals([row], AS_OF, "USD")]


def test_beside_the_cost_a_reason_does_not_say_it_again():
    since = date(2025, 6, 30)
    rows = [
        prototype(gross=Decimal(1110), planned_cost=Decimal(1000)),
        in_production(since, gross=Decimal(500), planned_cost=None),
        prototype(gross=Decimal(70), has_target=False, planned_cost=None),
    ]
    assert [signal.beside_cost for row in rows for signal in signals([row], AS_OF, "USD")] == [
        "$1,000 planned to date (+11\u202f%)",
        "In production since 30\u00a0June\u00a02025, no benefit measured after 11 months",  # 365 ÷ 30.4375 = 11.99
        "Nothing to measure it against",
    ]


@pytest.mark.parametrize(
    ("cost", "planned", "words"),
    [
        # A tenth above 1,000 is 1,100: not more than that yet; 1,110 is 11 % over. 5,000 ÷ 1,000 - 1 = 400 %.
        ("1100", "1000", None),
        ("1110", "1000", "Cost $1,110 against $1,000 planned to date (+11\u202f%)"),
        ("5000", "1000", "Cost $5,000 against $1,000 planned to date (+400\u202f%)"),
        # Without a budget nothing is over it; nor can be told what is, while a line of it waits for a rate.
        ("5000", "0", None),
        ("5000", None, None),
    ],
)
def test_over_budget_is_more_than_a_tenth_above_what_is_due(cost, planned, words):
    row = prototype(gross=Decimal(cost), planned_cost=planned and Decimal(planned))
    assert told(row) == ([("over_budget", words)] if words else [])


@pytest.mark.parametrize(
    ("since", "cost", "benefit", "words"),
    [
        # Six months of 365.25 ÷ 12 days are 182.625: the 183 days since 29 December 2025 are as much, 182 are not.
        (date(2025, 12, 30), "500", "0", None),
        (
            date(2025, 12, 29),
            "500",
            "0",
            "In production since 29\u00a0December\u00a02025, $500 spent, no benefit measured after 6 months",
        ),
        (date(2025, 12, 29), "500", "0.01", None),
        (date(2025, 12, 29), "0", "0", None),
        # 30 June 2024 lies 730 days back: 730 ÷ 30.4375 = 23.98, so 23 months are over.
        (
            date(2024, 6, 30),
            "500",
            "0",
            "In production since 30\u00a0June\u00a02024, $500 spent, no benefit measured after 23 months",
        ),
    ],
)
def test_no_benefit_is_none_six_months_after_production(since, cost, benefit, words):
    row = in_production(since, gross=Decimal(cost), benefit=Decimal(benefit))
    assert told(row) == ([("no_benefit", words)] if words else [])


def test_a_benefit_that_evens_out_was_measured():
    row = in_production(date(2025, 12, 29), gross=Decimal(500), has_benefit=True)
    words = "In production since 29\u00a0December\u00a02025, $500 spent, measured benefit is 0 after 6 months"
    assert told(row) == [("no_benefit", words)]


def test_a_benefit_that_waits_for_a_rate_is_not_called_none():
    row = in_production(date(2025, 12, 29), gross=Decimal(500))
    row.pending = Pending(lines=1)
    assert [rule for rule, _words in told(row)] == ["no_benefit"]
    row.pending = Pending(readings=1)
    assert told(row) == []


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (None, None),
        (date(2026, 6, 30), None),
        (date(2026, 6, 29), "Production is 1 day overdue: it was planned for 29\u00a0June\u00a02026"),
        # 1 day of March, 30 of April, 31 of May and 30 of June are 92.
        (date(2026, 3, 30), "Production is 92 days overdue: it was planned for 30\u00a0March\u00a02026"),
    ],
)
def test_past_its_date_is_the_day_after_the_one_planned(planned, words):
    assert told(prototype(planned_production_on=planned)) == ([("past_planned_production", words)] if words else [])
    assert told(in_production(date(2026, 6, 1), planned_production_on=planned)) == []


def test_no_target_is_told_of_what_has_cost_anything():
    assert told(prototype(has_target=False)) == []
    words = "$500 spent and nothing to measure it against"
    assert told(prototype(has_target=False, gross=Decimal(500))) == [("no_target_outcome", words)]


def test_what_has_ended_or_is_no_prototype_needs_no_decision():
    spent = {"has_target": False, "gross": Decimal(500)}
    for stage in (Stage.STOPPED, Stage.RETIRED, Stage.DECLINED):
        assert told(prototype(stage=stage, **spent)) == []
    assert told(prototype(stage=Stage.APPROVED, is_prototype=False, **spent)) == []


def test_most_money_comes_first_then_the_order_of_entry():
    rows = [prototype(id=n, number=n, has_target=False, gross=Decimal(cost)) for n, cost in ((1, 5), (2, 70), (3, 5))]
    assert [signal.row.number for signal in signals(rows, AS_OF, "USD")] == [2, 1, 3]
