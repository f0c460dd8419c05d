"""Sets of initiatives for the figures, built without a database."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from costs.totals import Flow
from portfolio.facts import Facts, Names, Pending
from portfolio.filters import Filters
from portfolio.guidance import Guidance
from portfolio.returns import MonthFlow
from portfolio.rows import Row
from projects.stages import Stage

AS_OF = date(2026, 6, 17)
START = date(2025, 1, 1)
NOTHING_PENDING = Pending(0, 0)


def row(number: int = 1, stage: Stage = Stage.PROTOTYPE, **fields) -> Row:
    """Return an initiative: a prototype of 1 January 2025 in flight, unless told otherwise."""
    values = {
        "id": number,
        "number": number,
        "title": f"Initiative {number}",
        "unit": "",
        "hosting": "unknown",
        "tags": (),
        "stage": stage,
        "on_hold": False,
        "stage_since": START,
        "is_prototype": True,
        "started_on": START,
        "reached_production": False,
        "production_on": None,
        "failed": stage == Stage.STOPPED,
        "guidance": Guidance.GUIDED,
    }
    return Row(**(values | fields))


def reached(number: int = 1, on: date | None = date(2025, 7, 1), **fields) -> Row:
    """Return an initiative in production."""
    return row(number, Stage.PRODUCTION, reached_production=True, production_on=on, stage_since=on, **fields)


def stopped(number: int = 1, on: date | None = date(2025, 4, 1), **fields) -> Row:
    """Return a failed initiative."""
    return row(number, Stage.STOPPED, stage_since=on, **fields)


def facts(
    rows: Sequence[Row],
    *,
    filters: Filters | None = None,
    unallocated: Flow | None = None,
    months: Sequence[MonthFlow] = (),
    days: dict | None = None,
    pending: Pending = NOTHING_PENDING,
) -> Facts:
    """Return the facts of a set."""
    chosen = filters or Filters(as_of=AS_OF)
    whole = None if chosen.narrows else unallocated or Flow()
    return Facts(chosen, list(rows), None, whole, list(months), days or {}, pending, Names((), ()))


def spent(text: str) -> dict[str, Decimal]:
    """Return the field that says what was spent."""
    return {"gross": Decimal(text)}
