"""What an import's report says however many reasons there are."""

from __future__ import annotations

import pytest

from imports import report
from imports.report import Reason, Report
from imports.rows import Row


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Report:
    """A report with as many reasons as it keeps apart."""
    monkeypatch.setattr(report, "DISTINCT_REASONS", 2)
    made = Report()
    for line in (2, 3):
        made.reject(Row(line, []), "title", Reason("Row {number} is odd.", number=line))
    return made


def test_values_are_left_out_once_there_are_too_many_reasons(told: Report) -> None:
    told.reject(Row(4, []), "title", Reason("Row {number} is odd.", number=4))
    told.reject(Row(5, []), "title", Reason("Row {number} is odd.", number=5))
    reasons = [(str(reason), tally.count) for (reason, _), tally in told.tallies.items()]
    assert reasons == [("Row 2 is odd.", 1), ("Row 3 is odd.", 1), ("Row … is odd.", 2)]


def test_a_rule_s_own_message_is_never_left_out(told: Report) -> None:
    told.reject(Row(4, []), "tags", Reason.said("At most 200 characters."))
    assert str(list(told.tallies)[-1][0]) == "At most 200 characters."
