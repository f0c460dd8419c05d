"""errors.csv is mended by a person and sent again: every format takes it, and no good value comes back as another."""

from __future__ import annotations

import csv
import io
from itertools import product
from typing import Any

import pytest
import xlsxwriter
from django.test import Client

from accounts.models import User
from costs.ledger.provenance import original
from costs.models import CostLine
from display.spreadsheets import neutral
from imports import errors_format, registry, saved_mappings, uploads
from imports.models import Import, RejectedRow
from imports.receiving import HandedIn
from projects.models import Initiative
from tests.costs.importers.test_focus import bill
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in
from tests.markup import tight
from tests.outcomes.factories import make_outcome
from tests.projects.test_federal_dates import OTHER_HEADER

pytestmark = pytest.mark.django_db
OURS = ["line", "column", "reason"]


@pytest.fixture
def finance(client: Client) -> User:
    user = UserFactory(finance=True)
    client.force_login(user)
    return user


def errors(client: Client, job: Import) -> list[list[str]]:
    text = b"".join(client.get(f"/imports/{job.pk}/errors.csv").streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def written(table: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue()


def mended(client: Client, job: Import, heading: str, value: str) -> str:
    """Return errors.csv of an import with another value below a heading."""
    header, *rows = errors(client, job)
    for row in rows:
        row[header.index(heading, len(OURS))] = value
    return written([header, *rows])


# Format, file with a wrong row, its heading to mend, what is right.
FILES = {
    "initiatives_csv": ('title,confidential\n"Two\nlines",\n=1+1,maybe\n', "confidential", "true"),
    "costs_csv": (
        "Incurred_On,category,amount,currency,description\n2026-03-05,cloud,1,USD,\n2026-13-05,cloud,-2,USD,-off\n",
        "Incurred_On", "2026-03-05",
    ),
    "usage_csv": (
        "occurred_on,provider,model,input_tokens,output_tokens\n2026-01-05,OpenAI,a,1,0\n2026-01-05,OpenAI,@b,x,0\n",
        "input_tokens", "5",
    ),
    "focus": (bill({}, {"BilledCost": "?", "ResourceId": "-i", "x_Line": "7"}), "BilledCost", "-0.5"),
    "measurements_csv": ("outcome,period_end,value\n{outcome},2025-02-28,1\n{outcome},2025-03-31,x\n", "value", "2"),
    "federal_ai_inventory": (
        f"{OTHER_HEADER},Retired,Agency,Case,,,,,,,,,,\n,Retired,,Another,,,,,,,,,,\n", "3_agency", "Agency",
    ),
}  # fmt: skip
# Of JSON: what to spoil in the sample that we wrote, the heading to mend, what is right.
DOCUMENTS = {
    "openai_costs": ('"usd"', '"xxx"', "currency", "usd"),
    "openai_usage": ('"output_tokens": 3', '"output_tokens": "x"', "output_tokens", "3"),
    "anthropic_cost": ('"amount": "50"', '"amount": "x"', "amount", "50"),
    "anthropic_usage": ('"output_tokens": 50000', '"output_tokens": "x"', "output_tokens", "50000"),
    "litellm_spend": ('"spend": 1.5', '"spend": "x"', "spend", "1.5"),
}


def test_every_format_is_looked_at() -> None:
    assert {*FILES, *DOCUMENTS} == {each.format for each in registry.every()}


@pytest.mark.parametrize("name", FILES)
def test_errors_csv_is_mended_and_sent_again(name: str, finance: User, client: Client) -> None:
    text, heading, value = FILES[name]
    text = text.replace("{outcome}", f"{make_outcome().pk}")
    job = bring_in(name, text)
    assert (job.rows_created, job.rows_rejected) == (1, 1)
    header, row = errors(client, job)
    own, *_good, bad = csv.reader(io.StringIO(text))
    assert header == [*OURS, *own]
    assert [errors_format.restored(cell) for cell in row[3:]] == bad

    unmended = bring_in("", written([header, row]))
    assert (unmended.format, unmended.rows_rejected, unmended.rejected.get().line) == (name, 1, 2)
    assert errors(client, unmended)[1][1:] == row[1:]  # not longer than it was
    again = bring_in("", mended(client, unmended, heading, value))
    assert (again.format, again.state, again.rows_created, again.rows_rejected) == (name, "done", 1, 0)


def test_what_looked_like_a_formula_comes_back_as_it_was(finance: User, client: Client) -> None:
    titles = ["=1+1", "'=1", "''-x", "+49 30 1234", "-5 %", "-5.0", "it's", "'quoted'", "＝１", "@home", "plain"]
    text = written([["title", "confidential"], *([title, "maybe"] for title in titles)])
    job = bring_in("initiatives_csv", text)
    shown = [row[3] for row in errors(client, job)[1:]]
    assert shown == [
        "'=1+1", "''=1", "'''-x", "'+49 30 1234", "'-5 %", "-5.0", "it's", "'quoted'", "'＝１", "'@home", "plain",
    ]  # fmt: skip
    bring_in("initiatives_csv", mended(client, job, "confidential", ""))
    assert list(Initiative.objects.order_by("number").values_list("title", flat=True)) == titles


def test_every_cell_comes_back_as_it_was() -> None:
    texts = ["".join(signs) for length in range(6) for signs in product("'=-1,＝", repeat=length)]
    texts += ["".join(signs) for length in range(7) for signs in product("';=- \t\"", repeat=length)]
    assert [errors_format.restored(errors_format.harmless(text)) for text in texts] == texts
    assert all(neutral(errors_format.harmless(text)) == errors_format.harmless(text) for text in texts)


def test_cells_stay_whole(finance: User, client: Client) -> None:
    long = "a" * 15_000 + "\t\x1f本\\" + "b" * 3_000
    job = bring_in("initiatives_csv", written([["title", "problem", "confidential"], ["One", long, "maybe"]]))
    assert errors(client, job)[1][3:] == ["One", long, "maybe"]
    assert bring_in("initiatives_csv", mended(client, job, "confidential", "no")).rows_created == 1
    assert Initiative.objects.get().problem == long


def test_a_row_of_the_largest_size_is_kept_whole(finance: User, client: Client) -> None:
    cells = ["x" * 999_999] * 4
    job = bring_in("focus", bill({"ChargeDescription": cells[0], "x_a": cells[1], "x_b": cells[2], "BilledCost": "?"}))
    assert sum(len(cell) == 999_999 for cell in RejectedRow.objects.get().cells) == 3
    assert sum(len(cell) == 999_999 for cell in errors(client, job)[1]) == 3


def test_a_file_may_have_columns_that_are_called_as_ours(finance: User, client: Client) -> None:
    mapping: dict[str, str | None] = {"reason": "title", "line": "confidential"}
    job = bring_in("initiatives_csv", "reason,line\nOne,maybe\n", mapping=mapping)
    assert errors(client, job) == [
        [*OURS, "reason", "line"],
        ["2", "confidential", "Write true or false.", "One", "maybe"],
    ]
    again = bring_in("initiatives_csv", mended(client, job, "line", "true"), mapping=mapping)
    assert (again.rows_created, Initiative.objects.get().confidential) == (1, True)


def test_a_table_of_a_spreadsheet_is_taken_back_as_well(finance: User, client: Client) -> None:
    job = bring_in("costs_csv", "incurred_on,category,amount,currency,description\n2026-03-05,clod,2,USD,=x\n")
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(csv.reader(io.StringIO(mended(client, job, "category", "cloud")))):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    assert bring_in("", file.getvalue()).rows_created == 1
    assert (CostLine.objects.get().description, CostLine.objects.get().amount) == ("=x", 2)


def test_the_file_comes_back_as_a_spreadsheet_had_it_with_its_mark(finance: User, client: Client) -> None:
    job = bring_in("initiatives_csv", "title,confidential\n契約書の検索,たぶん\n")
    file = b"".join(client.get(f"/imports/{job.pk}/errors.csv").streaming_content)
    again = bring_in("", file.replace("たぶん".encode(), b"true"))
    assert (again.format, again.rows_created, Initiative.objects.get().title) == ("initiatives_csv", 1, "契約書の検索")


def test_what_was_chosen_with_the_file_is_said_beside_errors_csv(finance: User, client: Client) -> None:
    def said(amount_column: str = "", mapping: dict[str, str | None] | None = None) -> str:
        job = bring_in("focus", bill({"BilledCost": "?", "EffectiveCost": "?"}), amount_column=amount_column,
                       mapping=mapping)  # fmt: skip
        page = tight(client.get(f"/imports/{job.pk}/").content.decode())
        return page.split("send it as it is.")[1].split("</p>")[0]

    effective = "Effective cost: prepaid commitments spread over their use"
    link = f'<a class="link" href="/imports/?amount_column=EffectiveCost">Choose “{effective}” again.</a>'
    again = "Say again which column is which field, as for this file."
    assert said().strip() == ""
    assert said("EffectiveCost").strip() == link
    assert said(mapping={"EffectiveCost": "amount", "BilledCost": None}).strip() == f"{link} {again}"
    assert (
        f'<option value="EffectiveCost" selected>{effective}'
        in client.get("/imports/", {"amount_column": "EffectiveCost"}).content.decode()
    )
    finance.language = "ja"
    finance.save()
    label = "実効費用（EffectiveCost）：前払いの契約を利用に応じて配分した金額"
    page = client.get(f"/imports/{Import.objects.earliest('-pk').pk}/").content.decode()
    assert f"「集計に使うコスト」で「{label}」を選び直してください。" in page
    assert "列と項目の対応も、このファイルと同じように指定し直してください。" in page


@pytest.mark.parametrize("name", DOCUMENTS)
def test_rows_of_json_are_sent_again_as_csv(name: str, finance: User, client: Client) -> None:
    good, bad, heading, value = DOCUMENTS[name]
    text = (SAMPLES / f"{name}.json").read_text()
    assert good in text
    job = bring_in(name, text.replace(good, bad, 1))
    assert (job.rows_created, job.rows_rejected) == (job.rows_total - 1, 1)
    again = bring_in("", mended(client, job, heading, value))
    assert (again.format, again.rows_created, again.rows_rejected) == (name, 1, 0)
    assert bring_in(name, SAMPLES / f"{name}.json").rows_unchanged == job.rows_total


def test_a_line_shows_its_row_of_a_file_that_was_sent_again(finance: User, client: Client) -> None:
    job = bring_in("costs_csv", "incurred_on,category,amount,currency,description\n2026-03-05,clod,2,USD,=x\n")
    again = bring_in("", mended(client, job, "category", "cloud"))
    found: Any = original(CostLine.objects.get(), again, wait=False)
    assert list(found.cells) == [
        ("incurred_on", "2026-03-05"), ("category", "cloud"), ("amount", "2"), ("currency", "USD"),
        ("description", "=x"),
    ]  # fmt: skip


def test_a_saved_mapping_is_offered_for_rows_that_come_again(finance: User, client: Client) -> None:
    header = ["Tag", "Art", "Betrag"]
    saved_mappings.save(finance, "Ours", registry.importer("costs_csv"), header, {"Tag": "incurred_on"})
    content = written([[*OURS, *header], ["2", "", "x", "1", "2", "3"]]).encode()
    upload = uploads.take(finance, [HandedIn("e.csv", [content])], "")
    seen = uploads.glimpse(upload, registry.importer("costs_csv"))
    assert (seen.header, seen.rows) == (header, [["1", "2", "3"]])
    assert saved_mappings.fitting(finance, seen.header).count() == 1
