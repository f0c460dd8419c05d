"""A cloud bill that is not in FOCUS comes in as a bill: by the page, from a sheet, and by a mapping that was kept."""

from __future__ import annotations

import io
import json

import openpyxl
import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from costs.importers.focus import Focus
from costs.models import CostLine, Kind
from imports import saved_mappings
from imports.models import Import, SavedMapping
from tests.factories import UserFactory, bearer
from tests.imports.test_mapping import upload
from tests.markup import tight

pytestmark = pytest.mark.django_db
HEADER = [
    "lineItem/UsageStartDate", "lineItem/UsageEndDate", "lineItem/UnblendedCost", "lineItem/CurrencyCode",
    "lineItem/UsageAccountId", "product/ProductName", "lineItem/ResourceId", "identity/LineItemId",
]  # fmt: skip
FIELDS = [
    "ChargePeriodStart", "ChargePeriodEnd", "amount", "BillingCurrency",
    "SubAccountId", "ServiceName", "ResourceId", "",
]  # fmt: skip
ROWS = [
    ["2026-03-05T10:00:00Z", "2026-03-05T11:00:00Z", "1.5", "USD", "11", "Amazon EC2", "i-1", "x1"],
    ["2026-03-05T11:00:00Z", "2026-03-05T12:00:00Z", "-0.25", "USD", "12", "Amazon S3", "b-1", "x2"],
]
AS_CSV = "\n".join(",".join(row) for row in [HEADER, *ROWS])
GIVEN = {"ProviderName": "AWS", "ChargeCategory": "Usage"}
CHOSEN = {
    "format": "focus",
    **{f"column-{place}": name for place, name in enumerate(FIELDS)},
    **{f"constant-{name}": value for name, value in GIVEN.items()},
}


@pytest.fixture
def finance(client: Client, eager_tasks: None) -> Client:
    client.force_login(UserFactory(finance=True))
    return client


def brought() -> list[tuple[str, ...]]:
    found = CostLine.objects.live().select_related("group").order_by("-amount")
    names = ("kind", "source", "vendor", "account", "service", "resource")
    return [(f"{line.amount:f}", *(getattr(line.group, name) for name in names)) for line in found]


BROUGHT = [
    ("1.5", Kind.BILL, "focus", "AWS", "11", "Amazon EC2", "i-1"),
    ("-0.25", Kind.BILL, "focus", "AWS", "12", "Amazon S3", "b-1"),
]


def test_an_unknown_bill_is_guessed_mapped_kept_and_the_same_bill_in_focus(
    finance: Client, django_capture_on_commit_callbacks
) -> None:
    page = upload(finance, AS_CSV)
    shown = tight(finance.get(page).content.decode())
    assert '<option value="focus" selected>' in shown  # most of its columns are fields of a bill
    for name in filter(None, FIELDS):
        assert f'<option value="{name}" selected>' in shown
    asked = shown[shown.index("Values for every row") : shown.index("<summary>Other fields</summary>")]
    for label in ("Provider", "Charge category (such as Usage)"):
        assert f"{label} (required)</label>" in asked
    assert finance.post(page, CHOSEN | {"constant-ProviderName": "", "go": "import"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, {**CHOSEN, "save_as": "Reports of AWS", "go": "import"})
    assert (Import.objects.get().state, brought()) == ("done", BROUGHT)
    again = finance.get(upload(finance, AS_CSV)).content.decode()
    assert "Filled in from the saved mapping “Reports of AWS”." in tight(again)

    in_focus = [",".join([*(name or "x_id" for name in FIELDS), *GIVEN])]
    in_focus += [",".join([*row, *GIVEN.values()]) for row in ROWS]
    with django_capture_on_commit_callbacks(execute=True):
        upload(finance, "\n".join(in_focus).replace("amount", "BilledCost"))
    assert Import.objects.first().rows_unchanged == 2


def test_a_bill_with_days_and_numbers_of_its_own_comes_from_a_sheet(
    finance: Client, django_capture_on_commit_callbacks
) -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Beginn", "Ende", "Betrag", "Konto", "Dienst"])
    book.active.append(["05.03.2026 10:00:00", "05.03.2026 11:00:00", 1.5, "11", "Amazon EC2"])
    book.save(file)
    page = upload(finance, file.getvalue())
    chosen = {f"column-{place}": name for place, name in enumerate((*FIELDS[:3], "SubAccountId", "ServiceName"))}
    given = {f"constant-{name}": value for name, value in (GIVEN | {"BillingCurrency": "USD"}).items()}
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, {"format": "focus", **chosen, **given, "dates": "dmy", "go": "import"})
    assert brought() == [("1.5", Kind.BILL, "focus", "AWS", "11", "Amazon EC2", "")]


