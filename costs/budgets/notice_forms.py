"""The form that says at which shares of a budget a notice is raised."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs.budgets.notice_thresholds import LARGEST, MOST, SMALLEST

_BETWEEN = re.compile(r"[\s,;、，・]+")


class ThresholdsForm(forms.Form):
    """Whole per cents of the budget: "80, 100, 120"."""

    thresholds = forms.CharField(
        label=gettext_lazy("Per cent of the whole budget"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Whole numbers, separated by commas. Empty: no notices are raised."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, thresholds: Sequence[int]) -> None:
        super().__init__(data, initial={"thresholds": ", ".join(map(str, thresholds))})

    def clean_thresholds(self) -> list[int]:
        """Read whole numbers; a sign for per cent behind them is welcome."""
        texts = [text.rstrip("%％") for text in _BETWEEN.split(self.cleaned_data["thresholds"].strip()) if text]
        found = [int(text) if re.fullmatch(r"\d{1,4}", text) else 0 for text in texts if text]
        if not all(SMALLEST <= percent <= LARGEST for percent in found):
            raise forms.ValidationError(_("Whole numbers from {first} to {last}.").format(first=SMALLEST, last=LARGEST))
        if len(set(found)) > MOST:
            raise forms.ValidationError(_("At most {most} of them.").format(most=MOST))
        return sorted(set(found))
