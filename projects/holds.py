"""Pauses: an initiative on hold keeps its stage; the intervals never overlap."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from projects.dates import not_in_future
from projects.models import Hold, Initiative


def start(
    initiative: Initiative, started_on: date, actor: User | None, reason: str = "", ended_on: date | None = None
) -> Hold:
    """Put an initiative on hold from a day on, until `ended_on` (the first day that work goes on) where it is known."""
    not_in_future(started_on, "started_on")
    _check_end(started_on, ended_on)
    with changing(actor) as change:
        _lock(initiative)
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


def end(initiative: Initiative, ended_on: date, actor: User | None) -> Hold:
    """End the hold that is open: `ended_on` is the first day that work goes on."""
    with changing(actor) as change:
        _lock(initiative)
        hold = open_hold(initiative)
        if hold is None:
            raise RuleError(_("It is not on hold."), status=409)
        _check_end(hold.started_on, ended_on)
        hold.ended_on = ended_on
        hold.save(update_fields=["ended_on"])
        change.record(initiative, "resume", {"ended_on": (None, ended_on)}, initiative.pk)
    return hold


def open_hold(initiative: Initiative) -> Hold | None:
    """Return the hold that has no end yet."""
    return initiative.holds.filter(ended_on__isnull=True).first()


def _check_end(started_on: date, ended_on: date | None) -> None:
    not_in_future(ended_on, "ended_on")
    if ended_on is not None and ended_on <= started_on:
        raise RuleError(_("Work goes on after the day on which the hold began."), "ended_on")


def _refuse_overlap(initiative: Initiative, started_on: date, ended_on: date | None) -> None:
    others = initiative.holds.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=started_on))
    if ended_on is not None:
        others = others.filter(started_on__lt=ended_on)
    if others.exists():
        raise RuleError(_("It is on hold already in these days."), "started_on", status=409)


def _lock(initiative: Initiative) -> None:
    """Let holds of one initiative in one by one: two at once cannot both find no overlap."""
    Initiative.objects.select_for_update(of=("self",), no_key=True).get(pk=initiative.pk)
