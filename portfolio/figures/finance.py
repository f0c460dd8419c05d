"""Present values, rates of return and paybacks (METRICS.md 5).

Amounts are added up exactly (Decimal where they come as Decimal); powers are floats, as in every spreadsheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from portfolio.figures.irr import NoRate, Rate, internal_rate
from portfolio.figures.survival import DAYS_PER_MONTH

DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
# What powers in floats may lose of a sum, as a share of what is added up.
LOST = 1e-12

Amount = Decimal | float
Flow = tuple[date, Decimal]


def daily(flows: Sequence[Flow]) -> list[Flow]:
    """Return the flows by date, those of one day added up."""
    by_day: dict[date, Decimal] = {}
    for on, amount in flows:
        by_day[on] = by_day.get(on, Decimal(0)) + amount
    return sorted(by_day.items())


def present_values(flows: Sequence[Flow], rate: float) -> list[float]:
    """Return each flow's value at the first flow's date (the convention of XNPV: days / 365)."""
    if not flows:
        return []
    first = min(on for on, _ in flows)
    growth = 1 + rate
    return [float(amount) / growth ** ((on - first).days / DAYS_PER_YEAR) for on, amount in flows]


def xnpv(flows: Sequence[Flow], rate: float) -> float | None:
    """Return the net present value at the date of the first flow; None without any flow."""
    return sum(present_values(flows, rate)) if flows else None


def xirr(flows: Sequence[Flow]) -> Rate:
    """Return the only annual rate at which dated flows are worth nothing, or why there is none."""
    days = daily(flows)
    years = [(on - days[0][0]).days / DAYS_PER_YEAR for on, _ in days]
    return internal_rate(years, _floats([amount for _, amount in days]))


def months_since_first(dates: Sequence[date]) -> list[float]:
    """Return each date's distance from the first in months of 365.25/12 days."""
    return [(on - dates[0]).days / DAYS_PER_MONTH for on in dates]


def running_totals(amounts: Sequence[Amount]) -> list[Amount]:
    """Add up amount by amount; a total of discounted ones that only rounding keeps from zero is zero."""
    totals: list[Amount] = list(accumulate(amounts))
    if not any(isinstance(amount, float) for amount in amounts):
        return totals
    lost = LOST * sum(abs(float(amount)) for amount in amounts)
    return [0.0 if abs(float(total)) <= lost else total for total in totals]


def payback(months: Sequence[float], amounts: Sequence[Amount]) -> float | None:
    """Return when the running total is back at zero, interpolated from the date before.

    0 when it is never negative, None when it is not reached (or there is no flow).
    """
    if not months:
        return None
    totals = running_totals(amounts)
    if all(total >= 0 for total in totals):
        return 0.0
    below = next(index for index, total in enumerate(totals) if total < 0)
    for index in range(below + 1, len(totals)):
        if totals[index] >= 0:
            before, after = float(totals[index - 1]), float(totals[index])
            return months[index - 1] + (months[index] - months[index - 1]) * -before / (after - before)
    return None


@dataclass(frozen=True, slots=True)
class Return:
    """What flows are worth; None where a figure does not exist, with its reason."""

    npv: float
    irr: float | None
    roi: float | None
    roi_pv: float | None
    pv_benefits: float
    pv_costs: float
    payback_months: float | None
    discounted_payback_months: float | None
    reasons: dict[str, str]


def yearly_return(rate: float, benefits: Sequence[Decimal], costs: Sequence[Decimal]) -> Return:
    """Return the figures of yearly benefits and costs; the first is at time 0, year k's at its end."""
    factors = [(1 + rate) ** -year for year in range(len(benefits))]
    pv_benefits = sum(float(amount) * factor for amount, factor in zip(benefits, factors, strict=True))
    pv_costs = sum(float(amount) * factor for amount, factor in zip(costs, factors, strict=True))
    net = [benefit - cost for benefit, cost in zip(benefits, costs, strict=True)]
    discounted = [float(amount) * factor for amount, factor in zip(net, factors, strict=True)]
    years = [float(year) for year in range(len(net))]
    return _return(
        sides=(sum(benefits, Decimal(0)), sum(costs, Decimal(0))),
        present=(pv_benefits, pv_costs),
        irr=internal_rate(years, _floats(net)),
        months=[MONTHS_PER_YEAR * year for year in years],
        flows=(net, discounted),
    )


def dated_return(rate: float, flows: Sequence[Flow]) -> Return:
    """Return the figures of dated flows; what comes in is benefit, what goes out is cost."""
    days, values = daily(flows), present_values(flows, rate)
    ins, outs = ([sign * amount for _on, amount in flows if sign * amount > 0] for sign in (1, -1))
    return _return(
        sides=(sum(ins, Decimal(0)), sum(outs, Decimal(0))),
        present=(sum(max(value, 0.0) for value in values), sum(max(-value, 0.0) for value in values)),
        irr=xirr(flows),
        months=months_since_first([on for on, _amount in days]),
        flows=([amount for _on, amount in days], present_values(days, rate)),
    )


def _return(
    sides: tuple[Decimal, Decimal],
    present: tuple[float, float],
    irr: Rate,
    months: Sequence[float],
    flows: tuple[Sequence[Decimal], Sequence[float]],
) -> Return:
    """Put the figures together from (benefit, cost), the same at present value, and (flows, discounted flows)."""
    (benefit, cost), (pv_benefits, pv_costs), (net, discounted) = sides, present, flows
    npv = sum(discounted)
    figures: dict[str, float | None] = {
        "irr": irr.value,
        "roi": float((benefit - cost) / cost) if cost > 0 else None,
        "roi_pv": npv / pv_costs if pv_costs > 0 else None,
        "payback_months": payback(months, net),
        "discounted_payback_months": payback(months, discounted),
    }
    reasons = _reasons(figures, irr.reason)
    return Return(npv=npv, pv_benefits=pv_benefits, pv_costs=pv_costs, reasons=reasons, **figures)


def _reasons(figures: dict[str, float | None], no_rate: NoRate | None) -> dict[str, str]:
    """Return why each missing figure is missing."""
    why = {"roi": "no cost", "roi_pv": "no cost", "payback_months": "not reached"}
    why["discounted_payback_months"] = "not reached"
    if no_rate:
        why["irr"] = no_rate.value
    return {name: why[name] for name, value in figures.items() if value is None}


def _floats(amounts: Sequence[Decimal]) -> list[float]:
    return [float(amount) for amount in amounts]
