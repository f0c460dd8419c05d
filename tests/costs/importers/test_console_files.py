"""The CSV files of the consoles of OpenAI and Anthropic: samples that we wrote, with the headings that those have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from costs import totals
from costs.importers.anthropic_cost import AnthropicCost
from costs.models import ChargeGroup, CostLine, UsageLine
from costs.usage import namesakes
from imports import registry
from imports.models import Import
from imports.summary import summary
from tests.costs.allocation.test_places import LATER
from tests.costs.importers.test_provider_usage import price
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in
from tests.imports.test_deliveries import zipped
from tests.markup import tight

pytestmark = pytest.mark.django_db
COUNTS = ("input", "cached_input", "cache_write_5m", "cache_write_1h", "output")
# Of a million tokens: not cached, read from a cache, written for 5 minutes, for an hour, output.
OPENAI, ANTHROPIC, LONG = ("2", "1", "9", "9", "10"), ("3", "0.3", "3.75", "6", "15"), ("6", "0.6", "7.5", "12", "22.5")


def used() -> list[tuple[int, ...]]:
    columns = [f"{name}_tokens" for name in COUNTS]
    return list(UsageLine.objects.filter(withdrawn_at=None).order_by("line_number").values_list(*columns))


def text_of(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def in_order_of_persons(second: str) -> str:
    """Return a console's file: of one person both days, then the first day of another one with the same key."""
    heading = "start_time,end_time,user_id,api_key_id,model,input_tokens,output_tokens,input_cached_tokens,note\n"
    days = ("1767225600,1767312000", "1767312000,1767398400")
    told = ((days[0], "user-one", "100"), (days[1], "user-one", "5"), (days[0], "user-two", second))
    return heading + "".join(f"{day},{user},key_claims,model-a,{count},0,0,x\n" for day, user, count in told)


def test_costs_of_openai_keep_every_digit_and_days_without_any_are_passed_over() -> None:
    job = bring_in("", SAMPLES / "openai_costs.csv")
    assert (job.format, job.rows_total, job.rows_created, job.rows_rejected) == ("openai_costs", 3, 3, 0)
    # 0.123456789012345678 + 2.5 + 0
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal("2.623456789012345678")
    assert summary(job)["breakdown"] == {"passed_over": {"empty": 1}}
    group = ChargeGroup.objects.get(sku="gpt-4o-2024-08-06, output")
    assert (group.currency, group.account, group.account_name, group.api_key) == (
        "USD", "proj_claims", "Claims", "key_claims",
    )  # fmt: skip


def test_costs_of_openai_are_the_charges_that_its_api_tells_of() -> None:
    bring_in("", SAMPLES / "openai_costs.csv")
    page = {"start_time": 1767225600, "end_time": 1767312000, "results": [
        {"amount": {"value": "2.5", "currency": "usd"}, "line_item": "gpt-4o-2024-08-06, output",
         "project_id": "proj_claims", "api_key_id": "key_claims"},
    ]}  # fmt: skip
    again = bring_in("openai_costs", f"{page}".replace("'", '"'))
    assert (again.rows_created, again.rows_unchanged) == (0, 1)


def test_usage_of_openai_counts_the_whole_prompt_and_two_persons_of_one_key_both_count() -> None:
    price("OpenAI", OPENAI)
    job = bring_in("", SAMPLES / "openai_usage.csv")
    assert (job.format, job.rows_total, job.rows_created, job.rows_rejected) == ("openai_usage", 2, 2, 0)
    assert used() == [(600_000, 400_000, 0, 0, 100_000), (100_000, 0, 0, 0, 0)]
    # 600,000 × 2 + 400,000 × 1 + 100,000 × 10, and 100,000 × 2, per million
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal("2.8")
    assert job.breakdown == {"passed_over": {"empty": 1}}
    assert not job.reasons.exists()


def test_a_day_of_openai_comes_again_with_more_of_one_person() -> None:
    price("OpenAI", OPENAI)
    bring_in("", SAMPLES / "openai_usage.csv")
    job = bring_in("", text_of("openai_usage.csv").replace("100000.0,0.0,0.0,100000.0", "200000.0,0.0,0.0,200000.0"))
    assert (job.rows_created, job.rows_restated, job.rows_unchanged) == (1, 1, 1)
    assert totals.unallocated(LATER).gross == 3


@pytest.mark.parametrize("second", ["200", "100"], ids=["other", "equal"])
def test_a_usage_file_in_the_order_of_persons_keeps_the_tokens_of_each(second: str) -> None:
    job = bring_in("", in_order_of_persons(second))
    assert (job.rows_created, job.rows_unchanged, job.rows_rejected) == (3, 0, 0)
    assert [row[0] for row in used()] == [100, 5, int(second)]
    again = bring_in("", in_order_of_persons(second).replace(",5,0,0,", ",6,0,0,"))
    assert (again.rows_created, again.rows_restated, again.rows_unchanged) == (1, 1, 2)
    assert sum(row[0] for row in used()) == 100 + 6 + int(second)


