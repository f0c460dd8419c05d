"""What each figure means, in words, as a formula with its numbers in it, and which initiatives stand behind it."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portfolio.rows import Row
from projects.stages import Stage

Words = str | Promise


@dataclass(frozen=True)
class Definition:
    """A figure's name, meaning and formula; `form` is the display filter that shows it."""

    title: Words
    meaning: Words
    formula: Words
    form: str
    behind: Callable[[Row], bool]


def _every(row: Row) -> bool:
    return True


def _prototype(row: Row) -> bool:
    return row.is_prototype


def _reached(row: Row) -> bool:
    return row.reached_production


def _spent(row: Row) -> bool:
    return bool(row.gross)


def _money(row: Row) -> bool:
    return bool(row.gross or row.benefit or row.recovered)


DEFINITIONS: dict[str, Definition] = {
    "prototypes": Definition(
        _("Prototypes"),
        _("Initiatives that ever entered the prototype stage or a later one of the line, by the as-of date."),
        "%(value)s", "number", _prototype,
    ),
    "reached_production": Definition(
        _("Reached production"),
        _("Prototypes that ever entered production, whatever became of them later."),
        "%(value)s", "number", _reached,
    ),
    "failed": Definition(
        _("Failed"),
        _("Prototypes that were stopped and never reached production. One that was taken up again is in flight."),
        "%(value)s", "number", lambda row: row.failed,
    ),
    "in_flight": Definition(
        _("In flight"),
        _("Prototypes that have neither reached production nor failed."),
        "%(value)s", "number", lambda row: row.in_flight,
    ),
    "production_rate": Definition(
        _("Production rate to date"),
        _("The share of all prototypes that reached production so far. Those in flight count as not there yet, so it is low while many are young. The interval is Wilson's, 95 %."),
        _("%(reached)s reached production ÷ %(prototypes)s prototypes = %(value)s"), "percent", _prototype,
    ),
    "production_rate_decided": Definition(
        _("Production rate, decided"),
        _("The share that reached production among the prototypes that either reached it or failed."),
        _("%(reached)s reached production ÷ (%(reached)s + %(failed)s failed) = %(value)s"), "percent",
        lambda row: row.reached_production or row.failed,
    ),
    "production_within": Definition(
        _("In production within a time"),
        _("The probability that a prototype reaches production within so many months of its start: the Aalen–Johansen estimate. Being stopped competes with it; a prototype in flight counts for as long as it has been observed. Nothing is claimed past the longest observation. 95 % interval on the log(−log) scale."),
        _("F(%(months)s months) over %(n)s prototypes with known dates, %(reached)s in production, %(stopped)s stopped = %(value)s"),
        "percent", _prototype,
    ),
    "median_days_to_production": Definition(
        _("Days to production"),
        _("The median of the days between the start of the prototype and production, over those that reached it and whose two dates are known. It says how long success took, not how likely it is."),
        _("median over %(n)s initiatives = %(value)s days"), "number", _reached,
    ),
    "gross_cost": Definition(
        _("Gross cost"),
        _("Everything spent to the as-of date, in the base currency at the rate of each line's date. Of the whole portfolio it includes what is allocated to no initiative."),
        _("%(allocated)s allocated + %(unallocated)s unallocated = %(value)s"), "money", _spent,
    ),
    "recovered": Definition(
        _("Recovered"),
        _("Recoverable cost lines that were billed on by the as-of date."),
        _("%(allocated)s allocated + %(unallocated)s unallocated = %(value)s"), "money", lambda row: bool(row.recovered),
    ),
    "net_cost": Definition(
        _("Net cost"),
        _("Gross cost less what was recovered."),
        _("%(gross)s gross − %(recovered)s recovered = %(value)s"), "money", _spent,
    ),
    "cost_per_production": Definition(
        _("Cost per production deployment"),
        _("What one deployment in production costs when the failures are paid for too: the gross cost of all prototypes, the stopped and the unfinished ones included, divided by those that reached production. Unallocated cost is not in it."),
        _("%(spent)s spent on prototypes ÷ %(reached)s in production = %(value)s"), "money", _prototype,
    ),
    "direct_cost_per_production": Definition(
        _("Direct cost per production deployment"),
        _("What those that reached production cost by themselves, up to and including their production date."),
        _("%(spent)s spent on them until production ÷ %(known)s with a known date = %(value)s"), "money", _reached,
    ),
    "failure_adds": Definition(
        _("What failure adds to each success"),
        _("The difference between the full and the direct cost per production deployment."),
        _("%(loaded)s per deployment − %(direct)s direct = %(value)s"), "money", _prototype,
    ),
    "cost_sunk": Definition(
        _("Cost sunk"),
        _("Gross cost of the initiatives that failed, and its share of all gross cost."),
        _("gross cost of %(initiatives)s failed initiatives = %(value)s, of %(gross)s"), "money", lambda row: row.failed,
    ),
    "spend_without_outcome": Definition(
        _("Spent without a target outcome"),
        _("Gross cost of the initiatives, in any stage, for which no target outcome was agreed by the as-of date: nobody can tell whether the money was well spent."),
        _("gross cost of %(initiatives)s initiatives without a target outcome = %(value)s, of %(gross)s"), "money",
        lambda row: not row.has_target,
    ),
    "unallocated": Definition(
        _("Unallocated"),
        _("Cost that belongs to no initiative yet. It exists for the whole portfolio only: a filter cannot tell whose it is."),
        _("%(amount)s of %(gross)s"), "money", lambda row: False,
    ),
    "run_cost": Definition(
        _("Run cost per month"),
        _("What is in production costs this much a month: the mean of the three full calendar months before the as-of month."),
        _("%(spent)s in three months ÷ 3 = %(value)s"), "money", lambda row: row.stage == Stage.PRODUCTION,
    ),
    "realised_benefit": Definition(
        _("Measured benefit"),
        _("What the readings are worth: the change against the baseline, times the unit value, times the share that is due to the initiative. Only measurements count; a plan is never a benefit. Disbenefits count too."),
        _("sum over the readings = %(value)s"), "money", lambda row: bool(row.benefit),
    ),
    "validated_benefit": Definition(
        _("Validated benefit"),
        _("The same, from the readings that finance has validated alone."),
        _("validated %(value)s of %(benefit)s measured"), "money", lambda row: bool(row.validated),
    ),
    "net_benefit": Definition(
        _("Net benefit, measured"),
        _("Measured benefit less net cost, to the as-of date."),
        _("%(benefit)s benefit − %(net_cost)s net cost = %(value)s"), "money", _money,
    ),
    "roi": Definition(
        _("ROI"),
        _("Net benefit divided by net cost, not discounted. Without a net cost it does not exist."),
        _("%(net_benefit)s net benefit ÷ %(net_cost)s net cost = %(value)s"), "percent", _money,
    ),
    "roi_pv": Definition(
        _("Present-value ROI"),
        _("Net present value divided by the present value of net cost, as studies of total economic impact do."),
        _("%(amount)s NPV ÷ %(pv_cost)s present value of net cost = %(value)s"), "percent", _money,
    ),
    "bcr": Definition(
        _("Benefit–cost ratio"),
        _("The present value of benefit divided by the present value of net cost."),
        _("%(amount)s present value of benefit ÷ %(pv_cost)s of net cost = %(value)s"), "significant", _money,
    ),
    "npv": Definition(
        _("Net present value"),
        _("Each month's benefit less net cost, dated the month's last day, discounted to the first month at the yearly rate (days ÷ 365, as XNPV does)."),
        _("%(pv_benefit)s present value of benefit − %(pv_cost)s of net cost at %(rate)s = %(value)s"), "money", _money,
    ),
    "irr": Definition(
        _("Internal rate of return"),
        _("The only yearly rate at which the monthly flows are worth nothing (XIRR). Where no rate or several rates do that, there is none."),
        _("the rate with NPV = 0: %(value)s"), "percent", _money,
    ),
    "payback_months": Definition(
        _("Payback"),
        _("Months from the first flow until the running total is back at zero."),
        _("running total back at zero after %(value)s months"), "significant", _money,
    ),
    "discounted_payback_months": Definition(
        _("Discounted payback"),
        _("The same with discounted flows."),
        _("discounted running total back at zero after %(value)s months"), "significant", _money,
    ),
    "pending_lines": Definition(
        _("Pending cost lines"),
        _("Cost lines without an exchange rate of the last ten days: kept and listed, counted in no sum until a rate is entered."),
        "%(value)s", "number", lambda row: False,
    ),
}  # fmt: skip

