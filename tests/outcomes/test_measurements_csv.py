"""Readings by file: by number or by name, identity, rejection, revert."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import translation

from imports import jobs
from imports.summary import summary
from outcomes import agreements
from outcomes.models import Measurement, Outcome
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


OVERLAPS = "The period overlaps another reading of the outcome."


@pytest.fixture
def outcome() -> Outcome:
    return agreed("level")


@pytest.fixture
def flow() -> Outcome:
    return agreed("flow")


def agreed(kind: str) -> Outcome:
    return agreements.agree(
        None,
        InitiativeFactory(),
        metric="Handling time",
        unit="minutes",
        direction="decrease",
        kind=kind,
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


def test_rows_that_overlap_have_one_reason_and_each_its_dates(flow: Outcome) -> None:
    text = (
        "outcome,period_start,period_end,value\n"
        f"{flow.pk},2025-01-01,2025-01-31,10\n"
        f"{flow.pk},2025-01-31,2025-02-28,11\n"  # one day in January
        f"{flow.pk},2025-03-01,2025-03-31,12\n"
        f"{flow.pk},2025-03-10,2025-03-12,1\n"
    )
    job = bring_in("measurements_csv", text)
    assert (job.rows_created, job.rows_rejected) == (2, 2)
    assert [(row.line, row.column, row.translated) for row in job.rejected.all()] == [
        (3, "period_start", "The period overlaps the reading from 2025-01-01 to 2025-01-31."),
        (5, "period_start", "The period overlaps the reading from 2025-03-01 to 2025-03-31."),
    ]
    assert (summary(job)["reasons"], summary(job)["rows"]) == ({OVERLAPS: 2}, {OVERLAPS: [3, 5]})


def test_an_overlap_is_told_in_japanese_on_the_page_and_in_errors_csv(flow: Outcome, client: Client) -> None:
    text = f"outcome,period_start,period_end,value\n{flow.pk},2025-01-01,2025-01-31,10\n"
    bring_in("measurements_csv", text)
    job = bring_in("measurements_csv", text.replace(",10\n", ",11\n"))
    client.force_login(UserFactory(portfolio=True, language="ja"))
    page = client.get(f"/imports/{job.pk}/").content.decode()
    one = "2025-01-01～2025-01-31の実績値と期間が重なっています。"
    assert '<th scope="row" class="what">同じ成果目標の別の実績値と期間が重なっています。</th>' in page
    assert f"<td>{one}</td>" in page
    assert client.get(f"/imports/{job.pk}/errors.csv").getvalue().decode("utf-8-sig").splitlines() == [
        "line,column,reason,outcome,period_start,period_end,value",
        f"2,period_start,{one},{flow.pk},2025-01-01,2025-01-31,11",
    ]


def test_two_years_of_days_that_are_sent_again_corrected_are_one_reason(flow: Outcome) -> None:
    days = [date(2023, 1, 1) + timedelta(day) for day in range(730)]
    for value in (5, 6):
        rows = "".join(f"{flow.pk},{day},{day},{value}\n" for day in days)
        job = bring_in("measurements_csv", "outcome,period_start,period_end,value\n" + rows)
    assert (job.rows_created, job.rows_rejected) == (0, 730)
    assert summary(job)["reasons"] == {OVERLAPS: 730}
    last = job.rejected.get(line=731)
    with translation.override("ja"):
        assert last.translated == "2024-12-30～2024-12-30の実績値と期間が重なっています。"
