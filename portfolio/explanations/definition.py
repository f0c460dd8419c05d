"""What is said of a figure: its name, its meaning, its formula."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Definition:
    """A figure's name, meaning and formula; `form` is the display filter that shows it, `parts` figures it consists of.

    A definition with `variants` stands for one figure each: "production_within_24", "stage_conversion_pilot".
    """

    title: Words
    meaning: Words
    formula: Words
    form: str
    parts: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    interval: Words = ""  # the formula of its 95 % interval, where it has one