def test_the_order_of_days_makes_no_other_usage_of_a_file() -> None:
    heading, first, day_2, third = in_order_of_persons("200").splitlines()
    bring_in("", "\n".join([heading, first, third, day_2]))
    assert bring_in("", in_order_of_persons("200")).rows_unchanged == 3


def test_every_further_equal_row_counts_over_files_of_a_delivery_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namesakes, "AT_ONCE", 2)  # of four that are numbered
    text = in_order_of_persons("100").encode()
    content = zipped({"a.csv": text, "b.csv": text})
    job = bring_in("", content)
    assert (job.rows_created, job.rows_rejected) == (6, 0)
    assert sum(row[0] for row in used()) == 2 * (100 + 5 + 100)
    names = UsageLine.objects.values_list("external_id", "fingerprint")
    assert len({name for name, _print in names}) == len({fingerprint for _name, fingerprint in names}) == 6
    assert bring_in("", content).rows_unchanged == 6


def test_costs_of_anthropic_are_dollars_not_cents() -> None:
    job = bring_in("", SAMPLES / "anthropic_cost.csv")
    assert (job.format, job.rows_total, job.rows_created, job.rows_rejected) == ("anthropic_cost", 5, 5, 0)
    # 123.456789 + 0.05 + 0.40 + 0.01 + 0
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal("123.916789")
    group = ChargeGroup.objects.get(details__token_type="input_no_cache")
    assert (group.currency, group.vendor, group.account, group.api_key, group.sku) == (
        "USD", "Anthropic", "Claims", "claims-bot", "Claude Sonnet 4.5, input_no_cache",
    )  # fmt: skip
    days = CostLine.objects.live().order_by("line_number").values_list("incurred_on", flat=True)
    assert [f"{day}" for day in days] == ["2026-01-01"] * 3 + ["2026-01-02"] * 2


def test_a_day_of_anthropic_with_another_amount_is_restated() -> None:
    bring_in("", SAMPLES / "anthropic_cost.csv")
    job = bring_in("", text_of("anthropic_cost.csv").replace("input_no_cache,123.456789", "input_no_cache,124"))
    assert (job.rows_restated, job.rows_unchanged) == (1, 4)
    assert totals.unallocated(LATER).gross == Decimal("124.46")


def test_the_report_of_anthropics_api_beside_its_console_is_said_to_be_another_bill() -> None:
    bring_in("", SAMPLES / "anthropic_cost.csv")
    job = bring_in("", SAMPLES / "anthropic_cost.json")
    assert [str(reason) for reason in job.reasons.all()] == [
        "Another bill of Anthropic is in the ledger (anthropic_console). Both count: "
        "revert one of them if they are for the same charges."
    ]


def test_usage_of_anthropic_counts_without_caches_and_each_class_has_its_price() -> None:
    price("Anthropic", ANTHROPIC, over_200k=LONG)
    job = bring_in("", SAMPLES / "anthropic_usage.csv")
    assert (job.format, job.rows_total, job.rows_created, job.rows_rejected) == ("anthropic_usage", 3, 3, 0)
    assert used() == [(1_000_000, 3_000_000, 200_000, 100_000, 50_000), (1_000_000, 0, 0, 0, 0), (1_000, 0, 0, 0, 0)]
    # 1 M × 3 + 3 M × 0.3 + 200,000 × 3.75 + 100,000 × 6 + 50,000 × 15 = 6; 1 M × 6 of long prompts; 1,000 × 3
    assert job.amount_total == totals.unallocated(LATER).gross == Decimal("12.003")
    assert not job.reasons.exists()
    assert [f"{line.occurred_on}" for line in UsageLine.objects.order_by("line_number")][2] == "2026-01-02"


def test_fast_answers_and_batches_of_anthropic_are_told() -> None:
    price("Anthropic", ANTHROPIC)
    head, first, *_rest = text_of("anthropic_usage.csv").splitlines()
    fast, batch = f"{first}fast", first.replace("standard", "batch")
    job = bring_in("", "\n".join((head, fast, batch)))
    assert [(reason.lines, reason.text[:44]) for reason in job.reasons.all().order_by("id")] == [
        ([3], "Kept without a cost: the price book has no b"),
        ([2], "The row is of another service tier than the "),
    ]


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("usage_date_utc,amount,currency", "cost_usd"),
        ("starting_at,ending_at,cost_usd", "amount, currency"),
        ("usage_date_utc,model", "cost_usd"),
        ("model,cost_usd", "starting_at, ending_at, amount, currency"),
    ],
)
def test_half_the_headings_of_the_console_and_half_of_the_api_are_neither(header: str, missing: str) -> None:
    job = bring_in("anthropic_cost", f"{header}\n2026-01-01,1,USD\n")
    assert [str(each) for each in job.reasons.all()] == [f"Missing columns: {missing}. Nothing was imported."]


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("anthropic_cost", "starting_at,ending_at,amount", "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,250"),
        ("openai_costs", "start_time,end_time,amount", "1767225600,1767312000,2.5"),
    ],
)
def test_a_currency_that_a_mapping_gives_to_every_row_is_read(name: str, header: str, row: str) -> None:
    job = bring_in(name, f"{header}\n{row}\n", mapping={"columns": {}, "constants": {"currency": "USD"}})
    assert (job.state, job.amount_total) == ("done", Decimal("2.5"))