def test_a_parquet_file_of_a_chosen_format_shows_its_columns(finance: Client) -> None:
    file = io.BytesIO()
    pl.DataFrame(ROWS, schema=HEADER, orient="row").write_parquet(file)
    page = upload(finance, file.getvalue(), format="focus", map_columns="on")
    shown = finance.get(page).content.decode()
    assert '<option value="ChargePeriodEnd" selected>' in shown
    assert "Amazon S3" in shown


def test_a_mapping_of_a_bill_is_kept_and_used_by_api(
    client: Client, eager_tasks: None, django_capture_on_commit_callbacks
) -> None:
    headers = bearer(UserFactory(finance=True))
    mapping = {heading: name or None for heading, name in zip(HEADER, FIELDS, strict=True)} | {"constants": GIVEN}
    kept = {"name": "Reports of AWS", "format": "focus", "mapping": mapping}
    answer = client.post("/api/v1/import-mappings", kept, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["mapping"]) == (201, mapping)
    given = {
        "file": SimpleUploadedFile("bill.csv", AS_CSV.encode()),
        "format": "focus",
        "mapping": json.dumps(SavedMapping.objects.get().mapping),
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/api/v1/imports", given, headers=headers).status_code == 202
    assert brought() == BROUGHT


IN_FOCUS = [*FIELDS[:2], "BilledCost", "EffectiveCost", *FIELDS[3:6], *GIVEN]
EFFECTIVE = {"format": "focus", "amount_column": "EffectiveCost", "map_columns": "on"}


def test_the_cost_that_was_chosen_with_a_bill_is_the_amount_where_its_columns_are_mapped(
    finance: Client, django_capture_on_commit_callbacks
) -> None:
    row = ["2026-03-05T10:00:00Z", "2026-03-05T11:00:00Z", "3", "1.5", "USD", "11", "EC2", *GIVEN.values()]
    page = upload(finance, "\n".join([",".join(IN_FOCUS), ",".join(row)]), **EFFECTIVE)
    assert meant(finance, page) == ["", "amount"]
    chosen = {f"column-{place}": name for place, name in enumerate([*FIELDS[:2], "", "amount", *FIELDS[3:6], *GIVEN])}
    with django_capture_on_commit_callbacks(execute=True):
        finance.post(page, {"format": "focus", **chosen, "go": "import"})
    assert (Import.objects.get().amount_column, brought()[0][0]) == ("EffectiveCost", "1.5")


def test_the_cost_that_was_chosen_with_a_bill_comes_before_that_of_a_saved_mapping(finance: Client) -> None:
    billed = {heading: "amount" if heading == "BilledCost" else None for heading in IN_FOCUS}
    saved_mappings.save(UserFactory(finance=True), "Bills", Focus, IN_FOCUS, billed)
    assert meant(finance, upload(finance, ",".join(IN_FOCUS), **EFFECTIVE)) == ["", "amount"]
    assert meant(finance, upload(finance, ",".join(IN_FOCUS), format="focus", map_columns="on")) == ["amount", ""]


def test_the_cost_that_was_chosen_is_found_however_its_heading_is_written(finance: Client) -> None:
    small = [heading.casefold() for heading in IN_FOCUS]
    billed = {heading: "amount" if heading == "billedcost" else None for heading in small}
    saved_mappings.save(UserFactory(finance=True), "Bills", Focus, small, billed)
    assert meant(finance, upload(finance, ",".join(small), **EFFECTIVE)) == ["", "amount"]


def meant(client: Client, page: str) -> list[str]:
    """Return what the page proposes that BilledCost and EffectiveCost are."""
    form = client.get(page).context["form"]
    return [form.initial["column-2"], form.initial["column-3"]]
