"""The guidance cohorts: what was agreed by the time a prototype began (METRICS.md 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outcomes.targets import Agreement

# What is written down this soon after the start still counts as known at the start.
GRACE = timedelta(days=14)


class Guidance(TextChoices):
    """How well a prototype knew its aim when it began."""

    GUIDED = "guided", _("Guided")
    PARTLY_GUIDED = "partly_guided", _("Partly guided")
    AIMLESS = "aimless", _("Aimless")
    NOT_RECORDED = "not_recorded", _("Not recorded")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What guidance is decided from: of targets, plans and budgets every row, whenever it was agreed."""

    why_stated: bool  # problem and desired outcome, as they stand
    targets: Sequence[Agreement] = ()
    complete_targets: Sequence[Agreement] = ()
    production_plans: Sequence[Agreement] = ()
    budgets: Sequence[Agreement] = ()
    has_outcomes: bool = False
    outcomes_not_recorded: bool = False  # it came by an import that carries no outcomes


@dataclass(frozen=True, slots=True)
class Decision:
    """A cohort, and whether it rests on something that was only recorded after the day that decides."""

    guidance: Guidance
    rests_on_later_rows: bool = False


def decide(evidence: Evidence, started_on: date | None, as_of: date) -> Decision:
    """Return the cohort of a prototype that started then; rows agreed after that plus 14 days do not count."""
    if started_on is None or (evidence.outcomes_not_recorded and not evidence.has_outcomes):
        return Decision(Guidance.NOT_RECORDED)
    late, deadline = started_on + GRACE, min(started_on + GRACE, as_of)
    target = _recorded_on(evidence.targets, deadline)
    if target is None:
        return Decision(Guidance.AIMLESS)
    needed = [
        _recorded_on(rows, deadline)
        for rows in (evidence.complete_targets, evidence.production_plans, evidence.budgets)
    ]
    in_time = [day for day in needed if day is not None]
    if evidence.why_stated and len(in_time) == len(needed):
        return Decision(Guidance.GUIDED, max(in_time) > late)
    return Decision(Guidance.PARTLY_GUIDED, target > late)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a guided prototype has: whether it was there in time, and when it was first agreed."""

    name: str
    is_there: bool
    agreed_on: date | None = None


def parts(evidence: Evidence, started_on: date, as_of: date) -> list[Part]:
    """Return what `decide` looks at, one by one; the why counts as it stands."""
    deadline = min(started_on + GRACE, as_of)
    agreements = {
        "target": evidence.targets,
        "complete_target": evidence.complete_targets,
        "plan": evidence.production_plans,
        "budget": evidence.budgets,
    }
    first = {name: min((each.agreed_on for each in rows), default=None) for name, rows in agreements.items()}
    dated = [Part(name, on is not None and on <= deadline, on) for name, on in first.items()]
    return [Part("why", evidence.why_stated), *dated]


def _recorded_on(agreements: Sequence[Agreement], deadline: date) -> date | None:
    """Return the day on which the first of those agreed by the deadline was recorded: that one alone would do.

    None where nothing was agreed by then.
    """
    recorded = [each.recorded_at for each in agreements if each.agreed_on <= deadline]
    return timezone.localdate(min(recorded)) if recorded else None


def without_outcomes(outcomes_not_recorded: bool, is_start_known: bool) -> Guidance:
    """Return the cohort of a prototype that has no outcome at all: of its start only matters whether it is known."""
    evidence = Evidence(why_stated=False, outcomes_not_recorded=outcomes_not_recorded)
    return decide(evidence, _SOME_DAY if is_start_known else None, _SOME_DAY).guidance


_SOME_DAY = date(2000, 1, 1)
