"""Which initiatives a figure is about: those that a person may see, narrowed by the filters, as an SQL condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
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

    units: tuple[str, ...]
    tags: tuple[str, ...]


def visible_ids(user: User | None) -> Ids:
    """Return the initiatives that `user` may see; None where that is all of them, as for commands."""
    if user is None or user.role in SEES_CONFIDENTIAL:
        return None
    return list(Initiative.objects.visible_to(user).values_list("pk", flat=True))


def of_ids(ids: Ids) -> Scope:
    """Return these initiatives."""
    return Scope() if ids is None else Scope("i.id = ANY(%(ids)s)", {"ids": list(ids)})


def narrowed(filters: Filters, visible: Ids) -> Scope:
    """Return the visible initiatives that the filters keep; guidance is worked out later, and not looked at here.

    A unit keeps those of the units below it too; units and tags are found without case.
    """
    scope = of_ids(visible)
    conditions, given = [scope.condition], scope.given
    if filters.business_unit:
        conditions.append("i.business_unit_id = ANY(%(units)s)")
        given["units"] = _units(filters.business_unit)
    if filters.tag:
        conditions.append("i.id IN (SELECT initiative_id FROM projects_initiative_tags WHERE tag_id = ANY(%(tags)s))")
        given["tags"] = _tags(filters.tag)
    for name, condition in _CONDITIONS.items():
        if value := getattr(filters, name):
            conditions.append(condition)
            given[name] = value
    return Scope(" AND ".join(conditions), given)


_CONDITIONS = {
    "hosting": "i.hosting = %(hosting)s",
    "stage": "coalesce(at.stage, 'draft') = %(stage)s",
    "started_from": "at.started_on >= %(started_from)s",
    "started_to": "at.started_on <= %(started_to)s",
}

_NAMES = """
SELECT 'unit', path FROM projects_businessunit AS unit
WHERE EXISTS (SELECT FROM projects_initiative AS i WHERE i.business_unit_id = unit.id AND {these_units})
UNION ALL
SELECT 'tag', name FROM projects_tag AS tag
WHERE EXISTS (SELECT FROM projects_initiative_tags AS tagged WHERE tagged.tag_id = tag.id AND {these_tags})
"""


def names_in(visible: Ids) -> Names:
    """Return what can be chosen; one query."""
    units, tags = ("true" if visible is None else f"{column} = ANY(%(ids)s)" for column in ("i.id", "initiative_id"))
    found: dict[str, set[str]] = {"unit": set(), "tag": set()}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES.format(these_units=units, these_tags=tags), {"ids": visible})
        for kind, name in cursor.fetchall():
            found[kind].update(with_ancestors(name) if kind == "unit" else [name])
    return Names(*(tuple(sorted(names, key=str.casefold)) for names in found.values()))


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


def _units(path: str) -> list[int]:
    wanted = path.casefold()
    units = BusinessUnit.objects.values_list("pk", "path")
    return [pk for pk, path in units if wanted in (each.casefold() for each in with_ancestors(path))]


def _tags(name: str) -> list[int]:
    return [pk for pk, each in Tag.objects.values_list("pk", "name") if each.casefold() == name.casefold()]
