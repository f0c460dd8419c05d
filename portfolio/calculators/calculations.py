"""The two calculators: what a self-hosted token costs, and what a set of flows is worth (METRICS.md 3 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from math import isfinite

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from portfolio.figures.finance import Flow, Return, dated_return, yearly_return

SECONDS_PER_HOUR = 3600
# METRICS.md's check value: $2.50 an hour at 185 tokens a second.
EXAMPLE = {"cost_per_hour": Decimal("2.5"), "tokens_per_second": Decimal(185)}
UTILISATIONS = (Decimal(1), Decimal("0.3"), Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class TokenCost:
    """What self-hosted tokens cost, per thousand and per million."""

    per_thousand_tokens: float
    per_million_tokens: float


def token_cost(cost_per_hour: Decimal, tokens_per_second: Decimal, utilisation: Decimal) -> TokenCost:
    """Return hourly cost ÷ (tokens per second × 3600 × utilisation)."""
    if cost_per_hour < 0:
        raise RuleError(_("A cost cannot be negative."), field="cost_per_hour")
    if tokens_per_second <= 0:
        raise RuleError(_("More than 0 tokens a second."), field="tokens_per_second")
    if not 0 < utilisation <= 1:
        raise RuleError(_("A share above 0, at most 1."), field="utilisation")
    each = cost_per_hour / (tokens_per_second * SECONDS_PER_HOUR * utilisation)
    return TokenCost(float(each * 1_000), float(each * 1_000_000))


def finance_of_years(rate: Decimal, benefits: Sequence[Decimal], costs: Sequence[Decimal]) -> Return:
    """Return the figures of yearly benefits and costs, the first at time 0."""
    if len(benefits) != len(costs):
        raise RuleError(_("As many benefits as costs: one of each for every year."), field="costs")
    for name, amounts in (("benefits", benefits), ("costs", costs)):
        if any(amount < 0 for amount in amounts):
            raise RuleError(_("No amount below 0."), field=name)
    return _checked(rate, lambda: yearly_return(rate, benefits, costs))


def finance_of_flows(rate: Decimal, flows: Sequence[Flow]) -> Return:
    """Return the figures of dated flows (XNPV, XIRR); what comes in is benefit, what goes out is cost."""
    return _checked(rate, lambda: dated_return(rate, flows))


def _checked(rate: Decimal, work_out: Callable[[], Return]) -> Return:
    """Refuse a rate whose powers leave the range of numbers for these flows."""
    if rate <= -1:
        raise RuleError(_("A rate above −1 (−100\u202f%)."), field="rate")
    try:
        found = work_out()
    except (OverflowError, ZeroDivisionError) as error:
        raise RuleError(_("This rate is too extreme for these flows."), field="rate") from error
    numbers = [value for value in asdict(found).values() if isinstance(value, float)]
    if not all(isfinite(value) for value in numbers):
        raise RuleError(_("This rate is too extreme for these flows."), field="rate")
    return found
