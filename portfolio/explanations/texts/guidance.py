"""What the guidance cohorts are (METRICS.md 2), for the set and for one initiative."""

# ruff: noqa: E501 - sentences are not broken

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portfolio.explanations.definition import Definition, Words
from portfolio.guidance import Guidance

_OF_ALL = _("%(value)s of %(prototypes)s")

COHORTS: dict[str, Definition] = {
    Guidance.GUIDED.value: Definition(
        Guidance.GUIDED.label,
        _("A prototype that knew its aim when it began: the why is stated (problem and desired outcome), and by 14 days after the start all of these were agreed: a target outcome with metric, baseline, target (or bounds to keep within) and target date, a planned production date, and a budget."),
        _OF_ALL, "number",
    ),
    Guidance.PARTLY_GUIDED.value: Definition(
        Guidance.PARTLY_GUIDED.label,
        _("A prototype for which a target outcome was agreed by 14 days after the start, but that lacked something of what a guided one has: the why, a target with its baseline and date, a planned production date, or a budget."),
        _OF_ALL, "number",
    ),
    Guidance.AIMLESS.value: Definition(
        Guidance.AIMLESS.label,
        _("A prototype for which no target outcome at all was agreed by 14 days after the start."),
        _OF_ALL, "number",
    ),
    Guidance.NOT_RECORDED.value: Definition(
        Guidance.NOT_RECORDED.label,
        _("A prototype of which nobody can tell: it came by an import that carries no outcomes and nobody has added any, or its start is not known. It is never counted as aimless."),
        _OF_ALL, "number",
    ),
}  # fmt: skip

# What a guided prototype has, by the names of `guidance.parts`.
PARTS: dict[str, Words] = {
    "why": _("Why it is done: problem and desired outcome"),
    "target": _("A target outcome"),
    "complete_target": _("A target with metric, baseline, target and target date"),
    "plan": _("A planned production date"),
    "budget": _("A budget"),
}
