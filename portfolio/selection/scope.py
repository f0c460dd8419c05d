"""Which initiatives a figure is about: those that a person may see, narrowed by the filters, as an SQL condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from portfolio.selection.filters import FilterError, Filters
from projects.models import BusinessUnit, Initiative, Tag
from projects.querysets import SEES_CONFIDENTIAL

Ids = Sequence[int] | None  # None: every initiative that there is


@dataclass(frozen=True)
class Scope:
    """A condition on initiative `i` and, where it stood at the date, `at`, with the values in it."""

    condition: str = "true"
    given: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Names:
    """What the filters can be set to: the units (with those above them) and tags of the visible initiatives.

    In alphabetical order, each once.
    """

    units: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def visible_ids(user: User | None) -> Ids:
    """Return the initiatives that `user` may see; None where that is all of them, as for commands."""
    if _sees_all(user):
        return None
    return list(Initiative.objects.visible_to(user).values_list("pk", flat=True))


def visible_with_names(user: User | None) -> tuple[Ids, Names]:
    """Return the same, and the names that filters can be set to; one query."""
    visible = Initiative.objects.all() if user is None else Initiative.objects.visible_to(user)
    seen, given = visible.order_by().values_list("pk", "business_unit").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_NAMES.format(seen=seen), [*given, not _sees_all(user)])
        units, tags, ids = cursor.fetchone()
    names = Names(*(tuple(sorted(each, key=str.casefold)) for each in (units, tags)))
    return (None if _sees_all(user) else ids), names


def _sees_all(user: User | None) -> bool:
    return user is None or user.role in SEES_CONFIDENTIAL


_NAMES = """
WITH RECURSIVE seen (id, unit_id) AS NOT MATERIALIZED ({seen}),
named AS (
    SELECT id, parent_id, path FROM projects_businessunit AS unit
    WHERE EXISTS (SELECT FROM seen WHERE seen.unit_id = unit.id)
    UNION
    SELECT unit.id, unit.parent_id, unit.path FROM projects_businessunit AS unit
    JOIN named ON named.parent_id = unit.id
)
SELECT ARRAY(SELECT path FROM named), ARRAY(
    SELECT name FROM projects_tag AS tag WHERE EXISTS (
        SELECT FROM projects_initiative_tags AS tagged JOIN seen ON seen.id = tagged.initiative_id
        WHERE tagged.tag_id = tag.id
    )
), ARRAY(SELECT id FROM seen WHERE %s)
"""


def of_ids(ids: Ids) -> Scope:
    """Return these initiatives."""
    return Scope() if ids is None else Scope("i.id = ANY(%(ids)s)", {"ids": list(ids)})


def narrowed(filters: Filters, visible: Ids) -> Scope:
    """Return the visible initiatives that the filters keep; guidance is worked out later, and not looked at here.

    A unit keeps those of the units below it too; units and tags are found without case. A day of the start keeps
    prototypes whose start is unknown too: who asks for a cohort by start leaves them out and says so.
    """
    scope = of_ids(visible)
    conditions, given = [scope.condition], scope.given
    for name, condition in _CONDITIONS.items():
        if value := getattr(filters, name):
            conditions.append(condition)
            given[name] = value
    return Scope(" AND ".join(conditions), given)


_CONDITIONS = {
    "business_unit": """i.business_unit_id IN (
        SELECT unit.id FROM projects_businessunit AS unit
        JOIN projects_businessunit AS top ON starts_with(unit.lineage, top.lineage)
        WHERE upper(top.path) = upper(%(business_unit)s)
    )""",
    "tag": """i.id IN (
        SELECT tagged.initiative_id FROM projects_initiative_tags AS tagged
        JOIN projects_tag AS tag ON tag.id = tagged.tag_id WHERE upper(tag.name) = upper(%(tag)s)
    )""",
    "hosting": "i.hosting = %(hosting)s",
    "stage": "coalesce(at.stage, 'draft') = %(stage)s",
    "started_from": "(at.started_on >= %(started_from)s OR (at.is_prototype AND at.started_on IS NULL))",
    "started_to": "(at.started_on <= %(started_to)s OR (at.is_prototype AND at.started_on IS NULL))",
}


def refuse_unknown_names(filters: Filters) -> None:
    """A name that nobody knows is a typing error, not an empty set."""
    errors = {}
    if filters.business_unit and not BusinessUnit.objects.filter(path__iexact=filters.business_unit).exists():
        errors["business_unit"] = _("There is no such business unit.")
    if filters.tag and not Tag.objects.filter(name__iexact=filters.tag).exists():
        errors["tag"] = _("There is no such tag.")
    if errors:
        raise FilterError(errors)
