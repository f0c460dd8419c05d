"""Business units: a tree whose nodes people name by their path, "Claims / Motor"."""

from __future__ import annotations

import re

from django.db import connection
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from projects.models import BusinessUnit
from projects.names import line, named

SEPARATOR = " / "
_TREE = 0x756E697473  # any number that nothing else locks
_SLASH = re.compile(r"(?:^|(?<=\s))/(?=\s|$)")


def find_or_make(text: str, actor: User | None) -> BusinessUnit | None:
    """Return the unit with this path, made where it is missing and the actor may (422 where not); "" is no unit.

    A path names one unit, also where an import brought a name with the separator in it: "Agency / FAS / IT" may be the
    unit "FAS / IT" of an agency, so the whole is looked for before its parts. `actor` None is the product itself
    (demonstration, commands).
    """
    path = " ".join(text.split())
    if not path:
        return None
    unit = at(path)
    if unit is not None:
        return unit
    names = names_of(path, "business_unit")
    if actor is not None and not can(actor, "name.make"):
        raise RuleError(_("There is no business unit “{name}”.").format(name=path), "business_unit")
    with changing(actor):
        hold_tree()
        unit, missing = lowest(names[:-1])
        for name in (*missing, names[-1]):
            unit = child(unit, name, actor)
    return unit


def child(parent: BusinessUnit | None, name: str, actor: User | None) -> BusinessUnit:
    """Return the unit of this name below `parent` (None: at the top), made when it is missing; the tree is held."""
    with changing(actor) as change:
        # The unique rule decides between two people who make the same unit at once: the second finds the first's.
        path = path_below(parent, name)
        unit, made = BusinessUnit.objects.filter(named("name", name)).get_or_create(
            parent=parent, defaults={"name": name, "path": path, "lineage": ""}
        )
        if made:
            unit.lineage = f"{parent.lineage if parent else '/'}{unit.pk}/"
            unit.save(update_fields=["lineage"])
            change.record(unit, "create", {"path": (None, path)})
    return unit


def hold_tree(*, alone: bool = False) -> None:
    """Let nobody reorganise the tree until this transaction is over; `alone`: let nobody add to it either.

    What an import has added is seen by nobody until its end: reorganised meanwhile, it would lie in the wrong place.
    """
    with connection.cursor() as cursor:
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        cursor.execute(f"SELECT {lock}(%s)", [_TREE])


def names_of(path: str, field: str) -> list[str]:
    """Return the names that a path is made of; 422 where one is missing or too long."""
    names = [line(name, field) for name in _SLASH.split(path)]
    if "" in names:
        raise RuleError(_("Write it as “Unit” or “Unit / Sub-unit”."), field)
    return names


def path_below(parent: BusinessUnit | None, name: str) -> str:
    """Return the path of a unit of this name below `parent` (None: at the top)."""
    return f"{parent.path}{SEPARATOR}{name}" if parent else name


def lowest(names: list[str]) -> tuple[BusinessUnit | None, list[str]]:
    """Return the lowest unit that is there on the way down these names (None: not one), and the names below it."""
    for depth in range(len(names), 0, -1):
        if unit := at(SEPARATOR.join(names[:depth])):
            return unit, names[depth:]
    return None, names


def at(path: str) -> BusinessUnit | None:
    """Return the unit with this path."""
    return BusinessUnit.objects.filter(named("path", path)).first()
