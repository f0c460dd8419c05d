"""The importer of cost lines: every bad cell has its reason, the same file changes nothing, a revert is exact."""

import csv
import gc
import gzip
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from costs import lines, totals
from costs.importers.costs_csv import CostsCsv
from costs.ledger import provenance
from costs.ledger.provenance import original
from costs.models import CostLine, GroupMonth
from imports import files, jobs, tables
from imports.kinds import FileKind
from imports.models import Import
from portfolio.facts.pending import pending_of_set
from tests.costs.factories import add_line, add_rate, category, new_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 12, 31)
HEADER = "initiative,incurred_on,category,amount,currency,vendor,external_id\n"


@pytest.fixture
def initiative():
    return InitiativeFactory()


def gross(initiative) -> Decimal:
    return totals.gross_by_initiative([initiative.pk], AS_OF).get(initiative.pk, Decimal(0))


def row(initiative, amount="10", on="2026-03-05", external_id="", **cells) -> str:
    cells = {"category": "cloud", "currency": "USD", "vendor": "", **cells}
    key = initiative.key if initiative else ""
    return f'{key},{on},{cells["category"]},"{amount}",{cells["currency"]},{cells["vendor"]},{external_id}\n'


def counts(job: Import) -> tuple:
    return job.state, job.rows_total, job.rows_created, job.rows_unchanged, job.rows_rejected


def test_rows_become_lines_of_their_initiative(initiative):
    job = bring_in("costs_csv", HEADER + row(initiative) + row(initiative, "0.00000000503") + row(None, "-7"))
    assert counts(job) == ("done", 3, 3, 0, 0)
    assert job.amount_total == Decimal("3.00000000503")
    assert gross(initiative) == Decimal("10.00000000503")
    assert totals.unallocated(AS_OF).gross == -7


def test_lines_say_when_they_were_imported_and_by_which_import(initiative):
    before = timezone.now()
    job = bring_in("costs_csv", HEADER + row(initiative) * 2)
    first, second = CostLine.objects.filter(import_id=job.pk).order_by("occurrence")
    assert before <= first.recorded_at <= second.recorded_at <= timezone.now()
    assert (first.occurrence, second.occurrence) == (1, 2)
    assert not first.is_correction
    assert first.withdrawn == ""


def test_nothing_of_an_import_stays_in_memory(initiative):
    job = bring_in("costs_csv", HEADER + row(initiative))
    # As it stands, without a collection: of old objects a worker makes one in many imports.
    importers = [each for each in gc.get_objects() if type(each) is CostsCsv]
    assert job.pk not in [each.import_id for each in importers]


def test_a_sheet_and_a_gz_file_are_the_lines_of_their_csv(initiative):
    text = HEADER + row(initiative, "0.00000000503", external_id="7") + row(initiative, "-12.5", vendor="東京")
    assert bring_in("costs_csv", gzip.compress(text.encode())).rows_created == 2
    book, file = openpyxl.Workbook(), io.BytesIO()
    for cells in csv.reader(text.splitlines()):
        book.active.append(cells)
    book.active["B2"], book.active["D2"], book.active["G2"] = date(2026, 3, 5), 5.03e-9, 7
    book.active["D3"] = -12.5
    book.save(file)
    job = bring_in("costs_csv", file.getvalue())
    assert (*counts(job), job.amount_total) == ("done", 2, 0, 2, 0, Decimal("-12.49999999497"))


def test_a_row_of_a_sheet_is_rejected_at_its_number_and_shown_at_its_line(initiative, client):
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active["A2"] = "Costs of March"  # a title above the table is no header
    book.save(file)
    assert bring_in("costs_csv", file.getvalue()).state == "failed"
    for at, cells in enumerate(csv.reader((HEADER + row(initiative) + row(initiative, "x")).splitlines()), start=2):
        for column, cell in enumerate(cells, start=1):
            book.active.cell(at, column, cell)
    book.save(file)
    job = bring_in("costs_csv", file.getvalue())
    assert [(each.line, each.column) for each in job.rejected.all()] == [(4, "amount")]
    assert original(CostLine.objects.get(), job, wait=False).cells[1] == ("incurred_on", "2026-03-05")


