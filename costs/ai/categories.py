"""What cost is for in AI terms: the label of every charge group, by rules (`costs.models.AiCategoryRule`).

New groups get theirs before they are written, those of an import once more under its lock, all of them when a rule has
changed. No cost moves by it, unless an allocation rule asks for the label, or it tells that a bill charges for tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.changes import Change, changing
from accounts.errors import RuleError
from accounts.models import User
from costs import batched_reads, initiative_history, rollups
from costs.ai.matching import Facts, Matcher
from costs.allocation import places
from costs.models import AiCategory, AiCategoryRule, AllocationRule, AllocationRun, Category, ChargeGroup
from costs.runs import queue
from costs.runs.queue import MOST_GROUPS, About

_ASKED = ("vendor", "service", "service_category", "sku", "resource", "details", "kind", "category_id", "ai_category")
_TOLD = ("priority", "match", "ai_category", "is_active")


RULES = "SELECT match, ai_category FROM costs_aicategoryrule WHERE is_active ORDER BY priority, id"


class Labels:
    """The labels that the rules in use give, which are the rows of `RULES`.

    `categories`: the names of those that the groups have, where they are known; else they are looked up.
    """

    def __init__(self, rules: Sequence[Mapping[str, Any]], categories: Mapping[int, str] | None = None) -> None:
        self._labels = [rule["ai_category"] for rule in rules]
        self._matcher = Matcher([rule["match"] for rule in rules])
        self._given = categories

    @classmethod
    def now(cls) -> Labels:
        """Return those of the rules as they stand."""
        return cls(*batched_reads.read_all(RULES))

    def of(self, group: ChargeGroup) -> str:
        """Return the AI category of a group; "" where no rule knows it."""
        place = self._matcher.first(Facts(group, self._categories[group.category_id]))
        return "" if place is None else self._labels[place]

    @cached_property
    def _categories(self) -> Mapping[int, str]:
        return self._given if self._given is not None else dict(Category.objects.values_list("pk", "name"))


def label(groups: Iterable[ChargeGroup], labels: Labels | None = None) -> None:
    """Give groups that are not written yet their label."""
    labels = labels or Labels.now()
    for group in groups:
        group.ai_category = labels.of(group)


def synchronise(group_ids: Collection[int] | None = None) -> int:
    """Bring the labels of some groups, or of all, to what the rules say now; return how many have changed."""
    return _relabel(_stale(group_ids))


def synchronise_waiting(_run: AllocationRun, change: Change) -> None:
    """Bring all labels to what the rules say now, for a run that has waited.

    Groups are looked through before the lock, for which everybody waits who records a cost. What came to be meanwhile
    may have been labelled by the rules of before, whatever its id: an import may have had it for long.
    """
    seen = _ids()
    looked_through = _stale().groups
    rollups.lock()
    with initiative_history.recording(change, AiCategoryRule(), "apply", f"{timezone.localdate()}"):
        synchronise([*looked_through, *_ids() - seen])


def _ids() -> set[int]:
    return set(ChargeGroup.objects.values_list("pk", flat=True))


class Stale(NamedTuple):
    """Groups whose label is not what the rules say: by the label that they should have."""

    wanted: Mapping[str, Sequence[int]]
    before: Mapping[int, str]  # the label of each as it is
    tokens: Sequence[int]  # that were for tokens, or are now: of these the ledger may take another record

    @property
    def groups(self) -> list[int]:
        """All of them."""
        return [pk for ids in self.wanted.values() for pk in ids]

    @property
    def may_move(self) -> Sequence[int]:
        """Those that may belong elsewhere by it."""
        return self.groups if self.wanted and _allocation_asks() else self.tokens


def _stale(group_ids: Collection[int] | None = None) -> Stale:
    groups = ChargeGroup.objects.only(*_ASKED)
    if group_ids is not None:
        groups = groups.filter(pk__in=list(group_ids))
    labels, changed, before, tokens = Labels.now(), defaultdict(list), {}, []
    for group in groups.iterator(chunk_size=2_000):
        wanted = labels.of(group)
        if wanted != group.ai_category:
            changed[wanted].append(group.pk)
            before[group.pk] = group.ai_category
            if AiCategory.INFERENCE in (wanted, group.ai_category):
                tokens.append(group.pk)
    return Stale(changed, before, tokens)


def _relabel(stale: Stale) -> int:
    for wanted, ids in stale.wanted.items():
        ChargeGroup.objects.filter(pk__in=ids).update(ai_category=wanted)
    if concerned := stale.may_move:
        places.follow_labels({pk: stale.before[pk] for pk in concerned})
    return len(stale.groups)


def save(actor: User | None, rule: AiCategoryRule) -> int | AllocationRun:
    """Write a rule, a new one or one that has changed, and relabel; return how many groups have another label now.

    Where there are many a worker does it: the run that waits is returned. New groups follow the rule.
    """
    with changing(actor) as change:
        at_once = _lock_if_few()
        before = _current(rule) if rule.pk else None
        if before is not None and before.version != rule.version:
            raise RuleError(_("Somebody has changed this rule meanwhile. Load it again."), status=412)
        differences = {name: (getattr(before, name, None), getattr(rule, name)) for name in _TOLD}
        differences = {name: pair for name, pair in differences.items() if pair[0] != pair[1]}
        if not differences:
            return AllocationRun.objects.waiting().filter(about=About.LABELS).first() or 0
        rule.version += before is not None
        rule.save()
        change.record(rule, "edit" if before else "create", differences)
        return _synchronise_or_ask(change, rule, at_once=at_once)


def remove(actor: User | None, rule: AiCategoryRule, version: int) -> int | AllocationRun:
    """Take back a rule that was read at `version` and relabel; return as `save` does."""
    with changing(actor) as change:
        at_once = _lock_if_few()
        current = _current(rule)
        if current.version != version:
            raise RuleError(_("Somebody has changed this rule meanwhile. Load it again."), status=412)
        change.record(current, "delete", {name: (getattr(current, name), None) for name in _TOLD})
        current.delete()
        return _synchronise_or_ask(change, rule, at_once=at_once)


def apply(actor: User | None) -> int | AllocationRun:
    """Bring all labels to what the rules say, as after an upgrade; return as `save` does."""
    with changing(actor) as change:
        at_once = _lock_if_few()
        return _synchronise_or_ask(change, AiCategoryRule(), f"{timezone.localdate()}", at_once=at_once)


def _lock_if_few() -> bool:
    """Take the lock of the sums, unless there are more groups than a request looks through."""
    if ChargeGroup.objects.count() > MOST_GROUPS:
        return False
    rollups.lock()
    return True


def _synchronise_or_ask(
    change: Change, about: AiCategoryRule, label: str = "", *, at_once: bool
) -> int | AllocationRun:
    if at_once:
        stale = _stale()
        if not queue.is_much(stale.may_move):
            queue.put_right(About.LABELS)
            with initiative_history.recording(change, about, "apply", label):
                return _relabel(stale)
    return queue.ask(change.actor, About.LABELS)


def _current(rule: AiCategoryRule) -> AiCategoryRule:
    """Return a rule as it stands now; Http404 where somebody has deleted it since it was read."""
    return get_object_or_404(AiCategoryRule.objects.select_for_update(), pk=rule.pk)


def _allocation_asks() -> bool:
    return AllocationRule.objects.filter(is_active=True, match__has_key="ai_category").exists()
