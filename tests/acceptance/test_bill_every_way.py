"""The published FOCUS bill by command, page and API, with allocation rules and without: its facts to the last digit.

The facts are those of shared/data/focus/README.md, worked out there with `csv` and `Decimal`. Rules give Microsoft's
part to one initiative and divide Oracle's 30 : 70 between two, so each gets the README's figure times its share.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from costs.models import CostLine
from imports.models import Import
from imports.summary import summary
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db
BILLED, EFFECTIVE = Decimal("20.52022672899"), Decimal("14.97651418586")
AWS, MICROSOFT, ORACLE = Decimal("18.00663861840"), Decimal("1.97651418586"), Decimal("0.53707392473")
AI_AND_ML = Decimal("-0.15189756178")
EFFECTIVE_BY = {"AWS": Decimal(13), "Microsoft": MICROSOFT, "Oracle": Decimal(0)}
# Rows that are negative, the smallest amount that is not 0, and rows without tags. What was billed goes even
# below the README's smallest amount, which is of the effective cost.
FACTS = (13, Decimal("0.0000000004"), 289)
EFFECTIVE_FACTS = (13, Decimal("0.00000000503"), 289)
SUB_ACCOUNTS = 73
PLACES = {"AI-0001": MICROSOFT, "AI-0002": ORACLE * Decimal("0.3"), "AI-0003": ORACLE * Decimal("0.7")}
RULES: list[tuple[str, dict[str, str]]] = [
    ("Microsoft", {"AI-0001": "1"}),
    ("Oracle", {"AI-0002": "0.3", "AI-0003": "0.7"}),
]
Worker = Callable[..., Any]  # runs what a request has handed to the queue
SEPTEMBER = {"since": "2024-09", "until": "2024-09"}


class Page:
    """A person of finance before a browser."""

    def __init__(self, user: User, worker: Worker) -> None:
        self.client, self.worker = Client(), worker
        self.client.force_login(user)

    def bring_in(self, bill: Path, amount_column: str) -> dict[str, Any]:
        sent = {"file": SimpleUploadedFile(bill.name, bill.read_bytes()), "amount_column": amount_column}
        with self.worker(execute=True):
            report = self.client.post("/imports/", sent)
        page = self.client.get(report.url).content.decode()
        assert "Cloud bill (FOCUS" in page
        said = summary(Import.objects.latest("pk"))
        amount = page.partition("<dt>Amount</dt>")[2]  # what restates stands before it, with amounts of its own
        assert _amounts(amount) == [Decimal(said["amount_total"])]  # rounded for the eye, exact behind it
        return said

    def add_rule(self, vendor: str, shares: dict[str, str]) -> None:
        sent = {"field_0": "vendor", "glob_0": vendor, "method": "equal", "is_active": "on"}
        for at, (key, share) in enumerate(shares.items()):
            sent |= {f"initiative_{at}": key, f"share_{at}": str(Decimal(share) * 100)}
        assert self.client.post("/costs/allocation/new/", sent).status_code == 302

    def apply(self) -> None:
        assert self.client.post("/costs/allocation/apply/").status_code == 302

    def told(self, rows: str) -> dict[str, Decimal]:
        asked = {"rows": rows, "columns": "none", "top": "100", **SEPTEMBER}
        text = self.client.get("/costs/explore.csv", asked).getvalue().decode("utf-8-sig")
        found = {name: Decimal(amount) for name, amount in list(csv.reader(io.StringIO(text)))[1:]}
        table = self.client.get("/costs/explore/", asked).content.decode().partition("<tbody>")[2]
        shown = re.findall(r'<a href="/costs/\?[^"]*">(?:<data value="([^"]+)"[^>]*>)?([^<]*)', table)
        assert [Decimal(exact or text) for exact, text in shown] == list(found.values())
        return found

    def file(self, name: str, **asked: str) -> bytes:
        return self.client.get(f"/costs/{name}", asked | SEPTEMBER).getvalue()

    def sub_accounts(self) -> int:
        page = self.client.get("/costs/unallocated/?by=account").content.decode()
        (more,) = re.findall(r"And (\d+) more", page)
        return page.count("Make a rule:") + int(more)

    def lines(self) -> Iterator[tuple[Decimal, bool]]:
        text = self.client.get("/costs/export.csv").getvalue().decode("utf-8-sig")
        for row in csv.DictReader(io.StringIO(text)):
            yield Decimal(row["amount"]), bool(row["tags"])
        smallest = min(CostLine.objects.live().exclude(amount=0), key=lambda line: abs(line.amount))
        page = self.client.get(f"/costs/lines/{smallest.key}/").content.decode()
        assert _amounts(page) == [smallest.amount]  # as it was billed, which is in base currency


class Api:
    """A program with the token of finance."""

    def __init__(self, user: User, worker: Worker) -> None:
        self.client, self.worker, self.headers = Client(), worker, bearer(user)

    def _post(self, path: str, body: Any = None, **options: str) -> Any:
        with self.worker(execute=True):
            answer = self.client.post(f"/api/v1/{path}", body, headers=self.headers, **options)
        assert answer.status_code < 300, answer.content
        return answer.json()

    def _get(self, path: str, **asked: str) -> Any:
        return self.client.get(f"/api/v1/{path}", asked, headers=self.headers).json()

    def bring_in(self, bill: Path, amount_column: str) -> dict[str, Any]:
        body = {"file": SimpleUploadedFile(bill.name, bill.read_bytes()), "format": "focus"}
        taken = self._post("imports", body | ({"amount_column": amount_column} if amount_column else {}))
        return self._get(f"imports/{taken['id']}")

    def add_rule(self, vendor: str, shares: dict[str, str]) -> None:
        split = [{"initiative": key, "share": share} for key, share in shares.items()]
        body = {"match": {"vendor": vendor}, "split": split}
        self._post("allocation-rules", json.dumps(body), content_type="application/json")

    def apply(self) -> None:
        self._post("allocation-rules/apply")

    def told(self, rows: str) -> dict[str, Decimal]:
        answer = self._get("costs/explore", rows=rows, columns="none", top="100", **SEPTEMBER)
        return {each["name"]: Decimal(each["total"]) for each in answer["items"]} | {"total": Decimal(answer["total"])}

    def file(self, name: str, **asked: str) -> bytes:
        return self.client.get(f"/api/v1/costs/{name}", asked | SEPTEMBER, headers=self.headers).getvalue()

    def sub_accounts(self) -> int:
        return len({item["account"] for item in self._get("costs", limit="1000")["items"]})

    def lines(self) -> Iterator[tuple[Decimal, bool]]:
        answer = self._get("costs", limit="1000")
        assert (answer["count"], answer["next"]) == (1000, None)
        for item in answer["items"]:
            yield Decimal(item["amount"]), bool(item["tags"])


class Command(Api):
    """Who has a shell: files come in by command, for rules there is none."""

    def bring_in(self, bill: Path, amount_column: str) -> dict[str, Any]:
        out = io.StringIO()
        call_command("import_file", "focus", str(bill), "--amount-column", amount_column or "BilledCost", stdout=out)
        return json.loads(out.getvalue().splitlines()[-1])


Way = Page | Api
WAYS = pytest.mark.parametrize("make", [Command, Page, Api])


@pytest.fixture
def way(make: type[Way], eager_tasks: None, django_capture_on_commit_callbacks: Worker) -> Way:
    for number in (1, 2, 3):
        InitiativeFactory(number=number)
    return make(UserFactory(finance=True), django_capture_on_commit_callbacks)


@pytest.fixture
def bill(shared_data: Path) -> Path:
    return shared_data / "focus/focus_sample.csv"


def portfolio() -> dict[str, Any]:
    """Return the portfolio's summary, by command."""
    out = io.StringIO()
    call_command("summary", "--json", stdout=out)
    return json.loads(out.getvalue())


