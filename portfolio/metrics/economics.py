"""What one initiative cost and brought: the figures of METRICS.md 5 with its monthly flows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costs import totals as costs
from money.exact import ZERO
from outcomes import totals as benefits
from portfolio.facts.flows import MonthFlow, Totals, monthly
from portfolio.facts.pending import pending_of_set
from portfolio.facts.row_queries import row_of
from portfolio.facts.rows import Row
from portfolio.figure import Figure
from portfolio.figures.exact import total
from portfolio.metrics.returns import flow_figures, totals_figures
from portfolio.metrics.spending import of_flow
from portfolio.selection.filters import DEFAULT_RATE
from projects.models import Initiative
from projects.standing import Standing


@dataclass(frozen=True)
class Economics:
    """An initiative at a date: where it stands, its figures by name, its months."""

    row: Row
    standing: Standing
    as_of: date
    figures: dict[str, Figure]
    months: list[MonthFlow]
    rate: Decimal

    def __getitem__(self, name: str) -> Figure:
        """Return a figure by name."""
        return self.figures[name]


def economics(initiative: Initiative, as_of: date, rate: Decimal = DEFAULT_RATE) -> Economics:
    """Return the economics of one initiative; seven queries."""
    ids = [initiative.pk]
    row, now = row_of(initiative, as_of)
    flows = costs.flows_by_month(ids, as_of)
    row.gross = total(flow.gross for flow in flows.values())
    row.recovered = total(flow.recovered for flow in flows.values())
    benefit, validated = benefits.benefit_on(ids, [(as_of, False), (as_of, True)])
    row.benefit, row.validated = benefit.get(row.id, ZERO), validated.get(row.id, ZERO)
    months = monthly(benefits.benefit_by_month(ids, as_of), flows, as_of)
    row.has_cost, row.has_benefit = bool(flows), row.id in benefit
    row.pending = pending = pending_of_set(ids, as_of).whole
    totals = Totals(row.net_cost, row.benefit, row.validated, pending)
    with_cost = sum(bool(month.gross) for month in months)
    billed = sum(bool(month.recovered) for month in months)
    figures = of_flow(
        costs.Flow(row.gross, row.recovered),
        pending.left_out_lines,
        gross_cost={"months": with_cost},
        recovered={"months": billed},
    )
    figures["pending_lines"] = Figure("pending_lines", pending.lines)
    figures |= totals_figures(totals) | flow_figures(months, rate, pending)
    return Economics(row, now, as_of, figures, months, rate)
