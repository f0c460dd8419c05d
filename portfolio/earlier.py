"""The same initiatives a year earlier, for the change beside a headline figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from costs import totals as costs
from outcomes import totals as benefits
from portfolio.facts import Facts
from portfolio.figure import difference, quotient, total
from portfolio.rates import Cohort, incidence
from portfolio.rows import ZERO, Row
from projects.standing import Standing, standing

MONTHS = 24


@dataclass(frozen=True)
class Earlier:
    """The headline figures a year before; None where they did not exist then."""

    as_of: date
    within_24_months: float | None
    cost_per_production: Decimal | None
    net_benefit: Decimal | None
    spend_without_outcome: Decimal | None


def a_year_before(day: date) -> date:
    """Return the same day of the year before; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def earlier(facts: Facts) -> Earlier:
    """Return the headline figures of the same initiatives a year before the as-of date."""
    as_of = a_year_before(facts.filters.as_of)
    ids = facts.ids
    where = {each.id: each for each in standing(ids, as_of)}
    gross, back = costs.gross_by_initiative(ids, as_of), costs.recovered_by_initiative(ids, as_of)
    rows = [_then(row, where[row.id], gross.get(row.id, ZERO)) for row in facts.rows]
    cohort = Cohort.of(rows, as_of)
    shared = costs.unallocated(as_of) if facts.unallocated else costs.Flow(ZERO, ZERO)
    net_cost = difference(
        total([*(row.gross for row in rows), shared.gross]), total([*back.values(), shared.recovered])
    )
    benefit = total(benefits.benefit_by_initiative(ids, as_of).values())
    return Earlier(
        as_of=as_of,
        within_24_months=incidence(cohort).incidence.within_months(MONTHS).value,
        cost_per_production=quotient(total(row.gross for row in cohort.rows), cohort.reached),
        net_benefit=difference(benefit, net_cost) if benefit or net_cost else None,
        spend_without_outcome=total(row.gross for row in rows if not row.had_target(as_of))
        if any(gross.values())
        else None,
    )


def _then(row: Row, at: Standing, gross: Decimal) -> Row:
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
        gross=gross,
    )
