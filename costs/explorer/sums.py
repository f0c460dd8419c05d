"""Gross cost by two dimensions, from the coarsest sums that can tell; exact, and folded to the rows that are shown.

The sums are by month. Where the as-of date lies inside the last one, what is dated later in it is taken off again:
lines dated ahead, which are few, found group by group along the primary key. What is kept for comparison only counts
nowhere.

A charge divided among initiatives of which the reader may not see one is hidden from them in the ledger. Here the parts
of the others count, but nothing is told of the charge: it is as if its vendor, account and so on were not stated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.models import User
from costs.explorer.dimensions import Dimension, Level
from costs.explorer.question import Question
from costs.ledger.filters import TEXTS, WORDS, Filters
from costs.ledger.tags import Tag
from costs.models import UNALLOCATED
from costs.querysets import groups_hidden_from
from money.months import next_month
from projects.models import BusinessUnit, Initiative
from projects.querysets import SEES_CONFIDENTIAL

MOST_TIMES = 36  # columns or rows of time by themselves; what is older stands together

_LATER = """
SELECT kept.group_id, kept.month, -line.base_amount AS gross
FROM costs_groupmonth AS kept
CROSS JOIN LATERAL (
    SELECT one.base_amount FROM costs_costline AS one
    WHERE one.group_id = kept.group_id AND one.incurred_on > %(as_of)s AND one.incurred_on < %(after)s
      AND one.withdrawn_at IS NULL AND one.base_amount IS NOT NULL
) AS line
WHERE kept.month = %(until)s AND kept.lines > 0
"""
_GROUPS = "SELECT group_id, month, gross FROM costs_groupmonth WHERE month BETWEEN %(since)s AND %(until)s"
# A month of a group belongs where its placement says, share by share; else to its own initiative, else to none.
_PLACED = """({months}) AS kept
JOIN costs_chargegroup AS {alias} ON {alias}.id = kept.group_id
LEFT JOIN costs_placement AS place
    ON place.group_id = kept.group_id AND place.since <= kept.month AND place.until > kept.month
CROSS JOIN LATERAL (
    SELECT kept.month, {alias}.category_id, coalesce(place.initiative_id, {alias}.initiative_id, 0) AS initiative_id,
           kept.gross * coalesce(place.share, 1) AS gross
) AS fact"""
# Where something is hidden, `named` is the true group and `charge` what is told of it; else `charge` is the group.
_TOLD = """
LEFT JOIN costs_chargegroup AS charge
    ON charge.id = named.id AND charge.id <> ALL(%(hidden)s::bigint[])"""
# Looked for once a charge, not in every month and share. A hidden one is as if it had no tag.
_TAGGED = "CASE WHEN charge.id IS NULL THEN %(tag_value)s = '' ELSE charge.id IN ({charges}) END"
_COARSE = {
    Level.PORTFOLIO: """SELECT month, category_id, CASE WHEN allocated THEN 1 ELSE 0 END AS initiative_id, gross
        FROM costs_portfoliomonth WHERE month BETWEEN %(since)s AND %(until)s""",
    Level.INITIATIVE: """SELECT month, category_id, initiative_id, gross
        FROM costs_initiativemonth WHERE month BETWEEN %(since)s AND %(until)s""",
}
JOINS = {
    "initiative": "LEFT JOIN projects_initiative AS initiative ON initiative.id = fact.initiative_id",
    "unit": "LEFT JOIN projects_businessunit AS unit ON unit.id = initiative.business_unit_id",
    # Where it stood at the end of the month, as far as that has come.
    "stage": """CROSS JOIN LATERAL (
        SELECT least((fact.month + interval '1 month - 1 day')::date, %(as_of)s) AS day) AS known
    LEFT JOIN projects_standingperiod AS stage
        ON stage.initiative_id = fact.initiative_id AND stage.begins <= known.day AND stage.ends > known.day""",
}
_FOLDED = """
WITH cell AS MATERIALIZED (
    SELECT {rows} AS r, {columns} AS c, sum(fact.gross) AS gross
    FROM {source} {joins} WHERE {conditions} GROUP BY 1, 2 HAVING sum(fact.gross) <> 0
),
down AS (SELECT r, row_number() OVER (ORDER BY {row_order}) AS place FROM cell GROUP BY r),
across AS (SELECT c, row_number() OVER (ORDER BY {column_order}) AS place FROM cell GROUP BY c)
SELECT CASE WHEN down.place <= %(most_rows)s THEN cell.r END,
       CASE WHEN across.place <= %(most_columns)s THEN cell.c END,
       sum(cell.gross), (SELECT count(*) FROM down), (SELECT count(*) FROM across)
