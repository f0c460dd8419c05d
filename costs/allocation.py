"""Allocation: which initiatives a charge group's cost belongs to, by rules and by what the ledger takes.

A group that names its initiative belongs there. Any other belongs, month by month, where the first rule in force that
matches it says; without one it is unallocated, a place like any other. Of the records of one provider the ledger takes
one kind (`costs/ledger_sources.py`); the others are kept for comparison and counted nowhere.

`place_new` gives new groups their place before their lines come; `bring_up` renews the placements of groups, all of
them after a rule has changed. Both end in `placements.bring_to`, so doing it again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from django.db.models import Q

from costs import budget_notices, ledger_sources, placements, rollups
from costs.matching import Matcher
from costs.models import NOT_COUNTED, AllocationRule, ChargeGroup, GroupMonth, Kind, Method
from costs.placements import EVER, NEVER, ONE, Part, Span
from costs.shares import Shares
from money.months import next_month

_KEPT_TO_COMPARE = (Part(NOT_COUNTED, ONE),)
MATCHED = ("id", "initiative_id", "kind", "source", "vendor", "account", "account_name", "service", "service_category")
MATCHED += ("sku", "region", "resource", "api_key", "tags", "ai_category")


def in_force() -> list[AllocationRule]:
    """Return the rules in use, in the order in which they are asked."""
    return list(AllocationRule.objects.filter(is_active=True).prefetch_related("parts"))


def place_new(groups: Iterable[ChargeGroup]) -> None:
    """Place groups that have just been made, before their lines come."""
    new = [group for group in groups if group.initiative_id is None or group.kind != Kind.ENTERED]
    if new:
        ledger_sources.settle(new)
        placements.bring_to(wanted(new, in_force()))


def bring_up(group_ids: Collection[int] | None = None) -> None:
    """Bring placements and sums to what rules and ledger sources say now; of some groups, or of all."""
    rollups.lock()
    groups = ChargeGroup.objects.filter(Q(initiative=None) | ~Q(kind=Kind.ENTERED)).only(*MATCHED)
    if group_ids is not None:
        groups = groups.filter(pk__in=list(group_ids))
    placements.bring_to(wanted(list(groups), in_force()))
    budget_notices.raise_reached()


def wanted(groups: Sequence[ChargeGroup], rules: Sequence[AllocationRule]) -> dict[int, list[Span]]:
    """Return the spans in which each of these groups should have a placement, and which."""
    matchers = [(rule, Matcher(rule.match)) for rule in rules]
    sources = ledger_sources.known()
    followers: dict[int, list[AllocationRule]] = {}
    for group in groups:
        mine = [] if group.initiative_id else [rule for rule, matcher in matchers if matcher.matches(group)]
        followers[group.pk] = mine
    months = _months_of([pk for pk, mine in followers.items() if any(_follows_use(rule) for rule in mine)])
    shares = Shares(rules, months)
    return {
        group.pk: _spans(sources.spans(group), followers[group.pk], shares, months.get(group.pk, ()))
        for group in groups
    }


def _spans(
    not_counted: Sequence[tuple[date, date]], rules: Sequence[AllocationRule], shares: Shares, months: Sequence[date]
) -> list[Span]:
    """Cut time where anything changes, and ask in each piece."""
    cuts = {EVER, NEVER}
    cuts.update(cut for span in not_counted for cut in span)
    for rule in rules:
        cuts.update(cut for cut in (rule.since, rule.until) if cut)
    if any(_follows_use(rule) for rule in rules):
        cuts.update(cut for month in months for cut in (month, next_month(month)))
    found = []
    for since, until in pairwise(sorted(cuts)):
        if any(first <= since < last for first, last in not_counted):
            found.append(Span(since, until, _KEPT_TO_COMPARE))
            continue
        rule = next((rule for rule in rules if _holds(rule, since)), None)
        if rule and (parts := shares.of(rule, since)):
            found.append(Span(since, until, parts))
    return found


def _holds(rule: AllocationRule, month: date) -> bool:
    return (rule.since or EVER) <= month < (rule.until or NEVER)


def _follows_use(rule: AllocationRule) -> bool:
    return rule.method != Method.EQUAL and any(part.share is None for part in rule.parts.all())


def _months_of(group_ids: Collection[int]) -> Mapping[int, list[date]]:
    months: dict[int, list[date]] = defaultdict(list)
    if group_ids:
        rows = GroupMonth.objects.filter(group__in=list(group_ids), lines__gt=0).order_by("month")
        for group, month in rows.values_list("group_id", "month"):
            months[group].append(month)
    return months
