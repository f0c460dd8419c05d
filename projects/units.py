"""Business units: a tree whose nodes people name by their path, "Claims / Motor"."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from projects.models import BusinessUnit
from projects.names import line, named

SEPARATOR = " / "
_SLASH = re.compile(r"(?:^|(?<=\s))/(?=\s|$)")


def find_or_make(text: str, actor: User | None) -> BusinessUnit | None:
    """Return the unit with this path, made where it is missing and the actor may (422 where not); "" is no unit.

    `actor` None is the product itself (demonstration, commands).
    """
    names = [line(name, "business_unit") for name in _SLASH.split(text.strip())]
    if names == [""]:
        return None
    if "" in names:
        raise RuleError(_("Write it as “Unit” or “Unit / Sub-unit”."), "business_unit")
    unit = _find(names)
    if unit is not None:
        return unit
    if actor is not None and not can(actor, "name.make"):
        raise RuleError(_("There is no business unit “{name}”.").format(name=SEPARATOR.join(names)), "business_unit")
    with changing(actor):
        for name in names:
            unit = child(unit, name, actor)
    return unit


def child(parent: BusinessUnit | None, name: str, actor: User | None) -> BusinessUnit:
    """Return the unit of this name below `parent` (None: at the top), made when it is missing."""
    with changing(actor) as change:
        # The unique rule decides between two people who make the same unit at once: the second finds the first's.
        path = f"{parent.path}{SEPARATOR}{name}" if parent else name
        unit, made = BusinessUnit.objects.filter(named("name", name)).get_or_create(
            parent=parent, defaults={"name": name, "path": path, "lineage": ""}
        )
        if made:
            unit.lineage = f"{parent.lineage if parent else '/'}{unit.pk}/"
            unit.save(update_fields=["lineage"])
            change.record(unit, "create", {"path": (None, path)})
    return unit


def _find(names: list[str]) -> BusinessUnit | None:
    unit: BusinessUnit | None = None
    for name in names:
        unit = BusinessUnit.objects.filter(named("name", name), parent=unit).first()
        if unit is None:
            return None
    return unit
