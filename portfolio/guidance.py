"""The guidance cohorts: what was agreed by the time a prototype began (METRICS.md 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What is written down this soon after the start still counts as known at the start.
GRACE = timedelta(days=14)


class Guidance(TextChoices):
    """How well a prototype knew its aim when it began."""

    GUIDED = "guided", _("Guided")
    PARTLY_GUIDED = "partly_guided", _("Partly guided")
    AIMLESS = "aimless", _("Aimless")
    NOT_RECORDED = "not_recorded", _("Not recorded")


@dataclass(frozen=True, slots=True)
class Agreed:
    """The first day on which something was agreed, and when that row was recorded."""

    on: date | None = None
    recorded_at: datetime | None = None

    def by(self, day: date) -> bool:
        """Tell whether it was agreed on or before `day`."""
        return self.on is not None and self.on <= day

    def recorded_after(self, day: date) -> bool:
        """Tell whether we only learnt of it after `day`."""
        return self.recorded_at is not None and timezone.localdate(self.recorded_at) > day


@dataclass(frozen=True, slots=True)
class Evidence:
    """What guidance is decided from."""

    why_stated: bool  # problem and desired outcome, as they stand
    any_target: Agreed
    complete_target: Agreed
    production_plan: Agreed
    budget: Agreed
    has_outcomes: bool
    outcomes_not_recorded: bool  # it came by an import that carries no outcomes


@dataclass(frozen=True, slots=True)
class Decision:
    """A cohort, and whether it rests on something that was only recorded after the day that decides."""

    guidance: Guidance
    rests_on_later_rows: bool = False


def decide(evidence: Evidence, started_on: date | None, as_of: date) -> Decision:
    """Return the cohort of a prototype that started then; rows agreed after that plus 14 days do not count."""
    if started_on is None or (evidence.outcomes_not_recorded and not evidence.has_outcomes):
        return Decision(Guidance.NOT_RECORDED)
    deadline = min(started_on + GRACE, as_of)
    if not evidence.any_target.by(deadline):
        return Decision(Guidance.AIMLESS)
    needed = (evidence.complete_target, evidence.production_plan, evidence.budget)
    if evidence.why_stated and all(agreed.by(deadline) for agreed in needed):
        return Decision(Guidance.GUIDED, any(agreed.recorded_after(started_on + GRACE) for agreed in needed))
    return Decision(Guidance.PARTLY_GUIDED, evidence.any_target.recorded_after(started_on + GRACE))


def without_outcomes(outcomes_not_recorded: bool, is_start_known: bool) -> Guidance:
    """Return the cohort of a prototype that has no outcome at all: of its start only matters whether it is known."""
    return decide(_nothing_agreed(outcomes_not_recorded), _SOME_DAY if is_start_known else None, _SOME_DAY).guidance


_SOME_DAY = date(2000, 1, 1)


def _nothing_agreed(outcomes_not_recorded: bool) -> Evidence:
    return Evidence(
        why_stated=False,
        any_target=Agreed(),
        complete_target=Agreed(),
        production_plan=Agreed(),
        budget=Agreed(),
        has_outcomes=False,
        outcomes_not_recorded=outcomes_not_recorded,
    )