def test_a_day_that_a_mapping_gives_to_every_row_of_the_console_is_read() -> None:
    constants = {"usage_date_utc": "2026-01-01"}
    job = bring_in("anthropic_cost", "model,cost_usd\nx,2.5\n", mapping={"columns": {}, "constants": constants})
    assert (job.state, job.amount_total, CostLine.objects.get().group.source) == (
        "done", Decimal("2.5"), "anthropic_console",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["openai_costs", "openai_usage", "anthropic_cost", "anthropic_usage"])
def test_no_person_of_a_console_is_kept_or_shown(name: str, client: Client) -> None:
    bring_in("", SAMPLES / f"{name}.csv")
    client.force_login(UserFactory(finance=True))
    lines = [f"/costs/lines/{line.key}/" for line in CostLine.objects.all()]
    lines += [f"/costs/usage/lines/{line.key}/" for line in UsageLine.objects.all()]
    pages = [client.get(line) for line in lines]
    assert pages and {page.status_code for page in pages} == {200}
    kept = "".join(f"{list(model.objects.values())}" for model in (ChargeGroup, CostLine, UsageLine))
    for said in (kept, *(page.content.decode() for page in pages)):
        assert [each for each in ("sample.person", "user-", "person@example.com") if each in said] == []
    if name.startswith("anthropic"):
        assert ChargeGroup.objects.filter(account="Claude Code", api_key="claude_code_key").exists()


def test_the_page_of_a_line_shows_the_name_of_a_key_and_of_one_that_claude_code_made_no_person() -> None:
    shown = [AnthropicCost.shown("API_Key", text) for text in ("claims-bot", " Claude_Code_Key_jo_a1b2", "x" * 300)]
    assert shown == ["claims-bot", "claude_code_key", "x" * 300]


@pytest.mark.parametrize(
    ("name", "before", "after", "column"),
    [
        ("anthropic_cost", ",0.05,0.50", ",$0.05,0.50", "cost_usd"),
        ("anthropic_cost", "2026-01-01,Claude Sonnet 4.5,Claims,claims-bot,message,≤ 200k,input_no_cache",
         "01/01/2026,Claude Sonnet 4.5,Claims,claims-bot,message,≤ 200k,input_no_cache", "usage_date_utc"),
        ("anthropic_usage", "2026-01-02 14:00", "9999-12-31", "usage_date_utc"),
        ("anthropic_usage", ",1000,0,0,0,0,0", ",,0,0,0,0,0", "uncached_input_tokens"),
        ("openai_costs", "2.5000000000000000,usd", ",usd", "amount"),
        ("openai_usage", "key_claims,model-a,FALSE,default,100000.0", "key_claims,,FALSE,default,100000.0", "model"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_taken_is_rejected_at_its_column(name: str, before: str, after: str, column: str) -> None:
    text = text_of(f"{name}.csv")
    assert text.count(before) == 1
    job = bring_in("", text.replace(before, after))
    assert [(job.format, row.column) for row in job.rejected.all()] == [(name, column)]
    assert job.rows_created == job.rows_total - 1


def test_a_file_with_dates_and_dollars_that_names_no_class_of_tokens_is_not_taken_for_anthropics() -> None:
    header = ["usage_date_utc", "model", "usage_type", "cost_usd"]
    assert [each.format for each in registry.every() if each.recognises(header)] == []


@pytest.fixture
def prices() -> None:
    price("OpenAI", OPENAI)
    price("Anthropic", ANTHROPIC, over_200k=LONG)


AMOUNTS = {
    "openai_costs": "2.623456789012345678", "openai_usage": "2.8", "anthropic_cost": "123.916789",
    "anthropic_usage": "12.003",
}  # fmt: skip


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_consoles_file_on_the_page(
    name: str, prices: None, client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(UserFactory(finance=True))
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"file": SimpleUploadedFile("export.csv", (SAMPLES / f"{name}.csv").read_bytes())}
        client.post("/imports/", sent)
    job = Import.objects.get()
    assert (job.format, f"{job.amount_total:f}") == (name, AMOUNTS[name])
    page = tight(client.get(f"/imports/{job.pk}/").content.decode())
    assert ("<dt>Empty periods, passed over</dt><dd>1</dd>" in page) == name.startswith("openai")


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_consoles_file_by_the_command(name: str, prices: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_file", name, str(SAMPLES / f"{name}.csv"))
    assert f'"amount_total": "{AMOUNTS[name]}"' in capsys.readouterr().out
