"""Fetch everything that the figures of a set need: a bounded number of set-based queries, whatever its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet, Value
from django.utils.translation import gettext as _

from accounts.models import User
from costs import totals as costs
from costs.models import UNALLOCATED, CostLine
from outcomes import totals as benefits
from outcomes.models import BenefitSegment
from portfolio.figure import total
from portfolio.filters import FilterError, Filters
from portfolio.rates import Cohort
from portfolio.reading import Ids, rows_of
from portfolio.returns import MonthFlow, Totals, monthly, next_month
from portfolio.rows import ZERO, Row
from projects.models import BusinessUnit, Tag
from projects.querysets import SEES_CONFIDENTIAL
from projects.stages import Stage

RUN_COST_MONTHS = 3
ONE_DAY = timedelta(days=1)
Days = dict[tuple[int, date], costs.Flow]  # (initiative, day): cost up to and including it


class Pending(NamedTuple):
    """Cost lines and readings that wait for an exchange rate, and so stand in no sum."""

    lines: int
    readings: int

    @property
    def left_out_lines(self) -> dict[str, int]:
        """Say so beside a cost."""
        return {"pending lines": self.lines} if self.lines else {}

    @property
    def left_out_readings(self) -> dict[str, int]:
        """Say so beside a benefit."""
        return {"pending readings": self.readings} if self.readings else {}


@dataclass
class Facts:
    """A set of initiatives at a date, with its money."""

    filters: Filters
    rows: list[Row]
    ids: Ids  # of the rows; None for every initiative that there is
    unallocated: costs.Flow | None  # None under a filter that cannot apply to it
    months: list[MonthFlow]
    days: Days
    pending: Pending
    names: Names

    @cached_property
    def cohort(self) -> Cohort:
        """The prototypes among them."""
        return Cohort.of(self.rows, self.filters.as_of)

    def cost_by(self, row: Row, day: date) -> costs.Flow:
        """Return what an initiative had cost by one of the other days that the figures need."""
        return self.days.get((row.id, day), costs.NONE)

    @property
    def totals(self) -> Totals:
        """Benefit and net cost to the date, the unallocated included where it belongs."""
        none = self.unallocated is None
        gross = total([*(row.gross for row in self.rows), ZERO if none else self.unallocated.gross])
        back = total([*(row.recovered for row in self.rows), ZERO if none else self.unallocated.recovered])
        return Totals(
            net_cost=total([gross, -back]),
            benefit=total(row.benefit for row in self.rows),
            validated=total(row.validated for row in self.rows),
            pending=self.pending.left_out_readings,
        )


@dataclass(frozen=True)
class Names:
    """What the filters can be set to: the units (with those above them) and tags of the visible initiatives."""

    units: tuple[str, ...]
    tags: tuple[str, ...]

    @classmethod
    def of(cls, rows: list[Row]) -> Names:
        """Collect them."""
        units = {unit for row in rows if row.unit for unit in _with_ancestors(row.unit)}
        tags = {tag for row in rows for tag in row.tags}
        return cls(tuple(sorted(units, key=str.casefold)), tuple(sorted(tags, key=str.casefold)))


def gather(filters: Filters, user: User | None, year_before: bool = False) -> Facts:
    """Return the facts of the initiatives that `user` may see (None: all) and the filters keep.

    `year_before`: where they stood a year earlier too, for the change beside a headline figure.
    """
    as_of, whole = filters.as_of, not filters.narrows
    visible = rows_of(as_of, user, before=a_year_before(as_of) if year_before else None)
    kept = [row for row in visible if keeps(filters, row)]
    if not kept:
        _refuse_unknown_names(filters)
    sees_all = user is None or user.role in SEES_CONFIDENTIAL
    ids = None if sees_all and whole else [row.id for row in kept]
    spent = add_money(kept, ids, as_of, with_unallocated=whole)
    flows = costs.flows_by_month(ids, as_of, with_unallocated=whole)
    by_month = {month: (flow.gross, flow.recovered) for month, flow in flows.items()}
    return Facts(
        filters=filters,
        rows=kept,
        ids=ids,
        unallocated=spent.get(UNALLOCATED, costs.NONE) if whole else None,
        months=monthly(benefits.benefit_by_month(ids, as_of), by_month, as_of),
        days=_on_other_days(kept, as_of, spent),
        pending=waiting(ids, as_of, with_unallocated=whole),
        names=Names.of(visible),
    )


def add_money(rows: list[Row], ids: Ids, as_of: date, with_unallocated: bool = False) -> dict[int, costs.Flow]:
    """Set each row's cost and benefit to the date, and its benefit a year before; return all costs. Two queries."""
    spent = costs.flows_by_initiative(ids, as_of, with_unallocated)
    days = [(as_of, False), (as_of, True), (a_year_before(as_of), False)]
    benefit, validated, before = benefits.benefit_on(ids, days)
    for row in rows:
        row.gross, row.recovered = spent.get(row.id, costs.NONE)
        row.benefit, row.validated = benefit.get(row.id, ZERO), validated.get(row.id, ZERO)
        row.benefit_before = before.get(row.id, ZERO)
    return spent


