"""Saying what the columns of a file mean: guesses, values for every row, dates and numbers, saved mappings."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from costs.importers.costs_csv import CostsCsv
from costs.models import CostLine
from imports.conventions import DATES, DECIMALS, Conventions, likely
from imports.guessing import guess
from imports.models import Import, SavedMapping, Upload
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
BILL = "Rechnungsdatum;Lieferant;Betrag;Farbe\n5.3.2026;Contoso;1.234,56;rot\n30.03.2026;Fabrikam;-7;blau\n"
CHOSEN = {
    "format": "costs_csv",
    "column-0": "incurred_on",
    "column-1": "vendor",
    "column-2": "amount",
    "column-3": "",
    "constant-currency": "USD",
    "constant-category": "cloud",
    "dates": "dmy",
    "decimals": "comma",
}
AS_JSON = {
    "Rechnungsdatum": "incurred_on",
    "Lieferant": "vendor",
    "Betrag": "amount",
    "Farbe": None,
    "constants": {"category": "cloud", "currency": "USD"},
    "reading": {"dates": "dmy", "decimals": "comma"},
}
LINES = [(date(2026, 3, 5), Decimal("1234.56"), "Contoso"), (date(2026, 3, 30), Decimal(-7), "Fabrikam")]


@pytest.fixture
def finance(client: Client, eager_tasks: None) -> Client:
    client.force_login(UserFactory(finance=True))
    return client


def upload(client: Client, content: str | bytes = BILL, **fields: str) -> str:
    """Hand a file in and return where that leads."""
    file = SimpleUploadedFile("bill.csv", content.encode() if isinstance(content, str) else content)
    return client.post("/imports/", {"file": file, "format": "", **fields}).headers["Location"]


def lines() -> list[tuple[date, Decimal, str]]:
    return [(each.incurred_on, each.amount, each.group.vendor) for each in CostLine.objects.order_by("incurred_on")]


def test_an_unknown_header_is_mapped_and_imported(finance: Client, django_capture_on_commit_callbacks) -> None:
    page = upload(finance)
    shown = finance.get(page).content.decode()
    assert "Fabrikam" in shown
    assert '<option value="amount" selected>' in shown  # "Betrag" is guessed
    assert '<option value="dmy" selected>' in shown  # and so is how its days are written
    with django_capture_on_commit_callbacks(execute=True):
        answer = finance.post(page, {**CHOSEN, "go": "import"})
    job = Import.objects.get()
    assert (answer.url, job.state, job.mapping, lines()) == (f"/imports/{job.pk}/", "done", AS_JSON, LINES)
    assert finance.post(page, {**CHOSEN, "go": "import"}).url == "/imports/"  # it is an import now
    gone = tight(finance.get(page, follow=True).content.decode())
    assert "This file no longer waits for its columns: it was imported, or nobody came back to it in time." in gone


def test_values_are_asked_for_where_no_column_has_the_field_and_marked_where_they_are_required(finance: Client) -> None:
    page = tight(finance.get(upload(finance), {"format": "costs_csv"}).content.decode())
    asked = page[page.index("Values for every row") : page.index("<summary>Other fields</summary>")]
    assert [name in asked for name in ("constant-incurred_on", "constant-amount")] == [False, False]
    for name in ("Currency", "Category"):
        assert f"{name} (required)</label>" in asked
    others = page[page.index("<summary>Other fields</summary>") :]
    assert 'name="constant-incurred_on"' in others  # for who takes the column away


def test_a_file_sent_again_once_it_was_mapped_leads_to_the_imports(finance: Client) -> None:
    page = upload(finance, once="t")
    finance.post(page, {**CHOSEN, "go": "import"})
    again = upload(finance, once="t")
    assert (again, finance.get(again).url, Import.objects.count()) == (page, "/imports/", 1)


def test_the_first_20_rows_of_a_file_are_shown(finance: Client) -> None:
    rows = [f"{number}.3.2026;Vendor {number:02d};{number}" for number in range(1, 26)]
    shown = finance.get(upload(finance, "\n".join(["Rechnungsdatum;Lieferant;Betrag", *rows]))).content.decode()
    assert "Vendor 20" in shown
    assert "Vendor 21" not in shown


def test_a_dry_run_changes_nothing_keeps_what_was_chosen_and_is_imported_by_one_button(
    finance: Client, django_capture_on_commit_callbacks
) -> None:
    page = upload(finance)
    with django_capture_on_commit_callbacks(execute=True):
        answer = finance.post(page, {**CHOSEN, "go": "try"})
    assert (Import.objects.get().rows_created, lines()) == (2, [])
    assert '<option value="dmy" selected>' in finance.get(page).content.decode()
    assert "Import it now" in finance.get(answer.url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(f"{answer.url}repeat/")
    assert lines() == LINES


def buttons(page: str) -> list[str]:
    """Return what the buttons of a mapping page do, in their order: Enter presses the first."""
    return re.findall(r'<button class="btn(?: quiet)?" name="go" value="(\w+)"', page)


def test_a_dry_run_that_was_ticked_stays_one_where_columns_are_asked_for(finance: Client) -> None:
    assert buttons(finance.get(upload(finance)).content.decode()) == ["import", "try"]
    page = upload(finance, dry_run="on")
    assert buttons(finance.get(page).content.decode()) == ["try", "import"]
    finance.post(page, {**CHOSEN, "go": "try"})
    job = Import.objects.get()
    assert job.dry_run
    assert buttons(finance.post(f"/imports/{job.pk}/map/", follow=True).content.decode()) == ["try", "import"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"constant-currency": ""}, "Choose a column for this field, or give a value for every row."),
        ({"column-3": "amount"}, "Another column has this field already."),
        ({"constant-vendor": "Contoso"}, "A column has this field, so there cannot be one value for every row."),
        ({"column-0": "moon"}, "Select a valid choice."),
    ],
)
def test_what_does_not_go_together_is_said_at_its_field_and_nothing_is_lost(
    finance: Client, changes: dict[str, str], said: str
) -> None:
    page = upload(finance)
    answer = finance.post(page, {**CHOSEN, **changes, "go": "import"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert '<option value="comma" selected>' in answer.content.decode()
    assert (Import.objects.count(), Upload.objects.count()) == (0, 1)


@pytest.mark.parametrize("heading", ["reading", "constants"])
def test_a_column_may_be_called_as_the_objects_of_a_mapping_are(finance: Client, heading: str) -> None:
    text = f"incurred_on,category,currency,{heading}\n2026-03-05,cloud,USD,7.5\n"
    job = bring_in("costs_csv", text, mapping={heading: "amount"})
    assert (job.state, job.rows_created, job.amount_total) == ("done", 1, Decimal("7.5"))
    assert finance.get(upload(finance, text)).status_code == 200


@pytest.mark.parametrize("heading", ["reading", "constants"])
def test_a_mapping_that_needs_the_name_of_a_column_for_itself_says_so(finance: Client, heading: str) -> None:
    answer = finance.post(upload(finance, BILL.replace("Betrag", heading)), {**CHOSEN, "go": "import"})
    assert answer.status_code == 422
    assert "Rename this column in the file" in answer.content.decode()


def test_a_saved_mapping_is_offered_for_the_same_headings_whatever_their_order(finance: Client) -> None:
    finance.post(upload(finance), {**CHOSEN, "save_as": "Contoso's bill", "go": "try"})
    assert SavedMapping.objects.get().mapping == AS_JSON
    page = finance.get(upload(finance, "Betrag;Farbe;Lieferant;Rechnungsdatum\n1;x;y;1.4.2026\n")).content.decode()
    assert "Filled in from the saved mapping “Contoso&#x27;s bill”." in page
    assert 'name="constant-currency" value="USD"' in page
    assert "Filled in" not in finance.get(upload(finance, BILL.replace("Farbe", "Art"))).content.decode()


def test_saved_mappings_are_listed_edited_and_deleted(finance: Client) -> None:
    finance.post(upload(finance), {**CHOSEN, "save_as": "Bill", "go": "try"})
    saved = SavedMapping.objects.get()
    assert "Bill" in finance.get("/imports/mappings/").content.decode()
    page = f"/imports/mappings/{saved.pk}/"
    assert 'value="EUR"' not in finance.get(page).content.decode()
    finance.post(page, {**CHOSEN, "constant-currency": "EUR", "save_as": "Bill in euros", "version": "1"})
    saved.refresh_from_db()
    assert (saved.name, saved.mapping["constants"]["currency"]) == ("Bill in euros", "EUR")
    assert finance.post(page, {**CHOSEN, "save_as": ""}).status_code == 422
    stale = finance.post(page, {**CHOSEN, "save_as": "Mine", "version": "1"})
    assert stale.status_code == 422
    assert "Somebody else has changed this meanwhile." in stale.content.decode()
    refused = finance.post(page, {"delete": "1", "version": "1"}, follow=True).content.decode()
    assert "Somebody else has changed this meanwhile." in refused
    assert refused.count('name="version" value="2"') == 2
    assert SavedMapping.objects.get().name == "Bill in euros"
    finance.post(page, {"delete": "1", "version": "2"})
    assert not SavedMapping.objects.exists()


def test_others_see_neither_uploads_nor_mappings_of_formats_that_they_may_not_import(finance: Client) -> None:
    page = upload(finance)
    finance.post(page, {**CHOSEN, "save_as": "Bill", "go": "try"})
    saved = SavedMapping.objects.get()
    for role, status in (("portfolio", 404), ("contributor", 403)):
        finance.force_login(UserFactory(role=role))
        assert finance.get(page).status_code == status
        assert finance.get(f"/imports/mappings/{saved.pk}/").status_code == status
        assert finance.post(f"/imports/{Import.objects.get().pk}/map/").status_code == status


@pytest.mark.parametrize("role", ["finance", "admin"])
def test_an_upload_is_its_owners_alone(finance: Client, role: str) -> None:
    """Also to those who may import the same: an import is shared, a file whose columns are not yet said is not."""
    page = upload(finance)
    kept = Upload.objects.values().get()
    other = Client()
    other.force_login(UserFactory(role=role))
    assert other.get(page).status_code == 404
    for go in ("try", "import"):
        assert other.post(page, {**CHOSEN, "go": go, "save_as": "Theirs"}).status_code == 404
    assert (Import.objects.count(), SavedMapping.objects.count()) == (0, 0)
    assert Upload.objects.values().get() == kept
    assert finance.get(page).status_code == 200
    assert finance.post(page, {**CHOSEN, "go": "import"}).status_code == 302
    assert Import.objects.get().created_by_id == kept["created_by_id"]


def test_a_known_file_is_mapped_where_somebody_asks_for_it(finance: Client) -> None:
    known = "incurred_on,category,amount,currency\n2026-03-05,cloud,1,USD\n"
    assert upload(finance, known) == f"/imports/{Import.objects.get().pk}/"
    assert upload(finance, known, map_columns="on").startswith("/imports/uploads/")
    answer = finance.post(f"/imports/{Import.objects.get().pk}/map/")
    assert '<option value="currency" selected>' in finance.get(answer.url).content.decode()


def test_whose_columns_are_known_already_is_said_where_they_were_to_be_mapped(finance: Client) -> None:
    place = upload(finance, SAMPLES.joinpath("openai_costs.json").read_bytes(), map_columns="on")
    page = finance.get(place).content.decode()
    assert "(format: OpenAI costs (API, console)). It can be imported as it is." in page
    assert '<option value="openai_costs" selected>' in page
    assert not Import.objects.exists()
    assert "be imported as it is" not in finance.get(upload(finance, map_columns="on")).content.decode()


def test_a_sheet_is_mapped_like_a_csv_file_but_its_numbers_need_no_convention(
    finance: Client, django_capture_on_commit_callbacks
) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Date", "Supplier", "Total"])
    book.active.append([date(2026, 3, 5), "Contoso", 1234.56])
    book.active.append(["30.3.2026", "Fabrikam", -7])
    book.save(file)
    page = upload(finance, file.getvalue())
    shown = finance.get(page).content.decode()
    assert 'name="decimals"' not in shown
    assert "1234.56" in shown
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, {**CHOSEN, "go": "import"})
    assert lines() == LINES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Betrag;Betrag\n1;2\n", "The header has the column “Betrag” twice."),
        (BILL.encode().replace(b"rot", "rött".encode("cp1252")), "Line 2 is not UTF-8 text."),
    ],
)
def test_a_file_that_cannot_be_mapped_says_why(finance: Client, content: bytes, said: str) -> None:
    answer = finance.get(upload(finance, content))
    assert answer.status_code == 422
    assert said in answer.content.decode()


# The mapping itself ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "amounts", "proposed"),
    [
        (["05.03.2026", "06.03.2026"], ["1.234,56", "88,20"], ("dmy", "comma")),
        (["3/25/2026", "3/5/2026"], ["1,234.56"], ("mdy", "")),
        (["5/3/2026", "6/3/2026"], ["1,234"], ("", "")),  # either order, either sign: somebody has to say
        (["2026/03/05"], ["1.234,56", "12.5"], ("ymd", "")),
        (["2026-03-05"], ["12"], ("", "")),
        (["2026-03-05T00:00:00Z"], ["12"], ("", "")),
        (["05.03.2026 00:00"], ["0,5"], ("dmy", "comma")),
        (["31.02.2026"], [], ("", "")),
        ([], [], ("", "")),
    ],
)
def test_how_dates_and_numbers_are_written_is_proposed_where_it_can_only_be_so(days, amounts, proposed) -> None:
    found = likely(days, amounts)
    assert (found.dates, found.decimals) == proposed


def test_a_number_that_is_not_written_as_was_said_is_rejected_not_guessed() -> None:
    job = bring_in("costs_csv", BILL + "1.4.2026;x;12.5;\n2026-04-02;x;1;\n31.2.2026;x;1;\n", mapping=AS_JSON)
    assert [(row.line, row.column) for row in job.rejected.all()] == [(4, "amount"), (6, "incurred_on")]
    assert job.rejected.first().cells == ["1.4.2026", "x", "12.5", ""]  # as the file has it
    assert job.rows_created == 3  # 2026-04-02 can only mean one day


def test_a_file_in_which_everything_but_the_amount_is_given_for_every_row() -> None:
    constants = {"incurred_on": "2026-03-05", "category": "cloud", "currency": "USD"}
    job = bring_in("costs_csv", "amount\n1\n2.5\n", mapping={"constants": constants})
    assert (job.rows_created, job.amount_total) == (2, Decimal("3.5"))


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"constants": {"moon": "x"}}, "The mapping names “moon”, which is no field of this format."),
        ({"constants": {"amount": "1"}}, "The mapping gives “amount” a value for every row, but the file has a column"),
    ],
)
def test_values_for_every_row_must_fit_the_file(mapping: dict, said: str) -> None:
    job = bring_in("costs_csv", "incurred_on,category,amount,currency\n2026-03-05,cloud,1,USD\n", mapping=mapping)
    assert (job.state, str(job.reasons.get())[: len(said)]) == ("failed", said)


def test_headings_are_guessed_by_name_by_hint_and_loosely_each_field_once() -> None:
    header = ["Date", "Cost", "Currencies", "Vendor", "supplier", "Invoice no", "Weather"]
    assert guess(header, CostsCsv.columns) == {
        "Date": "incurred_on",
        "Cost": "amount",
        "Currencies": "currency",
        "Vendor": "vendor",
        "Invoice no": "invoice_ref",
    }


def test_the_only_date_of_a_bill_is_its_date() -> None:
    assert guess(["Invoice date"], CostsCsv.columns) == {"Invoice date": "incurred_on"}
    both = {"Invoice date": "billed_on", "Date": "incurred_on"}
    assert guess(list(both), CostsCsv.columns) == both


texts = st.text(st.sampled_from("0123456789.,-+/ 'T:"), max_size=12) | st.from_regex(
    r"\A\d{1,2}\.\d{1,2}\.\d{4}([ T]\d\d:\d\d)?\Z"
)


@given(text=texts, dates=st.sampled_from(list(DATES)), decimals=st.sampled_from(list(DECIMALS)))
def test_cells_and_columns_are_rewritten_alike(text: str, dates: str, decimals: str) -> None:
    how = Conventions(dates, decimals)
    for holds in ("day", "number", ""):
        column = pl.DataFrame({"cell": [text]}).select(how.expression(pl.col("cell"), holds)).item()
        assert column == how.rewritten(text, holds)


@pytest.mark.parametrize(
    ("text", "read"),
    [("1.234,5", "1234.5"), ("-7", "-7"), ("1 234,50", "1234.50"), ("0,5", "0.5"), ("12.5", "12.5?"), ("", "")],
)
def test_decimal_commas(text: str, read: str) -> None:
    assert Conventions(decimals="comma").rewritten(text, "number") == read


@pytest.mark.parametrize(
    ("dates", "text", "read"),
    [
        ("dmy", "5.3.2026", "2026-03-05"),
        ("mdy", "3/5/2026", "2026-03-05"),
        ("ymd", "2026/3/5", "2026-03-05"),
        ("dmy", "2026-03-05", "2026-03-05"),
        ("dmy", "5.3.2026 14:05", "2026-03-05 14:05"),
        ("mdy", "3/5/2026T14:05:00Z", "2026-03-05T14:05:00Z"),
        ("dmy", "5.3.20261", "5.3.20261"),
        ("", "5.3.2026", "5.3.2026"),
    ],
)
def test_dates(dates: str, text: str, read: str) -> None:
    assert Conventions(dates=dates).rewritten(text, "day") == read
