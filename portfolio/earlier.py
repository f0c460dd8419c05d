"""The same initiatives a year earlier, for the change beside a headline figure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portfolio.facts import Facts
from portfolio.figures.exact import difference, total
from portfolio.rates import Cohort, incidence
from portfolio.spending import per_production

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
    without = total(tally.gross for tally in tallies if not tally.has_target)
    return Earlier(
        within_24_months=incidence(cohort).incidence.within_months(MONTHS).value,
        cost_per_production=per_production(cohort).value,
        net_benefit=difference(benefit, net_cost) if benefit or net_cost else None,
        spend_without_outcome=without if any(tally.with_cost for tally in tallies) else None,
    )
