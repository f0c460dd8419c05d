"""Forms of the price book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

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


class Column(NamedTuple):
    """A column of the grid: what prompts of one length cost."""

    name: str  # what the names of its cells begin with
    label: str
    batch: bool = False
    over: str = ""  # the field that says how many tokens longer prompts have; "": prompts of any length


class PriceFilters(forms.Form):
    """What the book shows, as its address carries it."""

    q = forms.CharField(label=gettext_lazy("Model"), required=False, max_length=200)
    provider = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)
    on = DayField(label=gettext_lazy("Prices on"), required=False)
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
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    source_url = forms.URLField(
        label=gettext_lazy("Where the price is published (URL)"), max_length=500, required=False, assume_scheme="https"
    )

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.columns = [Column("standard", _("Price")), Column("batch", _("Batch"), batch=True)]
        for number in range(1, _lengths(data if data is not None else initial or {}) + 1):
            label, long = _long(number)
            self.columns += long
            self.fields[long[0].over] = forms.IntegerField(label=label, required=False, min_value=1, max_value=10**12)
        for column in self.columns:
            for each in TokenClass:
                label = f"{capfirst(CLASS_LABELS[each])}, {column.label}"
                self.fields[f"{column.name}_{each}"] = AmountField(label=label, required=False, max_length=60)
                self.fields[f"{column.name}_{each}"].widget.attrs.update({"class": "num", "aria-label": label})

    @property
    def overs(self) -> list[BoundField]:
        """The lengths of long prompts."""
        return [self[name] for name in dict.fromkeys(column.over for column in self.columns) if name]

    @property
    def lines(self) -> Iterator[tuple[Any, list[tuple[str, BoundField]]]]:
        """The grid: a line for each class of tokens, each cell with the heading of its column."""
        for each in TokenClass:
            yield CLASS_LABELS[each], [(column.label, self[f"{column.name}_{each}"]) for column in self.columns]

    def clean(self) -> dict[str, Any]:
        """A row needs a price, prices are 0 or more, long prompts need to be told from others."""
        cleaned: dict[str, Any] = super().clean() or {}
        for column in self.columns:
            for each in TokenClass:
                if (cleaned.get(f"{column.name}_{each}") or 0) < 0:
                    self.add_error(f"{column.name}_{each}", _("A price is 0 or more."))
            if column.over and self._prices(column) and not cleaned.get(column.over) and column.over not in self.errors:
                self.add_error(column.over, _("Say from how many tokens on the prices for long prompts hold."))
        if not self._prices(self.columns[0]):
            self.add_error("standard_input", _("Give at least one price."))
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("Not before its first day."))
        return cleaned

    def new_price(self) -> NewPrice:
        """Return what was typed."""
        typed = self.cleaned_data
        own = ("provider", "model", "since", "until", "currency", "note", "source_url")
        return NewPrice(rates=list(self._rates()), **{name: typed[name] for name in own})

    def _rates(self) -> Iterator[Rate]:
        for column in self.columns:
            if prices := self._prices(column):
                yield Rate(prices, self.cleaned_data[column.over] if column.over else 0, column.batch)

    def _prices(self, column: Column) -> dict[TokenClass, Decimal]:
        typed = {each: self.cleaned_data.get(f"{column.name}_{each}") for each in TokenClass}
        return {each: price for each, price in typed.items() if price is not None}


class EndForm(forms.Form):
    """From when on a row holds no longer."""

    until = DayField(
        label=gettext_lazy("First day without it"),
        help_text=gettext_lazy("Enter its first day to remove the price entirely. What it has priced keeps its price."),
    )


def filled_with(row: PriceRow) -> dict[str, Any]:
    """Return what the grid shows of a row, with columns for each length of prompts."""
    numbers = {over: number for number, over in enumerate(sorted({rate.over for rate in row.rates if rate.over}), 1)}
    shown: dict[str, Any] = {"currency": row.currency}
    shown |= {_long(number)[1][0].over: over for over, number in numbers.items()}
    for rate in row.rates:
        usual = "batch" if rate.batch else "standard"
        name = _long(numbers[rate.over])[1][rate.batch].name if rate.over else usual
        shown |= {f"{name}_{each}": price for each, price in rate.prices.items()}
    return shown


def _lengths(given: Mapping[str, Any]) -> int:
    """Return how many lengths of long prompts there is room for, by what was filled in or sent."""
    return max(sum(name.startswith("over") for name in given), 1) + ("more" in given)


def _long(number: int) -> tuple[str, list[Column]]:
    """Return what the length of such long prompts is called, and their columns, the second for batches."""
    end = "" if number == 1 else f"_{number}"
    over, name = f"over{end}", f"long{end}"
    if number == 1:
        labels = _("Long prompts have more tokens than"), _("Long prompts"), _("Long prompts, batch")
    else:
        said = _("Long prompts {n} have more tokens than"), _("Long prompts {n}"), _("Long prompts {n}, batch")
        labels = tuple(label.format(n=number) for label in said)
    columns = [Column(name, labels[1], over=over), Column(f"{name}_batch", labels[2], batch=True, over=over)]
    return labels[0], columns


def first_day() -> date:
    """Return the day from which a new price holds unless another is named: the first of this month."""
    return timezone.localdate().replace(day=1)
