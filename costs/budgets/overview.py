"""Budget against actual of all that a reader may see, by business unit, category or initiative (METRICS.md §3).

Compared is what has a budget, one line of it approved by the as-of date with its exchange rate: the same set as the
portfolio's variance is over. Cost of initiatives that have none, and of no initiative, stands apart. A period takes the
months of both, cost and budget, so that periods add up to all time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from costs.budgets import totals
from costs.budgets.figures import BUDGET_WAITS, BudgetFigures
from costs.budgets.overview_question import Asked
from costs.budgets.totals import Budget
from costs.explorer import sums
from costs.explorer.dimensions import Level
from money.exact import ZERO
from money.exact import total as add

NONE_HERE = _("No budget in this period or under these filters.")
# Sums by initiative and key first: who has a budget is known of initiatives. Cost and budget of a key are found side by
# side; budget for whatever it is needed has no category, its key is null and meets no cost.
_ANSWER = """
WITH budgeted AS MATERIALIZED (
    SELECT DISTINCT initiative_id FROM costs_budgetline WHERE approved_on <= %(as_of)s AND base_amount IS NOT NULL
),
cost AS MATERIALIZED (
    SELECT fact.initiative_id, {key} AS key, sum(fact.gross) AS gross
    FROM {source} {joins} WHERE {conditions} GROUP BY 1, 2
),
plan AS MATERIALIZED (
    SELECT fact.initiative_id, {key} AS key, coalesce(sum(fact.base_amount), 0) AS whole,
           coalesce(sum(fact.base_amount) FILTER (WHERE fact.month < %(month)s), 0) AS before,
           coalesce(sum(fact.base_amount) FILTER (WHERE fact.month = %(month)s), 0) AS running,
           count(*) FILTER (WHERE fact.base_amount IS NULL) AS pending, count(*) AS lines
    FROM (SELECT * FROM costs_budgetline
          WHERE approved_on <= %(as_of)s AND month BETWEEN %(since)s AND %(planned_until)s) AS fact
    {joins} WHERE {conditions} GROUP BY 1, 2
)
SELECT budgeted.initiative_id IS NOT NULL AS has_budget, initiative_id = 0 AS is_unallocated,
       CASE WHEN budgeted.initiative_id IS NOT NULL OR %(one_by_one)s THEN key END,
       coalesce(sum(gross), 0), coalesce(sum(whole), 0), coalesce(sum(before), 0), coalesce(sum(running), 0),
       coalesce(sum(pending), 0)::int, coalesce(sum(lines), 0)::int, count(DISTINCT initiative_id) FILTER (WHERE spent)
FROM (
    SELECT *, sum(gross) OVER (PARTITION BY initiative_id) <> 0 AS spent
    FROM cost FULL JOIN plan USING (initiative_id, key)
) AS both_sides LEFT JOIN budgeted USING (initiative_id)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Row:
    """A row: its key as its dimension knows it (None: budget for any category), and its figures."""

    key: int | None
    figures: BudgetFigures

    @property
    def variance(self) -> Decimal | None:
        """Gross cost less the budget due."""
        return self.figures.variance

    @property
    def share(self) -> Decimal | None:
        """The variance as a share of the budget due."""
        return self.figures.variance_share

    @property
    def whole(self) -> Decimal | None:
        """All of the budget in the period."""
        return self.figures.budget.total if self.figures.budget else None

    @property
    def due(self) -> Decimal | None:
        """What of it is due by the as-of date."""
        return self.figures.budget.phased if self.figures.budget else None

    @property
    def gross(self) -> Decimal:
        """Gross cost."""
        return self.figures.gross

    @property
    def estimate(self) -> Decimal | None:
        """The estimate at completion by what remains."""
        return self.figures.by_remaining

    @property
    def why_not(self) -> Promise:
        """Why there is no budget to compare with; one may well stand in another period."""
        return BUDGET_WAITS if self.figures.pending else NONE_HERE


class Apart(NamedTuple):
    """Cost that stands beside no budget, and how many initiatives it is of."""

    gross: Decimal = ZERO
    initiatives: int = 0


@dataclass(frozen=True)
class Overview:
    """The answer: rows in the order asked for, what those with a budget come to, and what has none."""

    rows: list[Row]
    total: Row
    without: Apart
    unallocated: Apart
    has_later: bool  # lines dated after the as-of date, in its month, are not in it

    @property
    def everything(self) -> Decimal:
        """All cost: with a budget, without one, and unallocated."""
        return add((self.total.gross, self.without.gross, self.unallocated.gross))


def overview(asked: Asked, user: User) -> Overview:
    """Answer a question, for what the reader may see; as many queries whatever there is."""
    question = asked.explored
    whose = sums.whose(asked.filters, user)
    later = sums.find_later(question)
    given = sums.given(question, whose, ()) | {
        "planned_until": asked.filters.until or date.max,
        "month": asked.as_of.replace(day=1),
        "one_by_one": asked.without,
    }
    text = _ANSWER.format(
        key=asked.dimension.key,
        source=sums.source(Level.INITIATIVE, later, ()),
        joins=" ".join(sums.JOINS[name] for name in asked.dimension.joins),
        conditions=" AND ".join(sums.conditions(asked.filters, whose)),
    )
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return _answer([_Part(*row) for row in cursor.fetchall()], asked, later)


class _Part(NamedTuple):
    """What is read: of a key, or of all that have no budget, or are unallocated."""

    has_budget: bool
    is_unallocated: bool
    key: int | None
    gross: Decimal
    whole: Decimal
    before: Decimal
    running: Decimal
    pending: int
    lines: int
    initiatives: int

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is neither cost nor budget."""
        return not self.gross and not self.lines

    def row(self, as_of: date) -> Row:
        """Return it as a row; a budget that has no line in the period is 0 there, not unknown."""
        due = totals.phased(self.before, self.running, as_of)
        budget = Budget(self.whole, due, self.pending, self.lines) if self.has_budget else None
        return Row(self.key, BudgetFigures(self.gross, budget, self.pending, "remaining"))


def _answer(parts: list[_Part], asked: Asked, later: bool) -> Overview:
    budgeted = [part for part in parts if part.has_budget]
    without = [part for part in parts if not (part.has_budget or part.is_unallocated)]
    unallocated = [part for part in parts if part.is_unallocated]
    listed = [part for part in without if part.gross] if asked.without else budgeted
    rows = [part.row(asked.as_of) for part in listed if not part.is_nothing]
    return Overview(
        _sorted(rows, "-gross" if asked.without else asked.sort),
        _total([part.row(asked.as_of).figures for part in budgeted], sum(part.pending for part in parts)),
        Apart(add(part.gross for part in without), sum(part.initiatives for part in without)),
        Apart(add(part.gross for part in unallocated)),
        later,
    )


def _total(figures: list[BudgetFigures], pending: int) -> Row:
    known = [each.budget for each in figures if each.budget]
    budget = Budget(add(each.total for each in known), add(each.phased for each in known)) if known else None
    return Row(None, BudgetFigures(add(each.gross for each in figures), budget, pending, "remaining"))


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """Put rows in order: what has no such figure last, what is alike by what it cost."""
    name = sort.removeprefix("-")
    rows = sorted(rows, key=lambda row: (-row.gross, row.key is None, row.key or 0))
    figure = attrgetter(name)
    known = [row for row in rows if figure(row) is not None]
    known.sort(key=figure, reverse=sort.startswith("-"))
    return known + [row for row in rows if figure(row) is None]
