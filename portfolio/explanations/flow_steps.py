"""How returns come from their months, step by step: the numbers of a formula that only the page of its figure needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio.facts.flows import MonthFlow
from portfolio.figure import Number
from portfolio.figures.exact import total
from portfolio.figures.finance import (
    crossing,
    discount_factors,
    discounted,
    months_since_first,
    present_value,
    running_totals,
)

DISCOUNTED = ("npv", "roi_pv", "bcr", "irr", "discounted_payback_months")
CUMULATED = ("payback_months", "discounted_payback_months")
# A rate close to −100 % makes late flows worth more than `EXACT` has digits for, cents and all.
MOST_WORTH = Decimal("1e150")

Inputs = dict[str, Number | None]


@dataclass(frozen=True, slots=True)
class Step:
    """A month in the working of a figure: months since the first flow, its discounted net flow, the running total."""

    flow: MonthFlow
    months: float
    discounted: Decimal | None
    cumulated: Decimal | None


@dataclass(frozen=True, slots=True)
class Sums:
    """What the months come to together."""

    gross: Decimal
    recovered: Decimal
    benefit: Decimal
    net: Decimal


def sums(taken: Sequence[Step]) -> Sums:
    """Add the months up."""
    return Sums(
        gross=total(step.flow.gross for step in taken),
        recovered=total(step.flow.recovered for step in taken),
        benefit=total(step.flow.benefit for step in taken),
        net=total(step.flow.net for step in taken),
    )


def steps(name: str, flows: Sequence[MonthFlow], rate: Decimal | None) -> list[Step]:
    """Return the months as a figure of them takes them; `rate` is the one that it discounts at."""
    if not flows:
        return []
    net = [flow.net for flow in flows]
    factors = _factors(flows, rate) if name in DISCOUNTED else None
    worth = None if factors is None else discounted(net, factors)
    totals = running_totals(worth or net) if name in CUMULATED else None
    months = months_since_first([flow.on for flow in flows])
    return [
        Step(flow, months[at], worth[at] if worth else None, totals[at] if totals else None)
        for at, flow in enumerate(flows)
    ]


def of_rate(flows: Sequence[MonthFlow], rate: Decimal | None) -> Inputs:
    """Return how flows in and out stand to each other at an internal rate of return: both come to the same."""
    ins = [max(flow.net, Decimal(0)) for flow in flows]
    outs = [max(flow.net.copy_negate(), Decimal(0)) for flow in flows]
    found: Inputs = {"flows": len(flows), "inflow": total(ins), "outflow": total(outs)}
    factors = _factors(flows, rate)
    if factors is not None:
        found |= {"pv_in": present_value(ins, factors), "pv_out": present_value(outs, factors)}
    return found


def of_payback(taken: Sequence[Step]) -> tuple[str, Inputs]:
    """Return how a payback is found: "crossed" between two months, "never below" zero, or "not reached" by the last."""
    totals = [step.cumulated or Decimal(0) for step in taken]
    if not totals:
        return "", {}
    if min(totals) >= 0:
        return "never below", {"least": min(totals)}
    crossed = crossing(totals)
    if crossed is None:
        return "not reached", {"end": totals[-1], "after": taken[-1].months}
    return "crossed", {
        "since": taken[crossed - 1].months,
        "until": taken[crossed].months,
        "short": totals[crossed - 1].copy_negate(),
        "over": totals[crossed],
    }


def _factors(flows: Sequence[MonthFlow], rate: Decimal | None) -> list[Decimal] | None:
    """Return what a unit of each flow is worth on the day of the first; None without a rate, or past all numbers."""
    if rate is None or not flows:
        return None
    factors = discount_factors([flow.on for flow in flows], rate)
    return None if max(factors) > MOST_WORTH else factors
