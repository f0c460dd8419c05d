"""Allocation: which initiatives a charge group's cost belongs to, by rules and by what the ledger takes.

A group that names its initiative belongs there. Any other belongs, month by month, where the first rule in force that
matches it says; without one it is unallocated, a place like any other. Of the records of one provider the ledger takes
one kind (`costs/reconciliation/sources.py`); the others are kept for comparison and counted nowhere.

`place_new` gives new groups their place before their lines come. What is there is placed in three ways, and doing it
again changes nothing: `synchronise` places it as the rules say now, for which somebody asks who looks at it before;
`follow_use` renews the weights of what use divides, and places what has its first lines (`after_coming`);
`follow_records` moves what counts now or no longer does, as the ledger takes another record, or one has lost its last
line (`after_removal`). By the last two no rule that is only saved moves what is there. `follow_labels` does the first
where rules tell by the label, else the third. `changes`, `changes_of_use` and `changes_of_records` say what they would
do, `changes_by` what a rule would do that somebody is still thinking about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from costs import rollups
from costs.allocation import naming, placements
from costs.allocation.active_rules import Rule, in_force
from costs.allocation.matching import Matcher, comparable, condition_test
from costs.allocation.placements import EVER, KEPT_TO_COMPARE, NEVER, NOBODYS, Changes, Span
from costs.allocation.shares import Parts, Shares, even
from costs.budgets import notices
from costs.models import ChargeGroup, Kind, Placement, UsagePlacement
from costs.reconciliation import sources as ledger_sources
from costs.reconciliation.sources import Sources
from money.months import next_month

MATCHED = ("pk", "initiative_id", "kind", "source", "vendor", "account", "account_name", "service", "service_category")
MATCHED += ("sku", "region", "resource", "api_key", "tags", "ai_category", "category_id")

# An array, not Django's list of parameters: there may be a hundred thousand.
MONTHS = """
SELECT group_id, month FROM costs_groupmonth WHERE group_id = ANY(%(groups)s) AND lines > 0
UNION SELECT group_id, month FROM costs_usagemonth WHERE group_id = ANY(%(groups)s) AND lines > 0
ORDER BY group_id, month
"""
BARE = """
SELECT id FROM unnest(%(groups)s::bigint[]) AS asked (id)
WHERE NOT EXISTS (SELECT FROM costs_groupmonth AS kept WHERE kept.group_id = id AND kept.lines > 0)
  AND NOT EXISTS (SELECT FROM costs_usagemonth AS kept WHERE kept.group_id = id AND kept.lines > 0)
