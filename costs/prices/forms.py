"""Forms of the price book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from costs.models import TokenPrice
from costs.prices import library
from costs.prices.listing import CLASS_LABELS, Wanted
from costs.prices.own_rows import NewPrice
from costs.pricing import PriceRow, Rate, TokenClass
from money.forms import AmountField, CurrencyField
from projects.forms import DayField

# The columns of the grid: name → (batch, for long prompts).
KINDS = {"standard": (False, False), "batch": (True, False), "long": (False, True), "long_batch": (True, True)}
KIND_LABELS = {
    "standard": gettext_lazy("Price"),
    "batch": gettext_lazy("Batch"),
    "long": gettext_lazy("Long prompts"),
    "long_batch": gettext_lazy("Long prompts, batch"),
}


class PriceFilters(forms.Form):
    """What the book shows, as its address carries it."""

    q = forms.CharField(label=gettext_lazy("Model"), required=False, max_length=200)
    provider = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)
    on = DayField(label=gettext_lazy("Prices of"), required=False)
    own = forms.BooleanField(label=gettext_lazy("Only own prices"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__({**data.dict(), "on": data.get("on") or timezone.localdate().isoformat()}, auto_id="filter-%s")
        self.is_filtered = any(data.get(name) for name in self.fields)
        self.providers = library.provider_names()
        names = set(TokenPrice.objects.own().order_by().values_list("provider", flat=True))
        others = [(name, name) for name in sorted(names) if library.provider_id(name) is None]
        choices = sorted([*self.providers.items(), *others], key=lambda choice: choice[1].casefold())
        self.fields["provider"].choices = [("", gettext_lazy("Any")), *choices]

    def wanted(self) -> Wanted:
        """Return what is asked for, as far as it makes sense; a wrong day is said beside its field."""
        self.is_valid()
        asked = self.cleaned_data
        return Wanted(
            asked.get("on") or timezone.localdate(),
            asked.get("q", ""),
            asked.get("provider", ""),
            asked.get("own", False),
        )


class PriceForm(forms.Form):
    """An own row: what it is for, and a grid of prices per million tokens."""

    provider = forms.CharField(
        label=gettext_lazy("Provider"), max_length=200, help_text=gettext_lazy("As bills and usage name it: openai.")
    )
    model = forms.CharField(
        label=gettext_lazy("Model"),
        max_length=200,
        help_text=gettext_lazy("A name, or a pattern with * and ?: claude-sonnet-*. The closest name holds."),
    )
    since = DayField(label=gettext_lazy("Holds from"), help_text=gettext_lazy("Its first day."))
    until = DayField(label=gettext_lazy("Ends before"), required=False, help_text=gettext_lazy("Empty: no end set."))
    currency = CurrencyField(short=True, label=gettext_lazy("Currency"))
    over = forms.IntegerField(
        label=gettext_lazy("Long prompts have more tokens than"), required=False, min_value=1, max_value=10**12
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    source_url = forms.URLField(
        label=gettext_lazy("Where the price stands (address)"), max_length=500, required=False, assume_scheme="https"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind in KINDS:
            for each in TokenClass:
                label = f"{capfirst(CLASS_LABELS[each])}, {KIND_LABELS[kind]}"
                self.fields[f"{kind}_{each}"] = AmountField(label=label, required=False, max_length=60)
                self.fields[f"{kind}_{each}"].widget.attrs.update({"class": "num", "aria-label": label})

    @property
    def kinds(self) -> list[Any]:
        """The headings of the grid's columns."""
        return list(KIND_LABELS.values())

    @property
    def lines(self) -> Iterator[tuple[Any, list[tuple[Any, BoundField]]]]:
        """The grid: a line for each class of tokens, each cell with the heading of its column."""
        for each in TokenClass:
            yield CLASS_LABELS[each], [(KIND_LABELS[kind], self[f"{kind}_{each}"]) for kind in KINDS]

    def clean(self) -> dict[str, Any]:
        """A row needs a price, prices are 0 or more, long prompts need to be told from others."""
        cleaned: dict[str, Any] = super().clean() or {}
        for kind in KINDS:
            for each in TokenClass:
                if (cleaned.get(f"{kind}_{each}") or 0) < 0:
                    self.add_error(f"{kind}_{each}", _("A price is 0 or more."))
        if not self._prices("standard"):
            self.add_error("standard_input", _("Give at least one price."))
        is_long = self._prices("long") or self._prices("long_batch")
        if is_long and not cleaned.get("over") and "over" not in self.errors:
            self.add_error("over", _("Say from how many tokens on the prices for long prompts hold."))
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("Not before its first day."))
        return cleaned

    def new_price(self) -> NewPrice:
        """Return what was typed."""
        typed = self.cleaned_data
        own = ("provider", "model", "since", "until", "currency", "note", "source_url")
        return NewPrice(rates=list(self._rates(typed["over"] or 0)), **{name: typed[name] for name in own})

    def _rates(self, over: int) -> Iterator[Rate]:
        for kind, (batch, is_long) in KINDS.items():
            if prices := self._prices(kind):
                yield Rate(prices, over if is_long else 0, batch)

    def _prices(self, kind: str) -> dict[TokenClass, Decimal]:
        typed = {each: self.cleaned_data.get(f"{kind}_{each}") for each in TokenClass}
        return {each: price for each, price in typed.items() if price is not None}


class EndForm(forms.Form):
    """From when on a row holds no longer."""

    until = DayField(
        label=gettext_lazy("First day without it"),
        help_text=gettext_lazy("Enter its first day to remove the price entirely. What it has priced keeps its price."),
    )


def filled_with(row: PriceRow) -> dict[str, Any]:
    """Return what the grid shows of a row; of several lengths of prompts the shortest and the next."""
    over = min((rate.over for rate in row.rates if rate.over), default=None)
    shown: dict[str, Any] = {"currency": row.currency, "over": over}
    for kind, (batch, is_long) in KINDS.items():
        for rate in row.rates:
            if rate.batch == batch and rate.over == ((over or -1) if is_long else 0):
                shown |= {f"{kind}_{each}": price for each, price in rate.prices.items()}
    return shown


def first_day() -> date:
    """Return the day from which a new price holds unless another is named: the first of this month."""
    return timezone.localdate().replace(day=1)
