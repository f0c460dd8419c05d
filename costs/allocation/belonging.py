"""Which lines, or sums of them, belong to what is asked about, and with which share of them.

A line belongs where its group is placed on its day, else to the initiative that it names, else to nobody
(`costs/models/allocation.py`). What is kept for comparison only belongs nowhere and is left out unless asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    DateField,
    Exists,
    F,
    FilteredRelation,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from costs.allocation import placements
from costs.allocation.placements import ONE, Part
from costs.models import NOT_COUNTED, UNALLOCATED, ChargeGroup, CostLine, GroupMonth, Placement, UsagePlacement
from money.exact import EXACT, total
from money.fields import ExactDecimalField
from projects.models import Initiative

_MONTH = "date_trunc('month', %(expressions)s::timestamp)::date"


class Scope(NamedTuple):
    """What is asked about: some initiatives, or one of `UNALLOCATED` and `NOT_COUNTED`; else all that counts.

    `at_stage` gives a further condition on initiatives, of the names of the fields with the day and their id.
    With `with_unallocated`, what belongs to none is in it beside the initiatives.
    """

    initiatives: QuerySet[Initiative] | None = None
    place: int | None = None
    at_stage: Callable[[str, str], Q] | None = None
    with_unallocated: bool = False

    @property
    def is_everything(self) -> bool:
        """Tell whether nothing is asked about in particular, so that shares do not matter."""
        return self.initiatives is None and self.place is None and self.at_stage is None

    def holds(self, name: str) -> Q:
        """Return the condition that an id of an initiative, or 0, or −1, is in it, whatever its stage."""
        if self.place is not None:
            return Q(**{name: self.place})
        if self.initiatives is None:
            return Q()
        found = Q(**{f"{name}__in": self.initiatives.values("pk")})
        return found | Q(**{name: UNALLOCATED}) if self.with_unallocated else found


class Place(NamedTuple):
    """An initiative that a line belongs to, None: nobody, with its share."""

    initiative: Initiative | None
    share: Decimal


def parts_in(rows: QuerySet, day: str, scope: Scope) -> QuerySet:
    """Keep what belongs to the scope: a row for each part of it, with its `share`. `day`: the field that dates it."""
    if scope.is_everything:
        return rows.filter(_counted(day))
    found = _with_places(rows, day, F("place__initiative_id")).filter(_groups(scope), scope.holds("belongs"))
    return found.filter(scope.at_stage(day, "belongs")) if scope.at_stage else found


def parts_of(rows: QuerySet, day: str) -> QuerySet:
    """Return a row for each part of what counts: the initiative that it `belongs` to, 0: nobody, with its `share`."""
    return _with_places(rows, day, F("place__initiative_id")).exclude(belongs=NOT_COUNTED)


def usage_in(rows: QuerySet, day: str, scope: Scope) -> QuerySet:
    """Keep the token usage of some initiatives, as `parts_in` does.

    What is kept for comparison only was used all the same: by the initiative that it names, or that rules say.
    """
    rows = rows.annotate(
        used=FilteredRelation("group__usage_placements", condition=_holds("group__usage_placements", day))
    )
    counted = NullIf("place__initiative_id", Value(NOT_COUNTED, BigIntegerField()))
    placed, share = Coalesce("used__initiative_id", counted), Coalesce("used__share", "place__share")
    found = _with_places(rows, day, placed, share)
    return found.filter(_groups(scope, (Placement, UsagePlacement)), scope.holds("belongs"))


def lines_in(lines: QuerySet[CostLine], scope: Scope) -> QuerySet[CostLine]:
    """Keep the lines that belong to the scope, at least in part; each once. A line belongs where its month does."""
    if scope.is_everything:
        return lines.filter(_counted("incurred_on"))
    month = Func(OuterRef("incurred_on"), template=_MONTH, output_field=DateField())
    months = GroupMonth.objects.order_by().filter(group=OuterRef("group"), month=month)
    return lines.filter(_groups(scope), Exists(parts_in(months, "month", scope)))


def tell_places(lines: Sequence[Any], days: Sequence[date]) -> list[list[Part]]:
    """Note on each line where it belongs on its day, and why: `places`, `only_place`, `by_rule`, `is_compared`.

    `only_place` is its one initiative. Lines come with their group and its initiative (`shown()`). One query, two where
    some are placed.
    """
    parts = placements.of_days([(line.group_id, day) for line, day in zip(lines, days, strict=True)])
    ids = {part.initiative_id for each in parts for part in each if part.initiative_id > UNALLOCATED}
    initiatives = Initiative.objects.in_bulk(ids) if ids else {}
    for line, each in zip(lines, parts, strict=True):
        line.is_compared = any(part.initiative_id == NOT_COUNTED for part in each)
        line.by_rule = any(part.initiative_id > UNALLOCATED for part in each)
        placed = [Place(initiatives.get(part.initiative_id), part.share) for part in each]
        line.places = placed if placed and not line.is_compared else [Place(line.group.initiative, ONE)]
        line.only_place = line.places[0].initiative if len(line.places) == 1 and not line.is_compared else None
    return parts


def tell_usage_places(lines: Sequence[Any], days: Sequence[date]) -> None:
    """Note on each line of usage where it belongs, as `tell_places`; one more query, or two, where any is compared.

    What is kept for comparison only belongs where rules say, if they do.
    """
    tell_places(lines, days)
    compared = [(line, day) for line, day in zip(lines, days, strict=True) if line.is_compared]
    if not compared:
        return
    parts = placements.of_days([(line.group_id, day) for line, day in compared], UsagePlacement)
    ids = {part.initiative_id for each in parts for part in each if part.initiative_id > UNALLOCATED}
    initiatives = Initiative.objects.in_bulk(ids) if ids else {}
    for (line, _day), each in zip(compared, parts, strict=True):
        line.by_rule = any(part.initiative_id > UNALLOCATED for part in each)
        if line.by_rule:
            line.places = [Place(initiatives.get(part.initiative_id), part.share) for part in each]


def tell(lines: Sequence[CostLine], scope: Scope | None = None) -> Sequence[CostLine]:
    """Note on each line where it belongs, and of the scope, to which they all belong: `share` and `shared_amount`.

    One query, three where some of them are placed.
    """
    parts = tell_places(lines, [line.incurred_on for line in lines])
    split = [line for line, each in zip(lines, parts, strict=True) if len(each) > 1]
    asked = _asked(split, scope) if split and scope and not scope.is_everything else None
    for line, each in zip(lines, parts, strict=True):
        line.share = ONE if asked is None or len(each) < 2 else _share(line, each, asked)
        line.shared_amount = None if line.base_amount is None else EXACT.multiply(line.base_amount, line.share)
    return lines


def _asked(lines: Sequence[CostLine], scope: Scope) -> set[tuple[int, date, int]]:
    """Return the places of lines that are in the scope: group, month, initiative."""
    groups = {line.group_id for line in lines}
    months = GroupMonth.objects.filter(group__in=groups, month__in={line.incurred_on.replace(day=1) for line in lines})
    return set(parts_in(months, "month", scope).values_list("group_id", "month", "belongs"))


def _share(line: CostLine, parts: Sequence[Part], asked: set[tuple[int, date, int]]) -> Decimal:
    here = line.group_id, line.incurred_on.replace(day=1)
    return total(part.share for part in parts if (*here, part.initiative_id) in asked)


def _groups(scope: Scope, models: Sequence[type[Model]] = (Placement,)) -> Q:
    """Return the condition on groups that narrows the look at their months: found by index, however many there are."""
    if scope.place == UNALLOCATED:
        return Q(group__initiative=None)
    if scope.place is None and (scope.initiatives is None or scope.with_unallocated):
        return Q()
    placed = [each._default_manager.filter(scope.holds("initiative_id")).values("group") for each in models]
    own = [ChargeGroup.objects.filter(scope.holds("initiative")).values("pk")] if scope.place is None else []
    first, *others = own + placed
    return Q(group__in=first.union(*others) if others else first)


def _with_places(rows: QuerySet, day: str, placed: Combinable, share: Combinable | str = "place__share") -> QuerySet:
    """Return a row for each part: `belongs`, where it is `placed`, else what it names, else to nobody; its `share`."""
    there = "group__placements"
    return rows.annotate(place=FilteredRelation(there, condition=_holds(there, day))).annotate(
        belongs=Coalesce(placed, "group__initiative_id", UNALLOCATED, output_field=BigIntegerField()),
        share=Coalesce(share, ONE, output_field=ExactDecimalField()),
    )


def _holds(there: str, day: str) -> Q:
    return Q(**{f"{there}__since__lte": F(day), f"{there}__until__gt": F(day)})


def _counted(day: str) -> Q:
    return ~Q(Exists(_placed(day).filter(initiative_id=NOT_COUNTED)))


def _placed(day: str) -> QuerySet[Any]:
    on = OuterRef(day)
    return Placement.objects.order_by().filter(group=OuterRef("group"), since__lte=on, until__gt=on)
