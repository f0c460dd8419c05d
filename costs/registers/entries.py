"""The door for the registers: an entry is saved with all its parts, audited, and the ledger follows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError, StaleError
from accounts.models import User
from api.decimals import plain
from costs import rollups
from costs.generators import assets, labour, recurring
from costs.models import Asset, Category, DatedAmount, EnergyPrice, LabourRole, RecurringCost, Registered, Share
from costs.registers import rules

Entry = TypeVar("Entry", bound=Registered)
PARTS = {Asset: ("shares",), LabourRole: ("rates",), RecurringCost: ("shares", "amounts")}


def save(
    actor: User | None,
    entry: Entry,
    values: Mapping[str, Any],
    parts: Mapping[str, Sequence[Any]],
    version: int | None = None,
) -> Entry:
    """Make or change an entry: `values` of its fields, `parts` in place of those that it had, not saved yet.

    What is not named stays as it is. RuleError where a rule is broken, StaleError where `version` is an old one,
    Http404 where somebody has deleted the entry since it was read.
    """
    with changing(actor) as change:
        rollups.lock()
        kind = type(entry)
        now = get_object_or_404(kind.objects.select_for_update(), pk=entry.pk) if entry.pk else entry
        if version is not None and now.version != version:
            raise StaleError
        there = {name: list(getattr(now, name).all()) if now.pk else [] for name in PARTS[kind]}
        before = audit_values(now, there) if now.pk else {}
        for name, value in values.items():
            setattr(now, name, value)
        after = {**there, **parts}
        rules.check(now, after)
        differences = _differences(before, audit_values(now, after))
        if differences:
            _write(now, parts, bool(before))
            change.record(now, "edit" if before else "create", differences)
            _generate(actor, now)
    return now


def delete(actor: User | None, entry: Registered, version: int) -> None:
    """Take an entry out of its register, and its lines out of the ledger. A role with days stays (409).

    StaleError where `version` is an old one, Http404 where somebody has deleted the entry since it was read.
    """
    with changing(actor) as change:
        rollups.lock()
        kind = type(entry)
        now = get_object_or_404(kind.objects.select_for_update(), pk=entry.pk)
        if now.version != version:
            raise StaleError
        parts = {name: list(getattr(now, name).all()) for name in PARTS[kind]}
        change.record(now, "delete", _differences(audit_values(now, parts), {}))
        try:
            now.delete()
            _generate(actor, entry)
        except ProtectedError as error:
            raise RuleError(_("Days are recorded for this role, so it stays."), status=409) from error


def set_energy_price(actor: User | None, price: EnergyPrice, version: int | None = None) -> EnergyPrice:
    """Say what a kilowatt-hour costs from a day on, in place of what was said for that day; the ledger follows.

    StaleError where the one of that day has another `version` than was read (0: there was none).
    """
    if price.amount < 0:
        raise RuleError(_("Not below 0."), "amount")
    with changing(actor) as change:
        rollups.lock()
        before = EnergyPrice.objects.filter(since=price.since).first()
        if version is not None and before and before.version != version:
            raise StaleError
        differences = _differences(_price(before), _price(price))
        if before:
            price.pk, price.version = before.pk, before.version + bool(differences)
        if differences:
            price.save()
            change.record(price, "edit" if before else "create", differences)
            assets.synchronise(actor, price)
    return price


def remove_energy_price(actor: User | None, pk: int, version: int) -> None:
    """Take an energy price back; the one before holds on. StaleError where it is not as it was read any more."""
    with changing(actor) as change:
        rollups.lock()
        price = EnergyPrice.objects.filter(pk=pk, version=version).first()
        if price is None:
            raise StaleError
        change.record(price, "delete", _differences(_price(price), {}))
        EnergyPrice.objects.filter(pk=price.pk).delete()
        assets.synchronise(actor, price)


def audit_values(entry: Registered, parts: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return an entry as the audit trail tells it."""
    fields = [field for field in entry._meta.concrete_fields if field.name not in ("id", "version")]
    values = {field.name: _plain(getattr(entry, field.name)) for field in fields}
    return values | {name: [_part(row) for row in rows] for name, rows in parts.items()}


def _write(entry: Registered, parts: Mapping[str, Sequence[Any]], is_there: bool) -> None:
    entry.version += is_there
    entry.save()
    for name, rows in parts.items():
        manager = getattr(entry, name)
        manager.all().delete()
        for row in rows:
            row.pk = None
            setattr(row, manager.field.name, entry)
        manager.bulk_create(rows)
    entry._prefetched_objects_cache = {}  # type: ignore[attr-defined]  # what was read before is no longer so


def _generate(actor: User | None, entry: Registered) -> None:
    _GENERATE[type(entry)](actor, entry)


_GENERATE: dict[type, Callable[[User | None, Any], Any]] = {
    Asset: lambda actor, asset: assets.synchronise(actor, asset, [asset]),
    LabourRole: lambda actor, role: labour.synchronise(actor, role, [role.pk]),
    RecurringCost: lambda actor, cost: recurring.synchronise(actor, cost, [cost]),
}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys((*before, *after))
    found = {name: (before.get(name), after.get(name)) for name in names}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1] and ((before and after) or any(pair))}


def _part(row: Share | DatedAmount) -> str:
    if isinstance(row, Share):
        first, last = (f"{month:%Y-%m}" if month else "" for month in (row.first_month, row.last_month))
        return f"{row.initiative.key} {plain(row.share)} {first}/{last}"
    return f"{row.since} {plain(row.amount)}"


def _price(price: EnergyPrice | None) -> dict[str, Any]:
    return {"since": price.since, "amount": plain(price.amount), "currency": price.currency} if price else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Category):
        return value.name
    return plain(value) if isinstance(value, Decimal) else value
