"""Made-up figures of the style page, at /styleguide/ with DEBUG=1: the numbers of the design's pictures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from django import forms

from display import charts
from display.fields import SoftWarning
from display.stages import StageStep

AXIS = "months since the prototype started"


def incidence() -> charts.Incidence:
    """Guided, partly guided and aimless prototypes beside the reference rates."""
    return charts.Incidence(
        title="Knowing why pays: guided prototypes get there four times as often",
        note="Probability of production by months since the prototype started, with 95 % intervals; "
        "stopped ones compete, those in flight are censored",
        description="After 36 months 57 % of guided, 35 % of partly guided and 12 % of aimless prototypes are in use.",
        curves=[
            charts.Curve("guided", "guided", _steps(0.57, 7, 23, 0.058), "54 prototypes"),
            charts.Curve("partly guided", "partly", _steps(0.35, 9, 21, 0.05), "43 prototypes"),
            charts.Curve("aimless", "aimless", _steps(0.125, 11, 18, 0.046), "34 prototypes", until=31.5),
        ],
        references=[
            charts.Reference("Venero, with guidance 45–50 %", 0.45, 0.5, short="Venero, 45–50 %"),
            charts.Reference("before guidance 15 %", 0.15, 0.15, "mark"),
        ],
        axis=AXIS,
    )


def _steps(limit: float, pace: float, count: int, margin: float) -> list[charts.Step]:
    found = []
    for index in range(count):
        month = (index + 1) ** 1.32 * 36 / (count + 1) ** 1.32
        value = limit * (1 - 2.718281828 ** (-month / pace))
        found.append(charts.Step(month, value, max(value - margin, 0), min(value + margin, 1)))
    return found


def funnel() -> charts.Funnel:
    """The line of stages."""
    rows = [("Proposed", 212, None, None), ("Approved", 168, 0.79, 31), ("Prototype", 131, 0.78, 24)]
    rows += [("Pilot", 84, 0.64, 96), ("Production", 50, 0.6, 118)]
    return charts.Funnel(
        title="From idea to production",
        note="212 proposals since January 2023, and how many went on",
        description="Of 212 proposals 50 reached production.",
        stages=[charts.FunnelStage(*row) for row in rows],
    )


def money_parts() -> list[charts.Part]:
    """Where the money went."""
    rows = [("Reached production", "23500000", "guided", 0.38), ("In flight", "17600000", "partly", 0.28)]
    rows += [("Stopped", "14200000", "stop", 0.23), ("Not a prototype", "3100000", "cost", 0.05)]
    rows += [("Unallocated", "3400000", "mark", 0.06)]
    return [charts.Part(name, Decimal(value), tone, share) for name, value, tone, share in rows]  # type: ignore[arg-type]


def stacked() -> charts.StackedBar:
    """Where the money went, as one bar."""
    return charts.StackedBar(
        title="Where $61.8 M went",
        note="Every dollar, by what became of it",
        parts=money_parts(),
        currency="USD",
    )


def cumulative() -> charts.CumulativeLines:
    """Cost and benefit of one initiative, with its plan."""
    months = [date(2025 + index // 12, index % 12 + 1, 1) for index in range(31)]
    cost = [min(26000 * index, 312000) + max(index - 12, 0) * 12000 for index in range(31)]
    benefit = [max(index - 8, 0) ** 2 * 1480 for index in range(31)]
    spent = list(zip(months, cost, strict=True))
    planned = list(zip(months, benefit, strict=True))[18:]
    return charts.CumulativeLines(
        title="Costs run ahead of benefit until April 2027",
        note="Cumulative, USD; solid: logged and measured, dashed: budget and forecast with its 10–90 % band",
        description="Cost is at 372,000 USD, measured benefit at 120,000 USD.",
        lines=[
            charts.Line("cost", "cost", spent[:18], spent[18:]),
            charts.Line(
                "benefit",
                "benefit",
                list(zip(months, benefit, strict=True))[:18],
                planned,
                [(day, value * 0.8, value * 1.2) for day, value in planned],
            ),
        ],
        currency="USD",
        today=date(2026, 6, 1),
        marks=[charts.Mark(date(2027, 4, 1), 492000, "breaks even Apr 2027 (Feb–Jul)")],
    )


def readings() -> charts.Readings:
    """Minutes per claim."""
    values = [14.1, 13.6, 13.9, 12.2, 11.8, 11.1, 10.2, 10.4, 9.6, 9.1]
    return charts.Readings(
        title="Minutes per claim",
        note="71 % of the way, 86 % of the time; filled: validated",
        readings=[
            charts.Reading(date(2025 + (8 + index) // 12, (8 + index) % 12 + 1, 12), value, index < 7)
            for index, value in enumerate(values)
        ],
        unit="minutes",
        baseline=14.2,
        baseline_day=date(2025, 9, 1),
        target=7,
        target_day=date(2026, 11, 30),
    )


def by_month() -> charts.BarsByMonth:
    """Cost by month beside its budget, with a credit."""
    values = [12, 14, 13, 21, 24, 22, -6, 28, 31, 27, 25, 29, 33, 30]
    return charts.BarsByMonth(
        title="Cost is above plan since August",
        note="Cost by month; the line is the budget",
        bars=[
            charts.MonthBar(date(2025 + index // 12, index % 12 + 1, 1), Decimal(value * 1000), Decimal(22000))
            for index, value in enumerate(values)
        ],
        currency="USD",
    )


def columns() -> charts.StackedColumns:
    """Cost by month and what it was for, with a credit and a month without."""
    months = [date(2025 + index // 12, index % 12 + 1, 1) for index in range(14)]
    inference = [12, 14, 13, 21, 24, 22, 26, 28, 31, None, 25, 29, 33, 30]
    rows = [("Inference", inference), ("GPU", [9] * 14), ("Training", [6, 6, -4, *[6] * 11]), ("Storage", [2] * 14)]
    series = [
        charts.Series(name, [None if value is None else Decimal(value * 1000) for value in values], "38 %")
        for name, values in rows
    ]
    return charts.StackedColumns(
        title="Inference is the largest part",
        note="Gross cost by month and AI category",
        starts=months,
        names=[f"{month:%b %Y}" for month in months],
        series=[*series, charts.Series("3 more", [Decimal(900)] * 14, is_rest=True)],
        currency="USD",
        width=760,
    )


def ranking() -> charts.Ranking:
    """Cost by vendor, with a credit."""
    rows = [
        ("Meridian AI", 412_000, 0.52),
        ("Stratus Cloud", 301_500, 0.38),
        ("Lumen Annotation Services", 84_000, 0.11),
    ]
    bars = [charts.Bar(name, Decimal(value), share) for name, value, share in rows]
    return charts.Ranking(
        title="Half of it goes to one vendor",
        note="Gross cost by vendor",
        bars=[*bars, charts.Bar("4 more", Decimal(-9_000), -0.01, is_rest=True)],
        currency="USD",
        width=560,
    )


class SampleForm(forms.Form):
    """One of every kind of field."""

    metric = forms.CharField(
        label="What will you measure?",
        help_text="One thing that someone can count. “Minutes to sort a claim”, not “better triage”.",
    )
    today = forms.DecimalField(label="Today", help_text="The baseline")
    target = forms.DecimalField(label="Target", help_text="Where you want it")
    by = forms.DateField(label="By", help_text="A date", widget=forms.DateInput(attrs={"type": "date"}))
    amount = forms.CharField(label="Amount", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    currency = forms.ChoiceField(label="Currency", choices=[("USD", "USD"), ("EUR", "EUR"), ("JPY", "JPY")])
    why = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kind = forms.ChoiceField(
        label="Kind", choices=[("level", "A reading"), ("flow", "An amount per month")], widget=forms.RadioSelect
    )
    recoverable = forms.BooleanField(label="Can be billed on", help_text="Somebody else pays for it.", required=False)
    file = forms.FileField(label="File", required=False)


def sample_form() -> SampleForm:
    """Return a form with an error and a soft warning."""
    form = SampleForm(
        {
            "metric": "improve efficiency of claims handling",
            "today": "14.2",
            "target": "7.0.1",
            "by": "2026-11-30",
            "amount": "148220.15",
            "currency": "USD",
            "kind": "level",
        }
    )
    question = "Nobody could measure this yet. Which number would change: minutes per claim, share re-opened?"
    form.warnings = {"metric": [SoftWarning(question, "Use “handling time”", "handling time")]}  # type: ignore[attr-defined]
    return form


def stage_steps() -> list[StageStep]:
    """The way of one initiative."""
    return [
        StageStep("Proposed", "done", date(2025, 1, 9)),
        StageStep("Approved", "done", date(2025, 2, 3), date(2025, 2, 3)),
        StageStep("Prototype", "done", date(2025, 2, 17), date(2025, 2, 10)),
        StageStep("Pilot", "now", date(2025, 9, 2), date(2025, 9, 2)),
        StageStep("Production", "ahead", planned=date(2026, 8, 1)),
    ]


def cohorts() -> list[SimpleNamespace]:
    """The table of guidance cohorts."""
    rows = [("Guided", "guided", 54, 0.55, (0.42, 0.67), (0.45, 0.5), "810000", 214, 0.22)]
    rows += [("Partly guided", "partly", 43, 0.35, (0.22, 0.5), (0.15, 0.15), "1370000", 301, -0.54)]
    rows += [("Aimless", "aimless", 34, 0.12, (0.05, 0.27), (0.05, 0.05), "4020000", 388, -1.0)]
    names = ["name", "tone", "count", "rate", "interval", "reference", "cost", "days", "roi"]
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]


def price_curve() -> charts.PriceCurve:
    """A token of one's own by utilisation, beside list prices."""
    return charts.PriceCurve(
        title="Price of a million tokens by utilisation",
        note="US dollars, on a logarithmic scale",
        description="At 30 % utilisation a million tokens cost $12.51.",
        at_full_use=3.754,
        marked=0.3,
        levels=[
            charts.PriceLevel("A large model", 8),
            charts.PriceLevel("A middling model", 4, strong=True),
            charts.PriceLevel("Another middling model", 3.9),
            charts.PriceLevel("A small model", 0.26),
        ],
        currency="USD",
        name="Your own hardware",
        axis="utilisation",
    )
