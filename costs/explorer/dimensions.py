"""What cost can be grouped by, and which sum is the coarsest that knows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Level(IntEnum):
    """The sums, from coarse to fine: what each knows is known by all after it."""

    PORTFOLIO = 0  # month, category, whether it belongs to an initiative
    INITIATIVE = 1  # … which initiative, and so its unit, hosting and stage
    GROUP = 2  # … vendor, account, service and whatever else is said of a charge


@dataclass(frozen=True)
class Dimension:
    """One way to group. `key` is SQL over the sums, `fact`, and what is joined to them (costs/explorer/sums.py)."""

    name: str
    label: str | Promise
    level: Level
    key: str
    joins: tuple[str, ...] = ()
    is_time: bool = False


def _text(name: str, label: str | Promise) -> Dimension:
    """Return a text of charge groups; people and bills write the same one with other capitals. Null: hidden."""
    return Dimension(name, label, Level.GROUP, f"coalesce(upper(charge.{name}), '')")


def _of_initiative(name: str, label: str | Promise, key: str, *joins: str) -> Dimension:
    """Return a word about initiatives; "" for what belongs to none."""
    return Dimension(name, label, Level.INITIATIVE, f"CASE WHEN fact.initiative_id = 0 THEN '' ELSE {key} END", joins)


def _fiscal(name: str, label: str | Promise) -> Dimension:
    """Return a stretch of the organisation's year, by its first month: its year begins `ahead` months after January."""
    ahead = "make_interval(months => %(ahead)s)"
    key = f"(date_trunc('{name}', fact.month - {ahead}) + {ahead})::date"
    return Dimension(name, label, Level.PORTFOLIO, key, is_time=True)


# The unit at `depth` of a unit's path: the top one, or the one below the unit that is filtered by. What belongs to none
# of these belongs to the unit itself. 0: unallocated; -1: its initiative has no unit.
_UNIT = """CASE WHEN fact.initiative_id = 0 THEN 0
    ELSE coalesce(nullif(split_part(unit.lineage, '/', %(depth)s), '')::bigint, unit.id, -1) END"""
NOTHING, NO_UNIT = 0, -1

NONE = Dimension("none", _("Nothing else"), Level.PORTFOLIO, "''::text")
ALL = (
    Dimension("initiative", _("Initiative"), Level.INITIATIVE, "fact.initiative_id"),
    Dimension("business_unit", _("Business unit"), Level.INITIATIVE, _UNIT, ("initiative", "unit")),
    Dimension("category", _("Category"), Level.PORTFOLIO, "fact.category_id"),
    Dimension("ai_category", _("AI category"), Level.GROUP, "coalesce(charge.ai_category, '')"),
    _text("vendor", _("Vendor")),
    _text("service", pgettext_lazy("of a bill", "Service")),
    _text("service_category", _("Service category")),
    _text("account", _("Account")),
    _text("sku", _("Model or SKU")),
    _text("api_key", _("API key alias")),
    _text("source", pgettext_lazy("of a line", "Source")),
    Dimension("kind", _("Kind of record"), Level.GROUP, "coalesce(charge.kind, '')"),
    _of_initiative("hosting", _("Hosting"), "initiative.hosting", "initiative"),
    _of_initiative("stage", _("Stage at the time"), "coalesce(stage.stage, 'draft')", "stage"),
    Dimension("month", _("Month"), Level.PORTFOLIO, "fact.month", is_time=True),
    _fiscal("quarter", _("Fiscal quarter")),
    _fiscal("year", _("Fiscal year")),
)
DIMENSIONS = {dimension.name: dimension for dimension in ALL}
