"""Reorganises the tree of business units: each is called anew by its path, joins another, or goes.

A path says both what a unit is called and what it lies below, so one text is enough: "Sales / Motor" in the place of
"Claims / Motor" moves it, with all that lies below it.
"""

from __future__ import annotations

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from projects import units
from projects.models import BusinessUnit, Initiative


def call(unit: BusinessUnit, path: str, actor: User | None, *, read: str, joins: bool = False) -> BusinessUnit:
    """Give a unit another path, or make it one with the unit that has it (`joins`); return what it is now.

    `read` is the path that the person had before them: 409 where it has changed since. 409 also where another unit has
    the new path and the two are not to be joined; 422 where the path cannot be.
    """
    with changing(actor) as change:
        now, names = _now(unit), units.names_of(path, "path")
        wanted = units.SEPARATOR.join(names)
        if now.path == wanted:
            return now
        _refuse_unread(now, read)
        other = units.at(wanted)
        if other is not None and other != now:
            if not joins:
                raise Taken(other)
            return _join(now, other, change)
        above, missing = units.lowest(names[:-1])
        if units.SEPARATOR in now.name and above == now.parent:  # a name that an import brought with the sign in it
            missing, names = [], [units.SEPARATOR.join([*missing, names[-1]])]
        for name in missing:
            above = units.child(above, name, actor)
        _put(now, above, names[-1], change)
        return now


def remove(unit: BusinessUnit, actor: User | None, *, read: str) -> None:
    """Take a unit out that nothing belongs to; 409 where something does."""
    with changing(actor) as change:
        now = _now(unit)
        _refuse_unread(now, read)
        if Initiative.objects.filter(business_unit=now).exists() or now.children.exists():
            raise RuleError(_("Initiatives or other units belong to this unit."), status=409)
        _delete(now, change)


class Taken(RuleError):  # noqa: N818 - what is told, not what went wrong
    """Another unit has this path; `unit` is that one."""

    def __init__(self, unit: BusinessUnit) -> None:
        super().__init__(_("There is a unit “{path}” already.").format(path=unit.path), "path", status=409)
        self.unit = unit


class Overtaken(RuleError):  # noqa: N818 - as above
    """Somebody else has changed the unit since it was read; `unit` is what it is now."""

    def __init__(self, unit: BusinessUnit) -> None:
        said = _("Somebody else has changed this unit meanwhile. It is called “{path}” now.")
        super().__init__(said.format(path=unit.path), "path", status=409)
        self.unit = unit


def _now(unit: BusinessUnit) -> BusinessUnit:
    """Return a unit as it is now, while nobody else changes the tree."""
    units.hold_tree(alone=True)
    found = BusinessUnit.objects.select_related("parent").filter(pk=unit.pk).first()
    if found is None:
        raise RuleError(_("Somebody else has removed this unit meanwhile."), "path", status=409)
    return found


def _refuse_unread(now: BusinessUnit, read: str) -> None:
    if now.path != read:
        raise Overtaken(now)


def _put(unit: BusinessUnit, above: BusinessUnit | None, name: str, change: Change) -> None:
    """Put a unit below another (None: at the top) under this name, with all that lies below it."""
    _refuse_below_itself(unit, above)
    was, path = unit.path, units.path_below(above, name)
    if (was, unit.parent_id) == (path, above.pk if above else None):
        return
    lineage = f"{above.lineage if above else '/'}{unit.pk}/"
    BusinessUnit.objects.filter(lineage__startswith=unit.lineage).update(
        path=Concat(Value(path), Substr("path", len(was) + 1)),
        lineage=Concat(Value(lineage), Substr("lineage", len(unit.lineage) + 1)),
    )
    unit.name, unit.parent, unit.path, unit.lineage = name, above, path, lineage
    unit.save(update_fields=["name", "parent"])
    change.record(unit, "edit", {"path": (was, path)})


def _join(unit: BusinessUnit, other: BusinessUnit, change: Change) -> BusinessUnit:
    """Make a unit's initiatives and lower units those of another, and take it out."""
    _refuse_below_itself(unit, other)
    there = {name.lower() for name in other.children.values_list("name", flat=True)}
    for child in unit.children.order_by("pk"):
        if child.name.lower() in there:
            said = _("Both have a unit “{name}”. Join these two first.")
            raise RuleError(said.format(name=child.name), "path", status=409)
        _put(child, other, child.name, change)
    for initiative in Initiative.objects.select_for_update(no_key=True).filter(business_unit=unit).order_by("pk"):
        change.record(initiative, "edit", {"business_unit": (unit.path, other.path)}, initiative.pk)
    moved = {"business_unit": other, "version": F("version") + 1, "updated_at": change.at}
    Initiative.objects.filter(business_unit=unit).update(**moved)
    _delete(unit, change)
    return other


def _delete(unit: BusinessUnit, change: Change) -> None:
    change.record(unit, "delete", {"path": (unit.path, None)})
    unit.delete()


def _refuse_below_itself(unit: BusinessUnit, above: BusinessUnit | None) -> None:
    if above is not None and above.lineage.startswith(unit.lineage):
        raise RuleError(_("A unit cannot lie below itself."), "path")
