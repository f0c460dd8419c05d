"""What belongs to nobody: its groups put together by what their bill says of them, read from the sums by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import ExpressionWrapper, F, Func, Max, Q, Sum, TextField, Value
from django.db.models.functions import Abs, Coalesce
from django.utils.http import urlencode

from accounts.models import User
from costs.allocation.belonging import Scope, parts_in
from costs.allocation.matching import FIELDS, TAG, tag_name
from costs.models import UNALLOCATED, GroupMonth
from costs.querysets import groups_hidden_from, groups_visible_to
from money.fields import ExactDecimalField

USUAL = ("vendor", "service", "account")
MOST_ROWS, MOST_TAGS = 50, 30

TAG_NAMES = """
SELECT name FROM (
    SELECT jsonb_object_keys(tags) AS name FROM costs_chargegroup
    WHERE initiative_id IS NULL AND tags <> '{}' AND id <> ALL(%(hidden)s::bigint[])
) AS named GROUP BY name ORDER BY count(*) DESC, name LIMIT %(most)s
"""


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
    """The biggest bundles, and how many more there are with what they come to."""

    shown: list[Bundle]
    others: int
    others_gross: Decimal
    waiting: int  # lines of all bundles that wait for an exchange rate


def bundles(user: User, names: Sequence[str], until: date) -> Bundles:
    """Return the biggest of what is unallocated up to a month, and the rest as one."""
    found = every_bundle(user, names, until)
    rest = found[MOST_ROWS:]
    waiting = sum(each.waiting for each in found)
    return Bundles(found[:MOST_ROWS], len(rest), sum((each.gross for each in rest), Decimal(0)), waiting)


def every_bundle(user: User, names: Sequence[str], until: date) -> list[Bundle]:
    """Return what is unallocated up to a month, the biggest amounts first, credits by their size."""
    keys = {f"key_{at}": _value(name) for at, name in enumerate(names)}
    rows = (
        _months(user)
        .filter(month__lte=until)
        .annotate(**keys)
        .values(*keys)
        .annotate(amount=Sum(_shared()), count=Sum("lines"), wait=Sum("pending"), last=Max("month"))
        .order_by(Abs("amount").desc(), *keys)
    )
    return [
        Bundle(
            {name: row[key] for name, key in zip(names, keys, strict=True)},
            row["count"],
            row["amount"],
            row["wait"],
            row["last"],
        )
        for row in rows
    ]


def tag_names(user: User) -> list[str]:
    """Return the names of tags that groups without an initiative have, those of most groups first."""
    with connection.cursor() as cursor:
        cursor.execute(TAG_NAMES, {"most": MOST_TAGS, "hidden": list(groups_hidden_from(user))})
        return list(dict.fromkeys(TAG + tag_name(name) for (name,) in cursor.fetchall() if tag_name(name)))


def _months(user: User) -> Any:
    """Return a row for each month of a group of which something belongs to nobody, with the `share` that does."""
    months = GroupMonth.objects.filter(groups_visible_to(user), Q(lines__gt=0)).order_by()
    return parts_in(months, "month", Scope(place=UNALLOCATED))


def _shared() -> ExpressionWrapper:
    return ExpressionWrapper(F("gross") * F("share"), output_field=ExactDecimalField())


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
