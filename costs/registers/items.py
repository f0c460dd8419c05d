"""What the API takes and gives of the registers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import BeforeValidator

from api.fields import Amount, Body, Day, Flag, Money, Month, Name, Rate, Reference, ShortText, Whole, no_truth_value
from api.pages import PageQuery
from costs.items import Currency
from costs.models import Every, LabourDays, LabourRole
from costs.registers.asset_figures import AssetRow
from costs.registers.recurring_figures import RecurringRow
from costs.registers.rules import MOST_PARTS


class ShareItem(Body):
    """The part of a cost that an initiative bears. Months are included; without one there is no limit."""

    initiative: Reference
    share: Rate = Field(description="0 to 1.")
    first_month: Month | None = None
    last_month: Month | None = None


class AmountItem(Body):
    """An amount that holds from a day until the next one does."""

    since: Day
    amount: Amount


# The OpenAPI document has one schema a name, and what is given is written otherwise than what is taken.
class ShareOut(ShareItem):
    """The part of a cost that an initiative bears."""


class AmountOut(AmountItem):
    """An amount that holds from a day until the next one does."""


Shares = Annotated[list[ShareItem], Field(max_length=MOST_PARTS, description="What no share takes is unallocated.")]
Amounts = Annotated[list[AmountItem], Field(max_length=MOST_PARTS)]
EveryMonths = Annotated[Every, BeforeValidator(no_truth_value)]
_SALVAGE, _PROCEEDS = "What it will be worth in the end.", "What it was sold for."
_SPREAD = "Over the months it is for; else all of it on the day it is due."


class AssetIn(Body):
    """Hardware to register."""

    name: Name
    vendor: ShortText = ""
    currency: Currency
    price: Amount
    salvage: Amount = Field(Decimal(0), description=_SALVAGE)
    purchased_on: Day
    in_service_on: Day = Field(description="That month is the first, and counts in full.")
    life_months: Whole = Field(ge=1, le=600)
    retired_on: Day | None = Field(None, description="What is left then is written off, less the proceeds.")
    proceeds: Amount = Field(Decimal(0), description=_PROCEEDS)
    power_kw: Amount | None = Field(None, description="What it draws on average while it is on.")
    hours_per_month: Amount | None = Field(None, description="Null: around the clock.")
    shares: Shares = []


class AssetPatch(AssetIn):
    """What changes of an asset; `shares` are given whole."""

    name: Name = Field(None)
    vendor: ShortText = Field(None)
    currency: Currency = Field(None)
    price: Amount = Field(None)
    salvage: Amount = Field(None, description=_SALVAGE)
    purchased_on: Day = Field(None)
    in_service_on: Day = Field(None)
    life_months: Whole = Field(None, ge=1, le=600)
    proceeds: Amount = Field(None, description=_PROCEEDS)
    shares: Shares = Field(None)


class AssetOut(AssetIn):
    """An asset as it stands today."""

    shares: list[ShareOut]
    id: int
    version: int
    book_value: Money = Field(description="Today.")
    depreciation: Money = Field(description="Of this month.")
    ends_on: date = Field(description="When it is written down, or gone.")


class EnergyPriceIn(Body):
    """What a kilowatt-hour costs from a day on."""

    since: Day
    amount: Amount
    currency: Currency


class EnergyPriceOut(EnergyPriceIn):
    """What a kilowatt-hour costs from a day on."""

    version: int


class RoleIn(Body):
    """A role with its day rates."""

    name: Name
    currency: Currency
    rates: Amounts = []


class RolePatch(RoleIn):
    """What changes of a role; `rates` are given whole."""

    name: Name = Field(None)
    currency: Currency = Field(None)
    rates: Amounts = Field(None)


class RoleOut(RoleIn):
    """A role."""

    rates: list[AmountOut]
    id: int
    version: int


class DaysIn(Body):
    """How many days of a role an initiative took in a month; 0: none."""

    initiative: Reference
    role: ShortText
    month: Month
    days: Amount
    was: Amount | None = Field(
        None, description="What stood there as you read it, 0: nothing. 409 where it is something else by now."
    )


class DaysOut(Schema):
    """How many days of a role an initiative took in a month."""

    id: int = Field(description="Another one after each change.")
    initiative: str
    role: str
    month: Month
    days: Money


class DaysQuery(PageQuery):
    """Which days."""

    initiative: Reference | None = None
    role: ShortText | None = None
    month: Month | None = None


class DaysSet(Schema):
    """What came of the days that were sent."""

    changed: int
    unchanged: int


class RecurringIn(Body):
    """A licence, or another cost that comes again."""

    name: Name
    vendor: ShortText = ""
    category: ShortText = "licences"
    currency: Currency
    every_months: EveryMonths = Every.MONTH
    starts_on: Day = Field(description="First due.")
    ends_on: Day | None = Field(None, description="Nothing is due after it; a period that has begun counts in full.")
    spread: Flag = Field(True, description=_SPREAD)
    recoverable: Flag = False
    amounts: Amounts
    shares: Shares = []


class RecurringPatch(RecurringIn):
    """What changes of a recurring cost; `amounts` and `shares` are given whole."""

    name: Name = Field(None)
    vendor: ShortText = Field(None)
    category: ShortText = Field(None)
    currency: Currency = Field(None)
    every_months: EveryMonths = Field(None)
    starts_on: Day = Field(None)
    spread: Flag = Field(None, description=_SPREAD)
    recoverable: Flag = Field(None)
    amounts: Amounts = Field(None)
    shares: Shares = Field(None)


class RecurringOut(RecurringIn):
    """A recurring cost as it stands today."""

    amounts: list[AmountOut]
    shares: list[ShareOut]
    id: int
    version: int
    next_due: date | None


def asset_item(row: AssetRow) -> dict[str, Any]:
    """Return an asset as the API gives it."""
    asset = row.asset
    own = [name for name in AssetIn.model_fields if name != "shares"]
    return {
        **{name: getattr(asset, name) for name in ("id", "version", *own)},
        "shares": share_items(asset.shares.all()),
        "book_value": row.book_value,
        "depreciation": row.monthly,
        "ends_on": row.ends_on,
    }


def recurring_item(row: RecurringRow) -> dict[str, Any]:
    """Return a recurring cost as the API gives it."""
    cost = row.cost
    own = [name for name in RecurringIn.model_fields if name not in ("shares", "amounts", "category")]
    return {
        **{name: getattr(cost, name) for name in ("id", "version", *own)},
        "category": cost.category.name,
        "amounts": amount_items(cost.amounts.all()),
        "shares": share_items(cost.shares.all()),
        "next_due": row.next_due,
    }


def role_item(role: LabourRole) -> dict[str, Any]:
    """Return a role as the API gives it."""
    own = {name: getattr(role, name) for name in ("id", "version", "name", "currency")}
    return {**own, "rates": amount_items(role.rates.all())}


def days_item(row: LabourDays) -> dict[str, Any]:
    """Return days as the API gives them."""
    names = {"initiative": row.initiative.key, "role": row.role.name}
    return {"id": row.pk, **names, "month": row.month, "days": row.days}


def share_items(shares: Sequence[Any]) -> list[dict[str, Any]]:
    """Return shares as the API gives them."""
    own = ("share", "first_month", "last_month")
    return [{"initiative": one.initiative.key, **{name: getattr(one, name) for name in own}} for one in shares]


def amount_items(amounts: Sequence[Any]) -> list[dict[str, Any]]:
    """Return dated amounts as the API gives them."""
    return [{"since": row.since, "amount": row.amount} for row in amounts]
