"""Fetch everything that the figures of a set need: a bounded number of set-based queries, whatever its size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from accounts.models import User
from costs import totals as costs
from costs.budgets import totals as budget_totals
from costs.budgets.totals import Budget
from costs.models import UNALLOCATED
from money.exact import ZERO
from outcomes import totals as benefits
from outcomes.targets import TargetFacts
from portfolio.facts.chosen import Chosen, choose, with_unknown_starts
from portfolio.facts.cohort import Cohort
from portfolio.facts.flows import MonthFlow, Totals, monthly, totals_of
from portfolio.facts.look_back_days import a_year_before, quarter_ends, trend_days
from portfolio.facts.pending import NOTHING_PENDING, Pending, PendingBySharers, pending_of_set
from portfolio.facts.row_queries import rows_of
from portfolio.facts.rows import Row
from portfolio.facts.tallies import Tally, count_of, spent_by
from portfolio.figures.exact import difference, total
from portfolio.selection.filters import Filters
from portfolio.selection.scope import Ids, Names, refuse_unknown_names
from projects.stages import Stage

Days = dict[tuple[int, date], costs.Flow]  # (initiative, day): cost up to and including it


@dataclass(frozen=True)
class Money:
    """By initiative: what it has cost and brought by a date, in the base currency, and what of it waits.

    Who has none is not in it.
    """

    spent: Mapping[int, costs.Flow] = field(default_factory=dict)
    benefit: Mapping[int, Decimal] = field(default_factory=dict)
    validated: Mapping[int, Decimal] = field(default_factory=dict)
    pending: Mapping[int, Pending] = field(default_factory=dict)

    def apply_to(self, row: Row) -> None:
        """Set a row's cost and benefit."""
        row.gross, row.recovered = self.spent.get(row.id, costs.NO_COST)
        row.benefit, row.validated = self.benefit.get(row.id, ZERO), self.validated.get(row.id, ZERO)
        row.has_cost, row.has_benefit = row.id in self.spent, row.id in self.benefit
        row.pending = self.pending.get(row.id, NOTHING_PENDING)

    def add_up(self, tally: Tally) -> None:
        """Set what the initiatives of a tally have cost and brought together."""
        if not (self.spent or self.benefit):
            return
        flows = [self.spent[pk] for pk in tally.ids if pk in self.spent]
        tally.with_cost = len(flows)
        tally.gross, tally.recovered = total(flow.gross for flow in flows), total(flow.recovered for flow in flows)
        brought = [self.benefit[pk] for pk in tally.ids if pk in self.benefit]
        tally.with_benefit, tally.benefit = len(brought), total(brought)
        tally.validated = total(self.validated[pk] for pk in tally.ids if pk in self.validated)


@dataclass
class Facts:
    """A set of initiatives at a date, with its money."""

    filters: Filters
    tallies: list[Tally]
    unallocated: costs.Flow | None  # None under a filter that cannot apply to it
    months: list[MonthFlow]
    pending_by_sharers: PendingBySharers = field(default_factory=PendingBySharers)  # for an exchange rate
    without_start: list[Tally] = field(default_factory=list)  # prototypes that a cohort by start leaves out
    money: Money = field(default_factory=Money)
    targets: Mapping[int, TargetFacts] = field(default_factory=dict)  # of every initiative that has outcomes
    visible: Ids = None  # the initiatives before any filter; None for every one that there is
    names: Names = field(default_factory=Names)  # of their units and tags, where that was asked for
    watched: list[Row] = field(default_factory=list)  # those of which a signal may be shown, where that was asked for
    # Where that was asked for: what each had cost by the `trend_days`; the same initiatives a year before, and what was
    # unallocated by then.
    on_days: Days = field(default_factory=dict)
    before: list[Tally] = field(default_factory=list)
    unallocated_before: costs.Flow = costs.NO_COST

    @cached_property
    def cohort(self) -> Cohort:
        """The prototypes among them."""
        return Cohort.of(self.tallies, self.without_start)

    @cached_property
    def pending(self) -> Pending:
        """What waits for an exchange rate, in all."""
        return self.pending_by_sharers.whole

    @cached_property
    def pending_of_cohort(self) -> Pending:
        """What waits of the prototypes."""
        return self.pending_of(attrgetter("is_prototype"))

    def pending_of(self, keeps: Callable[[Tally], bool]) -> Pending:
        """Return what waits, in all, of the initiatives whose tally passes a test."""
        return self.pending_by_sharers.of(pk for tally in self.tallies if keeps(tally) for pk in tally.ids)

    @cached_property
    def budgets(self) -> Mapping[int, Budget]:
        """The budgets of those that have one; one query, where a figure asks for it."""
        return budget_totals.budgets(self.ids, self.filters.as_of)

    @cached_property
    def has_budget(self) -> bool:
        """Tell whether any of them has a budget that is known."""
        return any(budget.is_known for budget in self.budgets.values())

    @property
    def count(self) -> int:
        """How many initiatives there are."""
        return count_of(self.tallies)

    @property
    def has_cost(self) -> bool:
        """Tell whether any cost is counted, also where credits have brought it back to nothing."""
        shared = self.unallocated is not None and UNALLOCATED in self.money.spent
        return shared or any(tally.with_cost for tally in self.tallies)

    @property
    def has_benefit(self) -> bool:
        """Tell whether any benefit has been measured, also where readings have evened out."""
        return any(tally.with_benefit for tally in self.tallies)

    @property
    def ids(self) -> Ids:
        """Return them; None where they are every one that there is."""
        if not self.filters.narrows:
            return self.visible
        return [pk for tally in self.tallies for pk in tally.ids]

    @cached_property
    def spent(self) -> costs.Flow:
        """Cost to the date, the unallocated included where it belongs."""
        own, shared = spent_by(self.tallies), self.unallocated or costs.NO_COST
        return costs.Flow(total([own.gross, shared.gross]), total([own.recovered, shared.recovered]))

    @cached_property
    def totals(self) -> Totals:
        """Benefit and net cost to the date, the unallocated included where it belongs."""
        return totals_of(self.tallies, self.spent, self.pending)


