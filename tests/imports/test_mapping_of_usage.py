"""Whether the input tokens of a mapped file are the whole prompt is said on the page, kept, and taken by API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from costs.models import UsageLine
from imports.models import Import, SavedMapping
from tests.costs.importers.test_provider_usage import price
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.imports.test_mapping import upload
from tests.markup import tight

pytestmark = pytest.mark.django_db
TABLE = "Day;Maker;Which;In;Out;Read;Written 1h\n2026-01-05;Anthropic;model-a;1000000;100000;400000;200000\n"
COLUMNS = {
    "Day": "occurred_on", "Maker": "provider", "Which": "model", "In": "input_tokens", "Out": "output_tokens",
    "Read": "cached_input_tokens", "Written 1h": "cache_write_1h_tokens",
}  # fmt: skip
UNCACHED = {**COLUMNS, "reading": {"input_tokens": "uncached"}}
CHOSEN = {"format": "usage_csv", **{f"column-{place}": name for place, name in enumerate(COLUMNS.values())}}
COUNTS = ("input_tokens", "cached_input_tokens", "cache_write_1h_tokens", "output_tokens")
ON_TOP = "This source counts as input only what no cache held; cached tokens come on top."
WHOLE = "This source counts the whole prompt as input, cached tokens included."


@pytest.fixture(autouse=True)
def _price() -> None:
    price("Anthropic", ("3", "0.3", "3.75", "6", "15"))


@pytest.mark.parametrize(
    ("mapping", "tokens", "amount"),
    [
        # 400,000 × 3 + 400,000 × 0.3 + 200,000 × 6 + 100,000 × 15 per million
        (COLUMNS, (400_000, 400_000, 200_000, 100_000), "4.02"),
        # 1,000,000 × 3 + the same
        (UNCACHED, (1_000_000, 400_000, 200_000, 100_000), "5.82"),
    ],
)
def test_input_tokens_are_the_whole_prompt_unless_the_mapping_says_otherwise(
    mapping: dict[str, Any], tokens: tuple[int, ...], amount: str
) -> None:
    job = bring_in("usage_csv", TABLE, mapping=mapping)
    assert (job.rows_created, job.rows_rejected, job.amount_total) == (1, 0, Decimal(amount))
    assert UsageLine.objects.values_list(*COUNTS).get() == tokens


def test_more_tokens_from_a_cache_than_were_not_cached_contradict_only_a_whole_prompt() -> None:
    table = TABLE.replace("400000", "9000000")
    assert bring_in("usage_csv", table, mapping=COLUMNS).rejected.get().column == "cached_input_tokens"
    assert bring_in("usage_csv", table, mapping=UNCACHED).rows_created == 1


def test_it_is_said_on_the_page_kept_with_the_mapping_and_told_beside_what_was_imported(
    client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(UserFactory(finance=True))
    page = upload(client, TABLE)
    shown = tight(client.get(page, {"format": "usage_csv"}).content.decode())
    assert '<option value="" selected>the whole prompt, cached tokens included</option>' in shown
    assert 'name="input_tokens"' not in client.get(page, {"format": "costs_csv"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page, {**CHOSEN, "input_tokens": "uncached", "save_as": "Gateway", "go": "import"})
    job = Import.objects.get()
    assert (job.mapping, f"{job.amount_total:f}") == (UNCACHED, "5.82")
    assert SavedMapping.objects.get().mapping == UNCACHED
    again = client.get(upload(client, TABLE)).content.decode()
    assert '<option value="uncached" selected>' in again
    kept = client.get(f"/imports/mappings/{SavedMapping.objects.get().pk}/").content.decode()
    assert '<option value="uncached" selected>' in kept
    for place in (f"/imports/{job.pk}/", f"/costs/usage/lines/{UsageLine.objects.get().key}/"):
        told = tight(client.get(place).content.decode())
        assert (ON_TOP in told, WHOLE in told) == (True, False)


def test_what_is_no_choice_is_refused_at_its_field(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    answer = client.post(upload(client, TABLE), {**CHOSEN, "input_tokens": "half", "go": "import"})
    assert answer.status_code == 422
    assert "Select a valid choice." in answer.content.decode()
    assert not Import.objects.exists()


def test_the_api_takes_it_in_a_mapping_and_in_a_saved_one(
    client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    headers = bearer(UserFactory(finance=True))
    sent = {"file": SimpleUploadedFile("usage.csv", TABLE.encode()), "format": "usage_csv"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/api/v1/imports", sent | {"mapping": json.dumps(UNCACHED)}, headers=headers)
    told = client.get(f"/api/v1/imports/{answer.json()['id']}", headers=headers).json()
    assert (told["state"], told["amount_total"]) == ("done", "5.82")
    new = {"name": "Gateway", "format": "usage_csv", "mapping": UNCACHED}
    saved = client.post("/api/v1/import-mappings", new, content_type="application/json", headers=headers)
    assert (saved.status_code, saved.json()["mapping"]) == (201, UNCACHED)
    for mapping in (COLUMNS | {"reading": {"input_tokens": "half"}}, COLUMNS | {"reading": {"input_tokens": 1}}):
        refused = client.post(
            "/api/v1/import-mappings", new | {"mapping": mapping}, content_type="application/json", headers=headers
        )
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "mapping")


def test_a_format_without_such_a_choice_refuses_it(client: Client) -> None:
    said = "The mapping says what input tokens include, of which this format leaves no choice."
    reading = {"reading": {"input_tokens": "uncached"}}
    job = bring_in("costs_csv", "incurred_on,category,amount,currency\n2026-03-05,cloud,1,USD\n", mapping=reading)
    assert (job.state, str(job.reasons.get())) == ("failed", said)
    columns = {"a": "incurred_on", "b": "category", "c": "amount", "d": "currency"}
    new = {"name": "x", "format": "costs_csv", "mapping": columns | reading}
    headers = bearer(UserFactory(finance=True))
    refused = client.post("/api/v1/import-mappings", new, content_type="application/json", headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "mapping")
