"""What the portfolio page shows: everything worked out here, nothing in the template."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from display.numbers import percent, share_range
from portfolio.answer import answer
from portfolio.benchmarks import Reference, production_rate_references
from portfolio.cards import cards
from portfolio.charts import TONES, funnel_chart, incidence_chart, money_chart
from portfolio.definitions import DEFINITIONS, reason
from portfolio.earlier import earlier
from portfolio.filters import Filters
from portfolio.guidance import Guidance
from portfolio.rates import funnel
from portfolio.signals import is_under_way, signals
from portfolio.summary import Group, Summary, summary

MOST_SIGNALS = 5


def cached_page(filters: Filters, user: User) -> dict[str, Any]:
    """Return the context of the page's figures."""
    found = summary(filters, user)
    facts = found.facts
    if not facts.rows:
        return {"answer": answer(found), "filters": filters, "is_empty": True, "names": facts.names}
    before = earlier(facts)
    references = production_rate_references()
    waiting = signals(facts.rows, facts.ids, filters.as_of)
    named = list({signal.row.id: signal for signal in reversed(waiting)}.values())[::-1]
    return {
        "answer": answer(found),
        "filters": filters,
        "names": facts.names,
        "cards": cards(found, before),
        "before": before.as_of,
        "incidence": incidence_chart(found, references),
        "signals": named[:MOST_SIGNALS],
        "signalled": len(named),
        "under_way": sum(map(is_under_way, facts.rows)),
        "funnel": funnel_chart(funnel(facts.rows)),
        "money": money_chart(found) if found["gross_cost"].value else None,
        "cohorts": [_cohort(cohort, group, references.get(cohort)) for cohort, group in found.by_guidance.items()],
        "most": _most(found),
        "references": list(references.values()),
        "later": found.rests_on_later_rows,
        "left_out": left_out(found),
        "currency": found.currency,
    }


def left_out(found: Summary) -> list[dict[str, Any]]:
    """Return what each figure had to leave out, in words."""
    titles = {"production_within": DEFINITIONS["production_within"].title}
    return [
        {
            "name": "production_within_24" if name == "production_within" else name,
            "title": titles.get(name) or DEFINITIONS[name].title,
            "reasons": [(reason(code), count) for code, count in reasons.items()],
            "count": sum(reasons.values()),
        }
        for name, reasons in found.left_out.items()
    ]


def _cohort(cohort: Guidance, group: Group, reference: Reference | None) -> dict[str, Any]:
    rate = group.figures["production_rate"]
    roi = group.figures["roi"].value
    return {
        "guidance": cohort.value,
        "label": cohort.label,
        "tone": TONES.get(cohort, "mark"),
        "figures": group.figures,
        "rate": rate,
        "interval": share_range(rate.low, rate.high) if rate.low is not None and rate.high is not None else "",
        "reference": (reference.low, reference.high) if reference else None,
        "reference_words": _reference_words(reference) if reference else "",
        "is_good": roi is not None and roi > 0,
    }


def _reference_words(reference: Reference) -> str:
    shares = percent(reference.low) if reference.low == reference.high else share_range(reference.low, reference.high)
    return _("%(label)s: %(share)s") % {"label": reference.label, "share": shares}


def _most(found: Summary) -> float:
    """Return the right end of the scale that the cohorts' intervals share."""
    highs = [group.figures["production_rate"].high or 0 for group in found.by_guidance.values()]
    return max(0.6, *highs)
