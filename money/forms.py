"""Form fields for amounts and currencies, used by every room."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import refusals
from accounts.asking import AskingForm
from accounts.currencies import CODES, choices
from accounts.errors import RuleError
from accounts.models import Organisation
from api.decimals import plain
from display.fields import SoftWarning
from money.doubts import doubts
from money.files import MOST_BYTES
from money.ledger import NewRate, check
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


class RateForm(AskingForm):
    """A rate by hand."""

    judged_by = ("on", "currency")

    on = forms.DateField(
        label=gettext_lazy("Date"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    currency = CurrencyField(label=gettext_lazy("Currency"))
    rate = AmountField(label=gettext_lazy("Rate"))

    def remarks(self, cleaned: dict[str, Any]) -> dict[str, SoftWarning]:
        """Remark on a rate far from those beside it; what can be no rate is refused before."""
        if self.errors:
            return {}
        new = self._typed(cleaned)
        try:
            check(new, Organisation.current().base_currency)
        except RuleError as error:
            refusals.show(self, error)
            return {}
        found = doubts([new])
        return {"rate": SoftWarning(found[0].said)} if found else {}

    def new_rate(self) -> NewRate:
        """Return what was typed."""
        return self._typed(self.cleaned_data)

    def _typed(self, cleaned: dict[str, Any]) -> NewRate:
        return NewRate(cleaned["on"], cleaned["currency"], cleaned["rate"])


class RateFileForm(forms.Form):
    """A file of rates."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}), max_length=200
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # a file whose doubtful rates were shown

    def clean_file(self) -> bytes:
        """Return the content; what is far too large is not read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("At most 5 MB in one file."), code="too_large")
        return file.read()

    def is_heeded(self) -> bool:
        """Tell whether this very file was shown with its doubtful rates."""
        return self.cleaned_data["seen"] == self._digest()

    def told(self) -> RateFileForm:
        """Return the form for the file once more, now that its doubtful rates are shown."""
        return RateFileForm(initial={"seen": self._digest()})

    def _digest(self) -> str:
        return sha256(self.cleaned_data["file"]).hexdigest()
