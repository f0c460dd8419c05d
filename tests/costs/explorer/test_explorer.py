"""The explorer's page, its files and its API."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from costs.explorer import files
from costs.explorer import pivot as pivots
from costs.models import ChargeGroup
from display.spreadsheets import XLSX
from tests.costs.allocation.test_places import rule
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
NOW = time_machine.travel("2026-11-25", tick=False)


@pytest.fixture
def finance() -> Client:
    client = Client()
    client.force_login(UserFactory(finance=True))
    return client


@pytest.fixture
def spent():
    with NOW:
        initiative = InitiativeFactory(title="Claims letters")
        add_line(initiative, "2026-10-05", "380", category="tokens", vendor="OpenAI")
        add_line(initiative, "2026-11-05", "500", category="cloud", vendor="Contoso")
        add_line(None, "2026-11-06", "120.25", category="cloud", vendor="=cmd")
        yield initiative


def shown(client: Client, **asked) -> str:
    answer = client.get(reverse("costs:explore"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_line_answers(finance, spent):
    page = shown(finance)
    assert "AI cost <b>$1,000</b> in the last 12 months; the largest part, 62\u202f%, was Cloud." in page
    assert page.count("he largest part, ") == 1  # the chart does not repeat it
    assert "<h2>Where the money went, by month</h2>" in page
    assert "<h2>Where the money went</h2>" in shown(finance, rows="vendor", columns="none")
    clouds = shown(finance, unallocated="", category="cloud", rows="vendor")
    assert "<h2>The largest part, 81\u202f%, was Contoso</h2>" in clouds
    named = "the largest part that has a name, 38\u202f%, was Inference."
    assert named in shown(finance, rows="ai_category")
    inference = shown(finance, ai_category="inference", rows="vendor")
    assert "<b>Inference</b> cost <b>$380</b> in the last 12 months, 38\u202f% of all cost." in inference
    assert "from Jan 2026 to Oct 2026" in shown(finance, since="2026-01", until="2026-10")
    assert "No such cost in March 2026." in shown(finance, since="2026-03", until="2026-03")


def test_beside_large_credits_no_part_has_a_share(finance, spent):
    add_line(spent, "2026-11-07", "-900", category="people")
    assert "AI cost <b>$100</b> in the last 12 months.</h1>" in shown(finance)


def test_shares_of_a_table_have_as_many_decimals_each(finance, spent):
    whole = re.findall(r'<td class="num">([\d.]+)\u202f%</td>', shown(finance))
    assert whole == ["62", "38", "100"]  # 620.25 and 380 of 1,000.25
    add_line(spent, "2026-11-07", "5", category="people")
    assert re.findall(r'<td class="num">([\d.]+)\u202f%</td>', shown(finance)) == ["61.7", "37.8", "0.5", "100.0"]


def test_the_page_takes_as_many_queries_whatever_is_asked(finance, spent, django_assert_max_num_queries):
    for asked in ({}, {"rows": "initiative", "columns": "vendor"}, {"business_unit": "x", "stage": "pilot"}):
        with django_assert_max_num_queries(15):
            shown(finance, **asked)


def test_a_cell_leads_to_its_lines_and_a_name_to_a_closer_look(finance, spent):
    page = shown(finance, rows="vendor", columns="month")
    assert "/costs/?vendor=OpenAI&amp;since=2026-10&amp;until=2026-10" in page
    assert 'href="?rows=service&amp;vendor=OpenAI"' in page


def test_what_cannot_be_read_is_said_and_the_rest_holds(finance, spent):
    for asked, said in (
        ({"rows": "vendor", "columns": "vendor"}, "Rows and columns are the same"),
        ({"since": "2026-05", "until": "2026-03"}, "ends before it begins"),
        ({"since": "soon"}, "Write the month as 2026-03."),
        ({"rows": "colour"}, "“colour” is not offered here, so the usual choice is shown."),
        ({"not_stated": "colour"}, "There is no such field"),
    ):
        answer = finance.get(reverse("costs:explore"), asked)
        assert answer.status_code == 422
        assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "rows", "columns"), [({}, "category", "month"), ({"columns": "category"}, "month", "category")]
)
def test_rows_that_are_not_offered_stand_as_what_is_shown_and_are_no_columns(finance, spent, asked, rows, columns):
    page = finance.get(reverse("costs:explore"), {"rows": "unit", **asked}).content.decode()
    assert f'<option value="{rows}" selected>' in page
    assert f'<option value="{columns}" selected>' in page
    assert "are the same" not in page
    assert "Select a valid choice" not in page


def test_names_are_cut_only_where_columns_need_the_room(finance, spent):
    assert 'class="clip"' in shown(finance, rows="vendor", columns="month")
    assert 'class="clip"' not in shown(finance, rows="vendor", columns="none")


def test_an_empty_ledger_says_what_belongs_there(finance):
    assert "Nothing to add up" in shown(finance)


def test_pending_lines_are_said(finance, spent):
    add_line(None, "2026-11-06", "9", currency="EUR")
    assert "1 line waits for an exchange rate" in shown(finance)


def test_the_table_as_csv_has_every_row_and_digit(finance, spent):
    add_line(None, "2026-11-07", "0.00000000503", vendor="Tiny")
    answer = finance.get(reverse("costs:explore-export", args=["csv"]), {"rows": "vendor", "columns": "month"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows == [
        ["vendor", "2026-10", "2026-11", "total"],
        ["Contoso", "", "500", "500"],
        ["OpenAI", "380", "", "380"],
        ["'=cmd", "", "120.25", "120.25"],
        ["Tiny", "", "0.00000000503", "0.00000000503"],
        ["total", "380", "620.25000000503", "1000.25000000503"],
    ]


def test_digits_that_say_nothing_stay_out_of_the_files(finance):
    for amount in ("1.05", "0.15"):
        add_line(None, "2026-11-07", amount, vendor="Tens")
    asked = {"rows": "vendor", "columns": "none", "since": "2026-11", "until": "2026-11"}
    table = finance.get(reverse("costs:explore-export", args=["csv"]), asked).getvalue().decode("utf-8-sig")
    assert table.splitlines()[1:] == ["Tens,1.2", "total,1.2"]
    (charge,) = csv.DictReader(io.StringIO(finance.get(reverse("costs:explore-focus"), asked).getvalue().decode()))
    assert charge["BilledCost"] == "1.2"


def test_the_table_as_xlsx_has_numbers_and_no_formulas(finance, spent):
    answer = finance.get(reverse("costs:explore-export", args=["xlsx"]), {"rows": "vendor", "columns": "none"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["vendor", "total"],
        ["Contoso", 500],
        ["OpenAI", 380],
        ["=cmd", 120.25],
        ["total", 1000.25],
    ]
    assert sheet["A4"].data_type == "s"
    assert (sheet.title, sheet["B2"].number_format, sheet["B5"].font.b) == ("Cost USD", "#,##0.00", True)


def test_cost_in_columns_of_focus_with_where_it_belongs(finance, spent):
    answer = finance.get(reverse("costs:explore-focus"), {"ai_category": "inference"})
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert {name: row[name] for name in ("BilledCost", "EffectiveCost", "BillingCurrency", "ProviderName")} == {
        "BilledCost": "380",
        "EffectiveCost": "380",
        "BillingCurrency": "USD",
        "ProviderName": "OpenAI",
    }
    assert row["ChargePeriodStart"] == "2026-10-01T00:00:00Z"
    assert row["ChargePeriodEnd"] == "2026-11-01T00:00:00Z"
    assert (row["x_Initiative"], row["x_AiCategory"], row["x_CostCategory"]) == (spent.key, "inference", "tokens")
    every = finance.get(reverse("costs:explore-focus"))
    rows = list(csv.DictReader(io.StringIO(every.getvalue().decode())))
    assert sum(Decimal(each["BilledCost"]) for each in rows) == Decimal("1000.25")


def test_what_a_bill_said_of_a_charge_stands_in_the_columns_of_focus_again(finance):
    told = {
        "InvoiceId": "INV-1", "InvoiceIssuerName": "AWS Europe", "PublisherName": "AWS", "ChargeClass": "Correction",
        "ChargeDescription": "per hour", "PricingCategory": "Committed", "CommitmentDiscountId": "sp-1",
        "ConsumedUnit": "Hours", "SkuPriceId": "SKU.1", "ChargeCategory": "Tax", "RegionId": "eu-west-1",
    }  # fmt: skip
    bring_in("focus", bill(told))
    answer = finance.get(reverse("costs:explore-focus"), {"since": "2026-03", "until": "2026-03"})
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert {name: row[name] for name in told} == told


def test_of_a_charge_that_the_ledger_hides_the_columns_of_focus_tell_the_part_alone():
    seen, secret = InitiativeFactory(title="Seen"), InitiativeFactory(title="Secret", confidential=True)
    rule({"vendor": "aws", "resource": "i-*"}, (seen, "0.5"), (secret, "0.5"))
    with NOW:
        for number, amount in enumerate(("100", "60")):
            add_line(None, "2026-11-06", amount, vendor="AWS", resource=f"i-{number}", description="nodes")
        add_line(seen, "2026-11-06", "7", vendor="AWS", resource="own", tags={"app": "x"})
        client = Client()
        client.force_login(UserFactory())
        answer = client.get(reverse("costs:explore-focus"))
        table = client.get(reverse("costs:explore-export", args=["csv"]), {"rows": "category", "columns": "none"})
    own, part = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (own["ResourceId"], own["Tags"], own["x_AllocatedShare"], own["BilledCost"]) == (
        "own", '{"app": "x"}', "1", "7",
    )  # fmt: skip
    # Half of 100 and half of 60 stand together: 80. With 7 that is the 87 of the explorer.
    assert {name: text for name, text in part.items() if text} == {
        "BilledCost": "80", "EffectiveCost": "80", "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-11-01T00:00:00Z", "ChargePeriodStart": "2026-11-01T00:00:00Z",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z", "ChargePeriodEnd": "2026-12-01T00:00:00Z",
        "x_Initiative": seen.key, "x_InitiativeTitle": "Seen", "x_Stage": "draft", "x_CostCategory": "cloud",
        "x_Hosting": "unknown",
    }  # fmt: skip
    assert table.getvalue().decode("utf-8-sig").splitlines()[-1] == "total,87"


@pytest.mark.parametrize(
    ("dimension", "value", "label"),
    [
        ("account", "whisper-prod", "whisper-prod"),
        ("vendor", "Whisper Inc", "Whisper Inc"),
        ("service", "whispering", "whispering"),
        ("service_category", "AI whispers", "AI whispers"),
        ("source", "whisper-bill", "whisper-bill"),
        ("sku", "whisper-1", "whisper-1"),
        ("api_key", "whisper-key", "whisper-key"),
        ("ai_category", "training", "Training"),
        ("kind", "bill", "Bill"),
    ],
)
def test_nothing_is_told_of_a_charge_that_the_ledger_hides(dimension: str, value: str, label: str):
    seen, secret = InitiativeFactory(title="Seen"), InitiativeFactory(title="Secret", confidential=True)
    rule({"vendor": "Whisper Inc"}, (seen, "0.25"), (secret, "0.75"))
    reader, finance = Client(), Client()
    reader.force_login(UserFactory())
    finance.force_login(UserFactory(finance=True))
    with NOW:
        line = add_line(None, "2026-11-06", "100", vendor="Whisper Inc")
        ChargeGroup.objects.filter(pk=line.group_id).update(
            account="whisper-prod", service="whispering", service_category="AI whispers", source="whisper-bill",
            ai_category="training", kind="bill", sku="whisper-1", api_key="whisper-key",
        )  # fmt: skip
        add_line(seen, "2026-11-06", "7")
        ChargeGroup.objects.exclude(pk=line.group_id).update(source="")

        def table(client: Client, **asked: str) -> list[str]:
            given = {"rows": dimension, "columns": "none"} | asked
            answer = client.get(reverse("costs:explore-export", args=["csv"]), given)
            return answer.getvalue().decode("utf-8-sig").splitlines()[1:]

        said = "No AI category" if dimension == "ai_category" else "Not stated"
        rest = [f"{said},25", "Entered,7"] if dimension == "kind" else [f"{said},32"]
        assert table(reader) == [*rest, "total,32"]  # a quarter of 100, and the line of its own
        assert f"{label},100" in table(finance)
        assert label not in shown(reader, rows=dimension).split("<table", 1)[1]
        assert table(reader, rows="category", **{dimension: value}) == ["total,0"]
        assert table(finance, rows="category", **{dimension: value}) == ["Cloud,100", "total,100"]
        empty = "25" if dimension == "kind" else "32"
        assert table(reader, rows="category", not_stated=dimension)[-1] == f"total,{empty}"
        headers = bearer(UserFactory())
        body = reader.get("/api/v1/costs/explore", {"rows": dimension, "columns": "none"}, headers=headers).json()
        assert ("", said) in [(item["name"], item["label"]) for item in body["items"]]
        assert body["total"] == "32.00"
        focus = reader.get(reverse("costs:explore-focus"), {dimension: value}).getvalue().decode()
        assert len(focus.splitlines()) == 1


def test_it_is_said_where_an_amount_opens_fewer_lines_than_it_is_made_of():
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    rule({"vendor": "aws"}, (seen, "0.25"), (secret, "0.75"))
    reader, finance = Client(), Client()
    reader.force_login(UserFactory())
    finance.force_login(UserFactory(finance=True))
    said = "the ledger does not show you all of its lines"
    with NOW:
        add_line(seen, "2026-11-06", "7", vendor="Other")
        add_line(secret, "2026-11-06", "9", vendor="Other")
        assert said not in shown(reader, rows="vendor")  # nothing is divided
        add_line(None, "2026-10-06", "100", vendor="AWS")
        for asked in ({"rows": "vendor"}, {"rows": "initiative"}, {"initiative": seen.key}, {"stage": "draft"}):
            assert said in shown(reader, **asked)
            assert said not in shown(finance, **asked)
        for asked in ({"since": "2026-11"}, {"vendor": "Other"}, {"unallocated": "on"}, {"category": "data"}):
            assert said not in shown(reader, **asked)


def test_who_may_see_both_initiatives_gets_a_row_for_each_part():
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    rule({"vendor": "aws"}, (seen, "0.25"), (secret, "0.75"))
    with NOW:
        add_line(None, "2026-11-06", "100", vendor="AWS", resource="i-0")
        client = Client()
        client.force_login(secret.owner)
        answer = client.get(reverse("costs:explore-focus"))
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    told = ("x_Initiative", "ResourceId", "x_AllocatedShare", "BilledCost")
    assert [tuple(each[name] for name in told) for each in rows] == [
        (seen.key, "i-0", "0.25", "25"), (secret.key, "i-0", "0.75", "75"),
    ]  # fmt: skip


def test_cost_in_columns_of_focus_holds_no_formulas(finance):
    with NOW:
        add_line(None, "2026-11-06", "-7.5", vendor="=cmd()", service="=cmd()", tags={"app": "=cmd()"})
        answer = finance.get(reverse("costs:explore-focus"))
    (row,) = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["ProviderName"], row["ServiceName"], row["BilledCost"]) == ("'=cmd()", "'=cmd()", "-7.5")
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_the_same_by_api(spent):
    client, headers = Client(), bearer(UserFactory(finance=True))
    answer = client.get("/api/v1/costs/explore", {"rows": "vendor", "columns": "month"}, headers=headers).json()
    assert (answer["total"], answer["currency"], answer["since"], answer["until"]) == (
        "1000.25",
        "USD",
        "2025-12",
        "2026-11",
    )
    assert answer["items"][1] == {
        "name": "OpenAI",
        "label": "OpenAI",
        "stands_for": 1,
        "cells": ["380", None],
        "total": "380",
        "share": pytest.approx(0.3799, abs=1e-4),
    }
    assert [column["total"] for column in answer["column_items"]] == ["380", "620.25"]
    wrong = client.get("/api/v1/costs/explore", {"rows": "colour"}, headers=headers)
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "rows"


def test_its_files_by_api_are_those_of_the_page(finance, spent):
    client, headers, url = Client(), bearer(UserFactory(finance=True)), "/api/v1/costs/explore"
    asked = {"rows": "vendor", "columns": "none", "since": "2026-11", "until": "2026-11", "top": "12"}
    table = client.get(f"{url}.csv", asked, headers=headers)
    assert table.getvalue().decode("utf-8-sig").splitlines() == [
        "vendor,total", "Contoso,500", "'=cmd,120.25", "total,620.25",
    ]  # fmt: skip
    assert (table["Content-Type"], table["Content-Disposition"]) == (
        "text/csv; charset=utf-8", 'attachment; filename="cost-explorer.csv"',
    )  # fmt: skip
    book = client.get(f"{url}.xlsx", asked, headers=headers)
    sheet = openpyxl.load_workbook(io.BytesIO(book.getvalue())).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["vendor", "total"], ["Contoso", 500], ["=cmd", 120.25], ["total", 620.25],
    ]  # fmt: skip
    assert (book["Content-Type"], book["Content-Disposition"]) == (
        XLSX, 'attachment; filename="cost-explorer.xlsx"',
    )  # fmt: skip
    charges = client.get(f"{url}-focus.csv", {"vendor": "OpenAI"}, headers=headers)
    (row,) = csv.DictReader(io.StringIO(charges.getvalue().decode()))
    assert (row["ProviderName"], row["BilledCost"], row["x_Initiative"]) == ("OpenAI", "380", spent.key)
    assert charges["Content-Disposition"] == 'attachment; filename="focus.csv"'


def test_a_file_by_api_holds_what_its_reader_may_see():
    secret, headers = InitiativeFactory(title="Secret", confidential=True), bearer(UserFactory())
    with NOW:
        add_line(secret, "2026-11-06", "100", vendor="Whisper")
        add_line(None, "2026-11-06", "7", vendor="AWS")
        table, charges = (
            Client().get(f"/api/v1/costs/explore{end}", {"rows": "vendor", "columns": "none"}, headers=headers)
            for end in (".csv", "-focus.csv")
        )
    assert table.getvalue().decode("utf-8-sig").splitlines() == ["vendor,total", "AWS,7", "total,7"]
    rows = csv.DictReader(io.StringIO(charges.getvalue().decode()))
    assert [(row["ProviderName"], row["BilledCost"]) for row in rows] == [("AWS", "7")]


@pytest.mark.parametrize("end", [".csv", ".xlsx", "-focus.csv"])
def test_a_question_that_makes_no_sense_has_no_file(end):
    url = f"/api/v1/costs/explore{end}"
    refused = Client().get(url, {"rows": "colour"}, headers=bearer(UserFactory()))
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["errors"][0]["field"] == "rows"
    assert Client().get(url).status_code == 401


def test_a_file_of_more_columns_or_cells_than_it_may_hold_is_refused_with_what_to_do(finance, spent, monkeypatch):
    asked, api, headers = (
        {"rows": "month", "columns": "vendor"},
        "/api/v1/costs/explore",
        bearer(UserFactory(admin=True)),
    )
    monkeypatch.setattr(files, "MOST_IN_XLSX", 2)
    said = "An Excel file holds at most 2 columns, and these are 3: take the CSV file, or filter further."
    answer = finance.get("/costs/explore.xlsx", asked, follow=True)
    assert answer.redirect_chain == [("/costs/explore/?rows=month&columns=vendor", 302)]
    assert said in answer.content.decode()
    refused = finance.get(f"{api}.xlsx", asked, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (422, said)
    assert finance.get("/costs/explore.csv", asked).getvalue()
    assert finance.get("/costs/explore.xlsx", asked | {"vendor": "Contoso"}).status_code == 200
    monkeypatch.setattr(pivots, "MOST_CELLS", 5)
    said = "A table holds at most 5 cells, and this one would have 6: choose other rows or columns, or filter further."
    assert said in finance.get("/costs/explore.csv", asked, follow=True).content.decode()
    refused = finance.get(f"{api}.csv", asked, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (422, said)
    assert finance.get("/costs/explore/", asked).status_code == 200


def test_a_table_is_sent_row_by_row(finance, spent):
    answer = finance.get("/costs/explore.csv", {"rows": "vendor", "columns": "none"})
    assert len(list(answer.streaming_content)) == 5  # head, three vendors, total


@pytest.mark.parametrize("name", ["costs:export", "costs:explore-export"])
def test_what_a_spreadsheet_is_does_not_hang_on_the_machine(finance, spent, monkeypatch, name):
    monkeypatch.setattr("mimetypes.guess_type", lambda *_args, **_more: (None, None))
    assert finance.get(reverse(name, args=["xlsx"]))["Content-Type"] == XLSX


@pytest.mark.parametrize("asked", [{}, {"columns": "none"}])
def test_the_published_sample_adds_up_to_its_facts_to_the_last_digit(shared_data, asked):
    """The facts are those of shared/data/focus/README.md, worked out with `csv` and `Decimal`."""
    bring_in("focus", (shared_data / "focus/focus_sample.csv").read_bytes())
    client, headers = Client(), bearer(UserFactory(finance=True))
    asked = asked | {"since": "2024-09", "until": "2024-09"}

    def told(rows: str) -> dict[str, Decimal]:
        answer = client.get("/api/v1/costs/explore", asked | {"rows": rows, "top": "100"}, headers=headers).json()
        assert Decimal(answer["total"]) == Decimal("20.52022672899")
        return {item["name"]: Decimal(item["total"]) for item in answer["items"]}

    assert told("vendor") == {
        "AWS": Decimal("18.00663861840"),
        "Microsoft": Decimal("1.97651418586"),
        "Oracle": Decimal("0.53707392473"),
    }
    assert told("service_category")["AI and Machine Learning"] == Decimal("-0.15189756178")
    assert len(told("account")) == 70  # of 73 three cost nothing
    assert told("ai_category")["platform"] == Decimal("-0.15189756178")  # Azure Machine Learning, no token among it


def test_the_api_takes_every_filter_of_the_page(spent):
    from costs.explorer.api import ExploreQuery
    from costs.explorer.forms import ExploreForm

    assert set(ExploreQuery.model_fields) == set(ExploreForm.base_fields)


def test_the_period_follows_the_day_that_is_asked_about(spent):
    client, headers = Client(), bearer(UserFactory(finance=True))
    answer = client.get("/api/v1/costs/explore", {"as_of": "2026-11-05"}, headers=headers).json()
    assert (Decimal(answer["total"]), answer["as_of"]) == (880, "2026-11-05")
    answer = client.get("/api/v1/costs/explore", {"as_of": str(date(2026, 10, 31))}, headers=headers).json()
    assert (answer["total"], answer["until"]) == ("380", "2026-10")
