"""What there is to say of how rows of usage were priced, counted while they are: a file may have millions."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from costs.prices.book import Chosen
from costs.pricing import Rate
from imports.report import Tally

if TYPE_CHECKING:
    from costs.usage.lines import UsageRow


class Remark(StrEnum):
    """What is said of a row."""

    ONE_PROMPT = "one_prompt"  # not known to be of several requests, so priced as one long prompt
    REQUEST_FEE = "request_fee"  # of a model whose requests cost something beside their tokens


class Found(NamedTuple):
    """A row of the book with its rate, the amount (None: unpriced), and why there is none ("": there is one)."""

    chosen: Chosen | None
    amount: Decimal | None
    lack: str = ""
    rate: Rate | None = None


class Remarks(defaultdict[Remark, Tally]):
    """How many rows there is something to say of, and which."""

    def __init__(self) -> None:
        super().__init__(lambda: Tally(is_rejection=False))

    def look_at(self, row: UsageRow, found: Found) -> None:
        """Count a row where there is something to say of it."""
        if found.chosen is None or found.rate is None:
            return
        if found.rate.over and row.requests is None and row.prompt_tokens is None:
            self[Remark.ONE_PROMPT].add(row.line_number or 0)
        if found.chosen.library and found.chosen.library.has_request_fee:
            self[Remark.REQUEST_FEE].add(row.line_number or 0)
