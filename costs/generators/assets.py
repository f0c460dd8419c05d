"""Own hardware as cost lines: depreciation, the write-off in the end, energy (costs/registers/depreciation.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from costs.generators import restating
from costs.generators.restating import Restated
from costs.generators.shared import shared
from costs.models import Asset, Category, EnergyPrice
from costs.new_line import NewLine
from costs.registers import depreciation
from costs.registers.depreciation import Terms
from costs.registers.generated import ASSETS
from money.exact import EXACT

CATEGORY = "hardware"
Prices = Sequence[EnergyPrice]  # by day, oldest first


def terms(asset: Asset) -> Terms:
    """Return what the asset's cost follows from."""
    return Terms(**{name: getattr(asset, name) for name in Terms.__dataclass_fields__})


def reference(asset: Asset) -> str:
    """Return what its lines have as their resource."""
    return f"asset:{asset.pk}"


def synchronise(actor: User | None, about: models.Model, assets: Sequence[Asset] | None = None) -> Restated:
    """Bring the ledger to what these assets, or all, come to by today; one that is gone has no lines."""
    found = Asset.objects.prefetch_related("shares__initiative")
    within = None
    if assets is not None:
        found = found.filter(pk__in=[asset.pk for asset in assets])
        within = Q(group__resource__in=[reference(asset) for asset in assets])
    return restating.bring_to(actor, ASSETS, wanted(found, timezone.localdate()), about, within)


def wanted(assets: Iterable[Asset], to: date) -> Iterator[NewLine]:
    """Yield the lines that assets come to by a day."""
    category, prices = Category.objects.get(name=CATEGORY), list(EnergyPrice.objects.all())
    for asset in assets:
        shares = asset.shares.all()
        for row in (*_charges(asset, category, to), *_energy(asset, category, prices, to)):
            yield from shared(row, shares)


def price_on(prices: Prices, day: date) -> EnergyPrice | None:
    """Return the energy price in force on a day."""
    return next((price for price in reversed(prices) if price.since <= day), None)


def _charges(asset: Asset, category: Category, to: date) -> Iterator[NewLine]:
    for charge in depreciation.charges(terms(asset), to):
        if charge.amount:
            yield _line(asset, category, charge.what, charge.on, charge.amount, asset.currency, asset.name, capex=True)


def _energy(asset: Asset, category: Category, prices: Prices, to: date) -> Iterator[NewLine]:
    """Yield energy by month; a month before the first price has none: it is never priced 0."""
    for day, hours in depreciation.energy_days(terms(asset), to):
        price = price_on(prices, day)
        if price is not None and price.amount:
            amount = EXACT.multiply(hours, price.amount)
            used, each = hours.normalize(EXACT), price.amount.normalize(EXACT)
            said = f"{asset.name}: {used:,f} kWh × {each:f} {price.currency}/kWh"  # kept: in no language of a reader
            yield _line(asset, category, "energy", day, amount, price.currency, said)


def _line(
    asset: Asset,
    category: Category,
    what: str,
    on: date,
    amount: Decimal,
    currency: str,
    said: str,
    capex: bool = False,
) -> NewLine:
    return NewLine(
        initiative=None,
        incurred_on=on,
        category=category,
        amount=amount.normalize(EXACT),
        currency=currency,
        capex=capex,
        recurring=what != "write-off",
        vendor=asset.vendor if capex else "",
        service=what,
        resource=reference(asset),
        description=said,
        external_id=f"{reference(asset)}:{what}:{on:%Y-%m}",
        source=ASSETS,
    )
