"""A rule on the SKU of a bill's charges, exact or as a glob: applied on the page, or there before the bill."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from tests.costs.allocation.test_places import cost_of
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
# Costs by SKU, so that each sum tells which of them are in it.
COSTS = {"Sonnet-In": "1", "Sonnet-Out": "2", "Sonnet": "4", "EC2-G5": "8", "[Sonnet]-In": "16", "": "32"}
FORM = {"field_0": "sku", "initiative_0": "AI-0001", "method": "equal", "is_active": "on"}


def charges() -> str:
    return bill(*({"SkuId": sku, "ResourceId": f"of {sku}", "BilledCost": cost} for sku, cost in COSTS.items()))


@pytest.mark.parametrize("is_rule_first", [True, False], ids=["as it comes", "applied on the page"])
@pytest.mark.parametrize(
    ("glob", "cost"), [("sonnet", 4), ("Sonnet-In", 1), ("SONNET*", 7), ("*-?n", 17), ("[sonnet]*", 16), ("EC2", 0)]
)
def test_a_bill_is_placed_by_sku(glob: str, cost: int, is_rule_first: bool) -> None:
    one, finance = InitiativeFactory(number=1), Client()
    finance.force_login(UserFactory(finance=True))
    if not is_rule_first:
        bring_in("focus", charges())
    told = finance.post("/costs/allocation/new/", FORM | {"glob_0": glob, "simulate": "1"}).context["told"]
    assert told.effect.total.amount == (0 if is_rule_first else cost)
    assert finance.post("/costs/allocation/new/", FORM | {"glob_0": glob}).status_code == 302
    assert cost_of(one) == [0]
    if is_rule_first:
        bring_in("focus", charges())
    else:
        assert finance.post("/costs/allocation/apply/").status_code == 302
    assert cost_of(one, None) == [cost, Decimal(63) - cost]
