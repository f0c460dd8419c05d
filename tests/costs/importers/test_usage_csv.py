"""Token usage from files: the same file changes nothing, a changed row is restated, a revert is exact."""

import gzip
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from costs import totals
from costs.models import CostLine, InitiativeMonth, PortfolioMonth, UsageLine, UsageMonth
from costs.usage import lines as usage_lines
from imports import jobs
from imports.models import Import
from imports.pipeline import Importer
from tests.costs.factories import add_rate
from tests.costs.prices.test_book import add as add_price
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 12, 31)
HEADER = "initiative,occurred_on,provider,model,input_tokens,output_tokens,cached_input_tokens,requests,external_id\n"


def row(tokens: int, external_id: str = "", model: str = "gpt-4o", on: str = "2026-11-03", **cells: str) -> str:
    initiative, provider = cells.get("initiative", ""), cells.get("provider", "openai")
    return f"{initiative},{on},{provider},{model},{tokens},0,{cells.get('cached', '')},,{external_id}\n"


def counts(job: Import) -> tuple:
    return job.state, job.rows_created, job.rows_unchanged, job.rows_rejected, job.amount_total


def everything() -> tuple:
    """Return all that counts: live lines, and the sums that are not zero."""
    cost = CostLine.objects.live().order_by("amount").values_list("amount", "base_amount")
    used = UsageLine.objects.live().order_by("input_tokens").values_list("input_tokens", "amount", "unpriced")
    months = UsageMonth.objects.exclude(lines=0).order_by("group_id").values_list("month", "lines", "input_tokens")
    sums = [*PortfolioMonth.objects.exclude(entries=0).values_list("month", "allocated", "entries", "gross")]
    own = [*InitiativeMonth.objects.exclude(entries=0).values_list("initiative_id", "month", "gross").order_by("month")]
    return [*cost], [*used], [*months], sums, own


# 1,000,000 tokens of gpt-4o cost 2.50, as many of o3-mini 1.10 (genai-prices 0.2.3).
def test_rows_become_usage_and_cost():
    initiative = InitiativeFactory()
    text = (
        HEADER + row(1_000_000, initiative=initiative.key) + row(2_000_000) + row(1_000_000) * 2 + row(5, model="gpt-0")
    )
    job = bring_in("usage_csv", text)
    assert counts(job) == ("done", 5, 0, 0, Decimal("12.5"))
    assert totals.gross_by_initiative([initiative.pk], AS_OF) == {initiative.pk: Decimal("2.5")}
    assert totals.unallocated(AS_OF).gross == 10
    assert [(reason.count, reason.lines) for reason in job.reasons.all()] == [(1, [6])]
    assert UsageLine.objects.get(unpriced="unknown").line_number == 6


def test_groups_are_looked_up_batch_by_batch_and_remembered_as_long_as_they_are_few(monkeypatch):
    asked, find_or_make = [], usage_lines.find_or_make
    monkeypatch.setattr(usage_lines, "find_or_make", lambda keys: asked.append(len(keys)) or find_or_make(keys))
    monkeypatch.setattr(Importer, "batch_rows", 2)
    monkeypatch.setattr(usage_lines, "MOST_KNOWN", 2)
    text = HEADER + "".join(
        row(1_000_000, model=model) for model in ("gpt-4o", "o3-mini") * 2 + ("a", "a", "b", "gpt-4o")
    )
    assert counts(bring_in("usage_csv", text)) == ("done", 8, 0, 0, Decimal("9.7"))
    assert asked == [2, 0, 1, 2]  # the three of before are forgotten; none is asked for at the end
    assert [*UsageMonth.objects.order_by("group__sku").values_list("group__sku", "lines")] == [
        ("a", 2), ("b", 1), ("gpt-4o", 3), ("o3-mini", 2),
    ]  # fmt: skip


def test_the_same_file_changes_nothing_and_overlapping_ones_only_add():
    text = HEADER + row(1_000_000) * 2 + row(7, "A")
    bring_in("usage_csv", text)
    before = everything()
    assert counts(bring_in("usage_csv", text))[1:4] == (0, 3, 0)
    assert everything() == before
    assert counts(bring_in("usage_csv", text + row(1_000_000) + row(8, "B")))[1:4] == (2, 3, 0)


def test_what_is_known_keeps_its_price_when_prices_have_changed():
    text = HEADER + row(1_000_000) + row(1_000_000, "A")
    bring_in("usage_csv", text)
    before = everything()
    add_price("gpt-4o", "9", provider="openai")
    assert counts(bring_in("usage_csv", text))[1:4] == (0, 2, 0)
    assert everything() == before


def test_a_changed_row_is_restated_and_a_revert_takes_it_back():
    first = bring_in("usage_csv", HEADER + row(1_000_000, "A") + row(3, "B"))
    before = everything()
    second = bring_in("usage_csv", HEADER + row(4_000_000, "A") + row(3, "B"))
    assert counts(second)[1:4] == (1, 1, 0)
    assert [line.amount for line in CostLine.objects.live().filter(external_id="A")] == [10]
    jobs.revert(second, UserFactory(finance=True))
    assert everything() == before
    jobs.revert(first, UserFactory(finance=True))
    assert everything() == ([], [], [], [], [])
    assert not UsageLine.objects.exists()


def test_the_first_file_can_go_while_what_restated_it_stays():
    first = bring_in("usage_csv", HEADER + row(1_000_000, "A"))
    bring_in("usage_csv", HEADER + row(4_000_000, "A"))
    jobs.revert(first, UserFactory(finance=True))
    assert [line.amount for line in CostLine.objects.live()] == [10]
    assert [line.input_tokens for line in UsageLine.objects.live()] == [4_000_000]


