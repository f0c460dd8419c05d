"""The pieces that a benefit is the sum of, each with the terms and the exchange rate that it was worked out with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from display.formulas import fill, operand
from display.numbers import number, percent_exact, quantity
from outcomes import terms as dated
from outcomes.benefit import months_between
from outcomes.models import BenefitSegment, Direction, Measurement, Outcome, OutcomeTerms, ReadingRate

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """Days over which a reading brought the same amount a day, as far as they count; `rate` to the base currency.

    `rate` is None where the unit value is in base currency.
    """

    outcome: Outcome
    reading: Measurement
    terms: OutcomeTerms
    rate: Decimal | None
    start: date
    last: date
    amount: Decimal

    @property
    def value(self) -> Decimal:
        """What was read."""
        return self.reading.value

    @property
    def days(self) -> int:
        """How many days it counts."""
        return (self.last - self.start).days + 1

    @property
    def of_days(self) -> int:
        """How many days the period of an amount has; days after the initiative's end do not count."""
        return (self.reading.period_end - (self.reading.period_start or self.reading.period_end)).days + 1

    @property
    def working(self) -> str:
        """Return the product that its amount is, every number with all its digits."""
        terms = self.terms
        read, baseline = number(self.value), number(terms.baseline or 0)
        months = f" × {self._months}" if self.outcome.is_flow else ""
        if terms.direction == Direction.INCREASE:
            factors = [f"({read} − {operand(baseline)}{months})"]
        else:
            factors = [f"({baseline}{months} − {operand(read)})"]
        if not self.outcome.is_flow:
            factors = [number(self.days), *factors, f"{number(terms.volume_per_month or 0)} × 12 ÷ 365.25"]
        elif self.days < self.of_days:
            factors.append(f"{number(self.days)} ÷ {number(self.of_days)}")
        factors += [terms.unit_price, percent_exact(terms.attribution)]
        return " × ".join([*factors, number(self.rate)] if self.rate is not None else factors)

    @property
    def _months(self) -> str:
        months = months_between(self.reading.period_start or self.reading.period_end, self.reading.period_end)
        whole = number(months.numerator)
        return whole if months.denominator == 1 else f"{whole} ÷ {number(months.denominator)}"


def pieces_of(outcome: Outcome, as_of: date, validated: bool) -> list[Piece]:
    """Return what the benefit to a day is the sum of, latest first; three queries."""
    found = outcome.segments.filter(validated=validated, per_day__isnull=False, counts_from__lte=as_of)
    segments = list(found.select_related("measurement").order_by("-start_on", "-pk"))
    if not segments:
        return []
    held = dated.holding(outcome.terms.all())
    known = ReadingRate.objects.filter(measurement__in=[each.measurement_id for each in segments])
    rates = {(row.measurement_id, row.currency): row.rate for row in known}
    return [_piece(outcome, each, held, rates, as_of + ONE_DAY) for each in segments]


def product(outcome: Outcome, pieces: Sequence[Piece], currency: str) -> str:
    """Return what is added up; a number that differs between the pieces is named, and stands at each of them."""
    terms = [piece.terms for piece in pieces] or dated.holding(outcome.terms.all())[-1:]
    unit = _("%(unit)s a month") % {"unit": outcome.unit} if outcome.is_flow else outcome.unit
    baselines = [each.baseline for each in terms]
    known = {
        "baseline": _only((quantity(each or 0, unit) for each in baselines), _("baseline")),
        "volume": _only((number(each.volume_per_month or 0) for each in terms), _("volume")),
        "unit_value": _only((each.unit_price for each in terms), _("unit value")),
        "share": _only((percent_exact(each.attribution) for each in terms), _("share")),
    }
    changes = (fill(_change(outcome, each), known) for each in terms)
    known["change"] = _only(changes, pgettext("between reading and baseline", "change"))
    if not outcome.is_flow:
        text = fill(_("days × %(change)s × %(volume)s a month × 12 ÷ 365.25 × %(unit_value)s × %(share)s"), known)
    elif any(piece.days < piece.of_days for piece in pieces):
        text = fill(_("%(change)s × days ÷ days of the period × %(unit_value)s × %(share)s"), known)
    else:
        text = fill(_("%(change)s × %(unit_value)s × %(share)s"), known)
    if all(each.unit_value_currency == currency for each in terms):
        return text
    rate = _only((number(piece.rate or 1) for piece in pieces), _("exchange rate"))
    return f"{text} × {rate}"


def _change(outcome: Outcome, terms: OutcomeTerms) -> str:
    if terms.direction == Direction.INCREASE:
        flow, level = _("(reading − %(baseline)s × months)"), _("(reading − %(baseline)s)")
    else:
        flow, level = _("(%(baseline)s × months − reading)"), _("(%(baseline)s − reading)")
    return flow if outcome.is_flow else level


def _only(written: Iterable[str], word: str) -> str:
    """Return the one text that all of them are, else the word for it."""
    texts = set(written)
    return texts.pop() if len(texts) == 1 else word


def _piece(
    outcome: Outcome,
    segment: BenefitSegment,
    held: Sequence[OutcomeTerms],
    rates: dict[tuple[int, str], Decimal],
    after: date,
) -> Piece:
    """An amount was worked out with the terms at the end of its period, a level with those of its first day."""
    reading = segment.measurement
    end = segment.end_on if segment.is_flow else min(segment.end_on, after)
    amount = segment.amount if segment.is_flow else segment.per_day * (end - segment.start_on).days
    return Piece(
        outcome=outcome,
        reading=reading,
        terms=dated.in_force(held, reading.period_end if segment.is_flow else segment.start_on),
        rate=rates.get((reading.pk, segment.currency)),
        start=segment.start_on,
        last=end - ONE_DAY,
        amount=amount,
    )
