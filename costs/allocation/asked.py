"""An allocation rule as it is asked: the one that is kept, or one that somebody is still thinking about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from costs.allocation.placements import EVER, NEVER
from costs.models import AllocationRule, Method

DRAFT = 0  # instead of the id of a rule that is not kept yet


class Rule(NamedTuple):
    """Conditions, months and shares of a rule; a part without a share gets a part of the rest."""

    pk: int
    priority: int
    match: Mapping[str, str]
    method: str
    measure_id: int | None
    since: date | None
    until: date | None
    parts: tuple[tuple[int, Decimal | None], ...]

    @classmethod
    def of(cls, kept: AllocationRule) -> Rule:
        """Return a kept rule."""
        own = {name: getattr(kept, name) for name in cls._fields if name != "parts"}
        return cls(**own, parts=tuple((part.initiative_id, part.share) for part in kept.parts.all()))

    @property
    def follows_use(self) -> bool:
        """Tell whether its shares differ from month to month."""
        return self.method != Method.EQUAL and any(share is None for _initiative, share in self.parts)

    @property
    def is_open_ended(self) -> bool:
        """Tell whether it holds in every month."""
        return self.since is None and self.until is None

    def holds_in(self, month: date) -> bool:
        """Tell whether it holds in a month."""
        return (self.since or EVER) <= month < (self.until or NEVER)


def in_force(draft: Rule | None = None) -> list[Rule]:
    """Return the rules in use, in the order in which they are asked; with a draft, as if it were in use."""
    kept = AllocationRule.objects.filter(is_active=True).prefetch_related("parts")
    rules = [Rule.of(rule) for rule in kept if draft is None or rule.pk != draft.pk]
    if draft is not None:
        rules.append(draft)
    return sorted(rules, key=lambda rule: (rule.priority, rule.pk == DRAFT, rule.pk))
