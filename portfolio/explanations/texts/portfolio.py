"""What each figure means, in words and as a formula with its numbers in it; who it is about: `explanations.contributions`."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.explanations.definition import Definition, Words
from portfolio.explanations.texts.budgets import BUDGET_OF_SET
from portfolio.explanations.texts.comparisons import COMPARISONS
from portfolio.explanations.texts.guidance import COHORTS
from portfolio.metrics.names import HORIZONS
from projects.stages import LINE

STEPS = tuple(stage.value for stage in LINE[1:])

PAYBACK = _("%(since)s + (%(until)s − %(since)s) × %(short)s ÷ (%(short)s + %(over)s) = %(value)s")
# What stands instead of a formula where the figure comes about in another way.
INSTEAD: dict[str, Words] = {
    "never below": _("The running total is never below zero; %(least)s at least: %(value)s"),
    "not reached": _("Running total after %(after)s months: %(end)s"),
    "narrowed": _("sum over %(initiatives)s = %(value)s"),
    "no rate": _("%(flows)s: %(inflow)s of gains, %(outflow)s of net costs"),
}

DEFINITIONS: dict[str, Definition] = {
    "prototypes": Definition(
        _("Prototypes"),
        _("Initiatives that ever entered the prototype stage or a later one of the line, by the as-of date."),
        _("%(reached)s reached production + %(failed)s failed + %(in_flight)s in flight = %(value)s"), "number",
    ),
    "reached_production": Definition(
        _("Reached production"),
        _("Prototypes that ever entered production, whatever became of them later."),
        _("%(value)s of %(prototypes)s"), "number",
    ),
    "failed": Definition(
        _("Failed"),
        _("Prototypes that were stopped and never reached production. One that was taken up again is in flight."),
        _("%(value)s of %(prototypes)s"), "number",
    ),
    "in_flight": Definition(
        _("In flight"),
        _("Prototypes that have neither reached production nor failed."),
        _("%(prototypes)s − %(reached)s reached production − %(failed)s failed = %(value)s"), "number",
    ),
    "production_rate": Definition(
        _("Production rate to date"),
        _("The share of all prototypes that reached production so far. Those in flight count as not there yet, so it is low while many are young. The interval is Wilson’s, 95\u202f%."),
        _("%(reached)s reached production ÷ %(prototypes)s = %(value)s"), "percent",
        interval=_("(p + z² ÷ 2n ± z √(p (1 − p) ÷ n + z² ÷ 4n²)) ÷ (1 + z² ÷ n) at p = %(p)s, n = %(n)s, z = %(z)s: (%(p)s + %(shift)s ± %(z)s × √(%(spread)s + %(least)s)) ÷ %(scale)s, from %(low)s to %(high)s"),
    ),
    "production_rate_decided": Definition(
        _("Production rate, decided"),
        _("The share that reached production among the prototypes that either reached it or failed."),
        _("%(reached)s reached production ÷ (%(reached)s + %(failed)s failed) = %(value)s"), "percent",
    ),
    "production_within": Definition(
        _("In production"),
        _("The probability that a prototype reaches production within so many months of its start: the Aalen–Johansen estimate. Being stopped competes with it; a prototype in flight counts for as long as it has been observed. Nothing is claimed past the longest observation. 95\u202f% interval on the log(−log) scale."),
        _("F(%(horizon)s) = F before the last day with an event + S × into production ÷ at risk = %(until_then)s + %(neither)s × %(into)s ÷ %(at_risk)s = %(value)s"),
        "percent", variants=tuple(str(months) for months in HORIZONS),
        interval=_("F^exp(±z √V ÷ (F ln F)) at F = %(f)s, √V = %(deviation)s, z = %(z)s: %(f)s^exp(±%(z)s × %(deviation)s ÷ (%(f)s × %(log)s)), from %(low)s to %(high)s"),
    ),
    "median_days_to_production": Definition(
        _("Days to production"),
        _("The median of the days between the start of the prototype and production, over those that reached it and whose two dates are known. It says how long success took, not how likely it is."),
        _("from %(shortest)s to %(longest)s over %(initiatives)s; median = %(value)s"), "days",
    ),
    **COHORTS,
    **COMPARISONS,
    "guidance_recorded_later": Definition(
        _("Decisions that rest on something recorded later"),
        _("Prototypes whose cohort rests on an outcome, a plan or a budget that was agreed within 14 days of the start, and recorded after that."),
        _("%(value)s of %(prototypes)s"), "number",
    ),
    "funnel": Definition(
        _("From idea to production"),
        _("Initiatives that ever entered the first stage of the line, or passed it, and for each stage after it how many ever entered that one or a later one."),
        _("%(proposed)s, of which %(approved)s got to approval, %(prototype)s to a prototype, %(pilot)s to a pilot, %(production)s to production"), "number",
        parts=tuple(f"stage_conversion_{stage}" for stage in STEPS) + tuple(f"stage_days_{stage}" for stage in STEPS),
    ),
    "stage_conversion": Definition(
        _("Stage conversion"),
        _("Of the initiatives that ever entered a stage of the line, or passed it, the share that ever entered the next one or a later one."),
        _("%(entered)s entered it or a later one ÷ %(before)s entered the stage before = %(value)s"), "percent", variants=STEPS,
    ),
    "stage_days": Definition(
        _("Days between stages"),
        _("The median of the days between entering a stage of the line and entering the next one, over the initiatives that entered both and whose two dates are known. What passed one of them over has no days between them."),
        _("from %(shortest)s to %(longest)s over %(initiatives)s; median = %(value)s"), "days", variants=STEPS,
    ),
    "gross_cost": Definition(
        _("Gross cost"),
        _("Everything spent to the as-of date, in the base currency at the rate of each line’s date. Of the whole portfolio it includes what is allocated to no initiative."),
        _("%(allocated)s allocated + %(unallocated)s unallocated = %(value)s"), "money",
        parts=("cost_reached", "cost_in_flight", "cost_sunk", "cost_no_prototype", "unallocated"),
    ),
    "recovered": Definition(
        _("Recovered"),
        _("Recoverable cost lines that were billed on by the as-of date."),
        _("%(allocated)s allocated + %(unallocated)s unallocated = %(value)s"), "money",
    ),
    "net_cost": Definition(
        _("Net cost"),
        _("Gross cost less what was recovered."),
        _("%(gross)s gross − %(recovered)s recovered = %(value)s"), "money",
    ),
    "cost_per_production": Definition(
        _("Cost per production deployment"),
        _("What one deployment in production costs when the failures are paid for too: the gross cost of all prototypes, the stopped and the unfinished ones included, divided by those that reached production. Unallocated cost is not in it."),
        _("%(spent)s spent on prototypes ÷ %(reached)s in production = %(value)s"), "money",
    ),
    "direct_cost_per_production": Definition(
        _("Direct cost per production deployment"),
        _("What those that reached production cost by themselves, up to and including their production date."),
        _("%(spent)s spent until production ÷ %(known)s with a known date = %(value)s"), "money",
    ),
    "failure_adds": Definition(
        _("What failure adds to each success"),
        _("The difference between the full and the direct cost per production deployment: what stopped and unfinished prototypes cost, and what those in production have cost since they got there. One whose production date is unknown is in the full cost alone."),
        _("%(loaded)s per deployment − %(direct)s direct = %(value)s"), "money",
        parts=("cost_per_production", "direct_cost_per_production", "cost_sunk", "cost_in_flight"),
    ),
    "cost_reached": Definition(
        _("Cost of what reached production"),
        _("Gross cost of the initiatives that ever entered production, and its share of all gross cost."),
        _("gross cost of %(initiatives)s = %(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "cost_in_flight": Definition(
        _("Cost in flight"),
        _("Gross cost of the prototypes that have neither reached production nor failed, and its share of all gross cost."),
        _("gross cost of %(initiatives)s = %(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "cost_no_prototype": Definition(
        _("Cost of what is not a prototype"),
        _("Gross cost of the initiatives that have not entered the prototype stage or a later one, declined proposals included, and its share of all gross cost."),
        _("gross cost of %(initiatives)s = %(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "cost_sunk": Definition(
        _("Cost sunk"),
        _("Gross cost of the initiatives that failed, and its share of all gross cost."),
        _("gross cost of %(initiatives)s that failed = %(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "spend_without_outcome": Definition(
        _("Spent without a target outcome"),
        _("Gross cost of the initiatives, in any stage, for which no target outcome was agreed by the as-of date: nobody can tell whether the money was well spent."),
        _("gross cost of %(initiatives)s without a target outcome = %(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "unallocated": Definition(
        _("Unallocated"),
        _("Cost that belongs to no initiative yet. It exists for the whole portfolio only: a filter cannot tell whose it is."),
        _("%(value)s, which is %(share)s of %(gross)s"), "money",
    ),
    "run_cost": Definition(
        _("Run cost per month"),
        _("What is in production costs this much a month: the mean of the three full calendar months before the as-of month."),
        _("%(spent)s in three months ÷ 3 = %(value)s"), "money",
    ),
    "realised_benefit": Definition(
        _("Measured benefit"),
        _("What the readings are worth: the change against the baseline, times the unit value, times the share that is due to the initiative; of a level day by day, times its volume. Only measurements count; a plan is never a benefit. Disbenefits count too."),
        _("%(levels)s from %(level_readings)s of a level + %(amounts)s from %(amount_readings)s of an amount = %(value)s"), "money",
    ),
    "validated_benefit": Definition(
        _("Validated benefit"),
        _("Measured benefit, counted only from readings that finance has validated. Of a level each holds until the next validated one, for at most twice the reading interval."),
        _("validated: %(levels)s from %(level_readings)s of a level + %(amounts)s from %(amount_readings)s of an amount = %(value)s; measured: %(benefit)s"), "money",
    ),
    "net_benefit": Definition(
        _("Net benefit, measured"),
        _("Measured benefit less net cost, to the as-of date."),
        _("%(benefit)s benefit − %(net_cost)s net cost = %(value)s"), "money",
    ),
    "paid_back": Definition(
        _("Paid back so far"),
        _("The share of net cost that measured benefit has brought back, not discounted."),
        _("%(benefit)s benefit ÷ %(net_cost)s net cost = %(value)s"), "percent",
    ),
    "roi": Definition(
        _("ROI"),
        _("Net benefit divided by net cost, not discounted. Without a net cost it does not exist."),
        _("%(net_benefit)s net benefit ÷ %(net_cost)s net cost = %(value)s"), "percent",
    ),
    "roi_pv": Definition(
        _("Present-value ROI"),
        _("Net present value divided by the present value of net cost, as studies of total economic impact do."),
        _("%(amount)s NPV ÷ %(pv_cost)s present value of net cost = %(value)s"), "percent",
    ),
    "bcr": Definition(
        _("Benefit–cost ratio"),
        _("The present value of benefit divided by the present value of net cost."),
        _("%(amount)s present value of benefit ÷ %(pv_cost)s of net cost = %(value)s"), "significant",
    ),
    "npv": Definition(
        _("Net present value"),
        _("Each month’s benefit less net cost, dated the month’s last day, discounted to the first month at the yearly rate (days ÷ 365, as XNPV does)."),
        _("%(pv_benefit)s present value of benefit − %(pv_cost)s of net cost at %(rate)s = %(value)s"), "money",
    ),
    "irr": Definition(
        _("Internal rate of return"),
        _("The only yearly rate at which the monthly flows are worth nothing (XIRR). Where no rate or several rates do that, there is none."),
        _("%(flows)s, discounted at r = %(value)s: %(pv_in)s of gains − %(pv_out)s of net costs = 0"), "percent",
    ),
    "payback_months": Definition(
        _("Payback"),
        _("Months of 365.25 ÷ 12 days from the first flow until the running total is back at zero, interpolated between the last month below zero and the next."),
        PAYBACK, "months",
    ),
    "discounted_payback_months": Definition(
        _("Discounted payback"),
        _("The same with each month’s flow discounted to the first."),
        PAYBACK, "months",
    ),
    "pending_lines": Definition(
        _("Cost lines waiting for an exchange rate"),
        _("Cost lines without an exchange rate of the last ten days: kept and listed, counted in no sum until a rate is entered."),
        _("lines: %(value)s; their initiatives: %(waiting_initiatives)s; unallocated lines: %(waiting_unallocated)s"), "number",
    ),
    **BUDGET_OF_SET,
}  # fmt: skip


def names() -> list[str]:
    """Return the name of every figure of the portfolio."""
    return [name for key, each in DEFINITIONS.items() for name in ([f"{key}_{one}" for one in each.variants] or [key])]


def definition_of(name: str) -> tuple[str, str]:
    """Return the key of a figure's definition and its variant: "production_within", "24"; "" where it has none."""
    key, _sep, variant = name.rpartition("_")
    return (key, variant) if variant in getattr(DEFINITIONS.get(key), "variants", ()) else (name, "")
