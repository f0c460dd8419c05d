"""The doors through which an initiative is made and changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from projects import plans
from projects import tags as labels
from projects.fields import COLUMNS, LISTS, PLAN, audit_value, checked
from projects.models import BusinessUnit, Initiative, Tag
from projects.stages import NOT_APPROVED

LAST_OF_KEYS = 999_999_999  # the contract's keys have four to nine digits


class StaleEdit(Exception):  # noqa: N818 - the name that other rooms know
    """Somebody else has changed the initiative meanwhile; `current` is as it stands now."""

    def __init__(self, current: Initiative) -> None:
        super().__init__(_("Somebody else has changed this initiative meanwhile."))
        self.current = current


def next_numbers(change: Change, count: int = 1) -> list[int]:
    """Return so many new numbers. They come from a sequence: never twice, not even after a rollback.

    A rehearsal leaves the sequence alone, so that it costs no keys, and counts on past the last number of a key.
    """
    if change.rehearsal:
        last = Initiative.objects.filter(number__gt=LAST_OF_KEYS).aggregate(last=Max("number"))["last"] or LAST_OF_KEYS
        return list(range(last + 1, last + 1 + count))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('projects_initiative_number') FROM generate_series(1, %s)", [count])
        return [number for (number,) in cursor.fetchall()]


def create(
    actor: User | None,
    *,
    title: str,
    business_unit: BusinessUnit | None = None,
    owner: User | None = None,
    tags: Iterable[str | Tag] = (),
    members: Iterable[User] = (),
    plan_agreed_on: date | None = None,
    **fields: Any,
) -> Initiative:
    """Make an initiative, as a draft. The owner is the actor where none is named; tags are names.

    An import may name another `stage`, and then records the way to it (`projects.bulk.add_ways`).

    `fields` are the other writable ones: problem, desired_outcome, why_ai, alternative_considered, sponsor, hosting,
    risk_tier, external_ref, confidential, planned_prototype_on, planned_pilot_on, planned_production_on.
    """
    clean = checked({"title": title, "business_unit": business_unit, "owner": owner or actor, **fields})
    with changing(actor) as change:
        _refuse_taken_ref(clean.get("external_ref"), None)
        initiative = Initiative(
            number=next_numbers(change)[0], created_by=actor, created_at=change.at, updated_at=change.at, **clean
        )
        _save(initiative)
        _set_lists(initiative, {"tags": tags, "members": members}, actor)
        plans.agree(initiative, plan_agreed_on, change)
        told = (*COLUMNS, *LISTS, *({"stage"} & clean.keys()))
        first = {name: (None, value) for name in told if (value := audit_value(initiative, name))}
        change.record(initiative, "create", first, initiative.pk)
    return initiative


def edit(initiative: Initiative, *, version: int, actor: User | None, **changes: Any) -> Initiative:
    """Change fields of an initiative that was read at `version`; StaleEdit when it has been changed since.

    `changes` are writable fields, and `plan_agreed_on` for a changed plan; one that is older than the plan in force is
    kept, and leaves the initiative's dates alone. Nothing changed: nothing written.
    """
    agreed_on = changes.pop("plan_agreed_on", None)
    lists = {name: changes.pop(name) for name in LISTS if name in changes}
    clean = checked(changes)
    with changing(actor) as change:
        current = Initiative.objects.locked(initiative.pk)
        if current.version != version:
            raise StaleEdit(current)
        before = {name: audit_value(current, name) for name in (*clean, *lists)}
        if "external_ref" in clean:
            _check_new_ref(clean["external_ref"], current, actor)
        for name, value in clean.items():
            setattr(current, name, value)
        _set_lists(current, lists, actor)
        agreed = None
        if agreed_on or not _differences(before, current).keys().isdisjoint(PLAN):
            agreed = plans.agree(current, agreed_on, change)
        differences = _differences(before, current) | (agreed or {})
        if differences or agreed is not None:
            _close(current, differences, change)
    return current


def _differences(before: dict[str, Any], current: Initiative) -> dict[str, tuple[Any, Any]]:
    return {name: (old, new) for name, old in before.items() if old != (new := audit_value(current, name))}


def _close(current: Initiative, differences: dict[str, tuple[Any, Any]], change: Change) -> None:
    current.version += 1
    current.updated_at = change.at
    _save(current)
    if differences:
        change.record(current, "edit", differences, current.pk)


def _set_lists(initiative: Initiative, lists: dict[str, Iterable[Any]], actor: User | None) -> None:
    if "tags" in lists:
        initiative.tags.set(labels.find_or_make(lists["tags"], actor))
    if "members" in lists:
        initiative.members.set(lists["members"])


def _check_new_ref(external_ref: str | None, current: Initiative, actor: User | None) -> None:
    """Refuse one that is another's, and a change of what was approved: rules for costs go by it (costs/allocation)."""
    _refuse_taken_ref(external_ref, current)
    is_decided = external_ref != current.external_ref and current.stage not in NOT_APPROVED
    if is_decided and actor is not None and not can(actor, "initiative.move", current):
        raise RuleError(_("Once it is approved, only the portfolio office changes its reference."), "external_ref")


def _refuse_taken_ref(external_ref: str | None, current: Initiative | None) -> None:
    if external_ref is None:
        return
    others = Initiative.objects.filter(external_ref=external_ref)
    if current is not None:
        others = others.exclude(pk=current.pk)
    if others.exists():
        raise _taken()


def _save(initiative: Initiative) -> None:
    try:
        with transaction.atomic():
            initiative.save()
    except IntegrityError as error:  # somebody else took the external reference between the look and the save
        if "external_ref" in str(error):
            raise _taken() from error
        raise


def _taken() -> RuleError:
    return RuleError(_("Another initiative has this external reference."), "external_ref", status=409)
