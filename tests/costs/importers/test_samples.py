"""Samples that we wrote, one of every cost format: told by itself, to the last digit, offered and documented."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from config.supervisor import ROOT
from costs.importers.every import FORMATS
from costs.models import CostLine
from imports import jobs
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
# Its format, how many rows it has, and what they come to; worked out by hand.
EXPECTED = {
    # 148.50 + 99 + 12,500 + 2,400 − 48.50 + 0.00000000503
    "costs.csv": ("costs_csv", 6, "15099.00000000503"),
    "costs.xlsx": ("costs_csv", 6, "15099.00000000503"),
    # 12.345678901234567 + 0 + 96 − 2.345678901234567 + 0.00000000503 + 1
    "focus.csv": ("focus", 6, "107.00000000503"),
    # gpt-4o: 600,000 × 2.50 + 400,000 × 1.25 + 100,000 × 10 per million = 3.00; claude-sonnet-4-5: 70,000 × 3
    # + 20,000 × 0.30 + 10,000 × 3.75 + 4,000 × 15 = 0.3135 (genai-prices 0.2.3); the third model has no price.
    "usage.csv": ("usage_csv", 3, "3.3135"),
    # 0.123456789012345678 + 2.5 + 0.0000001 + 3
    "openai_costs.json": ("openai_costs", 4, "5.623456889012345678"),
    "anthropic_cost.json": ("anthropic_cost", 3, "123.951789"),
    "litellm_spend.json": ("litellm_spend", 2, "1.50000503"),
    # The consoles' files. Of models without a price: what they come to with one stands in test_console_files.py.
    "openai_costs.csv": ("openai_costs", 3, "2.623456789012345678"),  # 0.123456789012345678 + 2.5 + 0
    # 123.456789 + 0.05 + 0.40 + 0.01 + 0, in dollars
    "anthropic_cost.csv": ("anthropic_cost", 5, "123.916789"),
    "openai_usage.csv": ("openai_usage", 2, "0"),
    "anthropic_usage.csv": ("anthropic_usage", 3, "0"),
    # Of models without a price: what they come to with one stands in test_provider_usage.py.
    "openai_usage.json": ("openai_usage", 2, "0"),
    "anthropic_usage.json": ("anthropic_usage", 2, "0"),
}


def test_every_format_of_costs_has_a_sample_that_the_documentation_links() -> None:
    assert {(name, importer.format) for importer in FORMATS for name in importer.samples} == {
        (name, format_name) for name, (format_name, *_) in EXPECTED.items()
    }
    assert all(importer.samples for importer in FORMATS)
    text = (ROOT / "docs/importing.md").read_text(encoding="utf-8")
    assert [name for name in EXPECTED if f"](../static/samples/{name})" not in text] == []


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_told_by_itself_and_comes_to_what_was_worked_out_by_hand(name: str) -> None:
    format_name, rows, amount = EXPECTED[name]
    job = bring_in("", SAMPLES / name)
    assert (job.format, job.state, job.rows_created, job.rows_rejected) == (format_name, "done", rows, 0)
    assert job.amount_total == Decimal(amount)
    again = bring_in("", SAMPLES / name)
    assert (again.rows_created, again.rows_unchanged) == (0, rows)
    jobs.revert(job, None)
    assert not CostLine.objects.live().exists()


def test_the_bill_s_effective_cost_spreads_the_commitment() -> None:
    # 12.345678901234567 + 3.2 + 0 − 2.345678901234567 + 0.00000000503 + 1
    assert bring_in("", SAMPLES / "focus.csv", amount_column="EffectiveCost").amount_total == Decimal("14.20000000503")


def test_the_page_of_a_line_shows_the_whole_row_of_its_file_with_the_quantity(client: Client) -> None:
    bring_in("", SAMPLES / "focus.csv")
    client.force_login(UserFactory(finance=True))
    line = CostLine.objects.get(group__details__ChargeDescription="Input and output tokens")
    page = tight(client.get(f"/costs/lines/{line.key}/").content.decode())
    assert "<dt>ConsumedQuantity</dt><dd>81.25</dd><dt>ConsumedUnit</dt><dd>Thousand tokens</dd>" in page
    assert "<dd>12.345678901234567</dd>" in page


def test_the_workbook_says_what_the_table_says() -> None:
    bring_in("", SAMPLES / "costs.csv")
    assert bring_in("", SAMPLES / "costs.xlsx").rows_unchanged == 6


def test_the_page_offers_the_samples_of_what_its_reader_may_import(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    page = client.get("/imports/").content.decode()
    assert [name for name in EXPECTED if f'download="{name}"' not in page] == []
    client.force_login(UserFactory(portfolio=True))
    page = client.get("/imports/").content.decode()
    assert [name for name in EXPECTED if f'download="{name}"' in page] == []
