"""What a figure could not use, in words: why, and how many of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import ngettext

from display.numbers import number
from portfolio.explanations.counted_nouns import counted
from portfolio.explanations.definition import Words
from portfolio.explanations.texts.reasons import LEFT_OUT, reason
from portfolio.facts.pending import Pending


@dataclass(frozen=True)
class LeftOut:
    """A reason and how many of what it keeps out: "12 cost lines"; `code` is the reason in an address."""

    words: Words
    counted: str
    code: str


def told(left_out: Mapping[str, int]) -> list[LeftOut]:
    """Return in words what a figure left out, by reason."""
    return [
        LeftOut(reason(why), counted(LEFT_OUT.get(why, "initiatives"), count), code_of(why))
        for why, count in left_out.items()
    ]


def waits(pending: Pending) -> str:
    """Say what waits for an exchange rate, where that is all that there is; "" where nothing does."""
    lines = ngettext(
        "%(shown)s line waits for an exchange rate", "%(shown)s lines wait for an exchange rate", pending.lines
    )
    readings = ngettext(
        "%(shown)s reading waits for an exchange rate", "%(shown)s readings wait for an exchange rate", pending.readings
    )
    told = ((lines, pending.lines), (readings, pending.readings))
    return " · ".join(words % {"shown": number(count)} for words, count in told if count)


def code_of(why: str) -> str:
    """Return a reason as an address carries it."""
    return why.replace(" ", "-")