"""


class Asked(NamedTuple):
    """What decides where a group belongs: months that are not counted, rules that match it, and months with lines.

    The months only where a rule follows use; groups that are asked alike belong alike.
    """

    not_counted: tuple[tuple[date, date], ...]
    rules: tuple[Rule, ...]
    months: tuple[date, ...] = ()

    @property
    def follows_use(self) -> bool:
        """Tell whether any of the rules follows use."""
        return any(rule.follows_use for rule in self.rules)


def place_new(groups: Iterable[ChargeGroup]) -> None:
    """Place groups that have just been made, before their lines come.

    What counts of a provider that nothing is decided about is not decided here, without the lock of the sums: whoever
    holds that would wait for this write, and this write for the lock. It is decided when the lines come.
    """
    if new := [group for group in groups if may_be_placed(group)]:
        placements.insert(wanted(new, in_force(), ledger_sources.known(), are_new=True))


def may_be_placed(group: ChargeGroup) -> bool:
    """Tell whether a group may belong elsewhere than to the initiative that it names."""
    return group.initiative_id is None or group.kind != Kind.ENTERED


def synchronise(group_ids: Collection[int] | None = None) -> None:
    """Bring placements and sums to what rules and ledger sources say now; of some groups, or of all."""
    _bring_to(lambda: changes(group_ids))


def follow_use(group_ids: Collection[int], besides: Collection[int] = ()) -> None:
    """Bring the weights of groups that use divides to the use of now, and groups besides to what rules say now."""
    _bring_to(lambda: changes_of_use(group_ids, besides))


def follow_records(group_ids: Collection[int]) -> None:
    """Bring groups to what the ledger takes now, and nothing else of them to what rules say now."""
    _bring_to(lambda: changes_of_records(group_ids))


def follow_labels(before: Mapping[int, str]) -> None:
    """Place groups that have another label than `before`: what other rules match by it as these say now.

    All else stays where it is, unless by its label there is another record of it, or no longer is.
    """
    groups, rules, sources = _groups(before), in_force(), ledger_sources.known()
    now = _asked(groups, rules, sources)
    then = _asked([group._replace(ai_category=before[group.pk]) for group in groups], rules, sources)
    asked_for = [group for group, each in now.items() if each.rules != then[group].rules]
    if asked_for:
        synchronise(asked_for)
    follow_records(now.keys() - asked_for)


def _bring_to(changes_of_now: Callable[[], Changes]) -> None:
    rollups.lock()
    if moved := placements.bring_to(changes_of_now()):
        notices.raise_reached(moved)


def bare(group_ids: Iterable[int]) -> list[int]:
    """Return those of these groups that have no lines, so that placing them anew moves nothing."""
    asked = list(group_ids)
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(BARE, {"groups": asked})
        return [group for (group,) in cursor.fetchall()]


def after_coming(group_ids: Collection[int], first_of: Collection[int]) -> None:
    """Place groups that lines came of: by the rules of now those that they are the first of, by use what it divides.

    All others stay where they are until somebody applies the rules.
    """
    by_use = placed_by_use(group_ids)
    if by_use or first_of:
        follow_use(by_use, first_of)


def account_names_asked_for(names: Collection[str]) -> set[str]:
    """Return those names of accounts that a rule in force asks for, or by which it finds an initiative."""
    rules = in_force()
    tests = [condition_test(rule.match["account_name"]) for rule in rules if "account_name" in rule.match]
    named = naming.initiatives(names) if any(rule.named_by == "account_name" for rule in rules) else {}
    return {name for name in names if name in named or any(test(comparable(name)) for test in tests)}


def after_removal(records: Collection[tuple[str, str]] | None = None) -> None:
    """Place anew what counts, or no longer does, because the last line of another record is gone.

    `records`: vendor and kind of what lost lines; without it, anything may have.
    """
    if records is not None and ledger_sources.are_recorded(records):
        return
    if concerned := ledger_sources.take_back():
        follow_records(concerned)


def after_revert() -> None:
    """Place anew what counts since an import is gone, and renew the weights of what use divides.

    Of all groups: as it came it divided also those of which it brought nothing new.
    """
    after_removal()
    if by_use := placed_by_use():
        follow_use(by_use)


def placed_by_use(among: Collection[int] | None = None) -> set[int]:
    """Return the groups that rules in use divide by use. One without use so far is placed too, as unallocated."""
    by_use = [rule.pk for rule in in_force() if rule.follows_use]
    if not by_use:
        return set()
    own = {"rule__in": by_use} if among is None else {"rule__in": by_use, "group__in": list(among)}
    cost, usage = (model.objects.order_by().filter(**own).values_list("group") for model in (Placement, UsagePlacement))
    return {group for (group,) in cost.union(usage)}


def changes(group_ids: Collection[int] | None = None) -> Changes:
    """Return what has to change for groups, some or all, to be placed as the rules in force say."""
    return placements.changes(wanted(_groups(group_ids), in_force(), ledger_sources.known()))


def changes_of_use(group_ids: Collection[int], besides: Collection[int] = ()) -> Changes:
    """Return what has to change for groups to be divided by the use of now, and for groups `besides` as `changes` does.

    A group that rules in force would place otherwise than it is, but for the weights, stays until they are applied.
    """
    rules = in_force()
    asked = _asked(_groups({*group_ids, *besides}), rules, ledger_sources.known())
    there, now = placements.kept(asked), _each(asked, _outline)
    stay = {
        group
        for group, spans in now.items()
        if placements.still_nobodys(there.get(group, ()), spans) != placements.without_weights(there.get(group, ()))
    }
    asked = {group: each for group, each in asked.items() if group not in stay or group in besides}
    return placements.changes(_wanted(asked, rules), there)


def changes_of_records(group_ids: Collection[int]) -> Changes:
    """Return what has to change for groups to count, or not, as is decided now of their records (`_as_it_counts`)."""
    rules, groups = in_force(), _groups(group_ids)
    now = _wanted(_asked(groups, rules, ledger_sources.known()), rules)
    there = placements.kept(now)
    unplaced = {group.pk: () if group.initiative_id else NOBODYS for group in groups}
    beside = {group: placements.side_by_side(there.get(group, ()), spans) for group, spans in now.items()}
    decided = {
        group: placements.joined(_as_it_counts(*pair, unplaced[group]) for pair in pairs)
        for group, pairs in beside.items()
    }
    return placements.changes(decided, there)


def _as_it_counts(old: Span, now: Span, unplaced: Parts) -> Span:
    """Return what becomes of a stretch of time that is placed as `old`, where rules and records of now say `now`.

    What counts before and after stays where it is, and so does what is compared before and after. What is no longer
    counted is kept for where it was; `unplaced`: how that is kept where it had no placement. What counts again goes
    where it was kept for; where nothing tells that, as it never counted and no rule placed it, rules do.
    """
    if old.is_counted == now.is_counted:
        return old
    if old.is_counted:
        return now._replace(used=old.parts or unplaced)
    return now._replace(parts=() if old.used == NOBODYS else old.used or now.parts)


def changes_by(draft: Rule) -> tuple[Changes, Changes]:
    """Return what a rule would change if it were in use, and what applying the rules would change without it.

    The second is nothing, unless rules have been changed that were not applied yet.
    """
    groups, sources = _groups(None), ledger_sources.known()
    without, with_it = (wanted(groups, rules, sources) for rules in (in_force(), in_force(draft)))
    changed = [group for group, spans in with_it.items() if spans != without[group]]
    own = Changes({group: without[group] for group in changed}, {group: with_it[group] for group in changed})
    return own, placements.changes(without)


def looked_at() -> QuerySet[ChargeGroup]:
    """Return the groups that rules and ledger sources may place: all but those entered for an initiative."""
    return ChargeGroup.objects.filter(Q(initiative=None) | ~Q(kind=Kind.ENTERED))


def _groups(group_ids: Collection[int] | None) -> list[Any]:
    """Return groups as rows with the names of their fields, not as models: there may be a hundred thousand."""
    groups = looked_at().order_by().values_list(*MATCHED, named=True)
    return list(groups if group_ids is None else groups.filter(pk__in=list(group_ids)))


def wanted(
    groups: Iterable[ChargeGroup], rules: Sequence[Rule], sources: Sources, *, are_new: bool = False
) -> dict[int, list[Span]]:
    """Return the spans in which each of these groups should have a placement, and which. New ones have no lines yet."""
    return _wanted(_asked(groups, rules, sources), rules, are_new=are_new)


def _wanted(asked: Mapping[int, Asked], rules: Sequence[Rule], *, are_new: bool = False) -> dict[int, list[Span]]:
    settled = _each(asked, _settled)
    by_use = {group: each for group, each in asked.items() if each.follows_use}
    if not by_use:
        return settled
    months = {} if are_new else _months_of(by_use)
    by_use = {group: each._replace(months=tuple(months.get(group, ()))) for group, each in by_use.items()}
    shares = Shares(rules, (month for each in by_use.values() for month in each.months), settled)
    return settled | _each(by_use, shares.of)


def _asked(groups: Iterable[ChargeGroup], rules: Sequence[Rule], sources: Sources) -> dict[int, Asked]:
    matcher = Matcher([rule.match for rule in rules])
    matching = [
        (group, [] if group.initiative_id else [rules[at] for at in matcher.matching(group)]) for group in groups
    ]
    named = naming.Named(matching)
    return {
        group.pk: Asked(tuple(sources.spans(group)), _up_to_the_last(named.holding(group, own)))
        for group, own in matching
    }


def _up_to_the_last(matching: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return the rules that match up to the first that leaves no month to those after it."""
    last = next((at for at, rule in enumerate(matching) if rule.is_open_ended), len(matching))
    return tuple(matching[: last + 1])