def test_sheets_and_gz_files_are_read_alike():
    text = HEADER + row(1_000_000, "A") + row(12, "B", cached="5")
    bring_in("usage_csv", gzip.compress(text.encode()))
    book, file = openpyxl.Workbook(), io.BytesIO()
    for line in text.splitlines():
        book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in line.split(",")])
    book.active["B2"] = date(2026, 11, 3)
    book.save(file)
    assert counts(bring_in("usage_csv", file.getvalue()))[1:4] == (0, 2, 0)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"tokens": "-1"}, "input_tokens"), ({"tokens": "1.5"}, "input_tokens"), ({"tokens": ""}, "input_tokens"),
        ({"cached": "11"}, "cached_input_tokens"), ({"on": "2026-02-30"}, "occurred_on"), ({"on": ""}, "occurred_on"),
        ({"model": ""}, "model"), ({"provider": "x" * 201}, "provider"), ({"initiative": "AI-9999"}, "initiative"),
        ({"tokens": "1e400"}, "input_tokens"), ({"tokens": "1000000000001"}, "input_tokens"),
        ({"tokens": "1.000"}, "input_tokens"), ({"cached": "1.000"}, "cached_input_tokens"),
    ],
)  # fmt: skip
def test_a_bad_cell_rejects_its_row_at_its_column(cells, column):
    job = bring_in("usage_csv", HEADER + row(**({"tokens": 10} | cells)) + row(1))
    assert counts(job)[1:4] == (1, 0, 1)
    assert [rejected.column for rejected in job.rejected.all()] == [column]


@pytest.mark.parametrize("tokens", [10**12 + 1, 10**30, -1])
def test_more_tokens_than_a_row_can_have_are_refused_with_row_column_and_limit(tokens: int):
    job = bring_in("usage_csv", HEADER + row(10**12) + row(tokens))
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 1)
    rejected = job.rejected.get()
    assert (rejected.line, rejected.column) == (3, "input_tokens")
    assert rejected.translated == "A whole number from 0 to 1,000,000,000,000."


def test_an_external_id_twice_with_other_content_is_rejected():
    job = bring_in("usage_csv", HEADER + row(1, "A") + row(1, "A") + row(2, "A"))
    assert counts(job)[1:4] == (1, 1, 1)
    assert [(rejected.line, rejected.column) for rejected in job.rejected.all()] == [(4, "external_id")]


def test_rows_without_a_price_are_counted_by_why_with_their_first_lines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("costs.usage.merge.LINES_KEPT", 2)
    rows = row(5, model="gpt-0") + row(1_000_000) + row(6, model="gpt-0") + row(7, model="gpt-1")
    batch = "2026-11-03,openai,gpt-0,8,0,,,,true\n"
    job = bring_in("usage_csv", HEADER.replace("id\n", "id,batch\n") + rows.replace("\n", ",\n") + "," + batch)
    assert {str(reason): (reason.count, reason.lines) for reason in job.reasons.all()} == {
        "Kept without a cost: the price book has no price for this model on this day.": (4, [2, 4])
    }
    assert counts(job) == ("done", 5, 0, 0, Decimal("2.5"))


def test_user_ids_are_no_column():
    job = bring_in("usage_csv", "user_id," + HEADER + "u-1," + row(1))
    assert job.state == "failed"
    assert not UsageLine.objects.exists()


def test_a_price_in_another_currency_waits_for_its_rate():
    add_price("gpt-4o", "2", provider="openai", currency="EUR")
    job = bring_in("usage_csv", HEADER + row(1_000_000))
    assert (job.amount_total, job.breakdown) == (0, {"waiting": {"rate": 1}})
    add_rate("2026-11-03", "EUR", "1.10")
    assert CostLine.objects.get().base_amount == Decimal("2.2")


def test_a_dry_run_leaves_nothing():
    job = bring_in("usage_csv", HEADER + row(1_000_000), dry_run=True)
    assert counts(job)[1:] == (1, 0, 0, Decimal("2.5"))
    assert not UsageLine.objects.exists()
    assert not CostLine.objects.exists()


GERMAN = "Datum;Anbieter;Modell;Eingabe-Tokens;Ausgabe-Tokens;Anfragen\n3.11.2026;openai;gpt-4o;1.000.000;1.000;12\n"


# 1,000,000 input tokens cost 2.50, 1,000 output tokens 0.01.
def test_a_mapping_says_how_a_file_writes_days_and_counts():
    columns = ("occurred_on", "provider", "model", "input_tokens", "output_tokens", "requests")
    mapping = dict(zip(GERMAN.partition("\n")[0].split(";"), columns, strict=True))
    job = bring_in("usage_csv", GERMAN, mapping={**mapping, "reading": {"dates": "dmy", "decimals": "comma"}})
    assert counts(job) == ("done", 1, 0, 0, Decimal("2.51"))
    told = UsageLine.objects.values_list("occurred_on", "input_tokens", "output_tokens", "requests").get()
    assert told == (date(2026, 11, 3), 1_000_000, 1_000, 12)


def test_the_page_that_maps_the_columns_guesses_them_and_how_days_are_written(client):
    client.force_login(UserFactory(finance=True))
    file = SimpleUploadedFile("usage.csv", GERMAN.encode())
    page = client.get(client.post("/imports/", {"file": file, "format": "usage_csv", "map_columns": "on"}).url)
    for chosen in ("occurred_on", "provider", "model", "input_tokens", "output_tokens", "requests", "dmy"):
        assert f'<option value="{chosen}" selected>' in page.content.decode()
    assert "Tokens read from a cache" in page.content.decode()