def test_a_row_after_cells_of_many_lines_is_found_by_its_line_whatever_ends_them(initiative, client):
    more = ",description\r"
    two = [row(initiative, amount)[:-1] + f',"a\nlong\r\ntext, {amount}"\r\n\n' for amount in ("1", "2", "3")]
    job = bring_in("costs_csv", (HEADER[:-1] + more + "".join(two)).encode("utf-16"))
    assert (job.rows_created, job.rows_rejected) == (3, 0)
    for line in CostLine.objects.all():
        told = dict(original(line, job, wait=False).cells)
        assert (told["amount"], told["description"]) == (f"{line.amount}", f"a\nlong\r\ntext, {line.amount}")


def test_the_row_of_a_large_file_is_looked_for_when_asked_and_then_known(initiative, client, monkeypatch):
    bring_in("costs_csv", HEADER + row(initiative, "7.25", external_id="X-1"))
    address = f"/costs/lines/{CostLine.objects.get().key}/"
    client.force_login(UserFactory(finance=True))
    told = "<dt>amount</dt><dd>7.25</dd>"
    cache.clear()
    monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, 10)
    page = client.get(address).content.decode()
    assert told not in page and "no longer kept" not in page
    assert f'href="{address}row/" hx-get="{address}row/"' in page
    assert "hx-trigger" not in page  # nothing is read before somebody asks
    assert told in client.get(f"{address}row/").content.decode()
    fragment = client.get(f"{address}row/", headers={"HX-Request": "true"}).content.decode()
    assert told in fragment and "<html" not in fragment
    monkeypatch.setattr(tables, "row_at", None)  # the file is not read again
    assert told in client.get(address).content.decode()
    secret = add_line(InitiativeFactory(confidential=True), "2026-03-05", "1")
    client.force_login(UserFactory())
    assert client.get(f"/costs/lines/{secret.key}/row/").status_code == 404


def test_of_rows_of_large_files_one_is_looked_for_at_a_time(initiative, client, monkeypatch):
    bring_in("costs_csv", HEADER + row(initiative, "7.25", external_id="X-1"))
    line, contributor = CostLine.objects.get(), UserFactory()
    page, api = f"/costs/lines/{line.key}/row/", f"/api/v1/costs/{line.key}/row"
    client.force_login(contributor)
    cache.clear()
    monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, 10)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [provenance.LOOKING])
        busy = [client.get(page), client.get(api, headers=bearer(contributor))]
        assert [(answer.status_code, answer["Retry-After"]) for answer in busy] == [(429, "5")] * 2
        part = client.get(page, headers={"HX-Request": "true"})
        assert part.status_code == 200
        for answer in (busy[0], part):
            told = answer.content.decode()
            assert "Another row is being looked for just now." in told and f'href="{page}"' in told
        monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, 10_000)
        assert client.get(page).status_code == 200  # what is quick waits for nobody
        cursor.execute("SELECT pg_advisory_unlock(%s)", [provenance.LOOKING])
    other.close()
    monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, 10)
    cache.clear()
    assert [client.get(page).status_code, client.get(api, headers=bearer(contributor)).status_code] == [200, 200]


@pytest.mark.parametrize(
    ("kind", "most"), [("CSV", 50_000_000), ("JSON", 2_000_000), ("XLSX", 100_000), ("PARQUET", 0)]
)
def test_a_page_waits_for_a_row_only_as_long_as_its_kind_of_file_is_quick(kind, most, tmp_path):
    begins = {"CSV": b"a,b", "JSON": b"[{}]", "XLSX": b"PK\x03\x04", "PARQUET": b"PAR1"}[kind]
    (tmp_path / "kept").write_bytes(gzip.compress(begins))
    takes_all = type("TakesAll", (), {"kinds": tuple(FileKind)})
    assert [tables.is_quick(tmp_path / "kept", takes_all, most + more) for more in (0, 1)] == [True, False]


def test_the_page_of_a_line_keeps_to_itself_what_a_mapping_leaves_out(initiative, client):
    text = HEADER.replace("vendor", "Employee") + row(initiative, "7.25", external_id="X-1", vendor="Jane Roe")
    bring_in("costs_csv", text.replace("external_id", "note"), mapping={"Employee": None, "note": "description"})
    client.force_login(UserFactory(finance=True))
    page = client.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    assert "<dt>amount</dt><dd>7.25</dd>" in page and "<dt>note</dt><dd>X-1</dd>" in page
    assert "Employee" not in page and "Jane Roe" not in page


