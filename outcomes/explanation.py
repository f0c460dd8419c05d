"""A figure of one outcome explained: definition, formula with its numbers, and the readings behind it (METRICS.md §4)."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from display.formulas import fill, has_all
from display.numbers import NO_VALUE, day, decimals, money, number, percent, quantity, smallest_unit
from outcomes.cards import Card
from outcomes.models import SHOWN_PLACES, Measurement
from outcomes.pieces import Piece, pieces_of, product
from outcomes.status import OutcomeState, Status
from outcomes.totals import OutcomeBenefit

Words = str | Promise
TITLES: dict[str, tuple[Words, Words]] = {
    "attainment": (
        gettext_lazy("Attainment"),
        gettext_lazy("How far the latest reading has come from the baseline (0\u202f%) to the target (100\u202f%); it may lie below or above them. For a value that is to stay within bounds, the share of the readings that lie within them. An amount per period is compared as an amount a month."),
    ),
    "status": (
        gettext_lazy("Status"),
        gettext_lazy("The first of these that applies, until the outcome ends: overdue (unless the initiative has ended: the latest reading is older than one and a half reading intervals, or there is none although more than one interval has passed since production or the baseline date, whichever is later), not measured, met (the target is reached), on track (at most 10 percentage points behind the time that has passed between baseline and target date), at risk (at most 30), off track."),
    ),
    "realised_benefit": (
        gettext_lazy("Measured benefit"),
        gettext_lazy("The change from the baseline, times the value per unit, times the share of the change that is due to the initiative. A level counts day by day, times its volume: each reading holds until the next one, for at most twice the reading interval. An amount counts once its period is over. Days after the end of the initiative, or of the outcome itself, do not count."),
    ),
    "validated_benefit": (
        gettext_lazy("Validated benefit"),
        gettext_lazy("Measured benefit, counted only from readings that finance has validated. Of a level each holds until the next validated one, for at most twice the reading interval."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """What the page of a figure shows; behind it stand readings, or the pieces of a benefit."""

    name: str
    title: Words
    meaning: Words
    value: str  # "" where it does not exist
    why_not: str
    formula: str
    readings: Sequence[Measurement] = ()
    pieces: Sequence[Piece] = field(default=())
    pending: int = 0

    @property
    def counted(self) -> int:
        """How many readings the pieces come from: one has a piece for each of its terms."""
        return len({piece.reading.pk for piece in self.pieces})


def explain(name: str, card: Card, as_of: date, currency: str) -> Explanation:
    """Return the explanation of one of `TITLES`; a benefit takes three queries."""
    title, meaning = TITLES[name]
    value, why_not, formula, pieces = _ANSWERS[name](card, as_of, currency)
    waits = {"realised_benefit": "pending", "validated_benefit": "pending_validated"}
    pending = getattr(card.benefit, waits[name]) if card.benefit and name in waits else 0
    latest_only = name == "status" or not card.state.terms.maintains
    readings = () if name.endswith("benefit") else card.readings[:1] if latest_only else card.readings
    return Explanation(name, title, meaning, value, why_not, formula, readings, pieces, pending)


# A value, or why there is none; its formula; the pieces of a benefit.
Answer = tuple[str, str, str, Sequence[Piece]]


def _attainment(card: Card, _as_of: date, _currency: str) -> Answer:
    state, terms = card.state, card.state.terms
    value = "" if state.attainment is None else percent(state.attainment)
    shown = value or NO_VALUE
    is_exact = state.attainment is None or has_all(state.attainment * 100, 0)
    if terms.maintains:
        count = len(card.readings)
        within = number(round((state.attainment or 0) * count)) if value else NO_VALUE
        numbers = {"within": within, "readings": number(count), "value": shown}
        numbers |= {"low": _rounded(terms.target_low), "high": _of(card, terms.target_high)}
        words = ngettext(
            "%(within)s within %(low)s – %(high)s ÷ %(readings)s reading = %(value)s",
            "%(within)s within %(low)s – %(high)s ÷ %(readings)s readings = %(value)s",
            count,
        )
        formula = fill(words, numbers, is_exact)
    else:
        latest = state.latest.per_month if state.latest else None
        is_exact = is_exact and all(has_all(each, SHOWN_PLACES) for each in (latest, terms.baseline, terms.target))
        numbers = {
            "latest": _rounded(latest),
            "baseline": _rounded(terms.baseline),
            "target": _rounded(terms.target),
            "value": shown,
            "unit": card.unit,
        }
        formula = fill(_way(card.unit), numbers, is_exact)
    return value, "" if value else card.sentence, formula, ()


def _way(unit: str) -> str:
    """Return the formula of how far it is; where shares are compared, the one per cent sign is that of the answer."""
    if unit.startswith("%"):
        return _("(%(latest)s − %(baseline)s) ÷ (%(target)s − %(baseline)s) = %(value)s")
    return _("(%(latest)s − %(baseline)s) ÷ (%(target)s − %(baseline)s) = %(value)s, in %(unit)s")


def _status(card: Card, as_of: date, _currency: str) -> Answer:
    state = card.state
    value = str(state.status.label) if state.status else ""
    if state.status == Status.OVERDUE and state.latest:
        days = (as_of - state.latest.period_end).days
        cadence = state.terms.cadence_days
        formula = ngettext(
            "latest reading %(latest)s, %(days)s days ago: more than 1.5 × %(cadence)s day",
            "latest reading %(latest)s, %(days)s days ago: more than 1.5 × %(cadence)s days",
            cadence,
        ) % {"latest": day(state.latest.period_end), "days": number(days), "cadence": number(cadence)}
    elif state.status == Status.OVERDUE and state.next_due:
        formula = _("no reading, although one was due on %(due)s") % {"due": day(state.next_due)}
    elif state.latest is None:
        formula = _("no reading by %(day)s") % {"day": day(as_of)}
    else:
        formula = _against_time(state)
    return value, "" if value else card.sentence, formula, ()


def _against_time(state: OutcomeState) -> str:
    """Say how attainment stands to the time; where it is behind with a decimal, for that decides the status."""
    told = {
        "attained": NO_VALUE if state.attainment is None else percent(state.attainment),
        "expected": NO_VALUE if state.expected is None else percent(state.expected),
    }
    if state.attainment is None or state.expected is None or state.attainment >= state.expected:
        return _("%(attained)s attained, %(expected)s expected by now") % told
    points = number((state.expected - state.attainment) * 100, 1)
    told = {"attained": percent(state.attainment, 1), "expected": percent(state.expected, 1), "points": points}
    return _("%(attained)s attained, %(expected)s expected by now: %(points)s percentage points behind") % told


def _benefit(card: Card, as_of: date, currency: str, validated: bool = False) -> Answer:
    found = card.benefit
    amount = None if found is None else found.realised
    if found is not None and validated and amount is not None:
        amount = found.validated or Decimal(0)  # none of what was measured is validated
    if found is None and (card.state.terms.unit_value is None or card.state.terms.maintains):
        return "", _("A unit of it is worth no money."), _("no unit value = no benefit in money"), ()
    pieces = pieces_of(card.outcome, as_of, validated)
    value = "" if amount is None else money(amount, currency)
    if found is None or amount is None:
        return "", _why_none(found), _("no reading that counts = no benefit"), ()
    count = len({piece.reading.pk for piece in pieces})
    words = ngettext(
        "Σ %(product)s over %(readings)s reading = %(value)s",
        "Σ %(product)s over %(readings)s readings = %(value)s",
        count,
    )
    numbers = {
        "product": product(card.outcome, pieces, currency),
        "readings": number(count),
        "value": value,
    }
    formula = fill(words, numbers, has_all(amount, decimals([smallest_unit(currency)])))
    waits = _("The benefit that has been validated waits for an exchange rate.")
    why_not = waits if found.pending_validated else _("No reading has been validated.")
    return value, "" if pieces else why_not, formula, pieces


def _why_none(found: OutcomeBenefit | None) -> str:
    """Say why an outcome has no benefit."""
    if found is not None and found.pending:
        return _("The benefit that has been measured waits for an exchange rate.")
    return _("No reading that counts has been taken.")


def _rounded(value: Decimal | None) -> str:
    return NO_VALUE if value is None else number(round(value, SHOWN_PLACES))


def _of(card: Card, value: Decimal | None) -> str:
    return NO_VALUE if value is None else quantity(round(value, SHOWN_PLACES), card.unit)


_ANSWERS: dict[str, Callable[[Card, date, str], Answer]] = {
    "attainment": _attainment,
    "status": _status,
    "realised_benefit": _benefit,
    "validated_benefit": lambda card, as_of, currency: _benefit(card, as_of, currency, validated=True),
}
