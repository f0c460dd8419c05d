"""The demonstration portfolio as it is generated, before anything is written."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from money.months import last_day, next_month
from portfolio.demo import tokens
from portfolio.demo.cast import UNITS, purse
from portfolio.demo.readings import readings, target_date
from portfolio.demo.spending import budget_rows, cost_rows, rate_rows, shared_rows, token_price
from portfolio.demo.stories import Story, stories

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return stories("en", TODAY)


def test_about_sixty_initiatives_in_eight_units_with_every_stage(
    told: list[Story],
) -> None:
    top = {parent or slug for slug, (parent, *_) in UNITS.items()}
    assert len(told) == 64
    assert len(top) == 8
    assert {(UNITS[story.unit][0] or story.unit) for story in told} == top
    assert {stage for story in told for stage in story.stages} == {
        "proposed",
        "approved",
        "prototype",
        "pilot",
        "production",
        "declined",
        "stopped",
        "retired",
    }
    assert any(not story.stages for story in told), "one is still a draft"


def test_stages_follow_each_other_and_none_lies_ahead(told: list[Story]) -> None:
    for story in told:
        days = list(story.stages.values())
        assert days == sorted(days), story.title
        assert all(day <= TODAY for day in days)


def test_about_twenty_thousand_cost_lines_of_every_billed_category_in_three_currencies(
    told: list[Story],
) -> None:
    money = purse("USD")
    rows = [row for story in told for row in cost_rows(story, money, TODAY)] + list(shared_rows(money, TODAY, "en"))
    assert 18_000 < len(rows) < 24_000
    assert {row["category"] for row in rows} == {
        "tokens",
        "cloud",
        "people",
        "licences",
        "services",
        "data",
        "other",
    }
    assert {row["currency"] for row in rows} == {"USD", "EUR", "GBP"}
    assert all(row["amount"] > 0 and row["incurred_on"] < TODAY for row in rows)


def plan(today: date) -> dict[str, list[Any]]:
    """Return what will be written on a day; costs and budgets of every fourth initiative, which are the most rows."""
    told, money = stories("en", today), purse("EUR")
    return {
        "stories": told,
        "costs": [row for story in told[::4] for row in cost_rows(story, money, today)],
        "shared": list(shared_rows(money, today, "en")),
        "budgets": [row for story in told[::4] for row in budget_rows(story, money, today)],
        "readings": [each for story in told for goal in story.goals for each in readings(story, goal, today)],
        "rates": list(rate_rows(money, today)),
        "usage": list(tokens.usage_rows(today)),
        "bills": [*tokens.bill_rows(today), *tokens.late_rows(today)],
        "log": list(tokens.logged(today)),
    }


def test_the_same_day_gives_the_same_rows() -> None:
    one, other = plan(TODAY), plan(TODAY)
    assert all(one.values())  # a control: nothing is empty
    assert one == other


def test_another_process_gives_the_same_rows() -> None:
    """The order of a set hangs on the hashes of its texts, which are others in every process."""
    script = (
        "import tests.loaded; from tests.portfolio.demo.test_demo_stories import told_of_plan; print(told_of_plan())"
    )
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == told_of_plan()


def told_of_plan() -> str:
    """Return the rows of a day, in order, as a hash."""
    return sha256(repr(plan(TODAY)).encode()).hexdigest()


# A leap day, the last of a long month, the first of a month and of a year: no date of the plan may not exist.
@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 3, 31), date(2026, 6, 1), date(2027, 1, 1)], ids=str)
def test_any_day_gives_as_much_and_nothing_that_lies_ahead(today: date) -> None:
    made, usual = plan(today), plan(TODAY)
    for name, rows in usual.items():
        least = 0.7 if name in ("usage", "log") else 0.9  # three months and the days of this one, or none of it
        assert least < len(made[name]) / len(rows) < 1.2, name
    days = {
        "stages": [day for story in made["stories"] for day in story.stages.values()],
        "costs": [row["incurred_on"] for row in made["costs"] + made["shared"]],
        "budgets": [row["approved_on"] for row in made["budgets"]],
        "readings": [reading.period_end for reading in made["readings"]],
        "usage": [row["occurred_on"] for row in made["usage"]],
        "log": [call.day for call, *_rest in made["log"]],
    }
    assert {name: max(each) for name, each in days.items() if max(each) > today} == {}
    # The picture is of today: tokens are metered until yesterday, and something was measured in the last fortnight.
    assert days["usage"][-1] == today - timedelta(days=1)
    assert (today - max(days["readings"])).days < 14


def test_about_fifteen_hundred_readings_and_none_ahead_of_time(
    told: list[Story],
) -> None:
    every = [reading for story in told for goal in story.goals for reading in readings(story, goal, TODAY)]
    assert 1_300 < len(every) < 1_800
    assert all(reading.period_end < TODAY and reading.value >= 0 for reading in every)
    assert {reading.validated for reading in every} == {True, False}


def test_one_token_price_triples_within_six_months(told: list[Story]) -> None:
    story = next(story for story in told if story.price_shock > 1)
    by_month: dict[tuple[int, int], Decimal] = {}
    for row in cost_rows(story, purse("USD"), TODAY):
        if row["category"] == "tokens":
            month = (row["incurred_on"].year, row["incurred_on"].month)
            by_month[month] = by_month.get(month, Decimal(0)) + row["amount"]
    assert by_month[2026, 10] / by_month[2026, 4] > Decimal("2.7")


def test_guided_ones_have_their_budget_before_they_begin_and_partly_guided_ones_late(
    told: list[Story],
) -> None:
    for story in told:
        rows = list(budget_rows(story, purse("USD"), TODAY))
        if story.guidance == "guided" and story.started_on:
            assert rows and all(row["approved_on"] <= story.started_on for row in rows)
        if story.guidance == "aimless":
            assert not rows
        if story.guidance == "partly" and story.started_on:
            assert all((row["approved_on"] - story.started_on).days > 14 for row in rows)


def test_japanese_tells_the_same_stories_in_japanese() -> None:
    english, japanese = stories("en", TODAY), stories("ja", TODAY)
    assert [story.stages for story in english] == [story.stages for story in japanese]
    for one, other in zip(english, japanese, strict=True):
        assert bool(one.problem) == bool(other.problem)
        assert any(ord(letter) > 0x3000 for letter in other.title), other.title
        assert [goal.target for goal in one.goals] == [goal.target for goal in other.goals]


def test_yen_amounts_are_on_a_yen_scale(told: list[Story]) -> None:
    story = told[0]
    dollars = sum(row["amount"] for row in cost_rows(story, purse("USD"), TODAY))
    yen = sum(row["amount"] for row in cost_rows(story, purse("JPY"), TODAY))
    assert Decimal(148) < yen / dollars < Decimal(151)
    assert set(purse("JPY").others) == {"EUR", "GBP"}


def test_rates_reach_every_cost_line_within_ten_days(told: list[Story]) -> None:
    money = purse("USD")
    days = {code: set() for code in money.others}
    for on, code, rate in rate_rows(money, TODAY):
        assert rate > 0
        days[code].add(on)
    for story in told:
        for row in cost_rows(story, money, TODAY):
            if row["currency"] != money.base:
                gap = min((row["incurred_on"] - on).days for on in days[row["currency"]] if on <= row["incurred_on"])
                assert gap <= 10


def test_targets_lie_after_the_proposal(told: list[Story]) -> None:
    assert all(target_date(story) > min(story.stages.values()) for story in told if story.goals)


def test_a_month_that_is_over_pays_the_whole_of_a_raised_price_and_six_before_nothing_whatever_the_day() -> None:
    for today in (date(2026, 1, 1) + timedelta(days=days) for days in range(365)):
        (story,) = (story for story in stories("en", today) if story.price_shock > 1)
        for month in (0, -1):  # the running one is over on its last day
            dear, cheap = (next_month(today.replace(day=1), back) for back in (month, month - 6))
            paid = {token_price(story, day, today) for day in (dear, min(last_day(dear), today))}
            assert paid == {story.price_shock}
            assert {token_price(story, day, today) for day in (cheap, last_day(cheap))} == {1}
