"""The real inventory of 2,133 records on an empty product: tried without effect, counted in queries, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import files, jobs, runner
from imports.models import Import
from projects import initiatives
from projects.models import BusinessUnit, Initiative, PlanRevision, Tag, Transition
from tests.acceptance.test_federal import NAME
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def inventory(shared_data: Path) -> Path:
    return shared_data / "federal-ai-inventory" / NAME


def test_a_dry_run_by_api_changes_nothing_and_says_what_the_page_reports_in_earnest(
    inventory: Path, client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    office = UserFactory(portfolio=True)
    before = initiatives.create(None, title="Before")
    with inventory.open("rb") as file, django_capture_on_commit_callbacks(execute=True):
        fields = {"file": file, "format": "federal_ai_inventory", "dry_run": "true"}
        key = client.post("/api/v1/imports", fields, headers=bearer(office)).json()["id"]
    assert not any(model.objects.exists() for model in (Transition, PlanRevision, BusinessUnit, Tag))
    assert list(Initiative.objects.all()) == [before]
    dry = client.get(f"/api/v1/imports/{key}", headers=bearer(office)).json()
    assert (dry["state"], dry["dry_run"], dry["rows_created"]) == ("done", True, 2133)

    client.force_login(office)
    with inventory.open("rb") as file, django_capture_on_commit_callbacks(execute=True):
        page = client.post("/imports/", {"file": file, "format": ""})  # its header, in Windows-1252, says what it is
    wet = client.get(f"/api/v1{page.headers['Location']}".rstrip("/"), headers=bearer(office)).json()
    of_each = {"id", "dry_run", "started_at", "finished_at"}
    assert {name: dry[name] for name in dry.keys() - of_each} == {name: wet[name] for name in wet.keys() - of_each}
    assert (wet["format"], wet["dry_run"], sum(wet["breakdown"]["stage"].values())) == (
        "federal_ai_inventory", False, 2133,
    )  # fmt: skip
    numbers = sorted(Initiative.objects.values_list("number", flat=True))
    assert numbers == list(range(before.number, before.number + 2134))  # the dry run has used no keys up


def test_the_whole_file_takes_few_queries_is_taken_back_whole_and_may_come_again(inventory: Path) -> None:
    read = []
    with CaptureQueriesContext(connection) as queries:
        job = jobs.submit(None, format_name="federal_ai_inventory", chunks=files.chunks_of(inventory), file_name=NAME)
        runner.run(job.pk, lambda importer: read.append(importer.report.total))
    assert read == [500, 1000, 1500, 2000, 2133, 2133]  # once more when all of it is read
    assert len(queries) <= 60 * 2.133  # 60 per 1,000 rows

    reverted = jobs.revert(Import.objects.get(pk=job.pk), None)
    assert (reverted.removed, reverted.kept) == (2133, 0)
    left = [model.objects.count() for model in (Initiative, Transition, PlanRevision, BusinessUnit, Tag)]
    assert left == [0, 0, 0, 0, 0]
    assert bring_in("federal_ai_inventory", inventory).rows_created == 2133
