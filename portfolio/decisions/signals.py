"""What needs a decision: rules over initiatives that have not ended (METRICS.md 6), each with its numbers.

Pages that list them look at those in flight or in production alone: the others are not under way yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from display.numbers import day_unbroken, money_whole, number, percent
from portfolio.facts.rows import Row
from portfolio.figures.survival import DAYS_PER_MONTH
from projects.stages import ENDS, Stage

Told = tuple[str, str, str] | None  # in a sentence, beside the cost, and by how much; None: it does not hold
OVER_BUDGET = Decimal("0.1")
MONTHS_TO_A_BENEFIT = 6


@dataclass(frozen=True)
class Signal:
    """A rule that holds for an initiative, told with its numbers."""

    rule: str
    row: Row
    words: str
    beside_cost: str  # the same where the cost stands in a column of its own
    answer: str  # by how much, as the rule's own page says it behind its name

    @property
    def title(self) -> str | Promise:
        """The rule in two words."""
        return RULES[self.rule].title

    @property
    def tone(self) -> str:
        """The colour that the word stands on."""
        return RULES[self.rule].tone


@dataclass(frozen=True)
class _Now:
    """What the rules look at beside the initiative itself."""

    as_of: date
    currency: str

    def amount(self, value: Decimal) -> str:
        return money_whole(value, self.currency)


def signals(rows: Iterable[Row], as_of: date, currency: str) -> list[Signal]:
    """Return every signal of the initiatives under way, most money first."""
    under_way = sorted(filter(is_under_way, rows), key=lambda row: (-row.gross, row.number))
    return [signal for row in under_way for signal in signals_of(row, as_of, currency)]


def signals_of(row: Row, as_of: date, currency: str) -> list[Signal]:
    """Return every signal of an initiative, a prototype or not yet one; none where it has ended."""
    if row.stage in ENDS:
        return []
    now = _Now(as_of, currency)
    told_by = ((name, rule.tell(row, now)) for name, rule in RULES.items())
    return [Signal(name, row, *told) for name, told in told_by if told]


def is_under_way(row: Row) -> bool:
    """Tell whether it is a prototype that has not ended."""
    return row.is_prototype and row.stage not in ENDS


def _over_budget(row: Row, now: _Now) -> Told:
    planned = row.planned_cost
    if planned is None or planned <= 0 or row.gross <= planned * (1 + OVER_BUDGET):
        return None
    over = row.gross / planned - 1
    numbers = {"cost": now.amount(row.gross), "planned": now.amount(planned), "over": percent(over, signed=True)}
    return (
        _("Cost %(cost)s against %(planned)s planned to date (%(over)s)") % numbers,
        _("%(planned)s planned to date (%(over)s)") % numbers,
        _("%(share)s over plan") % {"share": percent(over)},
    )


def _no_benefit(row: Row, now: _Now) -> Told:
    if row.stage != Stage.PRODUCTION or not row.production_on or row.gross <= 0 or row.benefit:
        return None
    if row.pending.readings:  # it was measured; what it comes to is not known yet
        return None
    months = int((now.as_of - row.production_on).days / DAYS_PER_MONTH)
    if months < MONTHS_TO_A_BENEFIT:
        return None
    if row.has_benefit:  # readings that even out
        words = ngettext(
            "In production since %(since)s, %(cost)s spent, measured benefit is 0 after %(months)s month",
            "In production since %(since)s, %(cost)s spent, measured benefit is 0 after %(months)s months",
            months,
        )
        beside = ngettext(
            "In production since %(since)s, measured benefit is 0 after %(months)s month",
            "In production since %(since)s, measured benefit is 0 after %(months)s months",
            months,
        )
    else:
        words = ngettext(
            "In production since %(since)s, %(cost)s spent, no benefit measured after %(months)s month",
            "In production since %(since)s, %(cost)s spent, no benefit measured after %(months)s months",
            months,
        )
        beside = ngettext(
            "In production since %(since)s, no benefit measured after %(months)s month",
            "In production since %(since)s, no benefit measured after %(months)s months",
            months,
        )
    answer = ngettext("%(months)s month in production", "%(months)s months in production", months)
    numbers = {"since": day_unbroken(row.production_on), "cost": now.amount(row.gross), "months": number(months)}
    return words % numbers, beside % numbers, answer % numbers


def _past_planned(row: Row, now: _Now) -> Told:
    planned = row.planned_production_on
    if row.reached_production or planned is None or planned >= now.as_of:
        return None
    days = (now.as_of - planned).days
    words = ngettext(
        "Production is %(days)s day overdue: it was planned for %(planned)s",
        "Production is %(days)s days overdue: it was planned for %(planned)s",
        days,
    )
    answer = ngettext("%(days)s day past its planned production", "%(days)s days past its planned production", days)
    numbers = {"planned": day_unbroken(planned), "days": number(days)}
    return words % numbers, words % numbers, answer % numbers


def _no_target(row: Row, now: _Now) -> Told:
    if row.has_target or row.gross <= 0:
        return None
    numbers = {"cost": now.amount(row.gross)}
    return (
        _("%(cost)s spent and nothing to measure it against") % numbers,
        _("Nothing to measure it against"),
        _("%(cost)s spent") % numbers,
    )


@dataclass(frozen=True)
class Rule:
    """A rule in two words, their colour, when it holds, and what tells it with an initiative's numbers."""

    title: str | Promise
    tone: str
    meaning: str | Promise
    tell: Callable[[Row, _Now], Told]


RULES = {
    "over_budget": Rule(
        gettext_lazy("Over budget"),
        "stop",
        gettext_lazy("Gross cost is more than a tenth above the budget due by the date."),
        _over_budget,
    ),
    "no_benefit": Rule(
        gettext_lazy("No benefit"),
        "stop",
        gettext_lazy("In production for six months or longer, money spent, and no benefit was measured, or one of 0."),
        _no_benefit,
    ),
    "past_planned_production": Rule(
        gettext_lazy("Past its date"),
        "partly",
        gettext_lazy(
            "It has not reached production, although that was planned for an earlier day. If it has, record the stage; "
            "if not, plan another day, or stop it."
        ),
        _past_planned,
    ),
    "no_target_outcome": Rule(
        gettext_lazy("No target"),
        "aimless",
        gettext_lazy("Money was spent, and no target outcome is agreed and in force by the date."),
        _no_target,
    ),
}
