"""Money over time: what each month brought and cost, and what it all comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs.totals import Flow
from money.months import last_day, next_month
from portfolio.facts.pending import Pending
from portfolio.facts.tallies import Tally
from portfolio.figures.exact import difference, total


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """Benefit and cost of a month, dated its last day (the as-of month: the as-of date)."""

    month: date
    on: date
    benefit: Decimal
    gross: Decimal
    recovered: Decimal

    @property
    def net_cost(self) -> Decimal:
        """Gross cost less what was recovered."""
        return difference(self.gross, self.recovered)

    @property
    def net(self) -> Decimal:
        """Benefit less net cost."""
        return difference(self.benefit, self.net_cost)


def monthly(
    benefits: Mapping[date, Decimal], costs: Mapping[date, tuple[Decimal, Decimal]], as_of: date
) -> list[MonthFlow]:
    """Return every month from the first with a cost or benefit to the as-of date; empty ones are 0."""
    known = [month for month in {*benefits, *costs} if month <= as_of]
    if not known:
        return []
    zero = Decimal(0)
    flows, month = [], min(known)
    while month <= as_of:
        gross, recovered = costs.get(month, (zero, zero))
        flows.append(MonthFlow(month, min(last_day(month), as_of), benefits.get(month, zero), gross, recovered))
        month = next_month(month)
    return flows


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact totals to the as-of date."""

    net_cost: Decimal
    benefit: Decimal
    validated: Decimal
    pending: Pending


def totals_of(tallies: Sequence[Tally], spent: Flow, pending: Pending) -> Totals:
    """Return what initiatives have cost (`spent`) and brought."""
    return Totals(
        net_cost=difference(*spent),
        benefit=total(tally.benefit for tally in tallies),
        validated=total(tally.validated for tally in tallies),
        pending=pending,
    )
