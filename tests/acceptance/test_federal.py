"""The real inventory of 2,133 records against counts worked out without the project (inventory_by_hand.py)."""

from __future__ import annotations

import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import AuditEntry
from benchmarks.bench_portfolio_page import first_view
from imports.models import Import, ImportReason
from projects.importers.federal_ai_inventory import FederalAiInventory
from projects.models import BusinessUnit, Initiative, PlanRevision, Tag, Transition
from tests.acceptance import inventory_by_hand as by_hand
from tests.acceptance.reference_rates import MONTH, aalen_johansen, wilson
from tests.factories import UserFactory, bearer
from tests.markup import tight
from tests.projects.stood import failed, stood

NAME = "2024_consolidated_ai_inventory_raw_v2.csv"
AS_OF = date(2026, 6, 30)
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("federal")]


@pytest.fixture(scope="module")
def inventory(shared_data: Path) -> Path:
    return shared_data / "federal-ai-inventory" / NAME


@pytest.fixture(scope="module")
def counted(inventory: Path) -> list[by_hand.Counted]:
    return by_hand.count(inventory)


@pytest.fixture(scope="module")
def said(inventory: Path, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """Import the file once, by the command, and return what it says.

    What a test changes afterwards is taken back at its end, and this at the module's.
    """
    out = io.StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("import_file", "federal_ai_inventory", str(inventory), stdout=out)
        with connection.cursor() as cursor:  # what is not committed the database does not look at by itself
            cursor.execute("ANALYZE projects_initiative, projects_standingperiod, projects_transition")
        yield json.loads(out.getvalue().splitlines()[-1])
        transaction.set_rollback(True)


@pytest.fixture
def job(said: dict[str, Any]) -> Import:
    return Import.objects.get(pk=said["id"])


def lines(job: Import) -> dict[str, list[int]]:
    return {str(reason): reason.lines for reason in job.reasons.all()}


def told(job: Import) -> dict[str, int]:
    return {str(reason): reason.count for reason in job.reasons.all()}


def test_every_record_is_created(job: Import) -> None:
    assert (job.state, job.rows_total, job.rows_created, job.rows_unchanged, job.rows_rejected) == (
        "done", 2133, 2133, 0, 0,
    )  # fmt: skip
    assert job.amount_total is None


def test_the_command_says_what_the_report_has(said: dict[str, Any], counted: list[by_hand.Counted]) -> None:
    assert (said["state"], said["rows_created"], said["rows_rejected"], said["file_name"]) == ("done", 2133, 0, NAME)
    assert said["reasons"] == REASONS
    assert said["rows"] == {why: by_hand.rows(counted, why) for why in REASONS}
    assert said["breakdown"] == {"stage": Counter(record.stage for record in counted)}


def test_the_page_shows_what_came_of_it(job: Import, client: Client) -> None:
    client.force_login(UserFactory(portfolio=True))
    page = tight(client.get(f"/imports/{job.pk}/").content.decode())
    assert "<b>All 2,133 rows</b> were created." in page
    for stage, count in (("Production", 892), ("Prototype", 404), ("Proposed", 403), ("Pilot", 287), ("Stopped", 121)):
        assert re.search(rf">{stage}</span></th><td class=\"num\">{count}</td>", page)
    assert '<th scope="row" class="what">year-only</th><td class="num" data-label="How often">121</td>' in page


def test_stages_equal_the_count_by_hand(job: Import, counted: list[by_hand.Counted]) -> None:
    expected = Counter(record.stage for record in counted)
    assert expected == {
        "production": 892, "prototype": 404, "proposed": 403, "pilot": 287, "stopped": 121, "retired": 26,
    }  # fmt: skip
    assert Counter(Initiative.objects.values_list("stage", flat=True)) == expected
    assert job.breakdown["stage"] == expected


REASONS = {
    "absent": 2072,
    "year-only": 121,
    "out of order": 66,
    "unreadable": 10,
    "plan": 17,
    "stage missing": 4,
    "the inventory has no date for the pilot": 287,
    "date of a stage that the record has not reached": 176,
}


def test_reasons_equal_the_count_by_hand(job: Import, counted: list[by_hand.Counted]) -> None:
    assert told(job) == by_hand.reasons(counted) == REASONS


@pytest.mark.parametrize("why", REASONS)
def test_rows_of_every_reason_equal_those_by_hand(job: Import, counted: list[by_hand.Counted], why: str) -> None:
    assert ImportReason.objects.get(job=job, text=why).lines == by_hand.rows(counted, why)


@pytest.mark.parametrize(
    ("name", "until_production", "count"),
    [("median_days_to_production", True, 444), ("production_within_24", False, 855)],
)
def test_rows_behind_a_figure_are_those_with_dates_and_the_others_stand_apart_by_reason(
    job: Import, counted: list[by_hand.Counted], client: Client, name: str, until_production: bool, count: int
) -> None:
    keys = [initiative.key for initiative in Initiative.objects.order_by("number")]
    expected: dict[str, set[str]] = defaultdict(set)
    for key, record in zip(keys, counted, strict=True):
        if record.has("prototype") and (record.has("production") or not until_production):
            expected[by_hand.lacks(record)].add(key)
    assert len(expected[""]) == count
    assert expected.keys() == {"", "absent", "out-of-order", "year-only", "unreadable", "planned"}
    client.force_login(UserFactory(executive=True))
    for why, theirs in expected.items():
        assert _listed(client, f"/portfolio/figures/{name}/?as_of={AS_OF}&left_out={why}") == sorted(theirs)


def _listed(client: Client, address: str) -> list[str]:
    """Return the keys of the initiatives on all pages of a figure."""
    keys: list[str] = []
    for page in range(1, 100):
        shown = client.get(f"{address}&page={page}").content.decode()
        keys += re.findall(r'<span class="key">([^<]+)</span>', shown)
        if f"page={page + 1}" not in shown:
            break
    return sorted(keys)


def test_every_transition_equals_the_one_by_hand(job: Import, counted: list[by_hand.Counted]) -> None:
    stored: dict[int, list[tuple[str, date | None, str]]] = {}
    for step in Transition.objects.order_by("initiative__number", "position"):
        stored.setdefault(step.initiative_id, []).append((step.to_stage, step.effective_on, step.unknown_reason))
        assert (step.known_by == date(2024, 12, 31)) == bool(step.unknown_reason)
    assert list(stored.values()) == [record.steps for record in counted]


def test_standing_of_the_portfolio_equals_the_count_by_hand(job: Import, counted: list[by_hand.Counted]) -> None:
    each_of_them = stood(None, AS_OF)
    prototypes = [record for record in counted if record.has("prototype")]
    production = [record for record in counted if record.has("production")]
    assert sum(each.is_prototype for each in each_of_them) == len(prototypes)
    assert sum(each.reached_production for each in each_of_them) == len(production)
    assert sum(failed(each) for each in each_of_them) == sum(record.stage == "stopped" for record in counted)
    starts = Counter(record.day("prototype") for record in prototypes)
    assert Counter(each.started_on for each in each_of_them if each.is_prototype) == starts
    reached = Counter(record.day("production") for record in production)
    assert Counter(each.production_on for each in each_of_them if each.reached_production) == reached


def test_the_summary_equals_the_count_by_hand(job: Import, counted: list[by_hand.Counted], client: Client) -> None:
    prototypes = [record for record in counted if record.has("prototype")]
    reached = [record for record in prototypes if record.has("production")]
    failed = [record for record in prototypes if record.stage == "stopped" and not record.has("production")]
    days = sorted(
        (ended - started).days
        for record in reached
        if (started := record.day("prototype")) and (ended := record.day("production"))
    )
    answer = client.get("/api/v1/portfolio/summary", {"as_of": f"{AS_OF}"}, headers=bearer(UserFactory(executive=True)))
    told = answer.json()
    assert (told["prototypes"], told["reached_production"], told["failed"], told["in_flight"]) == (
        len(prototypes), len(reached), len(failed), len(prototypes) - len(reached) - len(failed),
    )  # fmt: skip
    assert told["production_rate"]["value"] == pytest.approx(len(reached) / len(prototypes))
    assert told["production_rate_decided"] == pytest.approx(len(reached) / (len(reached) + len(failed)))
    assert told["median_days_to_production"] == median(days)
    assert Counter(told["stages"]) == Counter(record.stage for record in counted)  # the others have none


def test_chances_and_what_they_leave_out_equal_those_by_hand(
    job: Import, counted: list[by_hand.Counted], client: Client
) -> None:
    reached = [record for record in counted if record.has("prototype") and record.has("production")]
    known, others = by_hand.durations(counted, AS_OF)
    within = {  # two of the horizons: each takes the slow way by hand seconds
        f"{months}": {name: pytest.approx(value) for name, value in aalen_johansen(known, months * MONTH).items()}
        for months in (6, 24)
    }
    prototypes = len(known) + sum(others.values())
    rate = {name: pytest.approx(value) for name, value in (wilson(len(reached), prototypes) or {}).items()}
    headers = bearer(UserFactory(executive=True))
    told = client.get("/api/v1/portfolio/summary", {"as_of": f"{AS_OF}"}, headers=headers).json()
    assert {months: told["production_within"][months] for months in within} == within
    assert told["production_rate"] == rate
    for name, group in told["by_guidance"].items():
        if name == "not_recorded":  # the inventory carries no outcomes
            assert (group["prototypes"], group["production_within"], group["production_rate"]) == (
                prototypes, told["production_within"], rate,
            )  # fmt: skip
            assert group["left_out"]["production_within"] == told["left_out"]["production_within"]
        else:
            assert (group["prototypes"], group["production_rate"], group["left_out"]) == (0, None, {})
    undated = Counter(why for record in reached for stage, _, why in record.steps if stage == "production" and why)
    apart = {
        "production_within": others,
        "median_days_to_production": Counter(filter(None, map(by_hand.lacks, reached))),
        "direct_cost_per_production": undated,
        "failure_adds": undated,
    }
    assert sum(others.values()) == 875
    assert told["left_out"] == {
        name: {why.replace("-", " ").replace("year only", "year-only"): count for why, count in whys.items()}
        for name, whys in apart.items()
    }


def test_a_cohort_by_start_lacks_the_records_without_a_start(
    job: Import, counted: list[by_hand.Counted], client: Client
) -> None:
    prototypes = [record for record in counted if record.has("prototype")]
    since = [record for record in prototypes if (day := record.day("prototype")) and day >= date(2020, 1, 1)]
    query = {"as_of": f"{AS_OF}", "started_from": "2020-01-01"}
    told = client.get("/api/v1/portfolio/summary", query, headers=bearer(UserFactory(executive=True))).json()
    assert told["prototypes"] == len(since)
    unknown = [record for record in prototypes if not record.day("prototype")]
    assert sum(told["left_out"]["prototypes"].values()) == len(unknown) > 0
    assert told["left_out"]["production_rate"] == told["left_out"]["prototypes"]


WHOLE_LIST = (
    "/initiatives/?columns=stage,guidance,unit,owner,planned,gross_cost,realised_benefit,roi,tags,hosting,risk,updated"
    "&guidance=not_recorded&sort=-gross_cost"
)


@pytest.mark.parametrize(
    ("address", "most"), [("/", 14), ("/initiatives/", 14), (WHOLE_LIST, 15), ("/initiatives/{first}/", 14)]
)
def test_pages_take_at_most_15_queries_with_all_of_it(
    job: Import, client: Client, django_assert_max_num_queries: Any, address: str, most: int
) -> None:
    client.force_login(UserFactory(executive=True))
    page = address.format(first=Initiative.objects.earliest("number").key)
    with django_assert_max_num_queries(most):
        assert client.get(page).status_code == 200


def test_the_first_view_of_the_portfolio_is_small(job: Import, client: Client) -> None:
    client.force_login(UserFactory(executive=True))
    assert first_view(client.get("/").content) <= 300 * 1024


def test_units_tags_and_risk(job: Import, counted: list[by_hand.Counted]) -> None:
    assert BusinessUnit.objects.filter(parent=None).count() == len({record.agency for record in counted}) == 41
    bureaus = {(record.agency, " ".join(record.bureau.split())) for record in counted if record.bureau}
    assert BusinessUnit.objects.exclude(parent=None).count() == len(bureaus)
    assert Initiative.objects.exclude(tags=None).count() == sum(bool(record.topic) for record in counted)
    high = ("both", "rights-impacting", "safety-impacting")
    assert Counter(Initiative.objects.values_list("risk_tier", flat=True)) == {
        "high": sum(record.impact in high for record in counted),
        "limited": sum(record.impact == "neither" for record in counted),
        "unknown": sum(record.impact not in (*high, "neither") for record in counted),
    }


def test_plans_become_planned_dates(job: Import, counted: list[by_hand.Counted]) -> None:
    planned = [record for record in counted if {"began", "implemented"} & set(record.plans)]
    assert PlanRevision.objects.count() == len(planned)
    names = Counter(name for record in counted for name in record.plans)
    assert names == {
        "initiated": 6,
        "began": 1,
        "implemented": 10,
    }  # the first has no planned date, and the remark says so
    assert "for the first day and for retirement an initiative has none" in str(FederalAiInventory.remarks_note)
    stored = Initiative.objects.exclude(planned_production_on=None).values_list("planned_production_on", flat=True)
    assert Counter(stored) == Counter(r.plans["implemented"] for r in counted if "implemented" in r.plans)


def test_identity_is_agency_name_and_occurrence(job: Import, counted: list[by_hand.Counted]) -> None:
    refs = list(Initiative.objects.order_by("number").values_list("external_ref", flat=True))
    seen: Counter[tuple[str, str]] = Counter()
    for record, ref in zip(counted, refs, strict=True):
        seen[record.agency, record.name] += 1
        assert ref == f"{record.agency} / {record.name} #{seen[record.agency, record.name]}"
    assert len(seen) == 2052
    assert max(seen.values()) == 51


def test_purpose_and_outputs_are_kept_as_they_stand(job: Import, counted: list[by_hand.Counted]) -> None:
    stored = list(Initiative.objects.order_by("number").values_list("problem", "desired_outcome"))
    assert stored == [(record.problem, record.outputs) for record in counted]
    assert [sum(bool(text.strip()) for text in texts) for texts in zip(*stored, strict=True)] == [2122, 2097]


EVERYTHING = (Initiative, Initiative.tags.through, Transition, PlanRevision, BusinessUnit, Tag, AuditEntry)


def everything() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]


def test_importing_twice_changes_nothing(
    job: Import, inventory: Path, client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    headers = bearer(UserFactory(portfolio=True))
    before = everything()
    with inventory.open("rb") as file, django_capture_on_commit_callbacks(execute=True):
        fields = {"file": file, "format": "federal_ai_inventory"}
        key = client.post("/api/v1/imports", fields, headers=headers).json()["id"]
    body = client.get(f"/api/v1/imports/{key}", headers=headers).json()
    assert (body["state"], body["rows_created"], body["rows_unchanged"], body["rows_rejected"]) == ("done", 0, 2133, 0)
    assert (body["reasons"], body["rows"], body["breakdown"]) == (told(job), lines(job), job.breakdown)
    *after, entries = everything()
    assert after == before[:-1]
    assert entries[: len(before[-1])] == before[-1]
    assert [(entry["action"], entry["object_id"]) for entry in entries[len(before[-1]) :]] == [("import", key)]
