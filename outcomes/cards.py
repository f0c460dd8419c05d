"""What a page shows of an outcome: its state in words, its chart, its readings, what it has brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from api.decimals import as_float
from display import numbers, sentences
from display.charts import Reading, Readings
from outcomes.benefit import is_part
from outcomes.models import Measurement, Outcome
from outcomes.status import OutcomeState, Status, states_of
from outcomes.totals import OutcomeBenefit, benefit_by_outcome
from projects.standing import Standing

SHOWN = 8


@dataclass(frozen=True)
class Card:
    """An outcome as a page shows it; `readings` are the latest first."""

    outcome: Outcome
    state: OutcomeState
    readings: list[Measurement]
    benefit: OutcomeBenefit | None

    @property
    def recent(self) -> list[Measurement]:
        """Return as many readings as fit on a card."""
        return self.readings[:SHOWN]

    @property
    def more(self) -> int:
        """Return how many readings do not fit."""
        return max(len(self.readings) - SHOWN, 0)

    @property
    def validated_share(self) -> Decimal | None:
        """Return how much of the benefit finance has validated; None where that is no share of it."""
        if self.benefit is None or self.benefit.realised is None:
            return None
        validated, realised = self.benefit.validated or Decimal(0), self.benefit.realised
        return validated / realised if is_part(validated, realised) else None

    @property
    def sentence(self) -> str:
        """Return how far it is: "71 % of the way, 86 % of the time"."""
        state = self.state
        if state.ended:
            return state.ended
        if not state.holds:
            return _("It was agreed after this day.")
        if not state.terms.has_target:
            return _("An indicator: it has no target.")
        if state.attainment is None:
            return _("No reading yet.") if state.latest is None else _("Without a baseline the way cannot be measured.")
        share = numbers.percent(state.attainment)
        if state.terms.maintains:
            return _("%(share)s of the readings within bounds") % {"share": share}
        if state.expected is None:
            return _("%(share)s of the way") % {"share": share}
        return _("%(share)s of the way, %(time)s of the time") % {
            "share": share,
            "time": numbers.percent(state.expected),
        }

    @property
    def unit(self) -> str:
        """Return the unit of what is compared; a flow's amounts are per month."""
        return _("%(unit)s a month") % {"unit": self.outcome.unit} if self.outcome.is_flow else self.outcome.unit

    @property
    def latest(self) -> str:
        """Return the latest reading, as its table shows it, with its unit."""
        latest = self.state.latest
        return numbers.NO_VALUE if latest is None else numbers.quantity(latest.shown_per_month, self.unit)

    @property
    def legend(self) -> str:
        """Say what the marks of the chart mean; the expected way leads from one dated end to the other."""
        terms = self.state.terms
        if None in (terms.baseline, terms.baseline_on, terms.target, terms.target_on):
            return _("Filled: validated")
        return _("Filled: validated; dotted: the expected way")

    @property
    def chart(self) -> Readings:
        """Return the chart for a card in two columns."""
        return self._chart(width=560.0)

    @property
    def small_chart(self) -> Readings:
        """Return the chart for a card in a third of the page."""
        return self._chart(width=390.0)

    @property
    def wide_chart(self) -> Readings:
        """Return the chart for a page of its own."""
        whole = self._chart(width=760.0)
        return replace(whole, title=_("Readings"))

    def _chart(self, width: float) -> Readings:
        """Draw the readings against baseline, target and the way between them."""
        terms = self.state.terms
        known = {name: as_float(getattr(terms, name)) for name in ("baseline", "target")}
        return Readings(
            title=self.outcome.metric,
            note=f"{self.unit} · {self.legend}",
            description=self.sentence,
            readings=[_point(reading) for reading in self.readings],
            unit=self.unit,
            baseline_day=terms.baseline_on,
            target_day=terms.target_on,
            low=as_float(terms.target_low),
            high=as_float(terms.target_high),
            width=width,
            **known,
        )


def cards(outcomes: Sequence[Outcome], as_of: date, standings: Iterable[Standing] | None = None) -> list[Card]:
    """Return the cards of outcomes; five queries whatever their number, four where the caller has the standings."""
    if not outcomes:
        return []
    readings: dict[int, list[Measurement]] = defaultdict(list)
    found = Measurement.objects.counting().by(as_of).filter(outcome__in=outcomes).select_related("recorded_by")
    for reading in found.order_by("-period_end", "-id"):
        readings[reading.outcome_id].append(reading)
    states = states_of(outcomes, as_of, {pk: rows[0] for pk, rows in readings.items()}, standings)
    brought = benefit_by_outcome([outcome.pk for outcome in outcomes], as_of)
    return [Card(o, states[o.pk], readings[o.pk], brought.get(o.pk)) for o in outcomes]


def summed_up(shown: Sequence[Card]) -> str:
    """Return how the outcomes of an initiative do, in a sentence."""
    counts = [(status, sum(card.state.status == status for card in shown)) for status in Status]
    told = [_("%(n)s %(status)s") % {"n": n, "status": str(status.label).lower()} for status, n in counts if n]
    head = ngettext("%(n)s outcome", "%(n)s outcomes", len(shown)) % {"n": len(shown)}
    if not told:
        return _("%(outcomes)s.") % {"outcomes": head}
    if len(shown) == 1:
        return _("The one outcome is %(status)s.") % {"status": str(shown[0].state.status.label).lower()}
    return _("%(outcomes)s: %(listed)s.") % {"outcomes": head, "listed": sentences.listed(told)}


def _point(reading: Measurement) -> Reading:
    return Reading(reading.period_end, float(reading.per_month), reading.state == "validated")
