"""Finds room for a label inside a plot: where no curve passes and no other label stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from display.charts.text import width

Stretch = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """Where a label stands; `crossed` when a line runs through it all the same."""

    left: float
    top: float
    right: float
    bottom: float
    crossed: bool = False

    def meets(self, other: Box) -> bool:
        """Whether two boxes overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def free_spot(
    words: str,
    size: float,
    baselines: Sequence[float],
    between: tuple[float, float],
    lines: Sequence[Stretch],
    taken: Sequence[Box],
) -> Box:
    """Return the place for `words` nearest the left edge, on one of `baselines`, that none of `lines` crosses.

    Where every place is crossed, the one crossed least is returned, marked `crossed` so that it gets a halo.
    """
    length = width(words, size)
    first, last = between
    step = max((last - first - length) / 16, 1.0)
    best: tuple[int, Box] | None = None
    left = first
    while best is None or left + length <= last:
        for baseline in baselines:
            box = Box(left, baseline - size * 0.85, left + length, baseline + 3)
            hits = _crossings(box, lines) + 9 * sum(box.meets(other) for other in taken)
            if not hits:
                return box
            if best is None or hits < best[0]:
                best = (hits, Box(box.left, box.top, box.right, box.bottom, crossed=True))
        left += step
    return best[1]


def beside(
    words: str,
    size: float,
    point: tuple[float, float],
    rises: Sequence[float],
    between: tuple[float, float],
    lines: Sequence[Stretch],
) -> Box:
    """Return the place for bold `words` right or left of a point, on one of `rises`, that fewest of `lines` cross.

    Where several are as good, the first of `rises` is taken, and the right of the point.
    """
    length, (across, down), (first, last) = width(words, size, bold=True), point, between
    sides = [left for left in (across + 8, across - 8 - length) if first <= left and left + length <= last]
    spots = [
        Box(left, down + rise - size * 0.85, left + length, down + rise + 3)
        for rise in rises
        for left in sides or [max(first, last - length)]
    ]
    return min(spots, key=lambda box: _crossings(box, lines))


def finely(path: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a path with seven points more on each of its stretches, so that slopes have narrow bounding boxes."""
    fine = [
        (x1 + (x2 - x1) * step / 8, y1 + (y2 - y1) * step / 8)
        for (x1, y1), (x2, y2) in pairwise(path)
        for step in range(8)
    ]
    return [*fine, *path[-1:]]


def stretches(path: Sequence[tuple[float, float]]) -> list[Stretch]:
    """Return the bounding boxes of a line's stretches, two pixels wider all round: exact for stairs."""
    return [
        (min(x1, x2) - 2, min(y1, y2) - 2, max(x1, x2) + 2, max(y1, y2) + 2) for (x1, y1), (x2, y2) in pairwise(path)
    ]


def _crossings(box: Box, lines: Sequence[Stretch]) -> int:
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return sum(1 for x1, y1, x2, y2 in lines if x1 < right and x2 > left and y1 < bottom and y2 > top)