def gather(filters: Filters, user: User | None, *, year_before: bool = False, with_page_extras: bool = False) -> Facts:
    """Return the facts of the initiatives that `user` may see (None: all) and the filters keep.

    `year_before`: what the same initiatives had cost and brought a year before too, and where they stood, for the
    change of a figure; `with_page_extras`: what the portfolio page needs beside the figures – what they had cost on the
    days of a sparkline, what to watch, and the names that filters can be set to.
    """
    as_of, whole, then = filters.as_of, not filters.narrows, a_year_before(filters.as_of)
    chosen = choose(filters, user, year_before, with_page_extras)
    if not chosen.tallies:
        refuse_unknown_names(filters)
    ids, spent = chosen.ids, chosen.spent
    waits = pending_of_set(ids, as_of, with_unallocated=whole)
    looked_back = trend_days(as_of) if with_page_extras else [then] if year_before else []
    days = _on_other_days(chosen.tallies, as_of, spent, looked_back)
    money, money_then = _added_up(chosen, days, as_of, then if year_before else None, waits.by_initiative())
    return Facts(
        filters=filters,
        tallies=chosen.tallies,
        unallocated=spent.get(UNALLOCATED, costs.NO_COST) if whole else None,
        months=_months(ids, money, as_of, with_unallocated=whole),
        pending_by_sharers=waits,
        without_start=chosen.without_start,
        money=money,
        targets=chosen.targets,
        watched=chosen.watched,
        visible=chosen.visible,
        names=chosen.names,
        on_days=days,
        before=chosen.before,
        unallocated_before=money_then.spent.get(UNALLOCATED, costs.NO_COST),
    )


def _added_up(
    chosen: Chosen, days: Days, as_of: date, then: date | None, pending: Mapping[int, Pending]
) -> tuple[Money, Money]:
    """Lay on the tallies what their initiatives cost and brought; return that by initiative, and that of `then`."""
    listed = with_unknown_starts(chosen.ids, chosen.without_start)
    wanted = [(as_of, False), (as_of, True), *([(then, False)] if then else [])]
    # Without an outcome nothing was measured: then nothing is asked.
    benefit, validated, *benefit_then = benefits.benefit_on(listed, wanted) if chosen.targets else [{} for _ in wanted]
    money = Money(chosen.spent, benefit, validated, pending)
    money_then = Money({pk: flow for (pk, day), flow in days.items() if day == then}, *benefit_then)
    for tally in chosen.tallies:
        money.add_up(tally)
        _add_other_days(tally, days, as_of)
    for tally in chosen.before:
        money_then.add_up(tally)
    return money, money_then


def _months(ids: Ids, money: Money, as_of: date, with_unallocated: bool) -> list[MonthFlow]:
    """Return what was measured and spent month by month; what nobody has is not asked for."""
    measured = benefits.benefit_by_month(ids, as_of) if money.benefit else {}
    spent = costs.flows_by_month(ids, as_of, with_unallocated) if money.spent else {}
    return monthly(measured, spent, as_of)


def rows_in(facts: Facts, ids: Sequence[int] | None = None) -> list[Row]:
    """Return the initiatives of a set, or these of them, one by one with their money, oldest first; one query."""
    chosen = [pk for tally in facts.tallies for pk in tally.ids] if ids is None else ids
    rows = rows_of(facts.filters.as_of, chosen, facts.targets)
    for row in rows:
        facts.money.apply_to(row)
    return rows


def _on_other_days(
    tallies: list[Tally], as_of: date, spent: Mapping[int, costs.Flow], looked_back: Sequence[date]
) -> Days:
    """Return what each initiative had cost by earlier days, and what was unallocated a year before.

    The days are that of its production, the two between which the run cost is counted, and those `looked_back` to, of
    which the first is a year before.
    """
    wanted = {(UNALLOCATED, day) for day in looked_back[:1] if UNALLOCATED in spent}
    for tally in tallies:
        mine = [pk for pk in tally.ids if pk in spent]  # also where costs and credits come to nothing by now
        wanted |= {(pk, day) for pk in mine for day in looked_back}
        wanted |= {(pk, day) for pk, day in zip(tally.ids, tally.production_on, strict=False) if day and pk in spent}
        if tally.stage == Stage.PRODUCTION:
            wanted |= {(pk, day) for pk in mine for day in quarter_ends(as_of)}
    return costs.flows_on(wanted) if wanted else {}


def _add_other_days(tally: Tally, days: Days, as_of: date) -> None:
    """Set what a tally had cost until production, and in the last full quarter; where nothing was spent, nothing."""
    if not days:
        return
    known = zip(tally.ids, tally.production_on, strict=False)  # empty where none was reached
    tally.until_production = total(days[pk, day].gross for pk, day in known if day and (pk, day) in days)
    if tally.stage == Stage.PRODUCTION:
        before, until = ([days.get((pk, day), costs.NO_COST).gross for pk in tally.ids] for day in quarter_ends(as_of))
        tally.last_quarter = difference(total(until), total(before))
