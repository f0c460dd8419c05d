"""A bill that charges for a month at once: its one date says nothing of the days that it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from costs import lines
from costs.models import CostLine, Kind, LedgerSource
from costs.new_line import NewLine
from costs.prices import own_rows
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, Tokens
from costs.reconciliation.causes import Causes, Parts, causes
from costs.reconciliation.months import provider_month
from tests.costs.importers.test_focus import bill
from tests.costs.reconciliation.test_months import MARCH, MILLION, logged, used
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
ZERO = Decimal(0)
OF_MARCH = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")


def charge(sku: str, amount: str, starts: str = OF_MARCH[0], ends: str = OF_MARCH[1], **more: str) -> dict[str, str]:
    period = {"ChargePeriodStart": starts, "ChargePeriodEnd": ends}
    return {"ProviderName": "OpenAI", "ServiceName": "API", "SkuId": sku, "BilledCost": amount, **period, **more}


def of_day(sku: str, amount: str, day: int) -> dict[str, str]:
    return charge(sku, amount, f"2026-03-{day:02d}T00:00:00Z", f"2026-03-{day + 1:02d}T00:00:00Z")


@pytest.fixture
def usage():
    """20 by our prices: 1 M a day of m1, from the 2nd to the 11th, at 2; m2 has no price."""
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="bill")
    rates = [Rate({"input": Decimal(2), "output": Decimal(8)})]
    own_rows.add(UserFactory(finance=True), NewPrice("OpenAI", "m1", date(2026, 1, 1), rates))
    for day in range(2, 12):
        used(f"2026-03-{day:02d}", "m1", Tokens(input=MILLION))


def look() -> Causes:
    return causes(provider_month("openai", MARCH))


@pytest.mark.usefixtures("usage")
def test_a_charge_for_the_month_is_compared_with_all_days_of_it():
    used("2026-03-20", "m2", Tokens(input=MILLION))
    bring_in("focus", bill(charge("m1, input", "23"), charge("m2, input", "4"), charge("m3, input", "5")))
    why = look()
    # 20 − 32: − 4 of m2, which has no price, − 5 of m3, which we have not, 20 − 23 of m1.
    assert why.parts["usage"] == Parts(ZERO, Decimal(-4), ZERO, Decimal(-5), ZERO, Decimal(-3))
    assert (why.missing_days, why.other_models) == ({}, ["m3"])


@pytest.mark.usefixtures("usage")
def test_days_that_are_missing_between_records_by_day_are_named_beside_a_bill_by_month():
    logged("2026-03-02", "m1", Tokens(input=MILLION), "2")
    bring_in("focus", bill(charge("m1, input", "20"), charge("m1, output", "1")))
    why = look()
    assert why.parts["usage"] == Parts(ZERO, ZERO, ZERO, ZERO, ZERO, Decimal(-1))
    assert why.missing_days == {"gateway": [date(2026, 3, day) for day in range(3, 12)]}


@pytest.mark.usefixtures("usage")
def test_a_fee_for_the_month_leaves_charges_for_tokens_by_day():
    rows = [of_day("m1, input", "2", day) for day in range(2, 9)]
    bring_in("focus", bill(*rows, charge("Support", "3")))
    # The last three days of usage are missing on the bill: + 6; the fee is of no day that usage lacks: − 3.
    why = look()
    assert why.parts["usage"] == Parts(Decimal(6), ZERO, ZERO, ZERO, ZERO, Decimal(-3))
    assert why.missing_days == {"bill": [date(2026, 3, day) for day in (9, 10, 11)]}


@pytest.mark.usefixtures("usage")
def test_a_bill_that_names_no_tokens_is_by_month_where_any_charge_is():
    bring_in("focus", bill(charge("API usage", "19"), of_day("Credit", "-1", 15)))
    why = look()
    assert why.parts["usage"] == Parts(ZERO, ZERO, None, ZERO, ZERO, Decimal(2))
    assert why.missing_days == {}


@pytest.mark.usefixtures("usage")
@pytest.mark.parametrize(("ends", "missing"), [("2026-03-02T01:00:00Z", True), ("2026-03-03T00:00:00Z", False)])
def test_a_day_of_25_hours_is_one_day(ends, missing):
    bring_in("focus", bill(charge("m1, input", "20", ends=ends)))
    assert ("bill" in look().missing_days) is missing


@pytest.mark.usefixtures("usage")
def test_a_corrected_charge_keeps_its_period():
    bring_in("focus", bill(charge("m1, input", "23")))
    line = CostLine.objects.live().filter(group__kind=Kind.BILL).shown().get()
    lines.correct(None, line, replace(NewLine.of(line), amount=Decimal(22)))
    assert look().parts["usage"] == Parts(ZERO, ZERO, ZERO, ZERO, ZERO, Decimal(-2))
