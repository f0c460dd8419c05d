"""What the bodies of the API make of a figure follows from its definition, and metrics.md names what is in them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from portfolio.explanations.explain import CHANGES
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.figure import Figure
from portfolio.guidance import Guidance
from portfolio.output.bodies import ECONOMICS, NAMES, plain
from portfolio.output.schemas import Summary

METRICS = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
ON_PAGES = METRICS[METRICS.index("## Only on pages") :].partition("\n## ")[0]


@pytest.mark.parametrize("name", sorted(DEFINITIONS | OF_ONE))
def test_money_is_text_and_nothing_else_is(name: str) -> None:
    definition = (DEFINITIONS | OF_ONE)[name]
    told = plain(Figure(name, Decimal("0.1"), share=Decimal(1)))
    value = told["value"] if isinstance(told, dict) else told
    assert value == ("0.1" if definition.form.startswith("money") else 0.1)


def test_every_figure_of_a_body_has_its_definition() -> None:
    assert set(NAMES) <= DEFINITIONS.keys() and set(ECONOMICS) <= OF_ONE.keys()


def _in_tables(text: str) -> set[str]:
    """Return the names of figures in the first cells of its tables."""
    return {name for cell in re.findall(r"^\| ([^|]+) \|", text, re.M) for name in re.findall(r"`([a-z_0-9…]+)`", cell)}


def test_the_summary_has_every_figure_of_the_tables_but_those_only_on_pages() -> None:
    named = _in_tables(METRICS.replace(ON_PAGES, ""))
    assert "gross_cost" in named
    assert named <= Summary.model_fields.keys()


def test_what_is_only_on_pages_is_said_to_be() -> None:
    cohorts = {each.value for each in Guidance}  # in `by_guidance`
    elsewhere = (DEFINITIONS.keys() | CHANGES.keys()) - Summary.model_fields.keys() - cohorts
    assert {re.sub("^.*_in_a_year", "…_in_a_year", name) for name in elsewhere} == {
        name.removesuffix("_…") for name in _in_tables(ON_PAGES)
    }
