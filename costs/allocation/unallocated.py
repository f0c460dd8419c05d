"""What belongs to nobody: its groups put together by what their bill says of them, read from the sums by month.

Of the running month what is dated after the day is taken off again, as its headline does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.utils.http import urlencode

from accounts.models import User
from costs.allocation.belonging import Scope, parts_in
from costs.allocation.matching import FIELDS, TAG, tag_name
from costs.models import UNALLOCATED, GroupMonth
from costs.querysets import groups_hidden_from, groups_visible_to
from money.exact import EXACT, total
from money.months import next_month

USUAL = ("vendor", "service", "account")
MOST_ROWS, MOST_TAGS = 50, 30
EACH = ("group_id", "month", "lines", "pending", "gross", "share", "said")

TAG_NAMES = """
SELECT name FROM (
    SELECT jsonb_object_keys(tags) AS name FROM costs_chargegroup
    WHERE initiative_id IS NULL AND tags <> '{}' AND id <> ALL(%(hidden)s::bigint[])
) AS named GROUP BY name ORDER BY count(*) DESC, name LIMIT %(most)s
"""

# Of the last month what is dated after the day is taken off: few lines, found group by group along the primary key.
# Bundles with their places, and beside each what all of them come to; told also where none is left to show.
BUNDLES = """
WITH late AS MATERIALIZED (
    SELECT kept.group_id, kept.month, line.*
    FROM costs_groupmonth AS kept JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, count(*) FILTER (WHERE one.base_amount IS NULL) AS pending,
               coalesce(sum(one.base_amount), 0) AS gross
        FROM costs_costline AS one
        WHERE one.group_id = kept.group_id AND one.incurred_on > %s AND one.incurred_on < %s
          AND one.withdrawn_at IS NULL
    ) AS line
    WHERE kept.month = %s AND kept.lines > 0 AND charge.initiative_id IS NULL AND line.lines > 0
),
counted AS (
    SELECT kept.said, kept.month, kept.lines - coalesce(late.lines, 0) AS lines,
           kept.pending - coalesce(late.pending, 0) AS pending,
           (kept.gross - coalesce(late.gross, 0)) * kept.share AS gross
    FROM ({months}) AS kept (group_id, month, lines, pending, gross, share, said)
    LEFT JOIN late ON late.group_id = kept.group_id AND late.month = kept.month
),
bundle AS MATERIALIZED (
    SELECT said, sum(lines)::bigint AS lines, sum(gross) AS gross, sum(pending)::bigint AS waiting,
           max(month) AS last_month
    FROM counted WHERE lines > 0 GROUP BY said
),
placed AS (
    SELECT row_number() OVER (ORDER BY abs(gross) DESC, said) - 1 AS place, md5(said::text) AS mark, * FROM bundle
),
whole AS (SELECT count(*), coalesce(sum(gross), 0), coalesce(sum(waiting), 0)::int FROM bundle)
SELECT whole.*, shown.* FROM whole LEFT JOIN (
    SELECT * FROM placed
    WHERE place > coalesce((SELECT place FROM placed WHERE mark = %s), %s - 1) ORDER BY place LIMIT %s
) AS shown ON true ORDER BY shown.place
"""


class After(NamedTuple):
    """Where a part of the list begins: after the bundle of this mark; where that is gone, at the place that it had."""

    place: int
    mark: str


FIRST = After(0, "")


@dataclass(frozen=True)
class Bundle:
    """Groups that say the same in the fields asked for: how many lines, what they come to, when the last one came."""

    values: dict[str, str]  # by field; "": it says nothing there, or has no such tag
    lines: int
    gross: Decimal  # of those that do not wait for an exchange rate
    waiting: int
    last_month: date

    @property
    def about(self) -> str:
        """What they say, in a line."""
        return " ".join(filter(None, self.values.values()))

    @property
    def query(self) -> str:
        """The conditions of a rule for them alone, as an address carries them; "" where they say nothing."""
        return urlencode(self.values) if self.about else ""


@dataclass(frozen=True)
class Bundles:
    """Some bundles, the biggest amounts first, credits by their size; how many there are, and what all come to."""

    shown: list[Bundle]
    count: int
    gross: Decimal
    waiting: int  # lines of all bundles that wait for an exchange rate
    following: After | None  # where the next ones begin; None: there are none

    @property
    def others(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.shown)

    @property
    def others_gross(self) -> Decimal:
        """Return what those come to that are not shown."""
        return EXACT.subtract(self.gross, total(bundle.gross for bundle in self.shown))


def bundles(user: User, names: Sequence[str], as_of: date, most: int = MOST_ROWS, after: After = FIRST) -> Bundles:
    """Return the biggest bundles of what is unallocated on a day, or the next ones; no others are built."""
    month = as_of.replace(day=1)
    said = Func(*map(_value, names), template="ARRAY[%(expressions)s]::text[]", output_field=TextField())
    months = _months(user).filter(month__lte=month).annotate(said=said).values_list(*EACH)
    text, values = months.query.sql_with_params()
    given = (as_of, next_month(month), month, *values, after.mark, after.place, most)
    with connection.cursor() as cursor:
        cursor.execute(BUNDLES.format(months=text), given)
        rows = cursor.fetchall()
    count, gross, waiting = rows[0][:3]
    found = [row[3:] for row in rows if row[3] is not None]
    shown = [Bundle(dict(zip(names, told, strict=True)), *sums) for _place, _mark, told, *sums in found]
    last = After(*found[-1][:2]) if found else None
    return Bundles(shown, count, gross, waiting, last if last and last.place + 1 < count else None)


def tag_names(user: User) -> list[str]:
    """Return the names of tags that groups without an initiative have, those of most groups first."""
    with connection.cursor() as cursor:
        cursor.execute(TAG_NAMES, {"most": MOST_TAGS, "hidden": list(groups_hidden_from(user))})
        return list(dict.fromkeys(TAG + tag_name(name) for (name,) in cursor.fetchall() if tag_name(name)))


def _months(user: User) -> Any:
    """Return a row for each month of a group of which something belongs to nobody, with the `share` that does."""
    months = GroupMonth.objects.filter(groups_visible_to(user), Q(lines__gt=0)).order_by()
    return parts_in(months, "month", Scope(place=UNALLOCATED))


def _value(name: str) -> Any:
    if name in FIELDS:
        return F(f"group__{name}")
    value = _TagValue(F("group__tags"), Value(name.removeprefix(TAG)), output_field=TextField())
    return Coalesce(value, Value("", TextField()))


class _TagValue(Func):
    """The value of a tag, its name without case and without blanks around it, as rules ask for it."""

    arg_joiner = ") AS tag WHERE lower(trim(tag.key)) = ("
    template = """(SELECT tag.value FROM jsonb_each_text(%(expressions)s)
        ORDER BY tag.value COLLATE "C" LIMIT 1)"""
