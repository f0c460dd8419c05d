"""An initiative's overview: what it has cost and brought so far, and how its main outcome does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from costs.budgets.figures import BUDGET_WAITS, NO_BUDGET
from display import charts, currency
from display.numbers import day, money_headline, percent
from outcomes.cards import cards
from outcomes.models import Outcome
from outcomes.terms import in_force, main_outcomes, of_outcomes
from portfolio.dashboard.cards import validated_words
from portfolio.explanations.left_out import waits
from portfolio.explanations.texts.reasons import reason
from portfolio.facts.flows import MonthFlow
from portfolio.facts.rows import Row
from portfolio.figures.finance import crossing, running_totals
from portfolio.metrics.economics import Economics, economics
from projects.models import Initiative


def overview_page(initiative: Initiative) -> dict[str, Any]:
    """Return the context of the overview as of today."""
    today = timezone.localdate()
    found = economics(initiative, today)
    planned, base = found.row.planned_cost, currency.active()
    main = _main_outcome(initiative, today)
    shown = cards([main], today, [found.standing]) if main else []
    return {
        "economics": found,
        "currency": base,
        "chart": _chart(found, base),
        "main": shown[0] if shown else None,
        "plan": against_plan(found.row, base),
        "is_over_plan": planned is not None and 0 < planned < found.row.gross,
        "reasons": {name: reason(figure.reason) for name, figure in found.figures.items() if figure.value is None},
        "pending": found.row.pending,
        "no_cost": waits(found.row.pending.of_lines) or _("No cost is recorded."),
        "no_benefit": waits(found.row.pending.of_readings) or _("No benefit measured yet"),
        "validated": validated_words(found.row.has_benefit, found["validated_benefit"], found.row.pending, base),
        "today": today,
    }


def _main_outcome(initiative: Initiative, today: date) -> Outcome | None:
    """Find it by the terms alone: its card reads the rest."""
    outcomes = list(initiative.outcomes.all())
    held = of_outcomes(outcomes)
    return main_outcomes(((each, in_force(held[each.pk], today)) for each in outcomes), today).get(initiative.pk)


def _chart(found: Economics, base: str) -> charts.CumulativeLines:
    cost = _running(found.months, lambda flow: flow.net_cost)
    benefit = _running(found.months, lambda flow: flow.benefit)
    return charts.CumulativeLines(
        title=_title(found, cost, benefit),
        note=_("Cumulated net cost and measured benefit by month, %(currency)s") % {"currency": base},
        description=_("Cumulated net cost and measured benefit"),
        lines=[charts.Line(_("net cost"), "cost", cost), charts.Line(_("measured benefit"), "benefit", benefit)],
        currency=base,
        today=found.as_of,
    )


def _running(months: Sequence[MonthFlow], amount: Callable[[MonthFlow], Decimal]) -> list[tuple[date, Decimal]]:
    totals = accumulate(amount(flow) for flow in months)
    return [(flow.on, total) for flow, total in zip(months, totals, strict=True)]


def _title(found: Economics, cost: list[tuple[date, Decimal]], benefit: list[tuple[date, Decimal]]) -> str:
    """Say how cost and benefit stand to each other now."""
    if not found.row.has_benefit:
        return _without_benefit(found.row)
    if not found.row.has_cost:
        return _without_cost(found.row)
    if benefit[-1][1] < cost[-1][1]:
        return _("Costs run ahead of measured benefit")
    crossed = crossing(running_totals([flow.net for flow in found.months]))
    if crossed is not None:
        return _("Measured benefit caught up with cost in %(month)s") % {
            "month": day(found.months[crossed].on, "month")
        }
    if benefit[-1][1] > cost[-1][1]:
        return _("Measured benefit is ahead of cost")
    return _("Measured benefit and cost are even so far")


def _without_benefit(row: Row) -> str:
    if row.has_cost:
        waits_for_rate = row.pending.readings
        return (
            _("What was measured waits for an exchange rate")
            if waits_for_rate
            else _("No benefit has been measured yet")
        )
    if row.pending.left_out:
        return _("What is recorded waits for an exchange rate")
    return _("Neither cost nor benefit is recorded yet")


def _without_cost(row: Row) -> str:
    if row.pending.lines:
        return _("What it has cost waits for an exchange rate")
    if row.benefit < 0:
        return _("By what was measured it has done harm so far")
    return _("Measured benefit is ahead of cost") if row.benefit else _("Measured benefit comes to zero so far")


def against_plan(row: Row, base: str) -> str:
    """Say how cost stands to the budget that is due by now; where nothing is spent, what might have been."""
    gross, planned = row.gross, row.planned_cost
    if planned is None:
        return str(BUDGET_WAITS)
    if planned <= 0:
        return _("Nothing of the budget is due yet.") if row.has_budget else str(NO_BUDGET)
    if not gross:
        return _("%(amount)s planned to date") % {"amount": money_headline(planned, base)}
    share = gross / planned - 1
    if share > 0:
        return _("%(share)s over plan") % {"share": percent(share)}
    return _("%(share)s under plan") % {"share": percent(-share)} if share else _("As planned")