def _each(asked: Mapping[int, Asked], parts_of: Callable[[Rule, date], Parts]) -> dict[int, list[Span]]:
    """Return the spans of each group; worked out once for groups that are asked alike."""
    known: dict[tuple[object, ...], list[Span]] = {}
    found = {}
    for group, each in asked.items():
        alike = (each.not_counted, tuple([id(rule) for rule in each.rules]), each.months)
        if alike not in known:
            known[alike] = placements.joined(_spans(each, parts_of))
        found[group] = known[alike]
    return found


def _settled(rule: Rule, _month: date) -> Parts:
    """Return the parts of a rule as far as they do not follow use."""
    return () if rule.follows_use else even(rule)


def _outline(rule: Rule, _month: date) -> Parts:
    """Return the parts of a rule whatever the use."""
    return placements.outline(even(rule))


def _spans(asked: Asked, parts_of: Callable[[Rule, date], Parts]) -> list[Span]:
    """Cut time where anything changes, and ask in each piece."""
    cuts = {EVER, NEVER}
    cuts.update(cut for span in asked.not_counted for cut in span)
    for rule in asked.rules:
        cuts.update(cut for cut in (rule.since, rule.until) if cut)
    cuts.update(cut for month in asked.months for cut in (month, next_month(month)))
    found = []
    for since, until in pairwise(sorted(cuts)):
        rule = next((rule for rule in asked.rules if rule.holds_in(since)), None)
        parts = parts_of(rule, since) if rule else ()
        if any(first <= since < last for first, last in asked.not_counted):
            found.append(Span(since, until, KEPT_TO_COMPARE, parts))
        elif parts:
            found.append(Span(since, until, parts))
    return found


def _months_of(group_ids: Collection[int]) -> Mapping[int, list[date]]:
    """Return the months in which groups have lines, of usage without a price too."""
    months: dict[int, list[date]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, {"groups": list(group_ids)})
        for group, month in cursor.fetchall():
            months[group].append(month)
    return months
