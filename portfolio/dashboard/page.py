"""What the portfolio page shows: everything worked out here, nothing in the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from accounts.changes import data_version
from accounts.models import User
from costs import unpriced
from display import currency
from display.addresses import address
from display.numbers import share_range
from portfolio.benchmarks.references import Reference, production_rate_references
from portfolio.dashboard.cards import cards
from portfolio.dashboard.charts import TONES, funnel_chart, incidence_chart, money_chart, money_figures
from portfolio.dashboard.headline_sentence import answer
from portfolio.decisions.listing import needs_a_decision
from portfolio.explanations.left_out import told, waits
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.explanations.texts.reasons import reason
from portfolio.facts.gathering import gather
from portfolio.figure import Figure
from portfolio.guidance import Guidance
from portfolio.metrics.rates import funnel
from portfolio.metrics.summary import GUIDED_AND_AIMLESS, Group, Summary, summarise
from portfolio.metrics.unknown_starts import population_of
from portfolio.selection.fields import as_of_field, chips, filter_fields
from portfolio.selection.filters import Filters
from portfolio.selection.requests import filter_context
from portfolio.selection.scope import Names
from projects.querysets import SEES_CONFIDENTIAL

KEPT_SECONDS = 3600  # a page of before the last write is never asked for again


@dataclass(frozen=True)
class Page:
    """The page's figures and its filter bar as markup, and what the filter form offers."""

    figures: SafeString
    filter_bar: SafeString
    names: Names
    is_new: bool  # whether there is nothing at all to add up yet


def portfolio_page(filters: Filters, user: User) -> Page:
    """Return the page as this person sees it; kept until what counts, the day or the release changes."""
    seen_by = "all" if user.role in SEES_CONFIDENTIAL else str(user.pk)
    parts = (settings.RELEASE, data_version(), timezone.localdate(), get_language(), seen_by, filters.key)
    key = "portfolio-page:" + sha256("|".join(map(str, parts)).encode()).hexdigest()
    kept: Page | None = cache.get(key)
    if kept is None:
        kept = _draw(filters, user)
        cache.set(key, kept, timeout=KEPT_SECONDS)
    return kept


def filter_bar(filters: Filters, names: Names, errors: dict[str, str] | None = None) -> SafeString:
    """Return the chips and the form that narrow the portfolio; it is plain GET, so it can be kept with the page."""
    context = {
        "filters": filters,
        "as_of": as_of_field(filters),
        "fields": filter_fields(filters, names),
        "chips": chips(filters),
        "errors": errors,
        "query_items": parse_qsl(filters.query()),
    }
    return render_to_string("portfolio/_filters.html", context)


def _draw(filters: Filters, user: User) -> Page:
    context = _context(filters, user) | filter_context(filters)
    names = context["names"]
    is_new = "is_empty" in context and not filters.narrows
    return Page(render_to_string("portfolio/_figures.html", context), filter_bar(filters, names), names, is_new)


def _context(filters: Filters, user: User) -> dict[str, Any]:
    found = summarise(gather(filters, user, year_before=True, with_page_extras=True), currency.active())
    facts = found.facts
    if not facts.tallies:
        return {"answer": answer(found), "is_empty": True, "names": facts.names, "left_out": left_out(found)}
    references, curves = production_rate_references(), _curves(found)
    spent = money_figures(found) if facts.has_cost else {}
    money = money_chart(found, spent) if spent else None
    return {
        "answer": answer(found),
        "names": facts.names,
        "currency": found.currency,
        "cards": cards(found),
        "incidence": incidence_chart(found, references),
        "curves": curves,
        "compares": {each.value for each in GUIDED_AND_AIMLESS} <= {each.cohort for each in curves},
        "funnel": funnel_chart(funnel(facts.tallies)),
        "money": money,
        "without_price": unpriced.of_initiatives(facts.ids, filters.as_of, not filters.narrows, user),
        "money_waits": waits(facts.pending.of_lines),
        "money_parts": list(zip(money.parts, spent, strict=True)) if money else [],
        "cohorts": [
            _cohort(cohort, group, references.get(cohort), filters.query(guidance=cohort.value))
            for cohort, group in _shown(found).items()
        ],
        "most": _most(found),
        "references": list(references.values()),
        "later": found["guidance_recorded_later"].value,
        "left_out": left_out(found),
        "watch": needs_a_decision(facts, found.currency),
    }


def left_out(found: Summary) -> list[dict[str, Any]]:
    """Return what figures had to leave out, in words; those that leave out the same stand together."""
    rows: dict[Any, dict[str, Any]] = {}
    query = found.facts.filters.query()
    for name, reasons in found.left_out.items():
        row = rows.setdefault(
            (population_of(name), frozenset(reasons.items())), {"figures": [], "reasons": told(reasons)}
        )
        shown = "production_within_24" if name == "production_within" else name
        row["figures"].append((shown, DEFINITIONS[name].title, address("portfolio:figure", shown, query=query)))
    return list(rows.values())


def _shown(found: Summary) -> dict[Guidance, Group]:
    """Return the cohorts; the one of which nothing was recorded only where there is any such prototype."""
    groups = found.by_guidance.items()
    return {
        cohort: group
        for cohort, group in groups
        if cohort != Guidance.NOT_RECORDED or group.figures["prototypes"].value
    }


@dataclass(frozen=True)
class CurveLink:
    """A curve of the chart: its cohort ("" of all prototypes), and where its latest probability is explained."""

    label: str
    cohort: str
    figure: str
    query: str


def _curves(found: Summary) -> list[CurveLink]:
    """Return the curves that `incidence_chart` draws."""
    filters = found.facts.filters
    groups = {cohort: found.by_guidance[cohort] for cohort in TONES if found.by_guidance[cohort].curve.incidence.n}
    return [
        CurveLink(
            str(cohort.label), cohort.value, _latest(group.production_within), filters.query(guidance=cohort.value)
        )
        for cohort, group in groups.items()
    ] or [CurveLink(gettext("all prototypes"), "", _latest(found.production_within), filters.query())]


def _latest(within: Mapping[int, Figure]) -> str:
    """Return the figure of the latest month that has been observed."""
    known = (months for months, figure in within.items() if figure.value is not None)
    return f"production_within_{max(known, default=min(within))}"


def _cohort(cohort: Guidance, group: Group, reference: Reference | None, query: str) -> dict[str, Any]:
    rate = group.figures["production_rate"]
    roi = group.figures["roi"].value
    return {
        "query": query,
        "name": cohort.value,
        "label": cohort.label,
        "tone": TONES.get(cohort, "mark"),
        "figures": group.figures,
        "why": {name: reason(figure.reason) for name, figure in group.figures.items() if figure.value is None},
        "rate": rate,
        "interval": share_range(rate.low, rate.high) if rate.low is not None and rate.high is not None else "",
        "reference": (reference.low, reference.high) if reference else None,
        "reference_words": reference.words if reference else "",
        "is_good": roi is not None and roi > 0,
    }


def _most(found: Summary) -> float:
    """Return the right end of the scale that the cohorts' intervals share."""
    highs = [group.figures["production_rate"].high or 0 for group in found.by_guidance.values()]
    return max(0.6, *highs)
