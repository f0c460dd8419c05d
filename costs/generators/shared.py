"""A cost in the parts that initiatives bear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from costs.models import Share
from costs.new_line import NewLine
from money.exact import EXACT

NOBODY = "-"  # stands for an initiative in the external id of what is unallocated


def shared(row: NewLine, shares: Iterable[Share]) -> Iterator[NewLine]:
    """Yield the part of each initiative with a share in the month of a row, and the rest, which is unallocated.

    Parts are amount × share to the last digit, so they add up to the amount. Each goes by the external id of the row
    and its initiative. A part of 0 is no line.
    """
    left = row.amount
    for share in shares:
        if share.holds_on(row.incurred_on):
            part = EXACT.multiply(row.amount, share.share)
            left = EXACT.subtract(left, part)
            yield replace(
                row, initiative=share.initiative, amount=part, external_id=f"{row.external_id}:{share.initiative.key}"
            )
    if left:
        yield replace(row, amount=left, external_id=f"{row.external_id}:{NOBODY}")
