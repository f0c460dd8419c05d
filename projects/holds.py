"""Pauses: an initiative on hold keeps its stage; the intervals never overlap."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from projects.dates import not_in_future
from projects.models import Hold, Initiative

FIELDS = ("started_on", "ended_on", "reason")


class GoneHoldError(RuleError):
    """A pause was changed or taken back since it was read."""

    def __init__(self) -> None:
        super().__init__(_("This pause was changed or taken back meanwhile."), status=409)


def start(
    initiative: Initiative, started_on: date, actor: User | None, reason: str = "", ended_on: date | None = None
) -> Hold:
    """Put an initiative on hold from a day on, until `ended_on` (the first day that work goes on) where it is known."""
    not_in_future(started_on, "started_on")
    _check_end(started_on, ended_on)
    with changing(actor) as change:
        Initiative.objects.locked(initiative.pk)  # two at once cannot both find no overlap
        _refuse_overlap(initiative, started_on, ended_on)
        hold = Hold.objects.create(
            initiative=initiative,
            started_on=started_on,
            ended_on=ended_on,
            reason=reason.strip(),
            recorded_at=change.at,
            recorded_by=actor,
        )
        told = {"started_on": (None, started_on), "ended_on": (None, ended_on), "reason": (None, hold.reason or None)}
        change.record(initiative, "hold", {k: v for k, v in told.items() if v[1]}, initiative.pk)
    return hold


def end(initiative: Initiative, ended_on: date, actor: User | None, hold_id: int | None = None) -> Hold:
    """End the hold that is open: `ended_on` is the first day that work goes on. `hold_id`: that one and no other."""
    with changing(actor) as change:
        Initiative.objects.locked(initiative.pk)
        hold = open_hold(initiative)
        if hold is None:
            raise RuleError(_("It is not on hold."), status=409)
        if hold_id not in (None, hold.pk):
            raise GoneHoldError
        _check_end(hold.started_on, ended_on)
        ended = _replace(hold, change, ended_on=ended_on)
        change.record(initiative, "resume", {"ended_on": (None, ended_on)}, initiative.pk)
    return ended


def correct(
    initiative: Initiative,
    hold_id: int,
    started_on: date,
    actor: User | None,
    reason: str = "",
    ended_on: date | None = None,
) -> Hold:
    """Say when a pause really was, and why. GoneHoldError: it was changed or taken back meanwhile."""
    not_in_future(started_on, "started_on")
    _check_end(started_on, ended_on)
    values = {"started_on": started_on, "ended_on": ended_on, "reason": reason.strip()}
    with changing(actor) as change:
        hold = _locked_hold(initiative, hold_id)
        told = {name: (getattr(hold, name) or None, new or None) for name, new in values.items()}
        if all(old == new for old, new in told.values()):
            return hold
        _refuse_overlap(initiative, started_on, ended_on, leaving_out=hold.pk)
        corrected = _replace(hold, change, **values)
        change.record(initiative, "correct_hold", {k: v for k, v in told.items() if any(v)}, initiative.pk)
    return corrected


def take_back(initiative: Initiative, hold_id: int, actor: User | None) -> None:
    """Take back a pause that never was; the audit trail keeps it."""
    with changing(actor) as change:
        hold = _locked_hold(initiative, hold_id)
        told = {name: (old, None) for name in FIELDS if (old := getattr(hold, name))}
        hold.delete()
        change.record(initiative, "take_back_hold", told, initiative.pk)


def open_hold(initiative: Initiative) -> Hold | None:
    """Return the hold that has no end yet."""
    return initiative.holds.filter(ended_on__isnull=True).first()


def _check_end(started_on: date, ended_on: date | None) -> None:
    not_in_future(ended_on, "ended_on")
    if ended_on is not None and ended_on <= started_on:
        raise RuleError(_("Work goes on after the day on which the hold began."), "ended_on")


def _locked_hold(initiative: Initiative, hold_id: int) -> Hold:
    Initiative.objects.locked(initiative.pk)
    hold = initiative.holds.filter(pk=hold_id).first()
    if hold is None:
        raise GoneHoldError
    return hold


def _replace(hold: Hold, change: Change, **values: Any) -> Hold:
    """Put a changed pause in the place of one. It has another id: an id names a pause as it was read."""
    kept = {name: getattr(hold, name) for name in FIELDS} | values
    hold.delete()
    return Hold.objects.create(
        initiative_id=hold.initiative_id, recorded_at=change.at, recorded_by=change.actor, **kept
    )


def _refuse_overlap(
    initiative: Initiative, started_on: date, ended_on: date | None, leaving_out: int | None = None
) -> None:
    others = initiative.holds.exclude(pk=leaving_out).filter(Q(ended_on__isnull=True) | Q(ended_on__gt=started_on))
    if ended_on is not None:
        others = others.filter(started_on__lt=ended_on)
    if others.exists():
        raise RuleError(_("It is on hold already in these days."), "started_on", status=409)
