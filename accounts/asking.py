"""Forms that remark on what is doubtful before they take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from display.fields import SoftWarning


class AskingForm(forms.Form):
    """A form that remarks on doubtful values once: sent again as they are, they are taken."""

    heeded = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)  # what was typed, as it was typed
    judged_by: tuple[str, ...] = ()  # fields that a remark at another one goes by too

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.warnings: dict[str, list[SoftWarning]] = {}

    def remarks(self, cleaned: dict[str, Any]) -> Mapping[str, SoftWarning | None]:
        """Return a remark by field, for those that deserve one."""
        return {}

    def clean(self) -> dict[str, Any]:
        """Show remarks that have not been shown for these very values."""
        cleaned = super().clean() or {}
        self.warnings = {name: [remark] for name, remark in self.remarks(cleaned).items() if remark}
        names = sorted({*self.warnings, *self.judged_by}) if self.warnings else []
        told = "\n".join(f"{name}={self.data.get(self.add_prefix(name), '')}" for name in names)
        self.must_ask = bool(told) and told != cleaned.get("heeded", "").replace("\r\n", "\n")
        self.data = self.data.copy()
        self.data[self.add_prefix("heeded")] = told
        return cleaned