# Of one initiative, where that is another thing than of the portfolio.
OF_ONE: dict[str, Definition] = {
    "gross_cost": Definition(
        _("Gross cost"),
        _("Everything spent on this initiative to the date, in the base currency at the rate of each line's date; of a line that is shared, its part."),
        _("sum of its cost lines = %(value)s"), "money", _spent,
    ),
    "recovered": Definition(
        _("Recovered"),
        _("Its recoverable cost lines that were billed on by the date."),
        _("sum of its lines that were billed on = %(value)s"), "money", _spent,
    ),
}  # fmt: skip

# Why a figure does not exist, or what it had to leave out.
REASONS: dict[str, Words] = {
    "no prototypes": _("There is no prototype yet."),
    "none decided": _("None has reached production or failed yet."),
    "none in production": _("None has reached production yet."),
    "no cost counted": _("No cost of theirs is counted."),
    "no known dates": _("The dates that it needs are not known."),
    "none observed so long": _("No prototype has been observed for so long."),
    "filtered": _("Unallocated cost belongs to no initiative, so a filter cannot apply to it."),
    "no net cost": _("There is no net cost to divide by."),
    "no cost": _("There is no cost to divide by."),
    "no flow": _("There is neither cost nor measured benefit."),
    "one date": _("All flows lie on one day."),
    "no sign change": _("The flows never change sign."),
    "every rate": _("Every rate makes flows of zero worth nothing."),
    "no rate": _("No rate makes the flows worth nothing."),
    "several rates": _("Several rates make the flows worth nothing."),
    "not reached": _("The running total has not come back to zero."),
    "pending lines": _("cost lines wait for an exchange rate"),
    "pending readings": _("readings wait for an exchange rate"),
    "a date unknown": _("a date unknown"),
    "absent": _("date absent in the source"),
    "unreadable": _("date unreadable in the source"),
    "year-only": _("only the year is known"),
    "planned": _("the date was only planned"),
    "out of order": _("the date lay before an earlier stage's"),
}


def reason(code: str) -> Words:
    """Return the words of a reason."""
    return REASONS[code] if code else ""
