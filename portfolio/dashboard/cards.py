"""The four headline figures of the portfolio page: value, interval or ratio, and the change against a year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from display.charts.svg import Tone
from display.numbers import money_short, number, percent, share_range
from portfolio.dashboard import sparklines
from portfolio.explanations.counted_nouns import measured
from portfolio.explanations.left_out import waits
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.explanations.texts.reasons import reason
from portfolio.facts.pending import Pending
from portfolio.figure import Figure, Number
from portfolio.metrics.summary import Summary

_COUNTED = {"reached": "reached_production", "prototypes": "prototypes"}


@dataclass(frozen=True)
class Card:
    """One headline figure, ready to show."""

    name: str
    title: str
    value: str  # "" where there is none; `reason` then says why
    reason: str = ""
    beside: str = ""
    beside_name: str = ""  # the figure that it shows, where that is another one
    change: str = ""
    change_name: str = ""
    is_better: bool = False
    foot: str = ""
    foot_name: str = ""
    spark: Sequence[float | None] = field(default=())
    tone: Tone = "cost"


def cards(summary: Summary) -> list[Card]:
    """Return the four headline figures; facts gathered for the page."""
    return [_within(summary), _cost(summary), _net_benefit(summary), _without_outcome(summary)]


def _within(summary: Summary) -> Card:
    figure, change = summary.production_within[24], summary["within_24_in_a_year"].value
    return Card(
        name="production_within_24",
        title=_("In production in 24 months"),
        value=percent(figure.value) if figure.value is not None else "",
        reason=str(reason(figure.reason)),
        beside=share_range(figure.low, figure.high) if figure.low is not None and figure.high is not None else "",
        change="" if change is None else measured("points", number(change * 100, 0, signed=True)),
        change_name="within_24_in_a_year",
        is_better=change is not None and change > 0,
        foot=_("%(reached)s of %(prototypes)s so far") % _counts(summary) if summary["prototypes"].value else "",
        foot_name="production_rate",
        spark=sparklines.within_24_months(summary),
        tone="guided",
    )


def _cost(summary: Summary) -> Card:
    figure = summary["cost_per_production"]
    waiting = "" if summary.facts.cohort.has_cost else waits(summary.facts.pending_of_cohort.of_lines)
    change = summary["cost_per_production_in_a_year"].value
    return Card(
        name="cost_per_production",
        title=str(DEFINITIONS["cost_per_production"].title),
        value=_money(figure.value, summary),
        reason=waiting or str(reason(figure.reason)),
        change=_change(change, summary),
        change_name="cost_per_production_in_a_year",
        is_better=change is not None and change < 0,
        spark=sparklines.cost_per_production(summary),
    )


def _net_benefit(summary: Summary) -> Card:
    figure, roi, currency = summary["net_benefit"], summary["roi"], summary.currency
    facts = summary.facts
    none = not facts.has_cost and not facts.has_benefit
    change = summary["net_benefit_in_a_year"].value
    return Card(
        name="net_benefit",
        title=str(DEFINITIONS["net_benefit"].title),
        value="" if none else _money(figure.value, summary),
        reason=(waits(facts.pending) or _("Neither cost nor benefit is recorded.")) if none else "",
        beside="" if roi.value is None else _("ROI %(roi)s") % {"roi": percent(roi.value)},
        beside_name="roi",
        change=_change(change, summary),
        change_name="net_benefit_in_a_year",
        is_better=change is not None and change > 0,
        foot="" if none else validated_words(facts.has_benefit, summary["validated_benefit"], facts.pending, currency),
        foot_name="validated_benefit",
        spark=sparklines.net_benefit(summary),
        tone="benefit",
    )


def _without_outcome(summary: Summary) -> Card:
    figure = summary["spend_without_outcome"]
    none = not summary.facts.has_cost
    change = None if none else summary["spend_without_outcome_in_a_year"].value
    return Card(
        name="spend_without_outcome",
        title=str(DEFINITIONS["spend_without_outcome"].title),
        value="" if none else _money(figure.value, summary),
        reason=(waits(summary.facts.pending.of_lines) or _("No cost is recorded.")) if none else "",
        beside=percent(figure.share) if figure.share is not None else "",
        change=_change(change, summary),
        change_name="spend_without_outcome_in_a_year",
        is_better=change is not None and change < 0,
        spark=sparklines.spend_without_outcome(summary),
        tone="aimless",
    )


def validated_words(has_benefit: bool, validated: Figure, pending: Pending, currency: str) -> str:
    """Say how much of a benefit finance has validated; the amount where it is no share of it."""
    if not has_benefit:
        return waits(pending.of_readings) or _("No benefit measured yet")
    if validated.share is not None:
        return _("%(share)s validated by finance") % {"share": percent(validated.share)}
    return _("%(amount)s validated by finance") % {"amount": money_short(validated.value or 0, currency)}


def _counts(summary: Summary) -> dict[str, str]:
    return {name: number(summary[figure].value or 0) for name, figure in _COUNTED.items()}


def _change(change: Number | None, summary: Summary) -> str:
    return money_short(change, summary.currency, signed=True) if change else ""


def _money(value: Number | None, summary: Summary) -> str:
    return "" if value is None else money_short(value, summary.currency)
