"""The door for the price book: add an own row, end it, take a provider's prices from the library or not. Audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.currencies import check_currency
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import require
from api.decimals import plain
from costs.models import LibraryOff, TokenPrice, TokenRate
from costs.prices import library
from costs.pricing import Rate


@dataclass(frozen=True)
class NewPrice:
    """An own row to add: it holds from `since` to before `until` (None: until further notice)."""

    provider: str
    model: str
    since: date
    rates: Sequence[Rate]
    currency: str = library.CURRENCY
    until: date | None = None
    note: str = ""
    source_url: str = ""


def add(actor: User, new: NewPrice) -> TokenPrice:
    """Add an own row. One of the same model that begins later, or was recorded later, takes its place."""
    require(actor, "price.edit")
    _check(new)
    with changing(actor) as change:
        price = TokenPrice.objects.create(
            **{name: getattr(new, name) for name in _OWN}, recorded_by=actor, recorded_at=change.at
        )
        TokenRate.objects.bulk_create(TokenRate.of(price, rate) for rate in new.rates)
        told = {name: (None, getattr(new, name)) for name in _OWN[2:] if getattr(new, name)}
        change.record(price, "create", told | {"prices": (None, [_audit_values(rate) for rate in new.rates])})
    return price


def end(actor: User, price: TokenPrice, until: date) -> None:
    """Let an own row hold no longer from a day on; its first day takes it out altogether. Lines keep their price."""
    require(actor, "price.edit")
    with changing(actor) as change:
        price = TokenPrice.objects.own().select_for_update().get(pk=price.pk)
        if price.since is not None and until < price.since:
            raise RuleError(_("Not before its first day."), "valid_until")
        if price.until is not None and price.until < until:
            raise RuleError(_("It has ended before that day already."), "valid_until")
        if until != price.until:
            change.record(price, "edit", {"until": (price.until, until)})
            price.until = until
            price.save(update_fields=["until"])


def use_library(actor: User, provider: str, uses: bool) -> None:
    """Take the prices of a provider (by the library's id) from the library, or not."""
    require(actor, "price.edit")
    if provider not in library.provider_names():
        raise RuleError(_("The library has no such provider."), "provider")
    with changing(actor) as change:
        if uses:
            was = bool(LibraryOff.objects.filter(provider=provider).delete()[0])
        else:
            was = LibraryOff.objects.get_or_create(provider=provider)[1]
        if was:
            change.record(LibraryOff(provider=provider), "edit", {"library": (not uses, uses)})


_OWN = ("provider", "model", "since", "until", "currency", "note", "source_url")


def _check(new: NewPrice) -> None:
    try:
        check_currency(new.currency)
    except ValueError as error:
        raise RuleError(str(error), "currency") from error
    if new.source_url:
        _check_url(new.source_url)
    if new.until is not None and new.until < new.since:
        raise RuleError(_("Not before its first day."), "valid_until")
    if not any(rate.prices for rate in new.rates if not rate.over and not rate.batch):
        raise RuleError(_("Give at least one price."), "prices")
    if any(price < 0 for rate in new.rates for price in rate.prices.values()):
        raise RuleError(_("A price is 0 or more."), "prices")
    if len({(rate.batch, rate.over) for rate in new.rates}) < len(new.rates):
        raise RuleError(_("The same length of prompts is there twice."), "tiers")


def _check_url(url: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise RuleError(" ".join(error.messages), "source_url") from error


def _audit_values(rate: Rate) -> dict[str, object]:
    kind: dict[str, object] = {"batch": True} if rate.batch else {}
    kind |= {"over": rate.over} if rate.over else {}
    return kind | {str(each): plain(price) for each, price in rate.prices.items()}
