"""What there is to say of how rows of usage were priced, counted while they are: a file may have millions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from costs.prices.book import Chosen
from costs.pricing import Rate
from imports.report import LINES_KEPT, Tally

if TYPE_CHECKING:
    from costs.usage.rows import UsageRow


class Remark(StrEnum):
    """What is said of a row."""

    ONE_PROMPT = "one_prompt"  # not known to be of several requests, so priced as one long prompt
    REQUEST_FEE = "request_fee"  # of a model whose requests cost something beside their tokens
    OTHER_TIER = "other_tier"  # of a service tier for which the book has no prices, so priced as standard


# What providers call the tier that is priced as the book has it; batches have prices of their own.
PRICED_TIERS = {"", "standard", "default", "batch"}


class Found(NamedTuple):
    """A row of the book with its rate, the amount (None: unpriced), and why there is none ("": there is one)."""

    chosen: Chosen | None
    amount: Decimal | None
    lack: str = ""
    rate: Rate | None = None


class Remarks:
    """Of which rows there is something to say: a bit for each line of the file."""

    def __init__(self) -> None:
        self._lines: dict[Remark, bytearray] = defaultdict(bytearray)

    def look_at(self, row: UsageRow, found: Found) -> None:
        """Mark a row where there is something to say of it."""
        if found.chosen is None or found.rate is None:
            return
        if found.rate.over and row.requests is None and row.prompt_tokens is None:
            self._mark(Remark.ONE_PROMPT, row.line_number or 0)
        if found.chosen.library and found.chosen.library.has_request_fee:
            self._mark(Remark.REQUEST_FEE, row.line_number or 0)
        if row.service_tier.casefold() not in PRICED_TIERS:
            self._mark(Remark.OTHER_TIER, row.line_number or 0)

    def without(self, lines: Collection[int]) -> dict[Remark, Tally]:
        """Return how many rows there is something to say of, and which; `lines` are those that were not taken."""
        told = {}
        for remark, bits in self._lines.items():
            for line in lines:
                if line >> 3 < len(bits):
                    bits[line >> 3] &= ~(1 << (line & 7))
            if count := int.from_bytes(bits).bit_count():
                marked = (line for line in range(8 * len(bits)) if bits[line >> 3] >> (line & 7) & 1)
                told[remark] = Tally(is_rejection=False, count=count, lines=list(islice(marked, LINES_KEPT)))
        return told

    def _mark(self, remark: Remark, line: int) -> None:
        bits = self._lines[remark]
        bits.extend(bytes(max(0, (line >> 3) + 1 - len(bits))))
        bits[line >> 3] |= 1 << (line & 7)
