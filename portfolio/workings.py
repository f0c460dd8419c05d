"""How returns come from their months, step by step: the numbers of a formula that only the page of its figure needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log1p

from portfolio.figure import Number, total
from portfolio.figures.finance import DAYS_PER_YEAR, months_since_first, running_totals
from portfolio.returns import MonthFlow

DISCOUNTED = ("npv", "roi_pv", "bcr", "irr", "discounted_payback_months")
CUMULATED = ("payback_months", "discounted_payback_months")
OF_FLOWS = (*DISCOUNTED, "payback_months")
# e to this power is the greatest float: a rate so close to −100 % makes late flows worth more than can be written.
MOST_GROWTH = 700.0

Inputs = dict[str, Number | None]


@dataclass(frozen=True, slots=True)
class Step:
    """A month in the working of a figure: months since the first flow, its discounted net flow, the running total."""

    flow: MonthFlow
    months: float
    discounted: float | None
    cumulated: Number | None


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


def steps(name: str, flows: Sequence[MonthFlow], rate: float | None) -> list[Step]:
    """Return the months as a figure of them takes them; `rate` is the one that it discounts at."""
    if not flows:
        return []
    factors = _factors(flows, rate) if name in DISCOUNTED else None
    discounted = (
        None if factors is None else [float(flow.net) * each for flow, each in zip(flows, factors, strict=True)]
    )
    totals: list[Number] | None = None
    if name in CUMULATED:
        totals = running_totals(discounted if name in DISCOUNTED and discounted else [flow.net for flow in flows])
    months = months_since_first([flow.on for flow in flows])
    return [
        Step(flow, months[at], discounted[at] if discounted else None, totals[at] if totals else None)
        for at, flow in enumerate(flows)
    ]


def of_rate(flows: Sequence[MonthFlow], rate: float | None) -> Inputs:
    """Return how flows in and out stand to each other at an internal rate of return: both come to the same."""
    ins, outs = ([max(sign * flow.net, 0) for flow in flows] for sign in (1, -1))
    found: Inputs = {"flows": len(flows), "inflow": sum(ins), "outflow": sum(outs)}
    factors = _factors(flows, rate)
    if factors is not None:
        found["pv_in"], found["pv_out"] = (
            sum(float(amount) * factor for amount, factor in zip(side, factors, strict=True)) for side in (ins, outs)
        )
    return found


def of_payback(taken: Sequence[Step]) -> tuple[str, Inputs]:
    """Return how a payback is found: "crossed" between two months, "never below" zero, or "not reached" by the last."""
    totals = [step.cumulated or 0 for step in taken]
    if not totals:
        return "", {}
    if min(totals) >= 0:
        return "never below", {"least": min(totals)}
    below = next(at for at, total in enumerate(totals) if total < 0)
    crossed = next((at for at in range(below + 1, len(totals)) if totals[at] >= 0), None)
    if crossed is None:
        return "not reached", {"end": totals[-1], "after": taken[-1].months}
    return "crossed", {
        "since": taken[crossed - 1].months,
        "until": taken[crossed].months,
        "short": -totals[crossed - 1],
        "over": totals[crossed],
    }


def _factors(flows: Sequence[MonthFlow], rate: float | None) -> list[float] | None:
    """Return what a unit of each flow is worth on the day of the first; None without a rate, or past all numbers."""
    if rate is None or not flows:
        return None
    growth, first = log1p(rate), flows[0].on
    years = [(flow.on - first).days / DAYS_PER_YEAR for flow in flows]
    return None if -growth * years[-1] > MOST_GROWTH else [exp(-growth * each) for each in years]
