"""The initiatives of a set: which they are, in which cohort, and where they stood a year before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from accounts.models import User
from costs import totals as costs
from outcomes.targets import TargetFacts, target_facts
from portfolio.facts.look_back_days import a_year_before
from portfolio.facts.row_queries import rows_of
from portfolio.facts.rows import Row
from portfolio.facts.tallies import Tally, split
from portfolio.facts.tally_queries import tally_up, with_guidance
from portfolio.selection.filters import Filters
from portfolio.selection.scope import Ids, Names, narrowed, visible_ids, visible_with_names

MOST_SIGNALS = 5  # that stand on the portfolio page


class Chosen(NamedTuple):
    """The initiatives of a set with their cohorts, and what that took to find out."""

    tallies: list[Tally]
    without_start: list[Tally]
    before: list[Tally]  # the same initiatives a year before, where that was asked for
    ids: Ids
    visible: Ids
    names: Names
    targets: dict[int, TargetFacts]
    spent: dict[int, costs.Flow]
    watched: list[Row]


def choose(filters: Filters, user: User | None, year_before: bool = False, with_page_extras: bool = False) -> Chosen:
    """Find the initiatives: those in scope, with the cohort of each; a filter by cohort keeps some of them.

    `year_before`: with where they stood then; `with_page_extras`: with those to watch, and the names of the filters.
    """
    as_of, whole = filters.as_of, not filters.narrows
    visible, names = visible_with_names(user) if with_page_extras else (visible_ids(user), Names())
    targets = target_facts(None, as_of)
    days = [as_of, a_year_before(as_of)] if year_before else [as_of]
    now, *earlier = tally_up(days, narrowed(filters, visible), targets)
    now, without_start = _by_start(now, filters)
    before = earlier[0] if earlier else []
    ids = visible if whole else [pk for tally in now for pk in tally.ids]
    spent = costs.flows_by_initiative(with_unknown_starts(ids, without_start), as_of, with_unallocated=whole)
    decided = {pk for tally in now if tally.is_prototype for pk in tally.ids if pk in targets}
    watched = to_watch(now, spent) if with_page_extras else set()
    rows = {row.id: row for row in rows_of(as_of, sorted(decided | watched), targets)}
    tallies = with_guidance(now, {pk: rows[pk].decision for pk in decided})
    if filters.guidance:
        tallies = [tally for tally in tallies if tally.guidance == filters.guidance]
        ids = [pk for tally in tallies for pk in tally.ids]
        without_start = [tally for tally in without_start if tally.guidance == filters.guidance]
        watched = to_watch(tallies, spent) if with_page_extras else set()
        rows |= {row.id: row for row in rows_of(as_of, sorted(watched - rows.keys()), targets)}  # late ones kept back
    if filters.guidance or filters.by_start:
        before = _only(before, set(ids))
    return Chosen(
        tallies, without_start, before, ids, visible, names, targets, spent, [rows[pk] for pk in sorted(watched)]
    )


def _by_start(tallies: list[Tally], filters: Filters) -> tuple[list[Tally], list[Tally]]:
    """Return the initiatives of a set, and those that a cohort by start leaves out: their start is unknown."""
    if not filters.by_start:
        return tallies, []
    return [tally for tally in tallies if tally.is_start_known], [t for t in tallies if not t.is_start_known]


def with_unknown_starts(ids: Ids, without_start: Sequence[Tally]) -> Ids:
    """Return initiatives with those that a cohort by start leaves out: they are in no sum, and listed with their money.

    None stays None: where every initiative is in, none is left out.
    """
    return None if ids is None else [*ids, *(pk for tally in without_start for pk in tally.ids)]


def to_watch(tallies: Sequence[Tally], spent: Mapping[int, costs.Flow]) -> set[int]:
    """Return the initiatives under way of which a signal may be shown.

    Every rule but one speaks of money spent, and most money comes first: of those that have cost nothing, which may
    only be past their date, no more are read than can be shown.
    """
    under_way = [tally for tally in tallies if tally.is_under_way]
    late = sorted(pk for tally in under_way for pk in tally.late if pk not in spent)
    return {pk for tally in under_way for pk in tally.ids if pk in spent} | set(late[:MOST_SIGNALS])


def _only(tallies: Sequence[Tally], ids: set[int]) -> list[Tally]:
    """Return what the tallies say of these initiatives."""
    return [part for tally in tallies for is_in, part in split(tally, ids.__contains__).items() if is_in]
