"""A bill that rules place is taken back by page and by API: all sums and places are again those of before.

What stands there before: lines by hand in the same month, and an earlier delivery of the bill, which the whole bill
restates. One rule divides by fixed shares, one by what else its initiatives cost.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

import pytest

from costs import tasks
from costs.models import CostLine, Placement
from projects.models import Initiative
from tests.acceptance.test_bill_every_way import Api, Page, Worker, portfolio
from tests.conftest import SHARED_DATA
from tests.costs.factories import add_line
from tests.costs.test_bulk import SUMS
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db
PUBLISHED = SHARED_DATA / "focus/focus_sample.csv"
VALUES = ("lines", "pending", "entries", "gross", "recovered")


class ByPage(Page):
    """Who takes a bill back on its page, and makes rules on theirs."""

    def add_rule(self, vendor: str, shares: dict[str, str]) -> None:
        """Add a rule; without shares the rest follows all other cost."""
        sent = {"field_0": "vendor", "glob_0": vendor, "method": "cost", "measure": "", "is_active": "on"}
        for at, (key, share) in enumerate(shares.items()):
            sent |= {f"initiative_{at}": key, f"share_{at}": share and str(Decimal(share) * 100)}
        assert self.client.post("/costs/allocation/new/", sent).status_code == 302

    def take_back(self, pk: int) -> None:
        with self.worker(execute=True):
            page = self.client.post(f"/imports/{pk}/revert/", follow=True)
        assert "Taken back:" in page.content.decode()


class ByApi(Api):
    """The same by API."""

    def add_rule(self, vendor: str, shares: dict[str, str]) -> None:
        split = [{"initiative": key, "share": share or None} for key, share in shares.items()]
        body = {"match": {"vendor": vendor}, "split": split, "method": "cost"}
        self._post("allocation-rules", json.dumps(body), content_type="application/json")

    def take_back(self, pk: int) -> None:
        assert self._post(f"imports/{pk}/revert")["state"] == "reverted"


@pytest.mark.parametrize("make", [ByPage, ByApi])
def test_a_bill_that_rules_place_is_taken_back_as_if_it_had_never_come(
    make: type[ByPage] | type[ByApi], eager_tasks: None, django_capture_on_commit_callbacks: Worker
) -> None:
    bill = PUBLISHED if PUBLISHED.is_file() else SAMPLES / "focus.csv"
    rows = list(csv.DictReader(io.StringIO(bill.read_text())))
    one, two, _three = (InitiativeFactory(number=number) for number in (1, 2, 3))
    way = make(UserFactory(finance=True), django_capture_on_commit_callbacks)
    month = rows[0]["ChargePeriodStart"][:7]
    for initiative, amount, vendor in ((one, "30", ""), (two, "10", ""), (None, "7", "Microsoft")):
        add_line(initiative, f"{month}-10", amount, vendor=vendor)
    way.add_rule("AWS", {"AI-0002": "", "AI-0003": ""})
    way.add_rule("Microsoft", {"AI-0002": "0.3", "AI-0003": "0.7"})
    way.apply()
    bring_in("focus", earlier_delivery(rows))
    assert placed_cost(rows[: len(rows) // 2], "1") == costs()
    before, told = everything(), portfolio()
    said = way.bring_in(bill, "")
    assert placed_cost(rows, "0") == costs()
    assert said["rows_created"] == len(rows) - len(rows) // 2 + 1  # one of the earlier delivery says another amount
    assert CostLine.objects.filter(withdrawn="restated").count() == 1
    way.take_back(int(said["id"]))
    assert everything() == before
    assert {**portfolio(), "data_version": 0} == {**told, "data_version": 0}
    assert tasks.follow_use() == 0
    assert everything() == before


def earlier_delivery(rows: list[dict[str, str]]) -> str:
    """Return half of the bill, the first charge one dearer."""
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows([rows[0] | {"BilledCost": f"{Decimal(rows[0]['BilledCost']) + 1:f}"}, *rows[1 : len(rows) // 2]])
    return file.getvalue()


def placed_cost(rows: Iterable[dict[str, str]], more: str) -> dict[str, Decimal]:
    """Work out what each initiative costs: its people, its parts of the line by hand and of these charges.

    `more`: what the first charge, which is AWS's, costs beyond what its row says.
    """
    cost = {"AWS": Decimal(more), "Microsoft": Decimal(7), "Oracle": Decimal(0)}
    for row in rows:
        cost[row["ProviderName"]] += Decimal(row["BilledCost"])
    two, three = 10 + cost["Microsoft"] * Decimal("0.3"), cost["Microsoft"] * Decimal("0.7")
    with localcontext(prec=60):
        by_use = cost["AWS"] * (two / (two + three)).quantize(Decimal("1e-18"), ROUND_DOWN)
        two, three = two + by_use, three + cost["AWS"] - by_use
    return {"AI-0001": Decimal(30), "AI-0002": two, "AI-0003": three, "": cost["Oracle"]}


def costs() -> dict[str, Decimal]:
    """Return what each initiative costs by the running sums; "": what belongs to none."""
    keys = {initiative.pk: initiative.key for initiative in Initiative.objects.all()} | {0: ""}
    kept = dict.fromkeys(keys.values(), Decimal(0))
    cumulated = SUMS[2].objects.filter(until__year=9999)
    return kept | {keys[pk]: gross for pk, gross in cumulated.values_list("initiative_id", "gross")}


def everything() -> dict[str, Any]:
    """Return all sums that are not nothing, the live lines, and the places of groups that have some."""
    found: dict[str, Any] = {}
    for model in SUMS:
        rows = [_shortened(row) for row in model.objects.values()]
        found[model.__name__] = {key: values for key, values in rows if any(values)}
    live = CostLine.objects.live()
    found["lines"] = set(live.values_list("pk", "amount", "base_amount"))
    found["places"] = set(Placement.objects.filter(group__in=live.values("group")).values_list("pk", "until", "share"))
    return found


def _shortened(row: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Part what a row is about from its sums; of those by day only the days that have any."""
    values = [value for name, value in row.items() if name in VALUES]
    days = [
        tuple((at, each) for at, each in enumerate(value) if each) if isinstance(value, list) else value
        for value in values
    ]
    return tuple(value for name, value in row.items() if name not in VALUES), tuple(days)
