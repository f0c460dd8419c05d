"""How wide words will be, without a browser: widths of Inter in thousandths of its size, wide characters one em."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_REGULAR = (
    281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 648, 648, 648, 648, 648, 648, 648,
    648, 648, 648, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601, 590, 746, 743, 269, 571, 672, 565, 903,
    753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682, 679, 629, 365, 360, 365, 471, 456, 323, 562, 612, 571, 612,
    583, 370, 613, 591, 242, 242, 549, 242, 876, 591, 600, 612, 612, 376, 528, 327, 591, 562, 818, 546, 562, 552, 426,
    333, 426, 662,
)  # fmt: skip
_OTHERS = {
    "\u202f": 182,
    "\u2009": 182,
    "\u00a0": 281,
    "−": 662,
    "–": 500,
    "—": 1000,
    "…": 864,
    "·": 288,
    "×": 662,
    "\u2060": 0,
}
_BOLD = 1.03
_UNKNOWN = 620


def width(words: str, size: float, bold: bool = False) -> float:
    """Return about how wide `words` are at `size`; a little too wide rather than too narrow."""
    units = sum(_character(character) for character in words)
    return units * size * (_BOLD if bold else 1) / 1000


def fit(words: str, room: float, size: float, bold: bool = False) -> str:
    """Shorten `words` with "…" until they fit into `room`."""
    if width(words, size, bold) <= room:
        return words
    kept = words
    while kept and width(f"{kept.rstrip()}…", size, bold) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def broken(words: str, room: float, size: float, bold: bool = False) -> list[str]:
    """Break `words` between two of them into lines that fit into `room`; a word that is too long stays whole."""
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Move the tops of labels as little as needed so that none overlaps and all stand between `low` and `high`.

    `wanted` are the tops they would like. When there is not room for all, they keep their order and run past `high`.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    tops = list(wanted)
    floor = low
    for index in order:
        tops[index] = floor = max(wanted[index], floor)
        floor += heights[index]
    ceiling = max(high, low + sum(heights))
    for index in reversed(order):
        ceiling -= heights[index]
        tops[index] = ceiling = min(tops[index], ceiling)
    return tops


def _character(character: str) -> int:
    if " " <= character <= "~":
        return _REGULAR[ord(character) - 32]
    if character in _OTHERS:
        return _OTHERS[character]
    return 1000 if unicodedata.east_asian_width(character) in "WF" else _UNKNOWN
