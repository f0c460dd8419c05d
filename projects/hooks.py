"""Where higher rooms (outcomes, costs, portfolio) add to the pages and writes of this one, which imports none of them.

They do so in their `AppConfig.ready`: append to a list, or set a function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse

if TYPE_CHECKING:
    from django.db.models import Expression, QuerySet

    from accounts.models import User
    from projects.models import Initiative

# Called in the same transaction with the ids of initiatives whose transitions have changed.
after_stage_change: list[Callable[[Sequence[int]], None]] = []


@dataclass(frozen=True)
class HeaderAction:
    """A button at the top right of an initiative's pages; `main` is the one that most people come for."""

    label: str
    url: str
    main: bool = False


# Each returns the button of its room, or None where the person may not use it.
header_actions: list[Callable[[Initiative, User], HeaderAction | None]] = []

# How many things there are on a page of an initiative, by the slug of its tab; each one query.
tab_counts: dict[str, Callable[[Initiative], int]] = {}

# (initiative ids) -> those to which rows of a room refer by their number alone: no foreign key tells of these.
referred_to: list[Callable[[Collection[int]], set[int]]] = []

# Pages of what stands in the trail, by type of object: (reader, names) -> address by name, of what is still there and
# they may see. The name of a thing is its number, or its key where it has one in its place.
history_pages: dict[str, Callable[[User, Collection[Any]], dict[Any, str]]] = {}


def pages_of(visible: QuerySet[Any], view: str, ids: Collection[int]) -> dict[int, str]:
    """Return the page that a view shows of each of these that is among the `visible`."""
    found = visible.filter(pk__in=ids).order_by().values_list("pk", flat=True)
    return {pk: reverse(view, args=[pk]) for pk in found}


# (initiative ids, as-of date) -> guidance cohort of each; set by the portfolio room, which works it out.
GuidanceOf = Callable[[Sequence[int], date], dict[int, str | None]]
guidance_of: GuidanceOf | None = None


def guidance(ids: Sequence[int], as_of: date) -> dict[int, str | None]:
    """Return the guidance cohort by initiative; empty while no room works it out."""
    return guidance_of(ids, as_of) if guidance_of is not None and ids else {}


@dataclass(frozen=True)
class Money:
    """What an initiative has cost and brought by a day, and was to cost, in the base currency; None: no such figure."""

    gross_cost: Decimal | None = None
    realised_benefit: Decimal | None = None
    roi: Decimal | None = None  # 0.5: half of the net cost came back on top of it
    pending_lines: int = 0  # wait for an exchange rate, and stand in no figure
    pending_readings: int = 0
    budget_total: Decimal | None = None
    budget_variance: Decimal | None = None  # gross cost less the budget due
    estimate_at_completion: Decimal | None = None  # gross cost + budget to come
    pending_budget_lines: int = 0

    @property
    def lines_behind_budget(self) -> int:
        """How many lines wait of cost and of budget, together."""
        return self.pending_lines + self.pending_budget_lines


NO_MONEY = Money()

# (initiative ids, as-of date) -> money of each that has any; set by the portfolio room.
MoneyOf = Callable[[Sequence[int], date], dict[int, Money]]
money_of: MoneyOf | None = None

# The amounts that a list can be sorted by: name of the column -> as-of date -> expression, null where there is none.
money_sorts: dict[str, Callable[[date], Expression]] = {}


def money(ids: Sequence[int], as_of: date) -> dict[int, Money]:
    """Return the money by initiative, `NO_MONEY` for one without; a number of queries that does not grow with them."""
    found = money_of(ids, as_of) if money_of is not None and ids else {}
    return {pk: found.get(pk, NO_MONEY) for pk in ids}
