"""Form fields for amounts and currencies, used by every room."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.decimals import plain
from money.currencies import CODES, choices
from money.files import MOST_BYTES
from money.ledger import NewRate
from money.parsing import parse_amount


class AmountField(forms.CharField):
    """An exact number, typed as text so that no digit is lost and the phone shows the keypad for numbers."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def clean(self, value: Any) -> Decimal | None:
        """Return the exact number; None for an optional field left empty."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def prepare_value(self, value: Any) -> Any:
        """Show a stored number plainly; what was typed stays as it was typed."""
        return plain(value) if isinstance(value, Decimal) else value


class CurrencyField(forms.ChoiceField):
    """A currency in use. An upper-case code; the list shows names in the reader's language.

    `short`: beside an amount there is room for the code alone.
    """

    def __init__(self, short: bool = False, **options: Any) -> None:
        shown = _codes if short else choices
        super().__init__(choices=lambda: [("", ""), *shown()], **options)

    def to_python(self, value: Any) -> str:
        """Take a code in any case, as people type and paste it."""
        return super().to_python(value).strip().upper()

    def valid_value(self, value: str) -> bool:
        """Return whether the code is in use."""
        return value in CODES

    def validate(self, value: Any) -> None:
        """Refuse an unknown code in words of our own."""
        if value and not self.valid_value(value):
            raise ValidationError(_("Not a currency of ISO 4217 (upper case, such as USD)."), code="invalid")
        super().validate(value)


def _codes() -> list[tuple[str, str]]:
    return [(code, code) for code in sorted(CODES)]


class RateForm(forms.Form):
    """A rate by hand."""

    on = forms.DateField(
        label=gettext_lazy("Date"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    currency = CurrencyField(label=gettext_lazy("Currency"))
    rate = AmountField(label=gettext_lazy("Rate"))

    def new_rate(self) -> NewRate:
        """Return what was typed."""
        return NewRate(self.cleaned_data["on"], self.cleaned_data["currency"], self.cleaned_data["rate"])


class RateFileForm(forms.Form):
    """A file of rates."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}), max_length=200
    )

    def clean_file(self) -> bytes:
        """Return the content; what is far too large is not read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("At most 5 MB in one file."), code="too_large")
        return file.read()
