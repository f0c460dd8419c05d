"""Which part of a register's cost a line is: what its description works out is the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from costs.models import AssetShare, CostLine, RecurringShare, Share
from costs.registers.generated import ASSETS, RECURRING
from costs.registers.links import entry_of
from money.exact import EXACT, total

ONE = Decimal(1)
_SHARES = {ASSETS: (AssetShare, "asset_id"), RECURRING: (RecurringShare, "cost_id")}


def tell(lines: Sequence[CostLine]) -> Sequence[CostLine]:
    """Note on each line its `portion` of what its description tells: None where that is all of it.

    None also for a line that counts no more: its register may say something else by now. One statement for each of the
    registers that some of the lines follow from.
    """
    for line in lines:
        line.portion = None
    for source, (model, entry) in _SHARES.items():
        shared = [line for line in lines if line.group.source == source and line.withdrawn_at is None]
        by_entry: dict[int, list[Share]] = defaultdict(list)
        for share in model.objects.filter(**{f"{entry}__in": {entry_of(line) for line in shared}}) if shared else ():
            by_entry[getattr(share, entry)].append(share)
        for line in shared:
            portion = _portion(line, by_entry[entry_of(line)])
            line.portion = portion if portion != ONE else None
    return lines


def _portion(line: CostLine, shares: Sequence[Share]) -> Decimal:
    """Return the share of the line's initiative, or what no share takes, in the month of the line."""
    holding = [share for share in shares if share.holds_on(line.incurred_on)]
    if line.group.initiative_id is None:
        return EXACT.subtract(ONE, total(share.share for share in holding))
    return total(share.share for share in holding if share.initiative_id == line.group.initiative_id)
