"""Rates are added, never changed: one per currency and day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.currencies import check_currency
from accounts.errors import RuleError
from accounts.models import Organisation, User
from accounts.permissions import require
from api.decimals import plain
from api.fields import EARLIEST, LATEST
from money import hooks
from money.models import ExchangeRate


@dataclass(frozen=True)
class NewRate:
    """A rate to add: base currency per unit of `currency` on a day."""

    on: date
    currency: str
    rate: Decimal


class Added(NamedTuple):
    """The rates as they came, and whether a worker gives amounts that waited their value: there are many."""

    rates: list[ExchangeRate]
    is_left_to_worker: bool


def add(actor: User, rate: NewRate) -> Added:
    """Add one rate; a second for the same currency and day is a conflict (409)."""
    check(rate, Organisation.current().base_currency)
    return add_all(actor, [rate])


def add_each(actor: User, rates: Sequence[NewRate]) -> Added:
    """Add rates as one body names them, all or none; what is wrong is said of "3.rate", a second of a day is a 409."""
    require(actor, "rate.edit")
    base, errors = Organisation.current().base_currency, []
    for number, new in enumerate(rates):
        try:
            check(new, base)
        except RuleError as error:
            errors += [(f"{number}.{field}", message) for field, message in error.errors]
    if errors:
        raise RuleError(errors[0][1], errors=errors)
    known = set(already_there(rates))
    for number, new in enumerate(rates):
        if (new.currency, new.on) in known:
            errors.append((f"{number}.on", taken()))
        known.add((new.currency, new.on))
    if errors:
        raise RuleError(taken(), status=409, errors=errors)
    return add_all(actor, rates)


def add_all(actor: User, rates: Sequence[NewRate]) -> Added:
    """Add checked rates, all or none; pending amounts get their value with them."""
    require(actor, "rate.edit")
    ordered = sorted(rates, key=lambda new: (new.on, new.currency))  # two of the same wait one way round
    with changing(actor) as change:
        try:
            with transaction.atomic():
                made = ExchangeRate.objects.bulk_create(
                    ExchangeRate(on=new.on, currency=new.currency, rate=new.rate, recorded_by=actor) for new in ordered
                )
        except IntegrityError as error:
            raise RuleError(taken(), "on", status=409) from error
        for row in made:
            change.record(row, "create", {"rate": (None, plain(row.rate))})
        known = [(row.currency, row.on) for row in made]
        left = [after_rates_added(known) for after_rates_added in hooks.after_rates_added]
    by_key = dict(zip(known, made, strict=True))
    return Added([by_key[new.currency, new.on] for new in rates], any(left))


def check(new: NewRate, base_currency: str) -> None:
    """Refuse what can be no rate."""
    try:
        check_currency(new.currency)
    except ValueError as error:
        raise RuleError(str(error), "currency") from error
    if new.currency == base_currency:
        raise RuleError(_("This is the base currency: its rate is always 1."), "currency")
    if new.rate <= 0:
        raise RuleError(_("A rate is more than 0."), "rate")
    if not EARLIEST <= new.on <= LATEST:
        raise RuleError(not_a_day(), "on")
    if new.on > timezone.localdate():
        raise RuleError(_("Not in the future."), "on")


def already_there(rates: Iterable[NewRate]) -> dict[tuple[str, date], Decimal]:
    """Return the rates that are kept already for these currencies and days."""
    wanted = {(new.currency, new.on) for new in rates}
    currencies, days = {code for code, _on in wanted}, {on for _code, on in wanted}
    rows = ExchangeRate.objects.filter(Q(currency__in=currencies) & Q(on__in=days))
    return {(row.currency, row.on): row.rate for row in rows if (row.currency, row.on) in wanted}


def not_a_day() -> str:
    """Say which days a rate can have."""
    return _("Not a day from 1950 to 2100 (YYYY-MM-DD).")


def taken() -> str:
    """Say why a second rate is refused."""
    return _("There is a rate for this currency and day already; it stays as it is.")
