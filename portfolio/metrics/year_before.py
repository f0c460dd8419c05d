"""The same initiatives a year earlier, for the change beside a headline figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from costs.totals import NO_COST
from portfolio.facts.cohort import Cohort
from portfolio.facts.gathering import Facts
from portfolio.figures.exact import difference, total
from portfolio.metrics.rates import incidence
from portfolio.metrics.spending import per_production

MONTHS = 24


@dataclass(frozen=True)
class Earlier:
    """The headline figures a year before; None where they did not exist then."""

    within_24_months: float | None
    cost_per_production: Decimal | None
    net_benefit: Decimal | None
    spend_without_outcome: Decimal | None


def earlier(facts: Facts) -> Earlier:
    """Return the headline figures of the same initiatives a year before; facts gathered for the page."""
    tallies, shared = facts.before, facts.unallocated_before
    cohort = Cohort.of(tallies)
    gross = total(tally.gross for tally in tallies)
    net_cost = total([gross, *(-tally.recovered for tally in tallies), shared.net])
    benefit = total(tally.benefit for tally in tallies)
    has_cost, has_benefit = (any(getattr(tally, name) for tally in tallies) for name in ("with_cost", "with_benefit"))
    without = total(tally.gross for tally in tallies if not tally.has_agreed_target)
    return Earlier(
        within_24_months=incidence(cohort).incidence.within_months(MONTHS).value,
        cost_per_production=per_production(cohort).value,
        net_benefit=difference(benefit, net_cost) if has_cost or has_benefit or shared != NO_COST else None,
        spend_without_outcome=without if has_cost else None,
    )
