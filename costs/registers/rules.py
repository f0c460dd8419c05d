"""What the entries of registers have to fulfil, said field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.errors import RuleError
from costs.allocation.placements import EVER, NEVER, ONE
from costs.models import Asset, DatedAmount, LabourRole, RecurringCost, Share
from money.exact import EXACT

LONGEST_LIFE = 600  # months
MOST_HOURS = 744  # in the longest month
MOST_PARTS = 200  # shares, or amounts, of one entry: as many as the form and the API take
Children = Mapping[str, Sequence[Any]]
Errors = list[tuple[str, str]]


def check(entry: models.Model, children: Children) -> None:
    """Raise RuleError with everything that is wrong with an entry."""
    errors: Errors = [("currency", _("A currency is needed."))] if not entry.currency else []
    if "shares" in children:
        errors += _shares(children["shares"])
    for name in ("amounts", "rates"):
        errors += _amounts(name, children.get(name, ()))
    errors += _RULES[type(entry)](entry, children)
    if errors:
        raise RuleError(errors[0][1], errors[0][0], errors=errors)


def _asset(asset: Asset, _children: Children) -> Errors:
    hours = asset.hours_per_month
    return _broken(
        (asset.price > 0, "price", _("A price is more than 0.")),
        (0 <= asset.salvage <= asset.price, "salvage", _("The salvage value lies between 0 and the price.")),
        (1 <= asset.life_months <= LONGEST_LIFE, "life_months", _("A life of 1 to 600 months.")),
        (
            asset.purchased_on <= asset.in_service_on,
            "in_service_on",
            _("It cannot be in service before it was purchased."),
        ),
        (
            asset.retired_on is None or asset.in_service_on <= asset.retired_on,
            "retired_on",
            _("It cannot go before it came into service."),
        ),
        (asset.proceeds >= 0, "proceeds", _("Not below 0.")),
        (asset.retired_on is not None or not asset.proceeds, "retired_on", _("On which day was it sold?")),
        (asset.power_kw is None or asset.power_kw >= 0, "power_kw", _("Not below 0.")),
        (hours is None or 0 <= hours <= MOST_HOURS, "hours_per_month", _("Between 0 and 744 hours.")),
    )


def _role(role: LabourRole, _children: Children) -> Errors:
    taken = LabourRole.objects.filter(name__iexact=role.name).exclude(pk=role.pk).exists()
    return _broken((not taken, "name", _("There is a role of this name.")))


def _recurring(cost: RecurringCost, children: Children) -> Errors:
    first = min((row.since for row in children["amounts"]), default=None)
    return _broken(
        (
            cost.ends_on is None or cost.starts_on <= cost.ends_on,
            "ends_on",
            _("The end lies before the first due day."),
        ),
        (first is not None, "amounts", _("An amount is needed.")),
        (
            first is None or first <= cost.starts_on,
            "amounts",
            _("The first amount has to hold from the first due day on."),
        ),
    )


_RULES: dict[type, Callable[[Any, Children], Errors]] = {Asset: _asset, LabourRole: _role, RecurringCost: _recurring}


def _amounts(name: str, rows: Sequence[DatedAmount]) -> Errors:
    days = [row.since for row in rows]
    return _broken(
        (len(set(days)) == len(days), name, _("Two of them begin on the same day.")),
        (all(row.amount >= 0 for row in rows), name, _("Not below 0.")),
    )


def _shares(shares: Sequence[Share]) -> Errors:
    """Shares lie in (0, 1], go forward, name an initiative once at a time, and never add up to more than 1."""
    forward = all(_since(share) <= _until(share) for share in shares)
    return _broken(
        (all(0 < share.share <= 1 for share in shares), "shares", _("A share is more than 0 and at most 100\u202f%.")),
        (forward, "shares", _("A share's last month lies before its first.")),
        (not _overlap(shares), "shares", _("An initiative has two shares in the same month.")),
        (
            all(_sum_in(shares, _since(share)) <= ONE for share in shares),
            "shares",
            _("Shares of one month add up to more than 100\u202f%."),
        ),
    )


def _broken(*rules: tuple[bool, str, str]) -> Errors:
    return [(field, said) for holds, field, said in rules if not holds]


def _overlap(shares: Sequence[Share]) -> bool:
    last: dict[int, date] = {}
    for share in sorted(shares, key=_since):
        if share.initiative_id in last and _since(share) <= last[share.initiative_id]:
            return True
        last[share.initiative_id] = _until(share)
    return False


def _sum_in(shares: Iterable[Share], month: date) -> Decimal:
    """Add up the shares that hold in a month; sums only rise where one begins."""
    total = Decimal(0)
    for share in shares:
        if _since(share) <= month <= _until(share):
            total = EXACT.add(total, share.share)
    return total


def _since(share: Share) -> date:
    return share.first_month or EVER


def _until(share: Share) -> date:
    return share.last_month or NEVER
