"""Allocation rules as pages and the API tell of them: what each says, what it places now, what a change would move."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import User
from costs.allocation.active_rules import DRAFT
from costs.allocation.effect import Effect, Moved
from costs.allocation.matching import FIELDS, TAG
from costs.models import NOT_COUNTED, UNALLOCATED, AllocationRule, ChargeGroup
from projects.models import Initiative

MONTHS_SHOWN = 12
# Lines once for each group and month, however many initiatives it is divided among.
PLACES = """
SELECT part.rule_id, sum(kept.lines), sum(kept.gross * part.share)
FROM (
    SELECT rule_id, group_id, since, until, sum(share) AS share FROM costs_placement
    WHERE rule_id = ANY(%(rules)s) AND initiative_id > 0 GROUP BY 1, 2, 3, 4
) AS part
JOIN costs_groupmonth AS kept
    ON kept.group_id = part.group_id AND kept.month >= part.since AND kept.month < part.until
GROUP BY 1
"""


class Condition(NamedTuple):
    """A condition in words: what is looked at, and what must stand there."""

    label: str
    glob: str


@dataclass(frozen=True)
class Listed:
    """A rule with its parts, its conditions in words, and what it places now."""

    rule: AllocationRule
    conditions: list[Condition]
    places: Moved


@dataclass(frozen=True)
class Row:
    """An initiative, a rule or a place that is neither, and what it would get or (negative) give up."""

    label: str
    moved: Moved
    initiative: Initiative | None = None


@dataclass(frozen=True)
class Told:
    """What a change would move, in words."""

    effect: Effect
    places: list[Row]
    rules: list[Row]
    months: list[tuple[date, Moved]]  # the last ones
    earlier: Moved
    besides: Effect | None = None  # what rules that are not applied yet would move


def readable(user: User) -> QuerySet[AllocationRule]:
    """Return the rules that a person may see, in the order in which they are asked."""
    return AllocationRule.objects.visible_to(user).select_related("measure").prefetch_related("parts__initiative")


def listed(rules: Collection[AllocationRule]) -> list[Listed]:
    """Return `readable` rules with what each places now; one query for all of them."""
    places = placed_by([rule.pk for rule in rules])
    return [Listed(rule, conditions(rule.match), places.get(rule.pk, Moved())) for rule in rules]


def placed_by(rules: Iterable[int]) -> dict[int, Moved]:
    """Return what rules place now, by rule; one query."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"rules": list(rules)})
        return {rule: Moved(lines, gross) for rule, lines, gross in cursor.fetchall()}


def conditions(match: Mapping[str, str]) -> list[Condition]:
    """Return conditions in words, fields before tags."""
    names = sorted(match, key=lambda name: (name not in FIELDS, name))
    return [Condition(label_of(name), match[name]) for name in names]


def label_of(name: str) -> str:
    """Return what a field or a tag is called."""
    if name == "source":  # not that of a figure
        return pgettext("of a line", "Source")
    if name in FIELDS:
        return capfirst(str(ChargeGroup._meta.get_field(name).verbose_name))
    return _("Tag {name}").format(name=name.removeprefix(TAG))


def told(effect: Effect, draft: str = "", besides: Effect | None = None) -> Told:
    """Put what would move into words, the biggest first. `draft`: what the rule that is not kept yet is called."""
    initiatives = Initiative.objects.in_bulk([pk for pk in effect.places if pk > UNALLOCATED])
    names = dict(AllocationRule.objects.filter(pk__in=effect.rules).values_list("pk", "name"))
    names |= {DRAFT: draft or _("This rule")}
    nobody = {UNALLOCATED: _("Unallocated"), NOT_COUNTED: _("Kept for comparison only")}
    places = [
        Row(nobody.get(pk) or str(initiatives[pk]), moved, initiatives.get(pk)) for pk, moved in effect.places.items()
    ]
    rules = [Row(names.get(pk, _("A rule that was deleted")), moved) for pk, moved in effect.rules.items()]
    months, earlier = sorted(effect.months.items()), Moved()
    for _month, moved in months[:-MONTHS_SHOWN]:
        earlier.add(moved.lines, moved.amount)
    return Told(effect, _biggest(places), _biggest(rules), months[-MONTHS_SHOWN:], earlier, besides)


def _biggest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-abs(row.moved.amount), row.label))
