"""The same initiatives a year earlier, for the change beside a headline figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from costs.models import UNALLOCATED
from costs.totals import NONE, Flow
from portfolio.facts import Facts, a_year_before
from portfolio.figure import difference, quotient, total
from portfolio.rates import Cohort, incidence
from portfolio.rows import Row

MONTHS = 24


@dataclass(frozen=True)
class Earlier:
    """The headline figures a year before; None where they did not exist then."""

    as_of: date
    within_24_months: float | None
    cost_per_production: Decimal | None
    net_benefit: Decimal | None
    spend_without_outcome: Decimal | None


def earlier(facts: Facts) -> Earlier:
    """Return the headline figures of the same initiatives a year before; facts gathered with `year_before`."""
    as_of = a_year_before(facts.filters.as_of)
    rows = [_then(row, facts.cost_by(row, as_of)) for row in facts.rows]
    cohort = Cohort.of(rows, as_of)
    shared = facts.days.get((UNALLOCATED, as_of), NONE)
    net_cost = total([*(difference(row.gross, row.recovered) for row in rows), shared.net])
    benefit = total(row.benefit_before for row in rows)
    without = total(row.gross for row in rows if not row.had_target)
    return Earlier(
        as_of=as_of,
        within_24_months=incidence(cohort).incidence.within_months(MONTHS).value,
        cost_per_production=quotient(total(row.gross for row in cohort.rows), cohort.reached),
        net_benefit=difference(benefit, net_cost) if benefit or net_cost else None,
        spend_without_outcome=without if any(row.gross for row in rows) else None,
    )


def _then(row: Row, spent: Flow) -> Row:
    at = row.before
    if at is None:
        raise ValueError("gather(..., year_before=True) is needed to look a year back")
    return replace(
        row,
        stage=at.stage,
        stage_since=at.stage_since,
        is_prototype=at.is_prototype,
        started_on=at.started_on,
        reached_production=at.reached_production,
        production_on=at.production_on,
        failed=at.failed,
        start_unknown=at.start_unknown,
        end_unknown=at.end_unknown,
        gross=spent.gross,
        recovered=spent.recovered,
    )
