"""A figure explained: definition, formula with the numbers in it, what stands behind it, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import ngettext

from accounts.models import User
from costs.budgets.figures import MonthRow, total_row
from display.numbers import exact, share_range
from outcomes.models import Outcome
from outcomes.totals import benefit_by_kind
from portfolio.explanations.definition import Definition, Words
from portfolio.explanations.drill_down import Behind, behind
from portfolio.explanations.flow_steps import CUMULATED, Step, Sums, of_payback, of_rate, steps, sums
from portfolio.explanations.formulas import Writer
from portfolio.explanations.left_out import LeftOut, told
from portfolio.explanations.texts.comparisons import CHANGES
from portfolio.explanations.texts.portfolio import DEFINITIONS, INSTEAD, definition_of
from portfolio.explanations.texts.reasons import reason
from portfolio.facts.flows import MonthFlow
from portfolio.facts.gathering import Facts, gather, rows_in
from portfolio.facts.rows import Row
from portfolio.figure import Figure, Number
from portfolio.metrics.names import HORIZONS, OF_FLOWS
from portfolio.metrics.rate_inputs import CurveStep, curve_steps
from portfolio.metrics.summary import Summary, summarise
from portfolio.selection.filters import Filters
from portfolio.selection.scope import Ids
from projects.stages import LINE, Stage

Inputs = Mapping[str, Number | None]
WITH_UNALLOCATED = ("gross_cost", "recovered")
OF_SET = DEFINITIONS | CHANGES
BENEFITS = ("realised_benefit", "validated_benefit")
CURVES = {f"production_within_{months}": months for months in HORIZONS}


@dataclass(frozen=True)
class Explanation:
    """What the page of a figure shows."""

    name: str
    definition: Definition
    variant: str  # of which stage, within how many months; "" where there is but one
    value: str  # "" where it does not exist
    interval: str
    share: str
    why_not: str | Promise
    formula: str
    left_out: list[LeftOut]
    interval_formula: str = ""
    parts: Sequence[Explanation] = ()
    behind: Behind = field(default_factory=Behind)
    steps: Sequence[Step] = ()
    curve: Sequence[CurveStep] = ()
    budget: Sequence[MonthRow] = ()
    outcomes: Sequence[tuple[Outcome, Decimal]] = ()  # what each has brought, where it is about a benefit
    guidance_parts: Sequence[Any] = ()  # of an initiative's guidance: what it had of an aim
    facts: Facts | None = None
    sentence: str = ""  # of a rule that holds: what it says, in the place of a value
    has_months: bool = True  # of an initiative: whether months of money say anything of it

    @property
    def month_sums(self) -> Sums:
        """What the months come to."""
        return sums(self.steps)

    @property
    def budget_sums(self) -> MonthRow:
        """What the months of a budget come to."""
        return total_row(list(self.budget))

    def rows_of(self, entries: Sequence[tuple[int, Number | None]]) -> list[tuple[Row, Number | None]]:
        """Return some of the initiatives behind it with what each brings, in the same order; one query."""
        if self.facts is None:
            return []
        rows = {row.id: row for row in rows_in(self.facts, [pk for pk, _brings in entries])}
        return [(rows[pk], brings) for pk, brings in entries]


@dataclass(frozen=True)
class Working:
    """What only the page of a figure works out: numbers of its formula, another formula, the months it goes through."""

    inputs: Inputs = field(default_factory=dict)
    instead: Words = ""
    steps: Sequence[Step] = ()


NO_WORKING = Working()


def explain(name: str, filters: Filters, user: User | None, currency: str) -> Explanation:
    """Return the explanation of a figure of the portfolio, with the initiatives behind it."""
    found = summarise(gather(filters, user, year_before=name in CHANGES), currency)
    figure, stands = found[name], behind(found[name], found.facts)
    working = NO_WORKING
    if name == "pending_lines":
        working = Working({"waiting_initiatives": len(stands.counted), "waiting_unallocated": stands.unallocated or 0})
    elif name in OF_FLOWS:
        working = flow_working(name, figure, found.facts.months, filters.rate)
    elif name in BENEFITS:
        working = Working(benefit_inputs(name, found.facts.ids, filters.as_of))
    elif name in WITH_UNALLOCATED and found.facts.unallocated is None:
        working = Working({"initiatives": len(stands.counted)}, INSTEAD["narrowed"])
    is_sum = name == "gross_cost"  # of whose parts those that are nothing say nothing
    parts = [
        _part(each, found)
        for each in OF_SET[definition_of(name)[0]].parts
        if found[each].value is not None and (found[each].value or not is_sum)
    ]
    whole = explained(name, OF_SET, figure, found.currency, working)
    curve = curve_steps(found.curve.incidence, CURVES[name]) if name in CURVES else ()
    return replace(whole, parts=parts, behind=stands, facts=found.facts, curve=curve)


def explained(
    name: str, definitions: Mapping[str, Definition], figure: Figure, currency: str, working: Working = NO_WORKING
) -> Explanation:
    """Return a figure in words: its value, why there is none, its formula with the numbers in it."""
    key, variant = definition_of(name)
    definition, show = definitions[key], Writer(currency)
    known, has_interval = figure.value is not None, figure.low is not None and figure.high is not None
    inputs = {"share": figure.share, **figure.inputs, **working.inputs}
    return Explanation(
        name=name,
        definition=definition,
        variant=_variant(key, variant),
        value=show.value(definition, figure.value) if known else "",
        interval=share_range(figure.low or 0, figure.high or 0) if has_interval else "",
        share=show.share(definition, figure.share) if figure.share is not None else "",
        why_not="" if known else reason(figure.reason),
        formula=show.formula(definition, figure.value, inputs, working.instead),
        interval_formula=show.formula(definition, figure.value, inputs, definition.interval) if has_interval else "",
        left_out=told(figure.left_out),
        steps=working.steps,
    )


def flow_working(name: str, figure: Figure, flows: Sequence[MonthFlow], rate: Number) -> Working:
    """Return how a figure of monthly flows comes about."""
    if not flows:
        return NO_WORKING
    if name == "irr":
        found = None if figure.value is None else exact(figure.value)
        return Working(
            of_rate(flows, found), "" if found is not None else INSTEAD["no rate"], steps(name, flows, found)
        )
    taken = steps(name, flows, exact(rate))
    if name in CUMULATED:
        how, inputs = of_payback(taken)
        return Working(inputs, INSTEAD.get(how, ""), taken)
    return Working(steps=taken)


def benefit_inputs(name: str, ids: Ids, as_of: date) -> dict[str, Number | None]:
    """Return what readings of levels, and of amounts per period, bring to a benefit; one query."""
    levels, amounts = benefit_by_kind(ids, as_of, validated=name == "validated_benefit")
    return {
        "levels": levels.amount, "level_readings": levels.readings,
        "amounts": amounts.amount, "amount_readings": amounts.readings,
    }  # fmt: skip


def _part(name: str, found: Summary) -> Explanation:
    return explained(name, DEFINITIONS, found[name], found.currency)


def _variant(key: str, variant: str) -> str:
    if not variant:
        return ""
    if key == "production_within":
        return ngettext("within %(months)s month", "within %(months)s months", int(variant)) % {"months": variant}
    stage = Stage(variant)
    return f"{LINE[LINE.index(stage) - 1].label} → {stage.label}"