def facts(way: Way) -> tuple[int, Decimal, int]:
    """Return what is told of the lines, as `FACTS`."""
    lines = list(way.lines())
    return (
        sum(amount < 0 for amount, _tagged in lines),
        min(abs(amount) for amount, _tagged in lines if amount),
        sum(not tagged for _amount, tagged in lines),
    )


@WAYS
def test_without_rules(way: Way, bill: Path) -> None:
    said = way.bring_in(bill, "")
    assert (said["rows_created"], said["rows_rejected"], said["amount_total"]) == (1000, 0, str(BILLED))
    vendors = way.told("vendor")
    assert vendors == {"AWS": AWS, "Microsoft": MICROSOFT, "Oracle": ORACLE, "total": BILLED}
    assert way.told("service_category")["AI and Machine Learning"] == AI_AND_ML
    assert facts(way) == FACTS
    assert way.sub_accounts() == SUB_ACCOUNTS
    now = portfolio()
    assert Decimal(now["gross_cost"]) == Decimal(now["unallocated"]["value"]) == BILLED


@WAYS
@pytest.mark.parametrize("rules_first", [True, False])
def test_with_rules(way: Way, bill: Path, rules_first: bool) -> None:
    """Whether rules wait for the bill, or the bill is there and they are applied: the same places."""
    if not rules_first:
        way.bring_in(bill, "")
    for vendor, shares in RULES:
        way.add_rule(vendor, shares)
    if not rules_first:
        way.apply()
    said = way.bring_in(bill, "")
    assert said["rows_unchanged"] == (0 if rules_first else 1000)
    assert said["amount_total"] == str(BILLED)
    places = way.told("initiative")
    assert {key: places[_named(key, places)] for key in PLACES} == PLACES
    assert (places["total"], sum(places.values())) == (BILLED, 2 * BILLED)
    assert way.told("vendor") == {"AWS": AWS, "Microsoft": MICROSOFT, "Oracle": ORACLE, "total": BILLED}
    assert way.told("service_category")["AI and Machine Learning"] == AI_AND_ML
    if rules_first:
        assert facts(way) == FACTS
        assert isinstance(way, Page) or way.sub_accounts() == SUB_ACCOUNTS  # that page is of what is unallocated
    now = portfolio()
    assert (Decimal(now["gross_cost"]), Decimal(now["unallocated"]["value"])) == (BILLED, AWS)


