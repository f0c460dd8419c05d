"""Readings by file: by number or by name, identity, rejection, revert."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from imports import jobs
from outcomes import agreements
from outcomes.models import Measurement, Outcome
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def outcome() -> Outcome:
    return agreements.agree(
        None,
        InitiativeFactory(),
        metric="Handling time",
        unit="minutes",
        direction="decrease",
        kind="level",
        agreed_on=date(2025, 1, 1),
    )


def test_a_reading_names_its_outcome_by_number_or_by_initiative_and_metric(outcome: Outcome) -> None:
    text = (
        "outcome,initiative,metric,period_end,value,method,note\n"
        f"{outcome.pk},,,2025-02-28,12.50,sampled,first\n"
        f',{outcome.initiative.key.lower()},handling TIME,2025-03-31,"1,011.125",,\n'
    )
    job = bring_in("measurements_csv", text)
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 2, 0)
    first, second = Measurement.objects.order_by("period_end")
    assert (first.value, first.method, first.note) == (Decimal("12.50"), "sampled", "first")
    assert (second.value, second.method, second.source_import_id) == (Decimal("1011.125"), "observed", job.pk)


def test_outcome_period_and_value_are_the_identity(outcome: Outcome) -> None:
    text = f"outcome,period_end,value\n{outcome.pk},2025-02-28,12.5\n{outcome.pk},2025-02-28,12.50\n"
    job = bring_in("measurements_csv", text)
    assert (job.rows_created, job.rows_unchanged) == (1, 1)
    again = bring_in("measurements_csv", text)
    assert (again.rows_created, again.rows_unchanged) == (0, 2)


def test_bad_readings_are_rejected_at_their_column(outcome: Outcome) -> None:
    rows = ["2025-02-30,1", "2099-01-01,1", ",1", "2025-01-31,NaN", "2025-01-31,1e400", '2025-01-31,"1.234,56"']
    text = "outcome,period_end,value\n" + "".join(f"{outcome.pk},{row}\n" for row in rows) + "0,2025-01-31,1\n"
    job = bring_in("measurements_csv", text)
    assert [row.column for row in job.rejected.all()] == [
        "period_end", "period_end", "period_end", "value", "value", "value", "outcome",
    ]  # fmt: skip
    assert (job.state, job.rows_total, job.rows_created) == ("done", 7, 0)


def test_minus_nought_is_nought(outcome: Outcome) -> None:
    bring_in("measurements_csv", f"outcome,period_end,value\n{outcome.pk},2025-01-31,-0\n")
    assert str(Measurement.objects.get().value) == "0"


def test_a_file_that_names_no_outcome_is_refused() -> None:
    job = bring_in("measurements_csv", "period_end,value\n2025-01-31,1\n")
    assert (job.state, str(job.reasons.get())[:28]) == ("failed", "The file needs the column ou")


def test_a_revert_takes_the_readings_back(outcome: Outcome) -> None:
    job = bring_in("measurements_csv", f"outcome,period_end,value\n{outcome.pk},2025-01-31,3\n")
    bring_in("measurements_csv", f"outcome,period_end,value\n{outcome.pk},2025-01-31,3\n{outcome.pk},2025-02-28,4\n")
    assert jobs.revert(job, None).removed == 1
    assert [reading.value for reading in Measurement.objects.all()] == [4]


def test_a_row_whose_outcome_is_another_initiatives_is_rejected(outcome: Outcome) -> None:
    other = InitiativeFactory()
    text = f"outcome,initiative,period_end,value\n{outcome.pk},{other.key},2025-02-28,12.5\n"
    job = bring_in("measurements_csv", text)
    assert (job.rows_created, job.rows_rejected, Measurement.objects.count()) == (0, 1, 0)
    assert [(row.column, row.translated) for row in job.rejected.all()] == [("initiative", "There is no such outcome.")]
