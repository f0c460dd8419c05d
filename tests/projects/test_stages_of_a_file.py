"""Stages that a file of initiatives tells: which steps follow, and what contradicts itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from imports import jobs
from projects.models import Initiative
from tests.factories import UserFactory, bearer
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
TOMORROW = timezone.localdate() + timedelta(days=1)


def way(title: str = "X") -> list[tuple[str, date | None, date | None]]:
    steps = Initiative.objects.get(title=title).transitions.order_by("position")
    return list(steps.values_list("to_stage", "effective_on", "known_by"))


def test_what_reached_production_counts_in_the_portfolio(client: Client) -> None:
    office = UserFactory(portfolio=True)
    text = "title,stage,prototype_on,production_on\nX,production,2025-02-01,2025-05-12\nY,,,\n"
    job = bring_in("initiatives_csv", text, actor=office)
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 2, 0)
    said = client.get("/api/v1/portfolio/summary", headers=bearer(office)).json()
    assert (said["prototypes"], said["reached_production"], said["median_days_to_production"]) == (1, 1, 100)
    assert said["stages"]["production"] == said["stages"]["draft"] == 1
    earlier = client.get("/api/v1/portfolio/summary?as_of=2025-05-11", headers=bearer(office)).json()
    assert (earlier["in_flight"], earlier["reached_production"]) == (1, 0)


def test_a_day_that_is_not_given_is_not_known_and_none_is_invented() -> None:
    job = bring_in("initiatives_csv", "title,stage,production_on\nX,retired,2025-05-12\n")
    today, known = timezone.localdate(), date(2025, 5, 12)
    assert way() == [
        ("proposed", None, known),
        ("prototype", None, known),
        ("production", known, None),
        ("retired", None, today),
    ]
    unknown = Initiative.objects.get().transitions.filter(effective_on=None)
    assert {step.unknown_reason for step in unknown} == {"absent"}
    said = "Days of stages that it went through are not given: they count as not known."
    assert [(str(reason), reason.lines) for reason in job.reasons.all()] == [(said, [2])]


@pytest.mark.parametrize(
    ("columns", "cells", "stages"),
    [
        ("stage", "draft", []),
        ("stage", "", []),
        ("stage", "proposed", ["proposed"]),
        ("stage", "pilot", ["proposed", "prototype", "pilot"]),
        ("stage", "stopped", ["proposed", "prototype", "stopped"]),
        ("stage,approved_on", "declined,2025-01-01", ["proposed", "approved", "declined"]),
        ("approved_on,pilot_on", "2025-01-01,2025-03-01", ["proposed", "approved", "prototype", "pilot"]),
        ("pilot_on,stopped_on", "2025-01-01,2025-03-01", ["proposed", "prototype", "pilot", "stopped"]),
    ],
)
def test_the_way_leads_through_what_is_dated_and_what_cannot_be_missed(
    columns: str, cells: str, stages: list[str]
) -> None:
    bring_in("initiatives_csv", f"title,{columns}\nX,{cells}\n")
    assert [stage for stage, *_when in way()] == stages
    assert Initiative.objects.get().stage == (stages[-1] if stages else "draft")


ASTRAY = "The way to the stage {} does not lead through this one."
EARLY = "Earlier than the day of a stage before it."
STAGES = "draft, proposed, approved, prototype, pilot, production, declined, stopped, retired"


@pytest.mark.parametrize(
    ("columns", "cells", "column", "reason"),
    [
        ("stage", "live", "stage", f"Not one of the choices: {STAGES}."),
        ("stage,production_on", "pilot,2025-01-01", "production_on", ASTRAY.format("pilot")),
        ("stage,proposed_on", "draft,2025-01-01", "proposed_on", ASTRAY.format("draft")),
        ("declined_on,stopped_on", "2025-01-01,2025-01-02", "declined_on", ASTRAY.format("stopped")),
        ("prototype_on,production_on", "2025-01-02,2025-01-01", "production_on", EARLY),
        ("production_on", str(TOMORROW), "production_on", "This day lies in the future."),
        ("production_on", "2025-02-30", "production_on", "Not a date that exists, written as 2026-11-30."),
    ],
)
def test_a_row_that_contradicts_itself_is_rejected_at_the_column(
    columns: str, cells: str, column: str, reason: str
) -> None:
    job = bring_in("initiatives_csv", f"title,{columns}\nX,{cells}\n")
    assert [(row.column, row.translated) for row in job.rejected.all()] == [(column, reason)]
    assert not Initiative.objects.exists()


def test_a_file_that_comes_again_says_which_rows_differ_and_moves_nothing() -> None:
    text = "title,stage,prototype_on,production_on\nX,production,2025-02-01,2025-05-12\n"
    bring_in("initiatives_csv", text)
    before = way()
    again = bring_in("initiatives_csv", text)
    assert (again.rows_unchanged, again.reasons.count()) == (1, 0)
    for other in (text.replace("05-12", "05-13"), text.replace("X,production", "X,retired")):
        job = bring_in("initiatives_csv", other)
        assert (job.rows_unchanged, [str(reason) for reason in job.reasons.all()]) == (
            1, ["There already, with other values in this row: left as it is."],
        )  # fmt: skip
    assert way() == before


def test_a_dry_run_moves_nothing_and_a_revert_takes_the_stages_with_it() -> None:
    text = "title,stage\nX,production\n"
    assert bring_in("initiatives_csv", text, dry_run=True).rows_created == 1
    assert not Initiative.objects.exists()
    office = UserFactory(portfolio=True)
    assert jobs.revert(bring_in("initiatives_csv", text), office).removed == 1
    assert not Initiative.objects.exists()


def test_the_sample_is_a_portfolio_of_every_kind_of_end() -> None:
    job = bring_in("", SAMPLES / "initiatives.csv")
    assert (job.format, job.rows_created, job.rows_rejected) == ("initiatives_csv", 5, 0)
    stages = Initiative.objects.order_by("number").values_list("stage", flat=True)
    assert list(stages) == ["production", "pilot", "stopped", "declined", "draft"]
