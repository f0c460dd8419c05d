"""Sentences beside each other: English puts a space between them, Japanese nothing."""

from __future__ import annotations

from display import numbers


def space() -> str:
    """Return what stands between two sentences."""
    return "" if numbers.language() == "ja" else " "


def joined(*sentences: str) -> str:
    """Return sentences as one text."""
    return space().join(sentences)
