"""At which shares of a budget a notice is raised: what holds, and the door for changing it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from accounts.changes import changing
from accounts.models import User
from accounts.permissions import require
from costs.budgets import notices
from costs.budgets.notices import current
from costs.models import NoticeThresholds

SMALLEST, LARGEST = 1, 1_000  # per cent of the whole budget
MOST = 10  # of them


def shares(percents: Collection[int]) -> list[Decimal]:
    """Return per cent as shares: 0.8."""
    return [Decimal(percent) / 100 for percent in percents]


def change(actor: User, percents: Collection[int]) -> int:
    """Put others in their place; return how many notices that raises at once. Those that were raised stay."""
    require(actor, "settings.edit")
    with changing(actor) as change:
        before, wanted = current(), sorted(set(percents))
        if wanted == before:
            return 0
        kept, _made = NoticeThresholds.objects.update_or_create(pk=1, defaults={"percents": wanted})
        change.record(kept, "edit", {"thresholds": (before, wanted)})
        return notices.raise_reached()
