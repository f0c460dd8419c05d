"""Figures that hold two others against each other: guided with aimless prototypes, today with a year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from display.numbers import exact
from portfolio.figure import Figure, Number, counted
from portfolio.figures.exact import difference
from portfolio.metrics.year_before import Earlier

Within = Mapping[int, Figure]  # months: the probability of production within them


def common_month(guided: Within, aimless: Within) -> int | None:
    """Return the latest month for which both probabilities exist."""
    both = (months for months in guided if guided[months].value is not None and aimless[months].value is not None)
    return max(both, default=None)


def guided_to_aimless(guided: Within, aimless: Within) -> Figure:
    """Return how many times as likely guided prototypes are in production as aimless ones, at the `common_month`."""
    months, left_out = common_month(guided, aimless), _left_out(guided, aimless)
    if months is None:
        return Figure("guided_to_aimless", None, reason="not both observed", left_out=left_out)
    one, other = float(guided[months].value or 0), float(aimless[months].value or 0)
    inputs: dict[str, Number | None] = {"horizon": months, "guided_share": one, "aimless_share": other}
    value, reason = (one / other, "") if other else (None, "no aimless by then")
    return Figure("guided_to_aimless", value, reason=reason, inputs=inputs, left_out=left_out)


def _left_out(*cohorts: Within) -> dict[str, int]:
    """Return who has no part in these curves: a curve leaves out the same ones for every month."""
    curves = [next(iter(within.values())) for within in cohorts]
    return counted(each for figure in curves for each in figure.left_out.items())


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
