"""What must be true of an outcome and of a reading (METRICS.md §4, API.md). Each rule is a `RuleError` at its field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.currencies import CODES
from accounts.errors import RuleError
from api.fields import EARLIEST, LATEST
from outcomes.models import Direction, Outcome, OutcomeKind, OutcomeTerms

LONGEST_CADENCE = 3660

OVERLAP = gettext_noop("The period overlaps the reading from {start} to {end}.")

Problem = tuple[str, str]


class OverlapError(RuleError):
    """Another reading of the outcome covers the period, wholly or in part."""

    def __init__(self, start: date, end: date) -> None:
        self.period = {"start": start.isoformat(), "end": end.isoformat()}
        super().__init__(_(OVERLAP).format(**self.period), "period_start")


class OutcomeGoneError(RuleError):
    """Somebody has taken the outcome back meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("This outcome was taken back meanwhile."), status=409)


def refuse(problems: Iterator[Problem]) -> None:
    """Raise all problems at once, the first one as the message."""
    found = list(problems)
    if found:
        field, message = found[0]
        raise RuleError(message, field, errors=found)


def check_identity(outcome: Outcome) -> None:
    """An outcome names its metric, its unit, its kind and the day it was agreed, which is no day to come."""
    refuse(_identity(outcome))


def check_terms(outcome: Outcome, terms: OutcomeTerms) -> None:
    """Check the values of an outcome against each other and against its kind."""
    refuse(_terms(outcome, terms))


def check_period(kind: str, period_start: date | None, period_end: date) -> None:
    """A reading is over; an amount says from when to when."""
    refuse(_period(kind, period_start, period_end))


def check_evidence(url: str) -> None:
    """Evidence is an address that a browser can open."""
    if url and not url.lower().startswith(("https://", "http://")):
        raise RuleError(_("Give a web address that begins with https:// or http://."), "evidence_url")


def not_to_come(day: date, field: str) -> None:
    """Refuse a day that has not come yet."""
    refuse(_not_to_come(day, field))


def _identity(outcome: Outcome) -> Iterator[Problem]:
    if not outcome.metric.strip():
        yield "metric", _("Say what is measured.")
    if not outcome.unit.strip():
        yield "unit", _("Say in which unit it is measured.")
    if outcome.kind not in OutcomeKind:
        yield "kind", _("Say whether it is a level or an amount over a period.")
    yield from _not_to_come(outcome.agreed_on, "agreed_on")
    if outcome.ended_on is not None:
        yield from _not_to_come(outcome.ended_on, "ended_on")
        if outcome.ended_on < outcome.agreed_on:
            yield "ended_on", _("It cannot end before it was agreed.")


def _terms(outcome: Outcome, terms: OutcomeTerms) -> Iterator[Problem]:
    if terms.direction not in Direction:
        yield "direction", _("Say which way is better.")
    elif terms.maintains:
        yield from _bounds(terms)
    else:
        yield from _one_target(terms)
    yield from _dates(terms)
    yield from _numbers(terms)
    yield from _worth(outcome, terms)


def _bounds(terms: OutcomeTerms) -> Iterator[Problem]:
    if terms.target is not None:
        yield "target", _("To maintain a value, give a lower and an upper bound instead of a target.")
    if terms.target_low is not None and terms.target_high is not None and terms.target_low > terms.target_high:
        yield "target_high", _("The upper bound must not be below the lower one.")


def _one_target(terms: OutcomeTerms) -> Iterator[Problem]:
    for field in ("target_low", "target_high"):
        if getattr(terms, field) is not None:
            yield field, _("Bounds belong to a value that is to be maintained; give a target instead.")
    if terms.target is None or terms.baseline is None:
        return
    if terms.target == terms.baseline:
        yield "target", _("The target is the same as the baseline: nothing would change.")
    elif (terms.target > terms.baseline) != (terms.direction == Direction.INCREASE):
        if terms.direction == Direction.INCREASE:
            yield "target", _("To increase, the target must lie above the baseline.")
        else:
            yield "target", _("To decrease, the target must lie below the baseline.")


def _dates(terms: OutcomeTerms) -> Iterator[Problem]:
    if terms.has_target and terms.target_on is None:
        yield "target_on", _("A target needs the date by which it is to be reached.")
    if terms.target_on and terms.baseline_on and terms.target_on <= terms.baseline_on:
        yield "target_on", _("The target date must lie after the baseline date.")
    for field in ("baseline_on", "target_on"):
        day = getattr(terms, field)
        if day is not None:
            yield from _within_calendar(day, field)


def _numbers(terms: OutcomeTerms) -> Iterator[Problem]:
    if not 0 <= terms.attribution <= 1:
        yield "attribution", _("The share that is due to the initiative lies between 0 and 1.")
    if not 1 <= terms.cadence_days <= LONGEST_CADENCE:
        yield (
            "cadence_days",
            _("Readings are between 1 and %(days)s days apart.") % {"days": LONGEST_CADENCE},
        )
    for field in ("unit_value", "volume_per_month"):
        value = getattr(terms, field)
        if value is not None and value < 0:
            yield field, _("This must not be negative; the direction says which way is better.")


def _worth(outcome: Outcome, terms: OutcomeTerms) -> Iterator[Problem]:
    if terms.unit_value_currency not in CODES and (terms.unit_value_currency or terms.unit_value is not None):
        yield "unit_value_currency", _("Not a currency of ISO 4217 (upper case, such as USD).")
    if terms.unit_value is None:
        return
    if terms.baseline is None:
        yield "baseline", _("What a unit is worth needs a baseline to count from.")
    if outcome.kind == OutcomeKind.LEVEL and terms.volume_per_month is None:
        yield "volume_per_month", _("What a unit is worth needs the volume per month that it applies to.")


def _period(kind: str, period_start: date | None, period_end: date) -> Iterator[Problem]:
    yield from _not_to_come(period_end, "period_end")
    if period_start is None:
        if kind == OutcomeKind.FLOW:
            yield "period_start", _("An amount needs the first day of its period.")
        return
    yield from _within_calendar(period_start, "period_start")
    if period_start > period_end:
        yield "period_end", _("The period must not end before it starts.")


def _not_to_come(day: date, field: str) -> Iterator[Problem]:
    if day > timezone.localdate():
        yield field, _("This day has not come yet.")
    yield from _within_calendar(day, field)


def _within_calendar(day: date, field: str) -> Iterator[Problem]:
    if not EARLIEST <= day <= LATEST:
        yield field, _("Dates lie between 1950 and 2100.")
