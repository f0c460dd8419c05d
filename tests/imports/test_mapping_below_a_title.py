"""Tables that begin below a title, or on a sheet behind a cover: where that is, is said, kept, offered and read."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from costs.models import CostLine
from imports import errors_csv
from imports.header_place import HeaderPlace
from imports.kinds import FileKind
from imports.mappings import ColumnMapping
from imports.models import Import, SavedMapping
from imports.refusals import FileRefusedError
from imports.tables import open_beginning
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.imports.test_kinds import ENTITY, altered, keep, with_a_long_text
from tests.imports.test_mapping import LINES, lines, upload
from tests.markup import tight

pytestmark = pytest.mark.django_db
INVOICE = (
    'Contoso "Cloud"\n'
    '"Invoice of March 2026\n'  # a quote that nothing closes
    "\n"
    "Rechnungsdatum;Lieferant;Betrag;Farbe\n"
    "5.3.2026;Contoso;1.234,56;rot\n"
    "30.03.2026;Fabrikam;-7;blau\n"
)
CHOSEN = {
    "format": "costs_csv", "column-0": "incurred_on", "column-1": "vendor", "column-2": "amount", "column-3": "",
    "constant-currency": "USD", "constant-category": "cloud", "dates": "dmy",
}  # fmt: skip
COLUMNS = {"Rechnungsdatum": "incurred_on", "Lieferant": "vendor", "Betrag": "amount", "Farbe": None}
CONSTANTS = {"category": "cloud", "currency": "USD"}


def as_json(**reading: Any) -> dict[str, Any]:
    return {**COLUMNS, "constants": CONSTANTS, "reading": {"dates": "dmy", **reading}}


def workbook(*, hidden: bool = False, cover: str = "Cover") -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = cover
    book.active.append(["Invoice of March 2026"])
    detail = book.create_sheet("Details & more")
    detail.append(["Contoso Cloud"])
    detail.append([])
    detail.append(["Rechnungsdatum", "Lieferant", "Betrag", "Farbe"])
    detail.append(["5.3.2026", "Contoso", 1234.56, "rot"])
    detail.append(["30.03.2026", "Fabrikam", -7, "blau"])
    if hidden:
        detail.sheet_state = "hidden"
    book.save(file)
    return file.getvalue()


SHEET = {"sheet": "Details & more", "header_row": 3}


def kept_columns(saved: SavedMapping) -> list[str]:
    return list(ColumnMapping.of(saved.mapping).columns)


@pytest.fixture
def finance(client: Client, eager_tasks: None) -> Client:
    client.force_login(UserFactory(finance=True))
    return client


def test_the_row_of_the_headings_is_said_and_the_columns_below_it_are_mapped(
    finance: Client, django_capture_on_commit_callbacks: Any
) -> None:
    page = upload(finance, INVOICE)
    assert "Field of “Betrag”" not in finance.get(page).content.decode()
    asked = {"format": "costs_csv", "header_row": "4"}
    shown = tight(finance.get(page, asked).content.decode())
    assert '<th scope="row"><label for="id_column-2">Betrag</label>' in shown
    assert '<input type="hidden" name="header_row" value="4">' in shown
    assert "Contoso" in shown and "Invoice of March" not in shown
    sent = CHOSEN | {"header_row": "4", "decimals": "comma", "save_as": "Contoso", "go": "import"}
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, sent)
    job = Import.objects.get()
    kept = as_json(decimals="comma", header_row=4)
    assert (job.state, job.mapping, SavedMapping.objects.get().mapping, lines()) == ("done", kept, kept, LINES)
    assert list(CostLine.objects.order_by("incurred_on").values_list("line_number", flat=True)) == [5, 6]
    line = finance.get(f"/costs/lines/{CostLine.objects.get(amount=-7).key}/").content.decode()
    assert "<dt>Betrag</dt><dd>-7</dd>" in tight(line)


def test_a_workbook_is_read_from_the_sheet_and_row_that_were_said(
    finance: Client, django_capture_on_commit_callbacks: Any
) -> None:
    page = upload(finance, workbook())
    shown = tight(finance.get(page).content.decode())
    assert '<option value="Cover">Cover</option><option value="Details &amp; more">Details &amp; more</option>' in shown
    shown = tight(finance.get(page, SHEET | {"format": "costs_csv"}).content.decode())
    assert '<option value="Details &amp; more" selected>' in shown
    assert "Fabrikam" in shown and "Contoso Cloud" not in shown
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, CHOSEN | SHEET | {"save_as": "Contoso", "go": "import"})
    job = Import.objects.get()
    assert (job.state, job.mapping, lines()) == ("done", as_json(**SHEET), LINES)
    assert list(CostLine.objects.order_by("incurred_on").values_list("line_number", flat=True)) == [4, 5]


@pytest.mark.parametrize("content", [INVOICE.replace("-7", "-8"), workbook(cover="Deckblatt")], ids=["csv", "xlsx"])
def test_the_next_file_is_offered_the_saved_mapping_with_its_place(finance: Client, content: str | bytes) -> None:
    place = {"header_row": "4"} if isinstance(content, str) else SHEET
    first = INVOICE if isinstance(content, str) else workbook()
    finance.post(upload(finance, first), CHOSEN | place | {"save_as": "Contoso's bill", "go": "try"})
    page = tight(finance.get(upload(finance, content)).content.decode())
    assert "Filled in from the saved mapping “Contoso&#x27;s bill”." in page
    assert f'<input type="hidden" name="header_row" value="{place["header_row"]}">' in page


def test_a_place_that_was_said_counts_for_more_than_that_of_a_saved_mapping(finance: Client) -> None:
    finance.post(upload(finance, INVOICE), CHOSEN | {"header_row": "4", "save_as": "Bill", "go": "try"})
    text = INVOICE.replace('"Invoice', "Invoice")
    page = finance.get(upload(finance, text), {"header_row": ""}).content.decode()
    assert '<input type="hidden" name="header_row" value="">' in page
    assert "Filled in" not in page


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"header_row": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"header_row": "1001"}, "Ensure this value is less than or equal to 1000."),
        ({"header_row": "four"}, "Enter a whole number."),
        ({"header_row": "2", "sheet": "Details & more"}, "There are no headings in row 2."),
        ({"header_row": "6"}, "There are no headings in row 6."),
        ({"sheet": "Moon"}, "There is no sheet “Moon” that can be seen."),
    ],
)
@pytest.mark.parametrize("way", ["get", "post"])
def test_a_place_where_no_headings_are_is_said_at_its_field(
    finance: Client, said: dict[str, str], wrong: str, way: str
) -> None:
    page = upload(finance, workbook())
    answer = getattr(finance, way)(page, CHOSEN | said | {"go": "import"})
    assert answer.status_code == 422
    shown = tight(answer.content.decode())
    assert wrong in shown
    assert '<option value="costs_csv" selected>' in shown
    field = "id_sheet" if "Moon" in wrong else "id_header_row"
    assert f'aria-describedby="{field}-' in shown or f'href="#{field}"' in shown
    assert not Import.objects.exists()


@pytest.mark.parametrize("row", [3, 7])
def test_a_row_of_a_csv_file_without_headings_is_said(finance: Client, row: int) -> None:
    answer = finance.get(upload(finance, INVOICE), {"header_row": row})
    assert (answer.status_code, f"There are no headings in row {row}." in answer.content.decode()) == (422, True)


def test_a_saved_mapping_changes_its_place_on_its_page(finance: Client) -> None:
    finance.post(upload(finance, INVOICE), CHOSEN | {"header_row": "4", "save_as": "Bill", "go": "try"})
    saved = SavedMapping.objects.get()
    page = f"/imports/mappings/{saved.pk}/"
    assert 'name="header_row" value="4"' in finance.get(page).content.decode()
    columns = {f"column-{place}": COLUMNS[heading] or "" for place, heading in enumerate(kept_columns(saved))}
    chosen = CHOSEN | columns | {"save_as": "Bill"}
    finance.post(page, chosen | {"header_row": "7", "sheet": "März", "version": "1"})
    saved.refresh_from_db()
    assert saved.mapping == as_json(header_row=7, sheet="März")
    answer = finance.post(page, chosen | {"header_row": "0", "version": "2"})
    assert (answer.status_code, "greater than or equal to 1" in answer.content.decode()) == (422, True)


def test_hidden_sheets_are_neither_offered_nor_read(finance: Client) -> None:
    page = upload(finance, workbook(hidden=True))
    assert 'name="sheet" id="id_sheet"' not in finance.get(page).content.decode()
    job = bring_in("costs_csv", workbook(hidden=True), mapping=as_json(**SHEET))
    assert (job.state, str(job.reasons.get())) == ("failed", "There is no sheet “Details & more” that can be seen.")


def test_api_and_command_take_the_place_in_a_mapping(
    client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    headers = bearer(UserFactory(finance=True))
    sent = {"file": SimpleUploadedFile("bill.xlsx", workbook()), "format": "costs_csv"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/api/v1/imports", sent | {"mapping": json.dumps(as_json(**SHEET))}, headers=headers)
    assert lines() == LINES
    new = {"name": "Contoso", "format": "costs_csv", "mapping": as_json(**SHEET)}
    saved = client.post("/api/v1/import-mappings", new, content_type="application/json", headers=headers)
    assert (saved.status_code, saved.json()["mapping"]) == (201, as_json(**SHEET))


@pytest.mark.parametrize(
    "reading",
    [{"header_row": 0}, {"header_row": 1001}, {"header_row": "4"}, {"header_row": True}, {"sheet": ""}, {"sheet": 3},
     {"sheet": "x" * 101}, {"sheet": "a\0"}, {"column": 4}],
)  # fmt: skip
def test_a_place_that_cannot_be_is_refused_in_a_mapping(client: Client, reading: dict[str, Any]) -> None:
    sent = {"file": SimpleUploadedFile("bill.csv", INVOICE.encode()), "format": "costs_csv"}
    mapping = json.dumps({**COLUMNS, "constants": CONSTANTS, "reading": reading})
    answer = client.post("/api/v1/imports", sent | {"mapping": mapping}, headers=bearer(UserFactory(finance=True)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "mapping")
    assert not Import.objects.exists()


def test_formats_that_read_row_by_row_or_twice_find_their_headings_too() -> None:
    table = "Our initiatives\n\nWhat;Key\nChat for claims;\n"
    job = bring_in("initiatives_csv", table, mapping={"What": "title", "Key": "key", "reading": {"header_row": 3}})
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 0)
    unknown = bring_in("initiatives_csv", table.replace("claims;", "claims;AI-9999"), mapping=job.mapping)
    assert [(row.line, row.column) for row in unknown.rejected.all()] == [(4, "key")]


def test_lines_below_a_title_are_those_of_the_file_also_past_the_first_block() -> None:
    rows = [f"2026-03-05,cloud,1,USD,{'x' * 80}" for _ in range(30_000)]  # 3 MB, of which the first block is one
    rows[-1] = rows[-1].replace("cloud,1", "cloud,one")
    table = "\n".join(["A bill", "", "incurred_on,category,amount,currency,description", *rows])
    job = bring_in("costs_csv", table, mapping={"reading": {"header_row": 3}})
    assert (job.rows_total, job.rows_created) == (30_000, 29_999)
    assert [(row.line, row.column) for row in job.rejected.all()] == [(30_003, "amount")]


def test_rejected_rows_come_back_as_errors_csv_with_the_mapping_that_the_file_had() -> None:
    mapping = as_json(decimals="comma", header_row=4, sheet="Only of workbooks")
    job = bring_in("costs_csv", INVOICE.replace("-7", "7x"), mapping=mapping)
    assert [(row.line, row.column) for row in job.rejected.all()] == [(6, "amount")]
    text = b"".join(errors_csv.response(job).streaming_content).decode()  # type: ignore[arg-type]
    again = bring_in("costs_csv", text.replace("7x", "7"), mapping=mapping)
    assert (again.state, again.rows_created, again.amount_total) == ("done", 1, Decimal(7))


def test_a_mended_errors_csv_that_was_saved_as_a_workbook_is_known_whatever_its_sheet_is_called() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "errors"
    book.active.append(["line", "column", "reason", *COLUMNS])
    book.active.append(["5", "amount", "Not a number.", "30.03.2026", "Fabrikam", "-7", "blau"])
    book.save(file)
    job = bring_in("costs_csv", file.getvalue(), mapping=as_json(**SHEET))
    assert (job.state, job.rows_created, job.amount_total) == ("done", 1, Decimal(-7))


def test_a_row_that_names_the_file_of_its_own_rows_again_finds_them() -> None:
    table = INVOICE.replace("Farbe", "Nr").replace("rot", "n-1").replace("blau", "n-1")
    mapping = as_json(decimals="comma", header_row=4)
    mapping |= {"Nr": "external_id"}
    del mapping["Farbe"]
    job = bring_in("costs_csv", table, mapping=mapping)
    assert [(row.line, row.column, row.cells[1]) for row in job.rejected.all()] == [(6, "external_id", "Fabrikam")]


# What guards the first sheet guards every one -------------------------------------------------------------------------
def second(name: str) -> bool:
    return "sheet2" in name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, part: part.replace(b"<worksheet", ENTITY + b"<worksheet", 1) if second(name) else part,
         "The Excel file declares a document type"),
        (lambda name, part: part.replace(
            b"</sheetData>", b'<row r="1000000"><c r="XFD1000000"><v>1</v></c></row></sheetData>')
         if second(name) else part, "as far as XFD1000000"),
    ],
)  # fmt: skip
def test_a_hostile_sheet_that_is_named_is_refused(change: Any, said: str) -> None:
    content = altered(workbook(), change)
    job = bring_in("costs_csv", content, mapping=as_json(**SHEET))
    assert (job.state, said in str(job.reasons.get())) == ("failed", True)
    with pytest.raises(FileRefusedError, match=said):
        open_beginning(keep(content), FileKind.XLSX, None, HeaderPlace(**SHEET))


def test_a_text_without_end_on_a_sheet_that_is_named_meets_the_limit_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.imports import narrow_child

    monkeypatch.setattr("imports.xlsx.CHILD", narrow_child.__name__)
    book, file = openpyxl.Workbook(), io.BytesIO()
    detail = book.create_sheet("Detail")
    detail.append(["model", "cost"])
    for _ in range(300):
        detail.append(["LONG", 1])
    book.save(file)
    path = keep(altered(file.getvalue(), with_a_long_text))
    with pytest.raises(FileRefusedError, match="too large when unpacked"):
        open_beginning(path, FileKind.XLSX, None, HeaderPlace("Detail"))
