"""Has it paid? The figures of METRICS.md 5 for any set of monthly flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from outcomes.benefit import is_part
from portfolio.facts.flows import MonthFlow, Totals
from portfolio.facts.pending import Pending
from portfolio.figure import Figure
from portfolio.figures.exact import EXACT, difference, quotient
from portfolio.figures.finance import discount_factors, discounted, months_since_first, payback, present_value, xirr
from portfolio.metrics.names import OF_FLOWS


def totals_figures(totals: Totals) -> dict[str, Figure]:
    """Return benefit, net benefit and ROI; benefit of nothing is 0."""
    net = difference(totals.benefit, totals.net_cost)
    paid = totals.net_cost > 0
    share = quotient(totals.validated, totals.benefit) if is_part(totals.validated, totals.benefit) else None
    sides = {"benefit": totals.benefit, "net_cost": totals.net_cost}
    return {
        "realised_benefit": Figure("realised_benefit", totals.benefit, left_out=totals.pending.left_out_readings),
        "validated_benefit": Figure(
            "validated_benefit",
            totals.validated,
            share=share,
            inputs={"benefit": totals.benefit},
            left_out=totals.pending.left_out_validated,
        ),
        "net_benefit": Figure("net_benefit", net, inputs=sides, left_out=totals.pending.left_out),
        "roi": Figure(
            "roi",
            quotient(net, totals.net_cost) if paid else None,
            reason="" if paid else "no net cost",
            inputs={"net_benefit": net, **sides},
            left_out=totals.pending.left_out,
        ),
    }


def paid_back(totals: Totals) -> Figure:
    """Return the share of net cost that benefit has brought back, not discounted."""
    sides = {"benefit": totals.benefit, "net_cost": totals.net_cost}
    share = quotient(totals.benefit, totals.net_cost) if totals.net_cost > 0 else None
    reason = "" if share is not None else "no net cost"
    return Figure("paid_back", share, reason=reason, inputs=sides, left_out=totals.pending.left_out)


def flow_figures(flows: Sequence[MonthFlow], rate: Decimal, pending: Pending) -> dict[str, Figure]:
    """Return NPV, IRR, the two present-value ratios and the paybacks; all null without any flow."""
    figures = _flow_figures(flows, rate) if flows else [Figure(name, None, reason="no flow") for name in OF_FLOWS]
    return {figure.name: replace(figure, left_out=pending.left_out) for figure in figures}


def _flow_figures(flows: Sequence[MonthFlow], rate: Decimal) -> list[Figure]:
    dates, net = [flow.on for flow in flows], [flow.net for flow in flows]
    factors, months = discount_factors(dates, rate), months_since_first(dates)
    npv = present_value(net, factors)
    pv_benefit = present_value([flow.benefit for flow in flows], factors)
    pv_cost = present_value([flow.net_cost for flow in flows], factors)
    worth = {"pv_benefit": quotient(pv_benefit, 1), "pv_cost": quotient(pv_cost, 1)}
    found = xirr(list(zip(dates, net, strict=True)))
    return [
        Figure("npv", quotient(npv, 1), inputs=worth | {"rate": rate}),
        Figure("irr", found.value, reason=found.reason.value if found.reason else ""),
        _per_cost("roi_pv", npv, pv_cost),
        _per_cost("bcr", pv_benefit, pv_cost),
        _paid_back("payback_months", payback(months, net)),
        _paid_back("discounted_payback_months", payback(months, discounted(net, factors))),
    ]


def _per_cost(name: str, amount: Decimal, pv_cost: Decimal) -> Figure:
    paid = pv_cost > 0
    return Figure(
        name,
        float(EXACT.divide(amount, pv_cost)) if paid else None,
        reason="" if paid else "no net cost",
        inputs={"amount": quotient(amount, 1), "pv_cost": quotient(pv_cost, 1)},
    )


def _paid_back(name: str, months: float | None) -> Figure:
    return Figure(name, months, reason="" if months is not None else "not reached")