FROM cell JOIN down ON down.r = cell.r JOIN across ON across.c = cell.c
GROUP BY 1, 2
"""

_HAS_HIDDEN = """
SELECT EXISTS (
    SELECT FROM {source} {joins}
    WHERE {conditions} AND kept.group_id = ANY(%(hidden)s::bigint[]) AND fact.gross <> 0)
"""


class Cell(NamedTuple):
    """What a row and a column come to. Keys are those of the dimension; None: all those that are not shown."""

    row: Any
    column: Any
    gross: Decimal


@dataclass(frozen=True)
class Found:
    """The cells, how many rows and columns there are without folding, and whether lines dated ahead were taken off."""

    cells: list[Cell]
    rows: int
    columns: int
    has_later: bool


class Whose(NamedTuple):
    """Whose cost: initiatives (None: of every one), and whether what belongs to none counts too."""

    ids: list[int] | None
    with_unallocated: bool

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is left out."""
        return self.ids is None and self.with_unallocated

    @property
    def is_unallocated(self) -> bool:
        """Tell whether only what belongs to no initiative counts."""
        return self.ids == [] and self.with_unallocated


def whose(filters: Filters, user: User) -> Whose:
    """Return whose cost is asked for, of what the reader may see."""
    named = filters.initiatives()
    with_unallocated = named is None and not filters.stage
    if filters.unallocated:
        return Whose([], with_unallocated)
    if named is None and user.role in SEES_CONFIDENTIAL:
        return Whose(None, with_unallocated)
    found = Initiative.objects.order_by() if named is None else named
    return Whose(list(found.visible_to(user).values_list("pk", flat=True)), with_unallocated)


def level_of(question: Question, asked: Whose) -> Level:
    """Return the coarsest sums that can tell."""
    filters = question.filters
    needed = [question.row_dimension.level, question.column_dimension.level]
    if filters.stage or not (asked.is_all or asked.is_unallocated):
        needed.append(Level.INITIATIVE)
    if any(getattr(filters, name) for name in (*TEXTS, *WORDS, "tag")) or set(filters.not_stated) - {"business_unit"}:
        needed.append(Level.GROUP)
    return max(needed)


def find(question: Question, user: User) -> Found:
    """Answer a question."""
    asked = whose(question.filters, user)
    later = find_later(question)
    hidden = hidden_from(user) if level_of(question, asked) is Level.GROUP else []
    values = given(question, asked, hidden)
    with connection.cursor() as cursor:
        cursor.execute(statement(question, asked, later, hidden), values)
        rows = cursor.fetchall()
    cells = [Cell(*row[:3]) for row in rows]
    return Found(cells, rows[0][3] if rows else 0, rows[0][4] if rows else 0, later)


