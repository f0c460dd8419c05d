"""Every format through `POST /api/v1/imports`: handed in, run by the job, reported with its amount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.changes import data_version
from imports import registry
from imports.summary import summary
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_provider_usage import price
from tests.factories import UserFactory, bearer
from tests.imports.files import SAMPLES, bring_in
from tests.outcomes.factories import make_outcome
from tests.projects.test_federal_dates import OTHER_HEADER

pytestmark = pytest.mark.django_db
URL = "/api/v1/imports"
# Format: its file, the rows that it makes, and what they come to; the amounts are worked out by hand.
FILES: dict[str, tuple[str | Path, int, str | None]] = {
    "costs_csv": (
        "incurred_on,category,amount,currency\n2026-03-05,cloud,1.25,USD\n2026-03-06,data,-0.01,USD\n",
        2,
        "1.24",
    ),
    "usage_csv": (
        "occurred_on,provider,model,input_tokens,output_tokens\n2026-01-05,OpenAI,model-a,500000,50000\n",
        1,
        "1.5",
    ),
    "focus": (bill({}, {"ResourceId": "i-2", "BilledCost": "-0.00000000503"}), 2, "1.49999999497"),
    "openai_costs": (SAMPLES / "openai_costs.json", 4, "5.623456889012345678"),
    "openai_usage": (SAMPLES / "openai_usage.json", 2, "2.6"),
    "anthropic_cost": (SAMPLES / "anthropic_cost.json", 3, "123.951789"),
    "anthropic_usage": (SAMPLES / "anthropic_usage.json", 2, "12"),
    "litellm_spend": (SAMPLES / "litellm_spend.json", 2, "1.50000503"),
    "measurements_csv": ("outcome,period_end,value\n{outcome},2025-02-28,12.5\n", 1, None),
    "initiatives_csv": ("title\nChat for claims\nTriage\n", 2, None),
    "federal_ai_inventory": (OTHER_HEADER + ",Retired,Agency,Case,,,,,,,,,,\n", 1, None),
}


@pytest.fixture
def ready() -> int:
    """Prices of model-a, and an outcome, whose number is returned."""
    price("OpenAI", ("2", "1", "9", "9", "10"))
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"), over_200k=("6", "0.6", "7.5", "12", "22.5"))
    return make_outcome().pk


def test_there_is_a_file_of_every_format() -> None:
    assert set(FILES) == {each.format for each in registry.every()}


@pytest.mark.parametrize("name", FILES)
def test_a_file_handed_in_is_imported_and_its_amount_reported(
    name: str, ready: int, client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    source, rows, amount = FILES[name]
    content = source.read_bytes() if isinstance(source, Path) else source.replace("{outcome}", str(ready)).encode()
    headers = bearer(UserFactory(finance=True))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(URL, {"file": SimpleUploadedFile("file", content), "format": name}, headers=headers)
    assert answer.status_code == 202
    told = client.get(f"{URL}/{answer.json()['id']}", headers=headers).json()
    assert (told["format"], told["state"], told["rows_created"], told["rows_rejected"]) == (name, "done", rows, 0)
    assert told["amount_total"] == amount


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_comes_again_leaves_kept_pages(name: str, ready: int) -> None:
    source, rows, _amount = FILES[name]
    content = source if isinstance(source, Path) else source.replace("{outcome}", str(ready))
    before = data_version()
    bring_in(name, content, dry_run=True)
    assert data_version() == before
    bring_in(name, content)
    assert data_version().number == before.number + 1
    again = bring_in(name, content)
    assert (again.rows_created, again.rows_unchanged) == (0, rows)
    assert data_version().number == before.number + 1


@pytest.mark.parametrize(
    ("amounts", "total"), [(["1.05", "0.15"], "1.2"), (["1.50", "-1.5"], "0"), (["100"], "100"), (["-0.00"], "0")]
)
def test_a_total_is_written_the_same_whichever_way_it_was_added_up(amounts: list[str], total: str) -> None:
    text = "incurred_on,category,amount,currency\n" + "".join(f"2026-03-05,data,{each},USD\n" for each in amounts)
    for _time in range(2):  # new lines are added up in columns, known ones by the database
        assert summary(bring_in("costs_csv", text))["amount_total"] == total