def _on_other_days(rows: list[Row], as_of: date, spent: Mapping[int, costs.Flow]) -> Days:
    """Return what the set had cost by other days: each one's production, the run cost's quarter, a year before."""
    wanted = {(UNALLOCATED, a_year_before(as_of))} if UNALLOCATED in spent else set()
    for row in rows:
        if row.id in spent:  # also where costs and credits come to nothing by now
            wanted.add((row.id, a_year_before(as_of)))
            if row.production_on:
                wanted.add((row.id, row.production_on))
            if row.stage == Stage.PRODUCTION:
                wanted |= {(row.id, day) for day in quarter_ends(as_of)}
    return costs.flows_on(wanted) if wanted else {}


def waiting(ids: Ids, as_of: date, with_unallocated: bool = False) -> Pending:
    """Return what waits for an exchange rate; one query."""
    lines = CostLine.objects.pending().filter(incurred_on__lte=as_of)
    lines = lines.of(None if ids is None else list(ids), with_unallocated)
    readings = BenefitSegment.objects.filter(validated=False, per_day=None, counts_from__lte=as_of)
    if ids is not None:
        readings = readings.filter(initiative__in=ids)
    counted = [
        _counted("lines", lines, Count("*")),
        _counted("readings", readings, Count("measurement", distinct=True)),
    ]
    found = dict(counted[0].union(counted[1], all=True))
    return Pending(found.get("lines", 0), found.get("readings", 0))


def _counted(kind: str, rows: QuerySet[Any], count: Count) -> QuerySet[Any]:
    """Return one row (kind, how many), or none where there is none."""
    return rows.order_by().values(kind=Value(kind)).annotate(n=count).values_list("kind", "n")


def quarter_ends(as_of: date) -> tuple[date, date]:
    """Return the last days before and of the three full calendar months before the as-of month."""
    month = as_of.replace(day=1)
    return next_month(month, -RUN_COST_MONTHS) - ONE_DAY, month - ONE_DAY


def a_year_before(day: date) -> date:
    """Return the same day of the year before; 29 February becomes the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def keeps(filters: Filters, row: Row) -> bool:
    """Tell whether the filters keep an initiative; a unit keeps those of the units below it too."""
    unit, tag = filters.business_unit.casefold(), filters.tag.casefold()
    started = row.started_on
    return (
        (not unit or unit in (name.casefold() for name in _with_ancestors(row.unit)))
        and (not tag or tag in (name.casefold() for name in row.tags))
        and filters.hosting in ("", row.hosting)
        and filters.guidance in ("", row.guidance)
        and filters.stage in ("", row.stage)
        and (not filters.started_from or (started is not None and started >= filters.started_from))
        and (not filters.started_to or (started is not None and started <= filters.started_to))
    )


def _with_ancestors(path: str) -> list[str]:
    """Return "Claims" and "Claims / Motor" for "Claims / Motor"."""
    parts = path.split(" / ")
    return [" / ".join(parts[: depth + 1]) for depth in range(len(parts))]


def _refuse_unknown_names(filters: Filters) -> None:
    """A name that nobody knows is a typing error, not an empty set."""
    errors = {}
    if filters.business_unit and not BusinessUnit.objects.filter(path__iexact=filters.business_unit).exists():
        errors["business_unit"] = _("There is no such business unit.")
    if filters.tag and not Tag.objects.filter(name__iexact=filters.tag).exists():
        errors["tag"] = _("There is no such tag.")
    if errors:
        raise FilterError(errors)
