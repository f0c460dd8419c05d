"""Fetch everything that the figures of a set need: a bounded number of set-based queries, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.models import User
from costs import totals as costs
from outcomes import totals as benefits
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


@dataclass
class Facts:
    """A set of initiatives at a date, with its money."""

    filters: Filters
    rows: list[Row]
    ids: Ids  # of the rows; None for every initiative that there is
    unallocated: costs.Flow | None  # None under a filter that cannot apply to it
    months: list[MonthFlow]
    until_production: dict[int, Decimal]
    run_cost_quarter: dict[int, Decimal]
    pending_lines: int
    pending_readings: int
    names: Names

    @cached_property
    def cohort(self) -> Cohort:
        """The prototypes among them."""
        return Cohort.of(self.rows, self.filters.as_of)

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
            pending={"pending readings": self.pending_readings} if self.pending_readings else {},
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


def gather(filters: Filters, user: User | None) -> Facts:
    """Return the facts of the initiatives that `user` may see (None: all) and the filters keep."""
    as_of, whole = filters.as_of, not filters.narrows
    visible = rows_of(as_of, user)
    kept = [row for row in visible if keeps(filters, row)]
    if not kept:
        _refuse_unknown_names(filters)
    sees_all = user is None or user.role in SEES_CONFIDENTIAL
    ids = None if sees_all and whole else [row.id for row in kept]
    add_money(kept, ids, as_of)
    flows = costs.flows_by_month(ids, as_of, with_unallocated=whole)
    by_month = {month: (flow.gross, flow.recovered) for month, flow in flows.items()}
    return Facts(
        filters=filters,
        rows=kept,
        ids=ids,
        unallocated=costs.unallocated(as_of) if whole else None,
        months=monthly(benefits.benefit_by_month(ids, as_of), by_month, as_of),
        until_production=costs.gross_until({row.id: row.production_on for row in kept if row.production_on}, as_of),
        run_cost_quarter=_run_cost(kept, as_of),
        pending_lines=costs.pending_lines(ids, as_of, with_unallocated=whole),
        pending_readings=benefits.pending_readings(ids, as_of),
        names=Names.of(visible),
    )


def add_money(rows: list[Row], ids: Ids, as_of: date) -> None:
    """Set each row's cost and benefit to the date."""
    gross, back = costs.gross_by_initiative(ids, as_of), costs.recovered_by_initiative(ids, as_of)
    benefit = benefits.benefit_by_initiative(ids, as_of)
    validated = benefits.benefit_by_initiative(ids, as_of, validated=True)
    for row in rows:
        row.gross, row.recovered = gross.get(row.id, ZERO), back.get(row.id, ZERO)
        row.benefit, row.validated = benefit.get(row.id, ZERO), validated.get(row.id, ZERO)


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


def _run_cost(rows: list[Row], as_of: date) -> dict[int, Decimal]:
    """Return the cost of the three full calendar months before the as-of month, of what is in production."""
    running = [row.id for row in rows if row.stage == Stage.PRODUCTION]
    month = as_of.replace(day=1)
    return costs.gross_between(running, next_month(month, -RUN_COST_MONTHS), month) if running else {}


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
