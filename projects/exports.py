"""The list as CSV and XLSX: the same rows as on the page, with the field names of the API as header.

Stage, plan, guidance and money are those of the as-of date, money in the base currency. As in the API a sum of nothing
is 0; an empty cell: there is no such figure. A cell that a spreadsheet would take for a formula is made plain text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any

from accounts.models import Organisation
from display.spreadsheets import Table, csv_lines
from projects import hooks
from projects.models import Initiative
from projects.people import FIELDS, addresses
from projects.querysets import PLAN_THEN, InitiativeQuerySet

FIELDS_KEPT = (
    "key", "title", "stage", "on_hold", "business_unit", "owner_email", "sponsor_email", "hosting", "risk_tier",
    "tags", "planned_prototype_on", "planned_pilot_on", "planned_production_on", "problem", "desired_outcome",
    "why_ai", "alternative_considered", "external_ref", "confidential",
)  # fmt: skip
OF_BUDGET = ("budget_total", "budget_variance", "estimate_at_completion", "pending_budget_lines")
WORKED_OUT = (
    "guidance", "gross_cost", "realised_benefit", "roi", "currency", "pending_lines", "pending_readings", *OF_BUDGET,
)  # fmt: skip
HEADER = (*FIELDS_KEPT, *WORKED_OUT)
CHUNK = 500
TAGS_BETWEEN = "; "  # as `initiatives_csv` reads them


def rows(found: InitiativeQuerySet, day: date) -> Iterator[list[Any]]:
    """Yield one row of values per initiative, fetched in portions: a cursor would keep all of them in the database."""
    wanted = found.select_related("business_unit", "owner", "sponsor").prefetch_related("tags")
    every, base = list(found.values_list("pk", flat=True)), Organisation.current().base_currency
    for start in range(0, len(every), CHUNK):
        some = list(wanted.filter(pk__in=every[start : start + CHUNK]))
        ids = [each.pk for each in some]
        cohorts, money = hooks.guidance(ids, day), hooks.money(ids, day)
        for each in some:
            has = money[each.pk]
            kept = [_value(each, name) for name in FIELDS_KEPT]
            figures = (_sum(has.gross_cost), _sum(has.realised_benefit), has.roi)
            budget = [getattr(has, name) for name in OF_BUDGET]
            yield [*kept, cohorts.get(each.pk), *figures, base, has.pending_lines, has.pending_readings, *budget]


def as_csv(found: InitiativeQuerySet, day: date) -> Iterator[str]:
    """Yield the file line by line."""
    return csv_lines(HEADER, rows(found, day))


def as_xlsx(found: InitiativeQuerySet, day: date) -> IO[bytes]:
    """Return the file, rewound."""
    table = Table("Initiatives", HEADER, frozen=2)
    for row in rows(found, day):
        table.add(row)
    return table.finish()


def _sum(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount


def _value(each: Initiative, name: str) -> Any:
    if name == "stage":
        return str(each.stage_then)
    if name in PLAN_THEN:
        return getattr(each, PLAN_THEN[name])
    if name == "tags":
        return TAGS_BETWEEN.join(tag.name for tag in each.tags.all())
    if name == "business_unit":
        return each.business_unit.path if each.business_unit else None
    if name in FIELDS:
        return addresses(each)[name]
    return getattr(each, name)
