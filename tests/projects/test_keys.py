"""Initiatives by their key or by the reference that another system gave them, in files, pastes and bodies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from costs.entry import pasted
from costs.entry.paste import PastedRow
from costs.models import CostLine, LabourRole, UsageLine
from imports.models import Import
from outcomes.models import Measurement
from projects import initiatives, keys
from projects.models import Initiative
from tests.factories import UserFactory, bearer
from tests.imports.files import SAMPLES, bring_in
from tests.outcomes.factories import make_outcome

pytestmark = pytest.mark.django_db
REF = "WBS-4711"


@pytest.fixture
def triage() -> Initiative:
    return initiatives.create(None, title="Claims triage", external_ref=REF)


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


def rejected(job: Import) -> list[tuple[str, str]]:
    return [(row.column, row.translated) for row in job.rejected.all()]


def test_a_key_goes_before_a_reference_and_references_are_exact(triage: Initiative) -> None:
    other = initiatives.create(None, title="Other", external_ref=triage.key)
    names = {triage.key, triage.key.lower(), REF, REF.lower(), "", "\0", "AI-999999999"}
    found = keys.named(Initiative.objects.all(), names)
    seen = Initiative.objects.exclude(pk=triage.pk)
    assert keys.named(seen, names) == {}  # a key that one may not see is nobody else's reference
    assert found == {triage.key: triage, triage.key.lower(): triage, REF: triage}
    assert keys.ids_by_name() == {triage.key: triage.pk, REF: triage.pk, other.key: other.pk}


def test_cost_and_usage_files_know_the_reference(triage: Initiative) -> None:
    head = "initiative,incurred_on,category,amount,currency\n"
    job = bring_in("costs_csv", f"{head}{REF},2026-03-05,cloud,1,USD\nWBS-0,2026-03-05,cloud,1,USD\n")
    assert rejected(job) == [("initiative", "There is no such initiative.")]
    assert CostLine.objects.get().group.initiative == triage
    other = initiatives.create(None, title="Other", external_ref=f"AI-{triage.number}")
    job = bring_in("costs_csv", f"{head}ai-{triage.number},2026-03-06,cloud,2,USD\n")
    assert rejected(job) == [] and not CostLine.objects.filter(group__initiative=other).exists()
    head = "initiative,occurred_on,provider,model,input_tokens,output_tokens\n"
    job = bring_in("usage_csv", f"{head}{REF},2026-01-05,OpenAI,m,5,5\nWBS-0,2026-01-05,OpenAI,m,5,5\n")
    assert rejected(job) == [("initiative", "There is no such initiative.")]
    assert UsageLine.objects.get().group.initiative == triage


def test_readings_know_the_reference(triage: Initiative) -> None:
    outcome = make_outcome(triage)
    job = bring_in("", SAMPLES / "measurements.csv")
    assert (job.format, job.rows_created, rejected(job)) == ("measurements_csv", 3, [])
    assert {reading.outcome for reading in Measurement.objects.all()} == {outcome}
    text = f"initiative,metric,outcome,period_end,value\nWBS-0,Minutes per claim,,2025-02-28,1\n{REF},,"
    job = bring_in("measurements_csv", f"{text}{outcome.pk},2025-03-31,2\nWBS-0,,{outcome.pk},2025-04-30,3\n")
    no_outcome = "There is no such outcome."
    assert rejected(job) == [("initiative", "There is no such initiative."), ("initiative", no_outcome)]
    assert job.rows_created == 1


def test_what_is_pasted_knows_the_reference(triage: Initiative, finance: User) -> None:
    cells = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "1", "currency": "USD"}
    rows = [PastedRow(1, {**cells, "initiative": REF}), PastedRow(2, {**cells, "initiative": triage.key.lower()})]
    assert [line.initiative for line in pasted.costs(rows, finance).made] == [triage, triage]
    LabourRole.objects.create(name="Engineer")
    days = pasted.labour_days(f"{REF}\tEngineer\t2026-03\t2\nWBS-0\tEngineer\t2026-03\t2", finance)
    assert [each.initiative for each in days.made] == [triage]
    assert [row.errors for row in days.rows] == [{}, {"initiative": "There is no such initiative."}]


def test_bodies_know_the_reference_of_what_the_caller_may_see(
    triage: Initiative, finance: User, client: Client
) -> None:
    secret = initiatives.create(None, title="Secret", external_ref="S-1", confidential=True)
    body = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "1", "currency": "USD"}

    def post(user: User, name: str) -> int:
        sent = {"data": {**body, "initiative": name}, "content_type": "application/json"}
        return client.post("/api/v1/costs", headers=bearer(user), **sent).status_code

    assert [post(finance, name) for name in (REF, "S-1", "WBS-0")] == [201, 201, 422]
    assert post(UserFactory(), "S-1") == 422
    lines = CostLine.objects.order_by("group__initiative__number")
    assert [(line.group.initiative, line.amount) for line in lines] == [(triage, Decimal(1)), (secret, Decimal(1))]
    budget = {"initiative": REF, "month": "2026-03", "amount": "5", "currency": "USD"}
    answer = client.post("/api/v1/budgets", budget, content_type="application/json", headers=bearer(finance))
    assert (answer.status_code, answer.json()["initiative"]) == (201, triage.key)
    assert triage.budget_lines.get().month == date(2026, 3, 1)