def has_hidden(question: Question, user: User) -> bool:
    """Tell whether something counts of which the ledger does not show the reader all lines."""
    if user.role in SEES_CONFIDENTIAL:
        return False
    asked, hidden = whose(question.filters, user), hidden_from(user)
    query = _HAS_HIDDEN.format(
        source=source(Level.GROUP, False, hidden),
        joins=JOINS["stage"] if question.filters.stage else "",
        conditions=" AND ".join(conditions(question.filters, asked)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, given(question, asked, hidden))
        return bool(cursor.fetchone()[0])


def hidden_from(user: User) -> list[int]:
    """Return the charge groups that the reader may not see, in whole or in part."""
    return list(groups_hidden_from(user))


def statement(question: Question, asked: Whose, later: bool, hidden: Collection[int]) -> str:
    """Return the query; its values are named."""
    level = level_of(question, asked)
    rows, columns = question.row_dimension, question.column_dimension
    wanted = dict.fromkeys((*rows.joins, *columns.joins, *(("stage",) if question.filters.stage else ())))
    return _FOLDED.format(
        rows=rows.key,
        columns=columns.key,
        source=source(level, later, hidden),
        joins=" ".join(JOINS[name] for name in JOINS if name in wanted),
        conditions=" AND ".join(conditions(question.filters, asked)),
        row_order=_order("r", rows),
        column_order=_order("c", columns),
    )


def source(level: Level, later: bool, hidden: Collection[int]) -> str:
    """Return what `fact` is read from; only the finest knows `charge`, whose columns are null where it is hidden."""
    if level is Level.GROUP:
        months = f"{_GROUPS} UNION ALL {_LATER}" if later else _GROUPS
        return _PLACED.format(months=months, alias="named") + _TOLD if hidden else _placed(months)
    if not later:
        return f"({_COARSE[level]}) AS fact"
    placed = _placed(_LATER)
    less = f"SELECT fact.month, fact.category_id, fact.initiative_id, fact.gross FROM {placed}"  # noqa: S608
    return f"({_COARSE[level]} UNION ALL {less}) AS fact"


def _placed(months: str) -> str:
    return _PLACED.format(months=months, alias="charge")


def conditions(filters: Filters, asked: Whose) -> list[str]:
    """Return what holds for the sums that count."""
    found = [_of(asked)]
    if filters.category:
        found.append("fact.category_id = (SELECT id FROM costs_category WHERE name = %(category)s)")
    found += [f"upper(charge.{name}) = upper(%({name})s)" for name in TEXTS if getattr(filters, name)]
    found += [f"charge.{name} = %({name})s" for name in WORDS if getattr(filters, name)]
    found += [f"coalesce(charge.{name}, '') = ''" for name in filters.not_stated if name != "business_unit"]
    if filters.tag:
        found.append(_TAGGED.format(charges=Tag.read(filters.tag).charges("%(tag_name)s", "%(tag_value)s")))
    if filters.stage:
        found.append("fact.initiative_id > 0 AND coalesce(stage.stage, 'draft') = %(stage)s")
    return found


def _of(asked: Whose) -> str:
    if asked.ids is not None:
        return "fact.initiative_id = ANY(%(ids)s)"
    return "fact.initiative_id >= 0" if asked.with_unallocated else "fact.initiative_id > 0"


def given(question: Question, asked: Whose, hidden: Collection[int]) -> dict[str, Any]:
    """Return the values that the query names."""
    filters = question.filters
    tag = Tag.read(filters.tag)
    return {
        **{name: getattr(filters, name) for name in ("category", "stage", *TEXTS, *WORDS)},
        "tag_name": tag.name,
        "tag_value": tag.value,
        "ids": [*(asked.ids or ()), *([UNALLOCATED] if asked.with_unallocated else [])],
        "hidden": list(hidden),
        "since": question.since,
        "until": question.until,
        "as_of": question.as_of,
        "after": next_month(question.until),
        "depth": depth_of(filters),
        "ahead": question.year_start - 1,
        "most_rows": _most(question.row_dimension, question.top),
        "most_columns": _most(question.column_dimension, question.top),
    }


def _most(dimension: Dimension, top: int) -> int:
    return max(top, MOST_TIMES) if dimension.is_time else top


def _order(name: str, dimension: Dimension) -> str:
    return f"{name} DESC" if dimension.is_time else f"sum(gross) DESC, {name}"


def depth_of(filters: Filters) -> int:
    """Return where in a lineage ("/3/17/") the units stand that are told apart: below the one that is filtered by."""
    if not filters.business_unit:
        return 2
    lineage: Sequence[str] = BusinessUnit.objects.filter(path__iexact=filters.business_unit).values_list(
        "lineage", flat=True
    )[:1]
    return lineage[0].count("/") + 1 if lineage else 2


def find_later(question: Question) -> bool:
    """Tell whether anything that counts is dated in the last month after the as-of date."""
    if not question.cuts_a_month:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM costs_initiativedays WHERE counted_month = %s AND 0 < ANY(entries[%s:]))",
            [question.until, question.as_of.day + 1],
        )
        return bool(cursor.fetchone()[0])
