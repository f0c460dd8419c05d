"""Which initiatives a figure is about: those that a person may see, narrowed by the filters, as an SQL condition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from portfolio.filters import FilterError, Filters
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
    """What the filters can be set to: the units (with those above them) and tags of the visible initiatives."""

    units: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, units: Iterable[str], tags: Iterable[str]) -> Names:
        """Return them in alphabetical order, each once."""
        whole = {each for path in set(units) for each in with_ancestors(path)}
        return cls(*(tuple(sorted(names, key=str.casefold)) for names in (whole, set(tags))))


def visible_ids(user: User | None) -> Ids:
    """Return the initiatives that `user` may see; None where that is all of them, as for commands."""
    if user is None or user.role in SEES_CONFIDENTIAL:
        return None
    return list(Initiative.objects.visible_to(user).values_list("pk", flat=True))


def visible_with_names(user: User | None) -> tuple[Ids, Names]:
    """Return the same, and the names of their units and tags; one query."""
    if user is None or user.role in SEES_CONFIDENTIAL:
        with connection.cursor() as cursor:
            cursor.execute(_NAMES)
            units, tags = cursor.fetchone()
        return None, Names.of(units, tags)
    tags_of_each = ArraySubquery(Initiative.tags.through.objects.filter(initiative=OuterRef("pk")).values("tag__name"))
    found = list(Initiative.objects.visible_to(user).values_list("pk", "business_unit__path", tags_of_each))
    units = (unit for _pk, unit, _tags in found if unit)
    return [pk for pk, *_ in found], Names.of(units, chain.from_iterable(tags for *_, tags in found))


_NAMES = """
SELECT ARRAY(
    SELECT path FROM projects_businessunit AS unit
    WHERE EXISTS (SELECT FROM projects_initiative AS i WHERE i.business_unit_id = unit.id)
), ARRAY(
    SELECT name FROM projects_tag AS tag
    WHERE EXISTS (SELECT FROM projects_initiative_tags AS tagged WHERE tagged.tag_id = tag.id)
)
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


def with_ancestors(path: str) -> list[str]:
    """Return "Claims" and "Claims / Motor" for "Claims / Motor"."""
    parts = path.split(" / ")
    return [" / ".join(parts[: depth + 1]) for depth in range(len(parts))]


def refuse_unknown_names(filters: Filters) -> None:
    """A name that nobody knows is a typing error, not an empty set."""
    errors = {}
    if filters.business_unit and not BusinessUnit.objects.filter(path__iexact=filters.business_unit).exists():
        errors["business_unit"] = _("There is no such business unit.")
    if filters.tag and not Tag.objects.filter(name__iexact=filters.tag).exists():
        errors["tag"] = _("There is no such tag.")
    if errors:
        raise FilterError(errors)
