"""Many initiatives at once, with the units and tags that they name: a few statements however many there are.

For imports of whole portfolios. One initiative goes through `projects.initiatives.create`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.changes import Change
from imports.copying import copy_rows, new_ids
from projects import hooks, periods
from projects.fields import PLAN
from projects.initiatives import next_numbers
from projects.models import BusinessUnit, Initiative, PlanRevision, RiskTier, Tag, Transition
from projects.stages import Stage
from projects.units import hold_tree, path_below

BATCH = 1_000
# The long texts stand in the initiative; a later edit tells what they were.
TOLD = ("title", "risk_tier", "external_ref", *PLAN, "stage")

STEP = (
    *("initiative", "position", "from_stage", "to_stage", "effective_on", "known_by", "unknown_reason"),
    *("source_text", "rationale", "override", "recorded_at", "recorded_by"),
)
_COLUMNS = [field.name for field in Initiative._meta.concrete_fields]
_ATTRIBUTES = [field.attname for field in Initiative._meta.concrete_fields]


@dataclass
class NewTransition:
    """A step that is to be recorded; its day is known, or known to be before `known_by`."""

    from_stage: Stage
    to_stage: Stage
    effective_on: date | None = None
    known_by: date | None = None
    unknown_reason: str = ""
    source_text: str = ""


@dataclass
class NewInitiative:
    """An initiative that is to be made, with its whole way so far. `unit` names the path from the top down."""

    title: str
    external_ref: str
    stage: Stage
    unit: tuple[str, ...] = ()
    tag: str = ""
    problem: str = ""
    desired_outcome: str = ""
    risk_tier: RiskTier = RiskTier.UNKNOWN
    planned_prototype_on: date | None = None
    planned_production_on: date | None = None
    transitions: list[NewTransition] = field(default_factory=list)


def known_refs(refs: Iterable[str]) -> set[str]:
    """Return those external references that initiatives have already."""
    return set(Initiative.objects.filter(external_ref__in=list(refs)).values_list("external_ref", flat=True))


def add(rows: Sequence[NewInitiative], change: Change, import_id: int) -> None:
    """Make initiatives that came without outcomes, inside the open write."""
    if not rows:
        return
    units = find_or_make_units({row.unit for row in rows if row.unit}, change)
    tags = find_or_make_tags({row.tag for row in rows if row.tag}, change)
    ids, numbers = new_ids(Initiative, len(rows)), next_numbers(change, len(rows))
    made = [_initiative(*each, units, change, import_id) for each in zip(rows, ids, numbers, strict=True)]
    copy_rows(Initiative, _COLUMNS, ([getattr(each, name) for name in _ATTRIBUTES] for each in made))
    pairs = list(zip(rows, made, strict=True))
    tagged = ((initiative.pk, tags[row.tag.lower()].pk) for row, initiative in pairs if row.tag)
    copy_rows(Initiative.tags.through, ("initiative", "tag"), tagged)
    PlanRevision.objects.bulk_create([_plan(initiative, change) for initiative in made if _has_plan(initiative)], BATCH)
    for row, initiative in pairs:
        change.record(initiative, "create", _told(row, initiative), initiative.pk)
    add_ways({initiative.pk: row.transitions for row, initiative in pairs}, change)


def add_ways(ways: Mapping[int, Sequence[NewTransition]], change: Change) -> None:
    """Record the steps that brought new initiatives, by id, to the stages in which they were made."""
    if not ways:
        return
    copy_rows(Transition, STEP, (step for pk, steps in ways.items() for step in _steps(steps, pk, change)))
    periods.fill(list(ways))
    for hook in hooks.after_stage_change:
        hook(list(ways))


def find_or_make_units(paths: set[tuple[str, ...]], change: Change) -> dict[tuple[str, ...], BusinessUnit]:
    """Return the unit of every path, made where it is missing, level by level."""
    hold_tree()
    found: dict[tuple[str, ...], BusinessUnit] = {}
    for depth in range(1, max(map(len, paths), default=0) + 1):
        wanted = {path[:depth] for path in paths if len(path) >= depth}
        parents = {path: found[path[:-1]] if depth > 1 else None for path in wanted}
        found |= _level(parents, change)
    return found


def _level(parents: dict[tuple[str, ...], BusinessUnit | None], change: Change) -> dict[Any, BusinessUnit]:
    """Find or make the units of one level, by path; somebody else may be making the same ones meanwhile."""
    places = {path: path_below(parent, path[-1]) for path, parent in parents.items()}
    there = _units_by_path()
    missing = {
        place.lower(): BusinessUnit(name=path[-1], parent=parents[path], path=place, lineage="")
        for path, place in places.items()
        if place.lower() not in there
    }
    if missing:
        BusinessUnit.objects.bulk_create(missing.values(), ignore_conflicts=True)
        there = _units_by_path()
        made = [there[key] for key in missing if not there[key].lineage]
        for unit in made:
            unit.lineage = f"{unit.parent.lineage if unit.parent else '/'}{unit.pk}/"
            change.record(unit, "create", {"path": (None, unit.path)})
        BusinessUnit.objects.bulk_update(made, ["lineage"], BATCH)
    return {path: there[place.lower()] for path, place in places.items()}


def _units_by_path() -> dict[str, BusinessUnit]:
    return {unit.path.lower(): unit for unit in BusinessUnit.objects.select_related("parent")}


def find_or_make_tags(names: set[str], change: Change) -> dict[str, Tag]:
    """Return the tags by lower-case name, made where they are missing; a comma stays, as the source has it.

    Only those that are made here are told as made: the revert takes them back, and none that somebody else was making.
    """
    there = {tag.name.lower(): tag for tag in Tag.objects.all()}
    missing = {name.lower(): name for name in sorted(names) if name.lower() not in there}
    if missing:
        ids = dict(zip(missing, new_ids(Tag, len(missing)), strict=True))
        Tag.objects.bulk_create([Tag(pk=ids[key], name=name) for key, name in missing.items()], ignore_conflicts=True)
        there = {tag.name.lower(): tag for tag in Tag.objects.all()}
        for tag in (there[key] for key in missing if there[key].pk == ids[key]):
            change.record(tag, "create", {"name": (None, tag.name)})
    return there


def _initiative(
    row: NewInitiative,
    key: int,
    number: int,
    units: dict[tuple[str, ...], BusinessUnit],
    change: Change,
    import_id: int,
) -> Initiative:
    return Initiative(
        pk=key,
        number=number,
        title=row.title,
        problem=row.problem,
        desired_outcome=row.desired_outcome,
        business_unit=units.get(row.unit),
        risk_tier=row.risk_tier,
        external_ref=row.external_ref,
        planned_prototype_on=row.planned_prototype_on,
        planned_production_on=row.planned_production_on,
        stage=row.stage,
        outcomes_not_recorded=True,
        source_import_id=import_id,
        created_at=change.at,
        created_by=change.actor,
        updated_at=change.at,
    )


def _steps(steps: Sequence[NewTransition], initiative_id: int, change: Change) -> Iterator[tuple[Any, ...]]:
    """Yield the steps in the order of `STEP`."""
    by = change.actor.pk if change.actor else None
    for position, step in enumerate(steps, start=1):
        when = (step.effective_on, step.known_by, step.unknown_reason, step.source_text)
        yield (initiative_id, position, step.from_stage.value, step.to_stage.value, *when, "", False, change.at, by)


def _has_plan(initiative: Initiative) -> bool:
    return any(getattr(initiative, name) for name in PLAN)


def _plan(initiative: Initiative, change: Change) -> PlanRevision:
    """Keep the plan as agreed today: a file does not tell when it was."""
    days = {name: getattr(initiative, name) for name in PLAN}
    return PlanRevision(
        initiative=initiative,
        agreed_on=timezone.localdate(),
        recorded_at=change.at,
        recorded_by=change.actor,
        **days,
    )


def _told(row: NewInitiative, initiative: Initiative) -> dict[str, tuple[Any, Any]]:
    told = {name: (None, value) for name in TOLD if (value := getattr(initiative, name)) not in (None, "")}
    if initiative.business_unit:
        told["business_unit"] = (None, initiative.business_unit.path)
    if row.tag:
        told["tags"] = (None, row.tag)
    return told
