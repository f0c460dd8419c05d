"""A figure that carries its own explanation: where its numbers come from and what had to be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

Number = Decimal | float | int


@dataclass(frozen=True)
class Figure:
    """A number (None where it does not exist, with the reason), the numbers it comes from and the rows behind it."""

    name: str
    value: Number | None
    low: float | None = None
    high: float | None = None
    share: Decimal | None = None
    reason: str = ""
    inputs: dict[str, Number | None] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


def counted(reasons: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many each reason stands for, the most frequent first, then by name; no reason ("") is none."""
    found: Counter[str] = Counter()
    for reason, count in reasons:
        if reason and count:
            found[reason] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
