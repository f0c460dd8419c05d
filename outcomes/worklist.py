"""What waits for somebody: readings to take, overdue ones first, and readings to validate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.permissions import Reach, reach_of
from outcomes.models import Measurement, Outcome
from outcomes.status import OutcomeState, Status, states_of
from projects.models import Initiative

SOON = timedelta(days=14)
SECTIONS = ("due", "validate", "all")


@dataclass(frozen=True)
class Row:
    """An outcome in the list."""

    outcome: Outcome
    state: OutcomeState
    as_of: date
    may_record: bool


def visible(user: User, mine: bool = False) -> QuerySet[Outcome]:
    """Return the outcomes that the user may see; `mine` keeps those that are theirs or of their initiatives."""
    found = Outcome.objects.visible_to(user).select_related("initiative", "owner")
    if mine:
        found = found.filter(Q(owner=user) | Q(initiative__in=Initiative.objects.owned_by(user)))
    return found


def rows(user: User, outcomes: Sequence[Outcome], as_of: date) -> list[Row]:
    """Return the rows of outcomes, the longest overdue first, those without a date last."""
    states = states_of(outcomes, as_of)
    reach = reach_of(user, "measurement.edit")
    own = set(Initiative.objects.owned_by(user).values_list("pk", flat=True)) if reach is Reach.OWN else set()
    made = [Row(o, states[o.pk], as_of, reach is Reach.ALL or o.initiative_id in own) for o in outcomes]
    return sorted(made, key=lambda row: (row.state.next_due or date.max, row.outcome.pk))


def of_status(listed: Sequence[Row], status: str) -> list[Row]:
    """Keep those that do so."""
    return [row for row in listed if row.state.status == status]


def due(listed: Sequence[Row]) -> list[Row]:
    """Keep those that need a reading now or within two weeks; overdue ones first."""
    found = [row for row in listed if row.state.next_due and row.state.next_due <= row.as_of + SOON]
    return sorted(found, key=lambda row: row.state.status != Status.OVERDUE)


def waiting(user: User, mine: bool = False) -> QuerySet[Measurement]:
    """Return the readings that finance has not validated, the oldest first."""
    found = Measurement.objects.counting().submitted().filter(outcome__in=visible(user, mine).order_by())
    return found.select_related("outcome__initiative", "recorded_by").order_by("period_end", "id")
