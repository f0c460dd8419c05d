"""The guidance of one initiative explained: its cohort, and what it had of all that a guided prototype has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from display.numbers import day, number
from portfolio.explanations.definition import Definition, Words
from portfolio.explanations.explain import Explanation
from portfolio.explanations.texts.guidance import COHORTS, PARTS
from portfolio.facts.row_queries import judged
from portfolio.facts.rows import Row
from portfolio.guidance import GRACE, Guidance, Part, parts
from projects.models import Initiative

# Where each is written down.
PAGES = {
    "why": "portfolio:overview",
    "target": "outcomes:initiative",
    "complete_target": "outcomes:initiative",
    "plan": "projects:initiative-history",
    "budget": "costs:budget",
}


@dataclass(frozen=True)
class ShownPart:
    """A part of an aim in words, whether it was there in time, since when, and where it is written down."""

    title: Words
    is_there: bool
    is_dated: bool  # the why is not: it counts as it stands
    agreed_on: date | None
    url: str


def explain_guidance(initiative: Initiative, as_of: date) -> Explanation:
    """Return how an initiative came into its cohort; two queries."""
    row, evidence = judged(initiative, as_of)
    is_decided = row.guidance not in (None, Guidance.NOT_RECORDED)
    found = parts(evidence, row.started_on, as_of) if is_decided and row.started_on else []
    return Explanation(
        name="guidance",
        definition=Definition(_("Guidance"), _meaning(row), "", "number"),
        variant="",
        value=str(row.guidance.label) if row.guidance else "",
        interval="",
        share="",
        why_not="" if row.guidance else _("It is not a prototype yet."),
        formula=_in_numbers(row, found, as_of),
        left_out=[],
        guidance_parts=[_shown(part, initiative) for part in found],
        has_months=False,
    )


def _shown(part: Part, initiative: Initiative) -> ShownPart:
    url = reverse(PAGES[part.name], args=[initiative.key])
    return ShownPart(PARTS[part.name], part.is_there, part.name != "why", part.agreed_on, url)


def _meaning(row: Row) -> Words:
    """Return what the cohort is; of what is in none yet, what it takes to begin as a guided one."""
    return COHORTS[row.guidance or Guidance.GUIDED].meaning


def _in_numbers(row: Row, found: list[Part], as_of: date) -> str:
    if not row.started_on or not found:
        return _("Nothing is decided of what has no start, or came without its outcomes.")
    until = row.started_on + GRACE
    if as_of < until:
        said = _("%(there)s of %(all)s so far; what is agreed until %(day)s, 14 days after the start, counts too")
    else:
        said = _("%(there)s of %(all)s by %(day)s, 14 days after the start on %(start)s")
    return said % {
        "there": number(sum(each.is_there for each in found)),
        "all": number(len(found)),
        "day": day(until),
        "start": day(row.started_on),
    }
