"""Guidance is decided by what was agreed within 14 days of the start, word by word (METRICS.md 2)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from outcomes.targets import Agreement
from portfolio.guidance import Evidence, Guidance, decide

START = date(2025, 3, 1)
AS_OF = date(2026, 6, 17)
SOON = Agreement(START, datetime(2025, 3, 1, tzinfo=UTC))
LATE = Agreement(START + timedelta(days=15), datetime(2025, 3, 16, tzinfo=UTC))
EVERYTHING = {
    "why_stated": True,
    "targets": [SOON],
    "complete_targets": [SOON],
    "production_plans": [SOON],
    "budgets": [SOON],
    "has_outcomes": True,
    "outcomes_not_recorded": False,
}


def cohort(started_on=START, as_of=AS_OF, **changes):
    return decide(Evidence(**(EVERYTHING | changes)), started_on, as_of).guidance


def test_everything_agreed_in_time_is_guided():
    assert cohort() == Guidance.GUIDED


@pytest.mark.parametrize("missing", ["complete_targets", "production_plans", "budgets"])
def test_one_thing_agreed_a_day_too_late_is_partly_guided(missing):
    assert cohort(**{missing: [LATE]}) == Guidance.PARTLY_GUIDED


def test_the_fourteenth_day_still_counts():
    on_the_last = Agreement(START + timedelta(days=14), SOON.recorded_at)
    assert cohort(budgets=[on_the_last]) == Guidance.GUIDED


def test_without_a_why_it_is_partly_guided():
    assert cohort(why_stated=False) == Guidance.PARTLY_GUIDED


def test_without_a_target_in_time_it_is_aimless():
    assert cohort(targets=[LATE], complete_targets=[LATE]) == Guidance.AIMLESS


def test_what_was_agreed_after_the_as_of_date_does_not_count():
    tomorrow = Agreement(START + timedelta(days=2), SOON.recorded_at)
    assert cohort(as_of=START + timedelta(days=1), targets=[tomorrow]) == Guidance.AIMLESS


def test_an_import_without_outcomes_is_not_recorded_until_somebody_adds_one():
    none = {"targets": (), "complete_targets": (), "outcomes_not_recorded": True}
    assert cohort(has_outcomes=False, **none) == Guidance.NOT_RECORDED
    assert cohort(has_outcomes=True, **none) == Guidance.AIMLESS


def test_an_unknown_start_is_not_recorded():
    assert cohort(started_on=None) == Guidance.NOT_RECORDED


def test_a_decision_says_that_it_rests_on_rows_recorded_later():
    entered_later = Agreement(START, datetime(2025, 9, 1, tzinfo=UTC))
    assert decide(Evidence(**(EVERYTHING | {"budgets": [entered_later]})), START, AS_OF).rests_on_later_rows
    assert not decide(Evidence(**EVERYTHING), START, AS_OF).rests_on_later_rows


def test_the_day_on_which_a_row_was_recorded_is_that_of_the_organisation():
    # 16 March, 08:00 in Tokyo is 15 March, 23:00 UTC, the fourteenth day after 1 March.
    typed = Agreement(START, datetime(2025, 3, 15, 23, tzinfo=UTC))
    evidence = Evidence(**(EVERYTHING | {"budgets": [typed]}))
    assert not decide(evidence, START, AS_OF).rests_on_later_rows
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert decide(evidence, START, AS_OF).rests_on_later_rows


def test_a_row_that_was_entered_later_changes_nothing_where_another_of_its_kind_was_there_in_time():
    # A was agreed on 15 February and recorded then; B is older by its date, and was entered in September.
    in_time = Agreement(date(2025, 2, 15), datetime(2025, 2, 15, tzinfo=UTC))
    older = Agreement(date(2025, 2, 1), datetime(2025, 9, 1, tzinfo=UTC))
    for kind in ("targets", "complete_targets", "production_plans", "budgets"):
        evidence = Evidence(**(EVERYTHING | {kind: [older, in_time]}))
        assert not decide(evidence, START, AS_OF).rests_on_later_rows
    # Recorded in time, and agreed too late: it carries nothing, so the decision rests on the one entered later.
    too_late = Agreement(START + timedelta(days=15), datetime(2025, 2, 15, tzinfo=UTC))
    assert decide(Evidence(**(EVERYTHING | {"budgets": [older, too_late]})), START, AS_OF).rests_on_later_rows
    # Where the aim is partly clear, the target alone is what it rests on.
    for targets, rests in (([older], True), ([older, in_time], False)):
        evidence = Evidence(**(EVERYTHING | {"targets": targets, "complete_targets": (), "budgets": [older]}))
        assert decide(evidence, START, AS_OF).rests_on_later_rows is rests
