"""docs/importing.md names the columns that formats read: all of them, no other, and which are required."""

from __future__ import annotations

import re

import pytest
from django.db.models import TextChoices

from config.supervisor import ROOT
from costs.importers.focus import Focus
from imports import cells, registry
from imports.cells import CellError
from outcomes.models import ReadingMethod
from projects.models import Hosting, RiskTier
from projects.stages import Stage

TEXT = (ROOT / "docs/importing.md").read_text()
# Where a format's columns stand: the whole of it, or what stands before its first full stop.
WHERE = {
    "initiatives_csv": r"### Initiatives \(`initiatives_csv`\)\n\n(.*?)\. ",
    "measurements_csv": r"### Measurements \(`measurements_csv`\)\n\n(.*?)\. ",
    "costs_csv": r"### Costs \(`costs_csv`\)\n\n(.*?)\. Dates as",
    "openai_costs": r"\n- `openai_costs`: (.*?)\. ",
    "anthropic_cost": r"\n- `anthropic_cost`: (.*?)\. ",
    **{name: rf"\n\| `{name}` \|.*\| (.*) \|\n" for name in ("usage_csv", "openai_usage", "anthropic_usage")},
    "litellm_spend": r"\n\| `litellm_spend` \|.*\| (.*) \|\n",
    "focus": r"Read are:\n\n\| column \| becomes \|\n\| --- \| --- \|\n(.*?)\n\n",
}
APART = {"federal_ai_inventory"}  # its headings are its publisher's, and stand in the data's README


def named(text: str) -> list[str]:
    """Return what stands in backticks, outside of brackets."""
    return re.findall(r"`([A-Za-z0-9_]+)`", re.sub(r"\([^()]*\)", "", text))


def documented(name: str) -> str:
    found = re.search(WHERE[name], TEXT, re.DOTALL if name == "focus" else 0)
    assert found, name
    return found[1]


def test_every_format_is_looked_at() -> None:
    assert {each.format for each in registry.every()} == WHERE.keys() | APART


@pytest.mark.parametrize("name", WHERE)
def test_documented_columns_are_those_that_a_format_reads(name: str) -> None:
    columns = registry.importer(name).columns
    text = documented(name)
    if name == "focus":
        text = "".join(line.split("|")[1] for line in text.splitlines()).replace("`EffectiveCost`", "")
        text = text.replace("`BilledCost`", "`amount`").replace("(else `BillingAccountId`)", ", `BillingAccountId`")
    names = named(text)
    assert sorted(names) == sorted(column.name for column in columns)


def test_columns_that_a_bill_needs_and_those_that_explain_it_are_documented() -> None:
    needed, beside = re.findall(r"\n(?:Needed are|Quantities are not kept with a line;.*?:) (.*?)\.\n", TEXT)[::-1]
    required = {column.name for column in Focus.columns if column.required} - {"amount"}
    assert sorted(named(needed)) == sorted({*required, *Focus.amount_columns})
    assert named(beside) == list(Focus.beside)


def test_columns_that_the_list_s_own_file_has_for_reading_alone_are_documented() -> None:
    found = re.search(r"for reading alone \((.*?)\) is passed over", TEXT)
    assert found and named(found[1]) == list(registry.importer("initiatives_csv").passes_over)


@pytest.mark.parametrize("name", sorted(WHERE.keys() - {"focus", "measurements_csv"}))
def test_columns_before_the_word_are_the_required_ones(name: str) -> None:
    before = re.split(r" \((?:all )?required\)", documented(name))[0]
    required = {column.name for column in registry.importer(name).columns if column.required}
    assert set(named(before)) == required


@pytest.mark.parametrize(
    ("name", "column", "choices"),
    [
        ("initiatives_csv", "hosting", Hosting),
        ("initiatives_csv", "risk_tier", RiskTier),
        ("initiatives_csv", "stage", Stage),
        ("measurements_csv", "method", ReadingMethod),
    ],
)
def test_choices_are_documented_and_named_to_who_writes_another(
    name: str, column: str, choices: type[TextChoices]
) -> None:
    section = re.search(rf"\(`{name}`\)\n\n(.*?)\n###", TEXT, re.DOTALL)
    assert section and f"| `{column}` | {', '.join(choices.values)} |" in section[1]
    with pytest.raises(CellError) as refused:
        cells.choice(str(choices(choices.values[0]).label) + "!", column, choices.values)
    assert str(refused.value) == f"Not one of the choices: {', '.join(choices.values)}."
