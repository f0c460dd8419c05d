"""What the projects room asks for by its hooks: the guidance and the money of initiatives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField
from django.db.models.expressions import RawSQL

from costs import totals as costs
from money.exact import ZERO
from outcomes import totals as benefits
from portfolio.facts.pending import waiting_by_initiative
from portfolio.facts.row_queries import rows_of
from portfolio.output.bodies import amount
from portfolio.output.initiative_rows import roi_of
from projects.hooks import Money


def guidance_of(ids: Sequence[int], as_of: date) -> dict[int, str | None]:
    """Return the cohort of each initiative; None for what is no prototype."""
    return {row.id: row.guidance.value if row.guidance else None for row in rows_of(as_of, ids)}


def money_of(ids: Sequence[int], as_of: date) -> dict[int, Money]:
    """Return cost and benefit of each initiative that has any, or waits for an exchange rate; three queries."""
    spent = costs.flows_by_initiative(ids, as_of)
    benefit = benefits.benefit_by_initiative(ids, as_of)
    lines, readings = waiting_by_initiative(ids, as_of).values()
    return {
        pk: _money(spent.get(pk), benefit.get(pk), lines.get(pk, 0), readings.get(pk, 0))
        for pk in spent.keys() | benefit.keys() | lines.keys() | readings.keys()
    }


def by_gross_cost(as_of: date) -> RawSQL:
    """Return the gross cost to the date of the initiative in each row, null for none."""
    return _amount_of_each(*costs.flows_statement(as_of), columns="id, amount, recovered")


def by_benefit(as_of: date) -> RawSQL:
    """Return the realised benefit to the date of the initiative in each row, null for none."""
    return _amount_of_each(*benefits.benefit_statement(as_of), columns="id, amount")


def _money(flow: costs.Flow | None, benefit: Decimal | None, lines: int, readings: int) -> Money:
    net_cost = ZERO if flow is None else flow.net
    return Money(
        gross_cost=None if flow is None else flow.gross,
        # As text and back: rounded where it was divided by days, as the API gives it.
        realised_benefit=None if benefit is None else Decimal(str(amount(benefit))),
        roi=roi_of(net_cost, ZERO if benefit is None else benefit),
        pending_lines=lines,
        pending_readings=readings,
    )


def _amount_of_each(statement: str, given: Mapping[str, Any], columns: str) -> RawSQL:
    """Look the amount of a row's initiative up in a statement over all; PostgreSQL narrows it to that one by itself."""
    values: list[Any] = []

    def numbered(name: re.Match[str]) -> str:  # Django takes values by their order
        values.append(given[name[1]])
        return "%s"

    inner = re.sub(r"%\((\w+)\)s", numbered, statement)
    text = f"SELECT amount FROM ({inner}) AS each ({columns}) WHERE each.id = projects_initiative.id"  # noqa: S608 - our own
    return RawSQL(text, values, output_field=DecimalField())  # noqa: S611 - our own
