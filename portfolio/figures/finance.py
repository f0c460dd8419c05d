"""Present values, rates of return and paybacks (METRICS.md 5).

All of it is exact to some 300 digits (`EXACT`): a sum that comes to zero is zero, whatever its terms. Only the search
for an internal rate of return is in floats, and what is no money is given as a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate

from portfolio.figures.exact import EXACT, difference, total
from portfolio.figures.irr import NoRate, Rate, internal_rate
from portfolio.figures.survival import DAYS_PER_MONTH

DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
# What rounded powers may lose of a sum, as a share of what is added up: less than the last digit of any amount.
LOST = Decimal("1e-250")

Flow = tuple[date, Decimal]


def daily(flows: Sequence[Flow]) -> list[Flow]:
    """Return the flows by date, those of one day added up."""
    by_day: dict[date, Decimal] = {}
    for on, amount in flows:
        by_day[on] = EXACT.add(by_day.get(on, Decimal(0)), amount)
    return sorted(by_day.items())


def discount_factors(dates: Sequence[date], rate: Decimal) -> list[Decimal]:
    """Return what a unit on each date is worth on the first one: 1 ÷ (1 + r)^(days/365), the convention of XNPV."""
    day, factor, factors = min(dates, default=None), Decimal(1), []
    for on in dates:
        # From date to date: the same few lengths of months come again and again.
        factor = EXACT.multiply(factor, _discounted(rate, (on - (day or on)).days))
        day = on
        factors.append(factor)
    return factors


@lru_cache(maxsize=4096)
def _discounted(rate: Decimal, days: int) -> Decimal:
    """A power of whole days takes a fiftieth of the time of one of a fraction of a year."""
    return EXACT.power(_discounted_by_a_day(rate), days)


@lru_cache(maxsize=64)
def _discounted_by_a_day(rate: Decimal) -> Decimal:
    return EXACT.power(EXACT.add(1, rate), EXACT.divide(-1, DAYS_PER_YEAR))


def discounted(amounts: Sequence[Decimal], factors: Sequence[Decimal]) -> list[Decimal]:
    """Return each amount times its factor."""
    return [EXACT.multiply(amount, factor) for amount, factor in zip(amounts, factors, strict=True)]


def present_value(amounts: Sequence[Decimal], factors: Sequence[Decimal]) -> Decimal:
    """Return what the amounts are worth together; 0 of none."""
    return running_totals(discounted(amounts, factors))[-1] if amounts else Decimal(0)


def xirr(flows: Sequence[Flow]) -> Rate:
    """Return the only annual rate at which dated flows are worth nothing, or why there is none."""
    days = daily(flows)
    years = [(on - days[0][0]).days / DAYS_PER_YEAR for on, _ in days]
    return internal_rate(years, _floats([amount for _, amount in days]))


def months_since_first(dates: Sequence[date]) -> list[float]:
    """Return each date's distance from the first in months of 365.25/12 days."""
    return [(on - dates[0]).days / DAYS_PER_MONTH for on in dates]


def running_totals(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Add up amount by amount; a total of discounted ones that only rounding keeps from zero is zero."""
    lost = EXACT.multiply(LOST, total(map(EXACT.abs, amounts)))
    return [Decimal(0) if EXACT.abs(each) <= lost else each for each in accumulate(amounts, EXACT.add)]


def payback(months: Sequence[float], amounts: Sequence[Decimal]) -> float | None:
    """Return when the running total is back at zero, interpolated from the date before.

    0 when it is never negative, None when it is not reached (or there is no flow).
    """
    if not months:
        return None
    totals = running_totals(amounts)
    if min(totals) >= 0:
        return 0.0
    at = crossing(totals)
    if at is None:
        return None
    passed = EXACT.divide(totals[at - 1].copy_negate(), difference(totals[at], totals[at - 1]))
    return months[at - 1] + (months[at] - months[at - 1]) * float(passed)


def crossing(totals: Sequence[Decimal]) -> int | None:
    """Return where a running total is back at zero for the first time after it was below; None where it never is."""
    below = next((at for at, reached in enumerate(totals) if reached < 0), len(totals))
    return next((at for at in range(below + 1, len(totals)) if totals[at] >= 0), None)


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


def yearly_return(rate: Decimal, benefits: Sequence[Decimal], costs: Sequence[Decimal]) -> Return:
    """Return the figures of yearly benefits and costs; the first is at time 0, year k's at its end."""
    years = range(len(benefits))
    factors = [_discounted(rate, DAYS_PER_YEAR * year) for year in years]
    net = [difference(benefit, cost) for benefit, cost in zip(benefits, costs, strict=True)]
    return _return(
        sides=(total(benefits), total(costs)),
        present=(present_value(benefits, factors), present_value(costs, factors)),
        irr=internal_rate([float(year) for year in years], _floats(net)),
        months=[float(MONTHS_PER_YEAR * year) for year in years],
        flows=(net, discounted(net, factors)),
    )


def dated_return(rate: Decimal, flows: Sequence[Flow]) -> Return:
    """Return the figures of dated flows; what comes in is benefit, what goes out is cost."""
    factors = discount_factors([on for on, _ in flows], rate)
    ins = [max(amount, Decimal(0)) for _on, amount in flows]
    outs = [max(amount.copy_negate(), Decimal(0)) for _on, amount in flows]
    dates, net = zip(*daily(flows), strict=True)
    return _return(
        sides=(total(ins), total(outs)),
        present=(present_value(ins, factors), present_value(outs, factors)),
        irr=xirr(flows),
        months=months_since_first(dates),
        flows=(net, discounted(net, discount_factors(dates, rate))),
    )


def _return(
    sides: tuple[Decimal, Decimal],
    present: tuple[Decimal, Decimal],
    irr: Rate,
    months: Sequence[float],
    flows: tuple[Sequence[Decimal], Sequence[Decimal]],
) -> Return:
    """Put the figures together from (benefit, cost), the same at present value, and (flows, discounted flows)."""
    (benefit, cost), (pv_benefits, pv_costs), (net, worth) = sides, present, flows
    npv = running_totals(worth)[-1]
    figures: dict[str, float | None] = {
        "irr": irr.value,
        "roi": float(EXACT.divide(difference(benefit, cost), cost)) if cost > 0 else None,
        "roi_pv": float(EXACT.divide(npv, pv_costs)) if pv_costs > 0 else None,
        "payback_months": payback(months, net),
        "discounted_payback_months": payback(months, worth),
    }
    reasons = _reasons(figures, irr.reason)
    return Return(float(npv), pv_benefits=float(pv_benefits), pv_costs=float(pv_costs), reasons=reasons, **figures)


def _reasons(figures: dict[str, float | None], no_rate: NoRate | None) -> dict[str, str]:
    """Return why each missing figure is missing."""
    why = {"roi": "no cost", "roi_pv": "no cost", "payback_months": "not reached"}
    why["discounted_payback_months"] = "not reached"
    if no_rate:
        why["irr"] = no_rate.value
    return {name: why[name] for name, value in figures.items() if value is None}


def _floats(amounts: Sequence[Decimal]) -> list[float]:
    return [float(amount) for amount in amounts]
