"""The lines behind "5 more": of everything that a table does not show by itself.

The address says which table it is and along which of its axes the rest is asked for, not what is in it: thousands of
names would fit in no address. What has a row of its own is found again as the table finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from costs.explorer.dimensions import NONE, Dimension, Level
from costs.explorer.forms import ExploreForm
from costs.explorer.question import Question
from costs.explorer.sums import JOINS, depth_of, find
from costs.ledger.filters import Filters, Rest
from display import sentences

# The key of a dimension is SQL over the sums, `fact`. Here it is asked of all that there is, whatever it cost.
_GROUPS = """SELECT charge.id FROM costs_chargegroup AS charge CROSS JOIN LATERAL (SELECT charge.category_id) AS fact
WHERE {key} <> ALL(%s)"""
_INITIATIVES = """SELECT fact.initiative_id
FROM (SELECT id AS initiative_id FROM projects_initiative UNION ALL SELECT 0) AS fact {joins}
WHERE {key} <> ALL(%(shown)s)"""


def changes_to_rest(question: Question, axis: str) -> dict[str, Any]:
    """Return the filters that keep what stands in no row (or column) of its own: they name the table."""
    own = {"rows": question.rows, "columns": question.columns, "top": str(question.top)}
    return {"rest_of": (axis,), "table": urlencode(own | question.filters.words())}


def is_table(text: str) -> bool:
    """Tell whether an address names a table, and all of it makes sense."""
    return bool(text) and _asked(text).is_valid()


def question_of(table: str) -> Question:
    """Return what the table asks that an address names."""
    return _asked(table).question()


def _asked(table: str) -> ExploreForm:
    return ExploreForm(QueryDict(table), Organisation.current().fiscal_year_start)


def told(filters: Filters) -> tuple[str, str] | None:
    """Say along which dimensions filters keep the rest, with the query string of the table; None: they do not."""
    if not filters.rest_of:
        return None
    question = question_of(filters.table)
    axes = {"rows": question.row_dimension, "columns": question.column_dimension}
    names = sentences.listed(axes[name].label for name in filters.rest_of)
    words = _("Only what a table of the explorer puts together as “more”: %(fields)s.") % {"fields": names}
    return words, question.query()


def with_rest(filters: Filters, user: User) -> Filters:
    """Return filters that know what the rest is that they ask for, as far as the reader may see it."""
    if not filters.rest_of:
        return filters
    question = question_of(filters.table)
    cells = find(question, user).cells
    found = Rest()
    if "rows" in filters.rest_of:
        found = _without(found, question.row_dimension, [cell.row for cell in cells], question)
    if "columns" in filters.rest_of:
        found = _without(found, question.column_dimension, [cell.column for cell in cells], question)
    return replace(filters, rest=found)


def _without(found: Rest, dimension: Dimension, keys: Sequence[Any], question: Question) -> Rest:
    """Leave out what has a row of its own: of a key of None, which stands for the rest, there is none."""
    shown = list({key for key in keys if key is not None})
    if dimension.is_time or dimension.name in ("stage", NONE.name):
        return found._replace(initiatives=frozenset())  # stages are few, older time is a period: nothing is left
    if dimension.level is not Level.INITIATIVE:
        groups = RawSQL(_GROUPS.format(key=dimension.key), [shown])  # noqa: S611 - no text of users
        return found._replace(groups=found.groups & Q(group__in=groups))
    joins = " ".join(JOINS[name] for name in dimension.joins)
    with connection.cursor() as cursor:
        values = {"shown": shown, "depth": depth_of(question.filters)}
        cursor.execute(_INITIATIVES.format(key=dimension.key, joins=joins), values)
        left = frozenset(row[0] for row in cursor.fetchall())
    return found._replace(initiatives=left if found.initiatives is None else left & found.initiatives)
