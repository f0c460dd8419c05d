"""The portfolio's charts: figures in, drawings of the display room out."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from display import charts
from display.charts.svg import Tone
from display.numbers import money_short, number
from portfolio.benchmarks.references import Reference
from portfolio.figure import Figure
from portfolio.figures.survival import DAYS_PER_MONTH
from portfolio.guidance import Guidance
from portfolio.metrics.comparisons import common_month
from portfolio.metrics.rates import FunnelStep
from portfolio.metrics.summary import Group, Summary

GUIDED, AIMLESS = Guidance.GUIDED, Guidance.AIMLESS
TONES: dict[Guidance, Tone] = {Guidance.GUIDED: "guided", Guidance.PARTLY_GUIDED: "partly", Guidance.AIMLESS: "aimless"}
MONTHS = 36
TWICE = 1.5  # from here on "n times as often" rounds to 2 or more
FEW = 5  # a ratio of fewer productions than these is told in words: one more would turn it over


def incidence_chart(summary: Summary, references: dict[Guidance, Reference]) -> charts.Incidence:
    """Return the incidence curves of the cohorts that have one, with the references in the plot."""
    shown = {cohort: group for cohort, group in summary.by_guidance.items() if group.curve.incidence.n}
    whole = not any(cohort in TONES for cohort in shown)
    curves = [_curve(_("all prototypes"), "cost", _whole(summary))] if whole else []
    curves += [_curve(str(cohort.label), TONES[cohort], shown[cohort]) for cohort in TONES if cohort in shown]
    return charts.Incidence(
        title=_title(summary),
        note=_(
            "Probability of production by months since the prototype started, with 95\u202f% intervals; "
            "stopped ones compete, those in flight are censored"
        ),
        description=_("Share of prototypes in production by months since the start"),
        axis=_("months since the prototype started"),
        curves=curves,
        references=[
            charts.Reference(
                f"{reference.label} {reference.share}", reference.low, reference.high, TONES[cohort], reference.share
            )
            for cohort, reference in references.items()
            if cohort != Guidance.AIMLESS
        ],
        months=MONTHS,
    )


def _whole(summary: Summary) -> Group:
    return Group(summary.figures, summary.production_within, summary.curve)


def _curve(name: str, tone: Tone, group: Group) -> charts.Curve:
    found = group.curve.incidence
    steps = [
        charts.Step(float(days) / DAYS_PER_MONTH, float(value), _end(low), _end(high))
        for days, value, low, high in zip(found.times, found.value, found.low, found.high, strict=True)
    ]
    detail = ngettext("%(count)s prototype", "%(count)s prototypes", found.n) % {"count": number(found.n)}
    return charts.Curve(name, tone, steps, detail, until=found.last_observed / DAYS_PER_MONTH)


def _end(value: float) -> float | None:
    return None if value != value else float(value)  # NaN: no interval there


def _title(summary: Summary) -> str:
    """Say what is seen where a rule can tell: intervals of guided and aimless that do not touch at a common month."""
    if not any(summary.by_guidance[cohort].curve.incidence.n for cohort in TONES):
        return _("How many prototypes reach production, and how soon?")
    guided, aimless = (summary.by_guidance[cohort].production_within for cohort in (GUIDED, AIMLESS))
    months = common_month(guided, aimless)
    if months is not None:
        one, other, times = guided[months], aimless[months], summary["guided_to_aimless"].value
        if one.low is not None and other.high is not None and one.low > other.high and times and times >= TWICE:
            return _as_often(summary, months, float(times))
        if not summary.by_guidance[AIMLESS].figures["reached_production"].value and one.low is not None:
            return _("No aimless prototype has reached production; guided ones have")
    return _("Do prototypes with a clear aim reach production more often?")


def _as_often(summary: Summary, months: int, times: float) -> str:
    """Say how much more often guided prototypes are in production so many months after their start."""
    reached = (summary.by_guidance[cohort].figures["reached_production"] for cohort in (GUIDED, AIMLESS))
    if min(int(figure.value or 0) for figure in reached) < FEW:
        return _("Knowing why pays: within %(months)s months guided prototypes get there far more often") % {
            "months": number(months)
        }
    return _("Knowing why pays: within %(months)s months guided prototypes get there %(times)s times as often") % {
        "months": number(months),
        "times": number(times, 0),
    }


def funnel_chart(steps: list[FunnelStep]) -> charts.Funnel:
    """Return the line from idea to production."""
    count = steps[0].entered
    note = ngettext("%(count)s proposal, and how far it went", "%(count)s proposals, and how many went on", count) % {
        "count": number(count)
    }
    stages = [charts.FunnelStage(str(step.stage.label), step.entered, step.share, step.median_days) for step in steps]
    return charts.Funnel(title=_("From idea to production"), note=note, description=note, stages=stages)


def money_figures(summary: Summary) -> dict[str, Figure]:
    """Return what became of the money: the figures that the parts of its chart show."""
    found = {name: summary[name] for name in _became()}
    return {name: figure for name, figure in found.items() if figure.value is not None}


def money_chart(summary: Summary, figures: dict[str, Figure]) -> charts.StackedBar:
    """Return what became of every unit of money."""
    gross, became = Decimal(summary["gross_cost"].value or 0), _became()
    return charts.StackedBar(
        title=_("Where %(amount)s went") % {"amount": money_short(gross, summary.currency)},
        note=_("Every cost line, by what became of its initiative"),
        description=_("Gross cost by what became of the initiative"),
        currency=summary.currency,
        parts=[
            charts.Part(name, Decimal(figure.value or 0), tone, None if figure.share is None else float(figure.share))
            for figure, (name, tone) in ((figures[each], became[each]) for each in figures)
        ],
    )


def _became() -> dict[str, tuple[str, Tone]]:
    return {
        "cost_reached": (_("Reached production"), "guided"),
        "cost_in_flight": (_("In flight"), "partly"),
        "cost_sunk": (_("Stopped"), "stop"),
        "cost_no_prototype": (pgettext("of money", "Not a prototype"), "cost"),
        "unallocated": (_("Unallocated"), "mark"),
    }
