"""What the register of own hardware shows: book values and monthly costs today, the years of an asset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.models import User
from costs.generators.assets import Prices, price_on, terms
from costs.models import Asset, Share
from costs.registers import depreciation
from costs.registers.borne import Borne
from costs.registers.depreciation import PLACES, Terms
from money.exact import EXACT, ZERO

LATE = date(2200, 1, 1)
HOURS_A_MONTH = Decimal(730)  # 365 days of 24 hours ÷ 12: what a month around the clock is on average


class Year(NamedTuple):
    """A year of an asset: months that are written down in it, by how much, and what is left at its end."""

    year: int
    months: int
    amount: Decimal
    book_value: Decimal


@dataclass(frozen=True)
class AssetRow(Borne):
    """An asset as the register shows it, in its own currency."""

    asset: Asset
    book_value: Decimal
    monthly: Decimal  # depreciation in the month of today; 0 outside its life
    ends_on: date  # when it is written down, or gone
    energy: Decimal | None  # what a month around now costs, in the currency of the energy price; None: no power given
    energy_currency: str
    has_energy_price: bool
    unpriced_months: int  # that it has served before the first energy price, so that their energy is no cost
    shares: list[Share]


def asset_row(asset: Asset, prices: Prices, today: date) -> AssetRow:
    """Return what is shown of an asset; its shares are prefetched."""
    of = terms(asset)
    price = price_on(prices, today)
    energy = _energy(asset, price.amount) if asset.power_kw and price and _serves(asset, today) else None
    return AssetRow(
        asset=asset,
        book_value=depreciation.book_value(of, today).normalize(EXACT),
        monthly=_monthly(asset, today).normalize(EXACT),
        ends_on=_end(asset),
        energy=energy,
        energy_currency=price.currency if price else asset.currency,
        has_energy_price=price is not None,
        unpriced_months=_unpriced_months(of, prices, today),
        shares=[share for share in asset.shares.all() if share.holds_on(today)],
    )


def years(asset: Asset) -> list[Year]:
    """Return the whole life of an asset by calendar year, the write-off included."""
    found: dict[int, Year] = {}
    for charge in depreciation.charges(terms(asset), LATE):
        year = found.get(charge.on.year, Year(charge.on.year, 0, ZERO, ZERO))
        found[charge.on.year] = Year(
            year.year,
            year.months + (charge.what == "depreciation"),
            EXACT.add(year.amount, charge.amount),
            charge.book_value,
        )
    return list(found.values())


def _serves(asset: Asset, today: date) -> bool:
    return asset.in_service_on <= today and (asset.retired_on is None or today <= asset.retired_on)


def _monthly(asset: Asset, today: date) -> Decimal:
    months = (today.year - asset.in_service_on.year) * 12 + today.month - asset.in_service_on.month
    if not 0 <= months < asset.life_months or (asset.retired_on is not None and asset.retired_on <= today):
        return ZERO
    return depreciation.schedule(terms(asset))[months]


def _end(asset: Asset) -> date:
    end = depreciation.month_end(asset.in_service_on, asset.life_months - 1)
    return end if asset.retired_on is None else min(end, asset.retired_on)


def _unpriced_months(of: Terms, prices: Prices, today: date) -> int:
    """Return how many months up to today have used energy before there was a price of it."""
    until = min(today, prices[0].since - timedelta(days=1)) if prices else today
    return sum(1 for _ in depreciation.energy_days(of, until))


def _energy(asset: Asset, price: Decimal) -> Decimal:
    hours = HOURS_A_MONTH if asset.hours_per_month is None else asset.hours_per_month
    used = EXACT.multiply(asset.power_kw, hours)
    return EXACT.multiply(used, price).quantize(PLACES, context=EXACT)


def visible_assets(user: User) -> QuerySet[Asset]:
    """Return the assets that a person may see, with what a row of them needs."""
    return Asset.objects.visible_to(user).prefetch_related("shares__initiative")
