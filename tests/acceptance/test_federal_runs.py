"""The real inventory of 2,133 records on an empty product: tried without effect, counted in queries, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from imports import jobs
from projects import initiatives
from projects.models import BusinessUnit, Initiative, PlanRevision, Tag, Transition
from tests.acceptance.test_federal import NAME, told
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def inventory(shared_data: Path) -> Path:
    return shared_data / "federal-ai-inventory" / NAME


def test_a_dry_run_changes_nothing_and_reports_the_same(inventory: Path) -> None:
    dry = bring_in("federal_ai_inventory", inventory, dry_run=True)
    assert (Initiative.objects.count(), BusinessUnit.objects.count()) == (0, 0)
    wet = bring_in("federal_ai_inventory", inventory)
    assert (dry.rows_created, dry.rows_total, told(dry)) == (wet.rows_created, wet.rows_total, told(wet))


def test_a_dry_run_uses_no_keys_up(inventory: Path) -> None:
    before = initiatives.create(None, title="Before")
    bring_in("federal_ai_inventory", inventory, dry_run=True)
    after = initiatives.create(None, title="After")
    assert after.number == before.number + 1


def test_the_whole_file_takes_few_queries(inventory: Path, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(60):  # 60 per 1,000 rows are allowed
        bring_in("federal_ai_inventory", inventory)


def test_a_revert_takes_everything_back_and_the_file_may_come_again(inventory: Path) -> None:
    reverted = jobs.revert(bring_in("federal_ai_inventory", inventory), None)
    assert (reverted.removed, reverted.kept) == (2133, 0)
    left = [model.objects.count() for model in (Initiative, Transition, PlanRevision, BusinessUnit, Tag)]
    assert left == [0, 0, 0, 0, 0]
    assert bring_in("federal_ai_inventory", inventory).rows_created == 2133
