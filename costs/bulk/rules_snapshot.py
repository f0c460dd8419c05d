"""A snapshot of the rules, names and ledger sources that label and place charge groups, to see whether they changed.

New groups are labelled and placed when they are made, before an import takes its lock. Where nothing that decides has
changed until it does, that still holds, and need not be worked out again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Max

from costs.allocation import naming
from costs.models import AiCategoryRule, AllocationRule, ChargeGroup, LedgerSource


class RulesSnapshot(NamedTuple):
    """The rules, names and ledger sources as they stand, and the newest charge group."""

    label_rules: frozenset[tuple[object, ...]]
    rules: frozenset[tuple[object, ...]]
    named: frozenset[tuple[object, ...]]  # whom names mean, where a rule goes by them
    sources: frozenset[tuple[object, ...]]
    newest_group: int

    def labels_hold(self, now: RulesSnapshot) -> bool:
        """Tell whether the rules give the labels that they gave then.

        What was there before them may still wait for the run that renews all labels: that is not for an import to do.
        """
        return self.label_rules == now.label_rules

    def places_hold(self, now: RulesSnapshot, records: Collection[tuple[str, str]]) -> bool:
        """Tell whether groups that were made since are placed where they would be now.

        `records`: provider and kind of the groups. Those of a provider about which nothing was decided were placed as
        what counts, which holds unless another kind was decided on meanwhile.
        """
        if (self.rules, self.named) != (now.rules, now.named) or not self.sources <= now.sources:
            return False
        decided = {(provider, kind) for provider, _since, kind in now.sources - self.sources}
        return not any(provider == own and kind != own_kind for provider, kind in decided for own, own_kind in records)


def now() -> RulesSnapshot:
    """Return what decides now; four queries, five where a rule is split by name."""
    active = {"is_active": True}
    rules = frozenset(AllocationRule.objects.filter(**active).values_list("pk", "version", "named_by"))
    return RulesSnapshot(
        label_rules=frozenset(AiCategoryRule.objects.filter(**active).values_list("pk", "version")),
        rules=rules,
        named=naming.every_name() if any(named_by for _pk, _version, named_by in rules) else frozenset(),
        sources=frozenset(LedgerSource.objects.values_list("provider", "since", "kind")),
        newest_group=ChargeGroup.objects.aggregate(newest=Max("pk"))["newest"] or 0,
    )
