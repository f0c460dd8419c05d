"""The list's own file comes back: what is in it is there already."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from imports import jobs
from imports.models import Import
from projects import initiatives, units
from projects.importers.initiatives_csv import InitiativesCsv
from projects.models import Initiative
from projects.transitions import move
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
DIFFERS = "There already, with other values in this row: left as it is."


@pytest.fixture
def portfolio(office: User) -> list[Initiative]:
    first = initiatives.create(
        office,
        title="=Triage",
        problem="- slow\n- dear",
        business_unit=units.find_or_make("Claims / Motor", office),
        tags=["speech", "text"],
        hosting="saas",
        external_ref="C-1",
        planned_production_on=date(2026, 6, 30),
    )
    second = initiatives.create(office, title="Pilot", confidential=True)
    move(second, "proposed", date(2026, 1, 5), office)
    return [first, second, initiatives.create(office, title="Pilot")]


def exported(client: Client, kind: str) -> bytes:
    answer = client.get(f"/initiatives/export.{kind}")
    return b"".join(answer.streaming_content)


def remarks(job: Import) -> dict[str, list[int]]:
    return {str(reason): reason.lines for reason in job.reasons.all()}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_everything_in_it_is_unchanged(portfolio: list[Initiative], as_office: Client, kind: str) -> None:
    job = bring_in("", exported(as_office, kind))
    assert (job.format, job.state, job.rows_unchanged, job.rows_total) == ("initiatives_csv", "done", 3, 3)
    assert remarks(job) == {}
    assert Initiative.objects.count() == 3


def test_what_is_changed_in_it_is_told(portfolio: list[Initiative], as_office: Client) -> None:
    text = exported(as_office, "csv").decode()
    job = bring_in("initiatives_csv", text.replace("- dear", "- expensive"))
    assert (job.rows_unchanged, list(remarks(job))) == (3, [DIFFERS])
    moved = bring_in("initiatives_csv", text.replace(",proposed,", ",approved,"))
    assert (moved.rows_unchanged, list(remarks(moved))) == (3, [DIFFERS])


def test_a_key_that_is_not_ours_is_told_and_none_makes_a_new_one(
    portfolio: list[Initiative], as_office: Client, office: User
) -> None:
    head = "key,title,tags,gross_cost\n"
    job = bring_in("initiatives_csv", f"{head}AI-999999999,Pilot,,5\n,Pilot,a; b,5\n,Third,c,5\n")
    said = "There is no initiative with this key: leave the cell empty for a new one."
    assert [(row.line, row.column, row.translated) for row in job.rejected.all()] == [(2, "key", said)]
    assert (job.rows_unchanged, job.rows_created) == (1, 1)  # the first of its title, and a new one
    assert jobs.revert(job, office).removed == 1


@pytest.mark.parametrize("batch_rows", [1, 500])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_new_row_of_a_title_that_another_row_has_with_its_key_is_another_initiative(
    portfolio: list[Initiative], monkeypatch: pytest.MonkeyPatch, is_first: bool, batch_rows: int
) -> None:
    monkeypatch.setattr(InitiativesCsv, "batch_rows", batch_rows)
    rows = [",Pilot", *(f"{each.key.lower()},Pilot" for each in portfolio[1:])]
    text = "\n".join(["key,title", *(rows if is_first else reversed(rows))])
    for created, unchanged in ((1, 2), (0, 3)):
        job = bring_in("initiatives_csv", text)
        assert (job.rows_created, job.rows_unchanged) == (created, unchanged)
    assert Initiative.objects.filter(title="Pilot").count() == 3


def test_a_tag_of_the_file_is_one_tag_each(portfolio: list[Initiative], as_office: Client) -> None:
    text = exported(as_office, "csv").decode()
    assert "speech; text" in text


def test_columns_that_are_passed_over_are_still_not_doubled_nor_any_others(as_office: Client) -> None:
    twice = bring_in("initiatives_csv", "title,Guidance,guidance\nX,,\n")
    assert remarks(twice) == {"The header has the column “guidance” twice. Nothing was imported.": []}
    other = bring_in("initiatives_csv", "title,guidance,colour\nX,,\n")
    assert remarks(other) == {"Unknown columns: colour. Nothing was imported.": []}