def test_a_page_tells_a_row_that_is_not_found_from_a_file_that_is_gone(initiative, client):
    job = bring_in("costs_csv", HEADER + row(initiative, "7.25", external_id="X-9"))
    CostLine.objects.update(line_number=9)
    address = f"/costs/lines/{CostLine.objects.get().key}/"
    client.force_login(UserFactory(finance=True))
    for page in (address, f"{address}row/"):
        assert "no such row was found" in client.get(page).content.decode()
    files.path_of(job.file_sha256).unlink()
    for page in (address, f"{address}row/"):
        text = client.get(page).content.decode()
        assert "The file is no longer kept." in text and "no such row" not in text


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"amount": "NaN"}, "Not a number."), ({"amount": "1e400"}, "At most 20 digits before the decimal point."),
        ({"amount": "1.234,56"}, "Write the amount with a decimal point, such as 1234.56."),
        ({"amount": ""}, "An amount is needed."),
        ({"on": "2026-02-30"}, "Not a date that exists, written as 2026-11-30."),
        ({"on": "30/02/2026"}, "Not a date that exists, written as 2026-11-30."),
        ({"on": "1949-12-31"}, "Dates go from 1950-01-01 to 2100-12-31."), ({"on": ""}, "This cell must not be empty."),
        ({"category": "moon"}, "There is no such category."),
        ({"currency": "XXQ"}, "Not a currency of ISO 4217 (upper case, such as USD)."),
        ({"vendor": "x" * 201}, "The text is longer than {most} characters."),
    ],
)  # fmt: skip
def test_a_bad_row_is_rejected_with_its_reason_and_the_good_ones_stay(initiative, cells, reason):
    job = bring_in("costs_csv", HEADER + row(initiative, **cells) + row(initiative))
    assert counts(job) == ("done", 2, 1, 0, 1)
    assert [each.text for each in job.reasons.all()] == [reason]
    assert gross(initiative) == 10


def test_minus_zero_is_zero_and_thousands_are_read(initiative):
    job = bring_in("costs_csv", HEADER + row(initiative, "-0") + row(initiative, "1,234.50"))
    assert counts(job) == ("done", 2, 2, 0, 0)
    assert gross(initiative) == Decimal("1234.50")


def test_zeros_after_the_18th_place_say_nothing(initiative):
    long = row(initiative, "-0.00362750000000000000") + row(initiative, "1,234.5000000000000000000000")
    assert counts(bring_in("costs_csv", HEADER + long)) == ("done", 2, 2, 0, 0)
    assert gross(initiative) == Decimal("1234.4963725")
    assert counts(bring_in("costs_csv", HEADER + row(initiative, "-0.0036275"))) == ("done", 1, 0, 1, 0)


def test_an_unknown_initiative_and_ragged_rows_are_rejected(initiative):
    text = HEADER + "AI-99999,2026-03-05,cloud,1,USD,,\n" + "too,short\n" + "\0,2026-03-05,cloud,1,USD,,\n"
    assert counts(bring_in("costs_csv", text + row(initiative))) == ("done", 4, 1, 0, 3)


def test_the_same_file_twice_changes_nothing(initiative):
    text = HEADER + row(initiative) + row(initiative) + row(initiative, "5")
    bring_in("costs_csv", text)
    assert counts(bring_in("costs_csv", text)) == ("done", 3, 0, 3, 0)
    assert gross(initiative) == 25


def test_the_nth_equal_row_is_the_same_line_in_overlapping_files(initiative):
    bring_in("costs_csv", HEADER + row(initiative) * 2 + row(initiative, "5"))
    job = bring_in("costs_csv", HEADER + row(initiative, "10.00") * 3 + row(initiative, "6"))
    assert counts(job) == ("done", 4, 2, 2, 0)
    assert gross(initiative) == 41


def test_columns_in_another_order_are_the_same_rows(initiative):
    bring_in("costs_csv", HEADER + row(initiative))
    text = f"currency,amount,category,incurred_on,initiative\nUSD,10,cloud,2026-03-05,{initiative.key}\n"
    assert counts(bring_in("costs_csv", text)) == ("done", 1, 0, 1, 0)


def test_a_changed_amount_under_the_same_external_id_is_restated(initiative):
    bring_in("costs_csv", HEADER + row(initiative, "10", external_id="E1") + row(initiative, "3", external_id="E2"))
    job = bring_in("costs_csv", HEADER + row(initiative, "12", external_id="E1"))
    assert counts(job) == ("done", 1, 1, 0, 0)
    assert "Restated" in job.reasons.get().text
    assert gross(initiative) == 15
    assert CostLine.objects.get(withdrawn="restated").amount == 10


