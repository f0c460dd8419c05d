"""What stands between two texts: English puts a space there, Japanese nothing."""

from __future__ import annotations

from collections.abc import Iterable

from display import numbers

LONGEST_WORD = 30


def space() -> str:
    """Return what stands between two sentences."""
    return "" if numbers.language() == "ja" else " "


def colon(name: str = "") -> str:
    """Return what stands between a name and what is said of it: a colon, in Japanese one as wide as a character.

    A name that is a question has its mark already.
    """
    if name.endswith(("?", "？")):
        return space()
    return "：" if numbers.language() == "ja" else ": "


def listed(things: Iterable[object]) -> str:
    """Return things in a row: "a, b", in Japanese 「a、b」."""
    return ("、" if numbers.language() == "ja" else ", ").join(map(str, things))


def aside(text: str) -> str:
    """Return what is said in brackets behind something else; Japanese brackets bring their own space."""
    if not text:
        return ""
    return f"（{text}）" if numbers.language() == "ja" else f" ({text})"


def shortened(text: str, most: int) -> str:
    """Return a text that is too long up to the last word that fits; without spaces, up to any character."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    whole, _space, begun = kept.rpartition(" ")
    if whole and len(begun) <= LONGEST_WORD and not text[most - 1].isspace():
        kept = whole
    return f"{kept.rstrip()}…"


def joined(*sentences: str) -> str:
    """Return sentences as one text."""
    return space().join(sentences)


def initials(name: str) -> str:
    """Return the letters that stand for a person: "Mika Oda" is MO; "岡 明" is 岡, for 岡明 reads as a whole name."""
    words = [word for word in name.split("@")[0].replace(".", " ").replace("_", " ").split() if word]
    if words and ord(words[0][0]) >= ord("\u3040"):
        return words[0][0]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words[:1])).upper()
