"""A rate entered later re-values nothing: neither what a file says again nor what it restates (METRICS.md 3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from costs.models import CostLine
from imports.models import Import
from tests.costs.factories import add_rate
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_usage_csv import HEADER as USAGE
from tests.costs.importers.test_usage_csv import row as usage_row
from tests.costs.prices.test_book import add as add_price
from tests.costs.prices.test_repricing import applied, used, worked_out
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
HEADER = "incurred_on,category,amount,currency,external_id,description\n"
EUR = {"BillingCurrency": "EUR", "BilledCost": "10"}
BEFORE, DAY, NEXT = "2026-03-01", "2026-03-05", "2026-03-06"


def row(amount: str, description: str, currency: str = "EUR", day: str = DAY, name: str = "A") -> str:
    return f"{day},cloud,{amount},{currency},{name},{description}\n"


def valued() -> list[tuple[Decimal, Decimal | None, Decimal | None]]:
    lines = CostLine.objects.live().order_by("amount")
    return [(line.amount, line.rate, line.base_amount) for line in lines]


def told(job: Import) -> tuple[Decimal | None, Decimal, Decimal]:
    return job.amount_total, job.restated_before, job.restated_now


def test_a_row_with_an_external_id_keeps_its_rate_whatever_else_it_says() -> None:
    add_rate(BEFORE, "EUR", "1.1")
    bring_in("costs_csv", HEADER + row("10", "first") + row("5", "same", name="B"))
    add_rate(DAY, "EUR", "2")
    job = bring_in("costs_csv", HEADER + row("10", "second") + row("5", "same", name="B"))
    assert valued() == [(5, Decimal("1.1"), Decimal("5.5")), (10, Decimal("1.1"), 11)]
    assert told(job) == (Decimal("16.5"), 11, 11)
    assert [(each.before_base, each.now_base) for each in job.restated.all()] == [(11, 11)]
    # Three versions on, and with another amount: 12 × 1.1.
    bring_in("costs_csv", HEADER + row("12", "third"))
    assert valued() == [(5, Decimal("1.1"), Decimal("5.5")), (12, Decimal("1.1"), Decimal("13.2"))]


@pytest.mark.parametrize(
    ("changed", "rate"),
    [({"day": NEXT}, "2"), ({"currency": "CHF"}, "3"), ({"currency": "USD"}, "1"), ({"name": "New"}, "2")],
    ids=["day", "currency", "base", "new"],
)
def test_a_row_of_another_day_or_currency_takes_the_rate_of_now(changed: dict[str, str], rate: str) -> None:
    add_rate(BEFORE, "EUR", "1.1")
    bring_in("costs_csv", HEADER + row("10", "first"))
    add_rate(DAY, "EUR", "2")
    add_rate(DAY, "CHF", "3")
    bring_in("costs_csv", HEADER + row("20", "second", **changed))
    assert valued()[-1] == (20, Decimal(rate), 20 * Decimal(rate))


def test_what_waited_takes_the_rate_that_came() -> None:
    bring_in("costs_csv", HEADER + row("10", "first"))
    add_rate(DAY, "EUR", "2")
    bring_in("costs_csv", HEADER + row("11", "second"))
    assert valued() == [(11, 2, 22)]


def test_a_row_of_a_bill_keeps_its_rate_with_another_amount() -> None:
    add_rate(BEFORE, "EUR", "1.1")
    bring_in("focus", bill(EUR, EUR | {"ResourceId": "i-2", "BilledCost": "20"}))
    add_rate(DAY, "EUR", "2")
    again = bill(
        EUR | {"BilledCost": "10.01"},
        EUR | {"ResourceId": "i-2", "BilledCost": "20"},
        EUR | {"ResourceId": "i-3", "BilledCost": "30"},
    )
    job = bring_in("focus", again)
    # 10.01 × 1.1 and 20 × 1.1 as they were; only what is new takes the rate of now: 30 × 2.
    assert valued() == [
        (Decimal("10.01"), Decimal("1.1"), Decimal("11.011")), (20, Decimal("1.1"), 22), (30, 2, 60),
    ]  # fmt: skip
    assert told(job) == (Decimal("93.011"), 11, Decimal("11.011"))


def test_a_row_of_a_bill_keeps_its_rate_with_other_tags() -> None:
    add_rate(BEFORE, "EUR", "1.1")
    bring_in("focus", bill(EUR))
    add_rate(DAY, "EUR", "2")
    tagged = [EUR | {"Tags": f'{{"app": "{app}"}}', "BilledCost": cost} for app, cost in (("a", "4"), ("b", "6"))]
    job = bring_in("focus", bill(*tagged))
    assert valued() == [(4, Decimal("1.1"), Decimal("4.4")), (6, Decimal("1.1"), Decimal("6.6"))]
    assert told(job) == (11, 11, 11)


def test_a_charge_that_comes_beside_another_of_its_period_is_new() -> None:
    add_rate(BEFORE, "EUR", "1.1")
    bring_in("focus", bill(EUR | {"Tags": ""}))
    add_rate(DAY, "EUR", "2")
    bring_in("focus", bill(EUR | {"Tags": ""}, EUR | {"Tags": '{"app": "a"}', "BilledCost": "5"}))
    assert valued() == [(5, 2, 10), (10, Decimal("1.1"), 11)]


def test_usage_that_a_file_restates_keeps_its_rate() -> None:
    add_rate("2026-11-01", "EUR", "1.1")
    add_price("turbo", "2", currency="EUR")
    bring_in("usage_csv", USAGE + usage_row(1_000_000, "U-1", "turbo", provider="acme"))
    add_rate("2026-11-03", "EUR", "3")
    rows = (
        usage_row(4_000_000, "U-1", "turbo", provider="acme"),
        usage_row(500_000, "U-2", "turbo", provider="acme"),
        usage_row(1_000_000, "U-1", "turbo", provider="acme", on="2026-11-04"),
    )
    job = bring_in("usage_csv", USAGE + "".join(rows[:2]))
    # 4 million at 2 EUR, at 1.1 as before; half a million that is new, at 3.
    assert valued() == [(1, 3, 3), (8, Decimal("1.1"), Decimal("8.8"))]
    assert told(job) == (Decimal("11.8"), Decimal("2.2"), Decimal("8.8"))
    bring_in("usage_csv", USAGE + rows[2])  # another day
    assert valued() == [(1, 3, 3), (2, 3, 6)]


def test_usage_that_is_priced_anew_keeps_its_rate() -> None:
    finance = UserFactory(finance=True)
    add_rate("2026-11-01", "EUR", "1.1")
    add_price("turbo", "2", currency="EUR")
    used(1_000_000)
    add_rate("2026-11-03", "EUR", "3")
    add_price("turbo", "2.5", currency="EUR")
    assert applied(finance, worked_out(finance)).state == "done"
    assert valued() == [(Decimal("2.5"), Decimal("1.1"), Decimal("2.75"))]
    add_price("turbo", "4")
    applied(finance, worked_out(finance))
    assert valued() == [(4, 1, 4)]
    used(1_000_000, on=date(2026, 11, 5))  # sent by API: new
    assert valued() == [(4, 1, 4), (4, 1, 4)]
