"""The field of forms that takes a month."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from costs.entry.paste import month as read_month


class MonthField(forms.CharField):
    """A month, from the browser's own calendar or typed as 2026-03; its first day."""

    widget = forms.TextInput(attrs={"type": "month"})

    def clean(self, value: Any) -> date | None:
        """Return its first day; None where nothing is typed."""
        text = super().clean(value)
        try:
            return read_month(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def prepare_value(self, value: Any) -> Any:
        """Show a month as the browser takes it; what was typed stays as it was typed."""
        return f"{value:%Y-%m}" if isinstance(value, date) else value