@WAYS
def test_the_files_of_the_explorer_add_up_to_the_bill(way: Way, bill: Path) -> None:
    way.bring_in(bill, "")
    rows = list(csv.DictReader(io.StringIO(way.file("explore-focus.csv").decode())))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == BILLED
    published = list(csv.DictReader(bill.open(newline="")))
    names = ("BillingAccountId", "SubAccountId", "SubAccountName", "ProviderName", "BillingCurrency")
    assert {tuple(row[name] for name in names) for row in rows} == {
        tuple("" if row[name] == "NULL" else row[name] for name in names) for row in published if has_cost(row)
    }
    sheet = openpyxl.load_workbook(io.BytesIO(way.file("explore.xlsx", rows="vendor", columns="none"))).active
    cells = {name: Decimal(str(amount)) for name, amount in list(sheet.values)[1:-1]}
    assert cells == {"AWS": AWS, "Microsoft": MICROSOFT, "Oracle": ORACLE}
    assert sum(cells.values()) == BILLED


@WAYS
def test_effective_cost(way: Way, bill: Path) -> None:
    way.add_rule(*RULES[0])
    assert way.bring_in(bill, "EffectiveCost")["amount_total"] == str(EFFECTIVE)
    assert sum(way.told("initiative").values()) == 2 * EFFECTIVE
    vendors = way.told("vendor")
    assert vendors == {name: amount for name, amount in EFFECTIVE_BY.items() if amount} | {"total": EFFECTIVE}
    assert facts(way) == EFFECTIVE_FACTS
    assert Decimal(portfolio()["gross_cost"]) == EFFECTIVE


def has_cost(row: dict[str, str]) -> bool:
    return Decimal(row["BilledCost"]) != 0


def _amounts(page: str) -> list[Decimal]:
    """Return the amounts of a page with all their digits, as it has them for pointer and program."""
    return [Decimal(value) for value in re.findall(r'<data value="([^"]+)"', page)]


def _named(key: str, places: dict[str, Decimal]) -> str:
    return next(name for name in places if name.startswith(key))
