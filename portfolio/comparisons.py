"""Figures that hold two others against each other: guided with aimless prototypes, today with a year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from display.numbers import exact
from portfolio.earlier import Earlier
from portfolio.figure import Figure, Number
from portfolio.figures.exact import difference

Within = Mapping[int, Figure]  # months: the probability of production within them


def common_month(guided: Within, aimless: Within) -> int | None:
    """Return the latest month for which both probabilities exist."""
    both = (months for months in guided if guided[months].value is not None and aimless[months].value is not None)
    return max(both, default=None)


def guided_to_aimless(guided: Within, aimless: Within) -> Figure:
    """Return how many times as likely guided prototypes are in production as aimless ones, at the `common_month`."""
    months = common_month(guided, aimless)
    if months is None:
        return Figure("guided_to_aimless", None, reason="not both observed")
    one, other = float(guided[months].value or 0), float(aimless[months].value or 0)
    inputs: dict[str, Number | None] = {"horizon": months, "guided_share": one, "aimless_share": other}
    if not other:
        return Figure("guided_to_aimless", None, reason="no aimless in production", inputs=inputs)
    return Figure("guided_to_aimless", one / other, inputs=inputs)


# The change of a headline figure: which, and what it was.
CHANGES: dict[str, tuple[str, Callable[[Earlier], Number | None]]] = {
    "within_24_in_a_year": ("production_within_24", attrgetter("within_24_months")),
    "cost_per_production_in_a_year": ("cost_per_production", attrgetter("cost_per_production")),
    "net_benefit_in_a_year": ("net_benefit", attrgetter("net_benefit")),
    "spend_without_outcome_in_a_year": ("spend_without_outcome", attrgetter("spend_without_outcome")),
}


def change(name: str, now: Figure, before: Earlier) -> Figure:
    """Return by how much a figure is another than a year before; it leaves out what the figure leaves out."""
    was = CHANGES[name][1](before)
    inputs: dict[str, Number | None] = {"now": now.value, "was": was, "now_share": now.value, "was_share": was}
    if now.value is None or was is None:
        return Figure(name, None, reason="not a year before", inputs=inputs, left_out=now.left_out)
    return Figure(name, difference(exact(now.value), exact(was)), inputs=inputs, left_out=now.left_out)
