"""Runs by API: what is listed there, what waits, and what failed and is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from costs.ai import categories as ai_categories
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.models import AllocationRun, ChargeGroup
from tests.costs.test_runs import RULES, RUNS, api, finance, much, records
from tests.factories import InitiativeFactory

__all__ = ["api", "finance", "much", "records"]  # fixtures
pytestmark = pytest.mark.django_db


def test_ai_rules_are_applied_again_by_api(api: Callable[..., Any], records: None, monkeypatch: Any) -> None:
    ChargeGroup.objects.update(ai_category="data")
    answer = api("post", f"{RULES}/apply")
    assert (answer.status_code, answer.json()) == (200, {"groups": 4})
    assert api("post", f"{RULES}/apply").json() == {"groups": 0}
    monkeypatch.setattr(ai_categories, "MOST_GROUPS", 3)
    answer = api("post", f"{RULES}/apply")
    assert answer.status_code == 202
    assert (answer.json()["about"], answer.json()["state"]) == ("labels", "queued")


def test_what_was_moved_at_once_is_listed_too(api: Callable[..., Any], records: None) -> None:
    allocation_rules.create(None, Terms({"vendor": "OpenAI"}, ((InitiativeFactory(), None),)))
    assert api("post", "/allocation-rules/apply").status_code == 200
    assert [(run["about"], run["state"], run["lines"]) for run in api("get", RUNS).json()["items"]] == [
        ("rules", "done", 2)
    ]


def test_one_that_failed_is_left_by_api(api: Callable[..., Any], much: None) -> None:
    run = AllocationRun.objects.create(about="labels")
    assert api("post", f"{RUNS}/{run.pk}/leave").status_code == 409
    AllocationRun.objects.update(failed=True, finished_at=run.asked_at)
    assert api("get", f"{RUNS}/{run.pk}").json()["put_right"] is False
    left = api("post", f"{RUNS}/{run.pk}/leave").json()
    assert (left["state"], left["put_right"]) == ("failed", True)
    assert api("get", f"{RUNS}/{run.pk}").json()["put_right"] is True
    assert not AllocationRun.objects.to_tell().exists()
