"""What stands between two texts: English puts a space there, Japanese nothing."""

from __future__ import annotations

from display import numbers


def space() -> str:
    """Return what stands between two sentences."""
    return "" if numbers.language() == "ja" else " "


def colon() -> str:
    """Return what stands between a name and what it is: a colon, in Japanese one that is as wide as a character."""
    return "：" if numbers.language() == "ja" else ": "


def joined(*sentences: str) -> str:
    """Return sentences as one text."""
    return space().join(sentences)
