"""The form of a benchmark. Its figure is typed in its unit: a share in per cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from display import sentences
from display.numbers import NO_VALUE, number
from money.exact import EXACT
from money.forms import AmountField
from portfolio.benchmarks.rules import FIELDS
from portfolio.models import Benchmark, Unit

HUNDRED = Decimal(100)
LONGEST = 2_000
PROSE = ("label", "what_it_measures", "population")  # as in display.messages


class BenchmarkForm(forms.ModelForm):
    """A published figure, what it measures, and where it was published."""

    low = AmountField(label=gettext_lazy("Figure, or its lower end"), max_length=45)
    high = AmountField(
        label=gettext_lazy("Upper end"),
        required=False,
        max_length=45,
        help_text=gettext_lazy("The same as the lower end where it is one figure. Empty: “at least”."),
    )
    year = forms.IntegerField(label=pgettext_lazy("of publication", "Year"), min_value=1950, max_value=2100)
    url = forms.URLField(label=gettext_lazy("Web address"), max_length=500, required=False, assume_scheme="https")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Benchmark
        fields = [name for name in FIELDS if name != "is_withdrawn"]
        labels = {"label": pgettext_lazy("of a thing", "Name")}
        widgets = {
            "what_it_measures": forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST}),
            "population": forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}),
            "note": forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}),
        }
        help_texts = {
            "what_it_measures": gettext_lazy("What was divided by what: it is always shown with the figure."),
            "comparable_with": gettext_lazy(
                "A share of firms or a forecast never stands beside our rate of prototypes."
            ),
            "cohort": gettext_lazy("On the portfolio page, in the chart and in the table of the cohorts."),
        }

    def __init__(self, benchmark: Benchmark | None = None, data: Any = None) -> None:
        shown = (
            {"version": benchmark.version, "low": _typed(benchmark, "low"), "high": _typed(benchmark, "high")}
            if benchmark
            else {}
        )
        super().__init__(data, instance=benchmark, initial=shown)
        for name in PROSE if benchmark else ():
            self._show_translation(name, getattr(benchmark, name))
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.choices = [(value, label if value else NO_VALUE) for value, label in field.choices]

    def _show_translation(self, name: str, text: str) -> None:
        """Say how pages show a text that comes with the product: it is translated for as long as nobody changes it."""
        shown = gettext(text) if text else text
        if shown != text:
            field = self.fields[name]
            said = gettext("Shown in your language, as long as it stays as it is: %(text)s") % {"text": shown}
            field.help_text = f"{field.help_text}{sentences.space()}{said}" if field.help_text else said

    def clean(self) -> dict[str, Any]:
        """Turn per cent into a share, and the two characters by which a browser ends a line into one."""
        cleaned: dict[str, Any] = self.cleaned_data
        for name in self.Meta.widgets:
            if name in cleaned:
                cleaned[name] = cleaned[name].replace("\r\n", "\n")
        if cleaned.get("unit") == Unit.SHARE:
            for name in ("low", "high"):
                if cleaned.get(name) is not None:
                    cleaned[name] = EXACT.divide(cleaned[name], HUNDRED)
        return cleaned

    def benchmark(self) -> Benchmark:
        """Return the benchmark as it is described."""
        described = self.instance
        if described.pk is not None:
            described.version = self.cleaned_data["version"] or 0
        return described

    def overtaken_by(self, current: Benchmark) -> list[dict[str, str]]:
        """Go on from the version in force, and return the fields in which it is another than what was typed."""
        self.data = self.data.copy()
        self.data["version"] = str(current.version)
        return [
            {"label": str(self[name].label), "mine": _read(self.instance, name), "theirs": _read(current, name)}
            for name in self.Meta.fields
            if getattr(self.instance, name) != getattr(current, name)
        ]


def _read(benchmark: Benchmark, name: str) -> str:
    """Return a field as people read it; "" is nothing."""
    if name in ("low", "high"):
        end = _typed(benchmark, name)
        return "" if end is None else number(end)
    value = getattr(benchmark, name)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(getattr(benchmark, f"get_{name}_display", lambda: value)())


def _typed(benchmark: Benchmark, name: str) -> Decimal | None:
    """Return an end of the figure as one types it."""
    value: Decimal | None = getattr(benchmark, name)
    if value is None or benchmark.unit != Unit.SHARE:
        return value
    return EXACT.multiply(value, HUNDRED)