def test_a_line_of_the_api_is_unchanged_in_a_file(initiative):
    lines.add(None, [new_line(initiative, "2026-03-05", "10", external_id="E1", source="api")])
    assert counts(bring_in("costs_csv", HEADER + row(initiative, "10", external_id="E1"))) == ("done", 1, 0, 1, 0)


def test_an_external_id_that_contradicts_itself_in_one_file_is_rejected(initiative):
    text = HEADER + "".join(row(initiative, amount, external_id="E1") for amount in ("10", "10", "11"))
    assert counts(bring_in("costs_csv", text)) == ("done", 3, 1, 1, 1)
    assert gross(initiative) == 10


def test_a_revert_takes_back_exactly_what_the_import_created(initiative):
    add_line(initiative, "2026-03-05", "1")
    first = bring_in("costs_csv", HEADER + row(initiative) + row(initiative, "5", external_id="E1"))
    second = bring_in("costs_csv", HEADER + row(initiative) * 2 + row(initiative, "6", external_id="E1"))
    assert gross(initiative) == 27
    jobs.revert(second, None)
    assert gross(initiative) == 16
    jobs.revert(first, None)
    assert gross(initiative) == 1
    assert bring_in("costs_csv", HEADER + row(initiative)).rows_created == 1


def test_reverts_in_any_order_leave_nothing(initiative):
    versions = [bring_in("costs_csv", HEADER + row(initiative, amount, external_id="E1")) for amount in "123"]
    jobs.revert(versions[1], None)
    assert gross(initiative) == 3
    jobs.revert(versions[2], None)
    assert gross(initiative) == 1
    jobs.revert(versions[0], None)
    assert gross(initiative) == 0
    assert not CostLine.objects.exists()


def test_a_correction_by_hand_survives_the_same_file_and_the_revert(initiative):
    actor = UserFactory(admin=True)
    text = HEADER + row(initiative, "10", external_id="E1") + row(initiative, "4")
    job = bring_in("costs_csv", text)
    for line in list(CostLine.objects.shown()):
        lines.correct(actor, line, new_line(initiative, "2026-03-05", "100"))
    assert counts(bring_in("costs_csv", text)) == ("done", 2, 0, 2, 0)
    assert gross(initiative) == 200
    assert jobs.revert(job, None).kept == 2
    assert gross(initiative) == 200


def test_a_file_whose_rows_all_wait_for_a_rate_is_taken(initiative):
    job = bring_in("costs_csv", HEADER + row(initiative, currency="EUR"))
    assert (job.state, job.rows_created, job.amount_total) == ("done", 1, 0)
    assert job.breakdown == {"waiting": {"rate": 1}}
    add_rate("2026-03-01", "EUR", "1.1")
    assert gross(initiative) == 11
    assert bring_in("costs_csv", HEADER + row(initiative, currency="EUR")).breakdown == {}


def test_the_report_says_how_many_rows_wait_for_a_rate(initiative, client):
    plain, known = row(initiative), row(initiative, currency="EUR")
    bring_in("costs_csv", HEADER + plain)
    named = row(initiative, currency="EUR", external_id="E1")
    job = bring_in("costs_csv", HEADER + plain + known + known + named)
    assert (job.rows_created, job.amount_total, job.breakdown) == (3, 10, {"waiting": {"rate": 3}})
    client.force_login(UserFactory(role="finance"))
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert "3 rows have an amount without an exchange rate for their day." in page


def test_a_row_without_a_rate_waits_and_is_not_in_the_sum(initiative):
    job = bring_in("costs_csv", HEADER + row(initiative, currency="EUR") + row(initiative))
    assert job.amount_total == 10
    assert pending_of_set([initiative.pk], AS_OF).whole.lines == 1
    add_rate("2026-03-01", "EUR", "1.1")
    assert gross(initiative) == 21
    assert pending_of_set([initiative.pk], AS_OF).whole.lines == 0


def test_a_dry_run_reports_the_same_and_changes_nothing(initiative):
    text = HEADER + row(initiative) + row(initiative, "x")
    job = bring_in("costs_csv", text, dry_run=True)
    assert counts(job) == ("done", 2, 1, 0, 1)
    assert not CostLine.objects.exists()
    assert not GroupMonth.objects.exists()


def test_a_category_out_of_use_takes_no_rows(initiative):
    cloud = category("cloud")
    cloud.is_active = False
    cloud.save()
    assert bring_in("costs_csv", HEADER + row(initiative)).rows_rejected == 1
