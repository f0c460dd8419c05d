"""Forms of the registers: an entry with the rows that belong to it, shares and dated amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts import refusals
from accounts.errors import RuleError, StaleError
from accounts.models import User
from api.decimals import plain
from costs.lookups import Names
from costs.models import (
    Asset,
    AssetShare,
    Category,
    DayRate,
    EnergyPrice,
    Every,
    LabourRole,
    RecurringAmount,
    RecurringCost,
    RecurringShare,
    Registered,
)
from costs.registers import entries
from costs.registers.dated_rows import HUNDRED, AmountRow, RowForm, Rows, ShareRow, share_shown
from display import currency as base_currency
from money.forms import AmountField, CurrencyField
from projects.forms import DayField

# An energy price as a page has shown it: its id and its version.
PRICE_SHOWN = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)


class EntryForm(forms.Form):
    """An entry of a register. Subclasses name its model, its parts and the fields that are no field of the form."""

    model: ClassVar[type[Registered]]
    part_kinds: ClassVar[dict[str, tuple[type[RowForm], type]]]
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=200)
    currency = CurrencyField(short=True, label=gettext_lazy("Currency"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, entry: Any = None, data: Any = None, first_initiative: str = "") -> None:
        initial = {"currency": base_currency.active()}
        if entry is not None:
            initial = {name: getattr(entry, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        self._user, self._entry = user, entry
        self.rows = {name: self._rows(name, entry, data, first_initiative) for name in self.part_kinds}

    def is_valid(self) -> bool:
        """Tell whether fields and rows can be read."""
        if "shares" in self.rows:
            rows = self.rows["shares"]
            rows.use(Names(self._user, {str(form["initiative"].data or "").strip() for form in rows.forms}))
        return all([super().is_valid(), *(rows.is_valid() for rows in self.rows.values())])

    def save(self) -> Any:
        """Save the entry; None where a rule is broken, which is then said at its field."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        parts = {name: [self.part(name, row) for row in rows.values] for name, rows in self.rows.items()}
        try:
            entry = self._entry or self.model()
            return entries.save(self._user, entry, values, parts, self.cleaned_data["version"])
        except RuleError as error:
            self._say(error)
            return None

    def part(self, name: str, row: Mapping[str, Any]) -> Any:
        """Make a part of what a row says."""
        return self.part_kinds[name][1](**row)

    @property
    def is_wrong(self) -> bool:
        """Tell whether something has to be corrected."""
        return self.is_bound and (
            bool(self.errors) or any(rows.error or not rows.is_valid() for rows in self.rows.values())
        )

    def _rows(self, name: str, entry: Any, data: Any, first_initiative: str) -> Rows:
        there = getattr(entry, name).all() if entry is not None else []
        initial = [share_shown(row) if name == "shares" else vars(row) for row in there]
        if entry is None and name == "shares" and first_initiative:
            initial = [{"initiative": first_initiative, "share": HUNDRED}]
        return Rows(self.part_kinds[name][0], name, data, initial)

    def _say(self, error: RuleError) -> None:
        for field, message in error.errors or [("", error.message)]:
            if field in self.rows:
                self.rows[field].error = message
            else:
                self.add_error(field if field in self.fields else None, message)


class AssetForm(EntryForm):
    """Hardware of one's own."""

    model = Asset
    part_kinds: ClassVar = {"shares": (ShareRow, AssetShare)}
    vendor = forms.CharField(label=gettext_lazy("Vendor"), max_length=200, required=False)
    price = AmountField(label=gettext_lazy("Price"))
    salvage = AmountField(
        label=gettext_lazy("Salvage value"),
        required=False,
        help_text=gettext_lazy("What it will be worth in the end, in the currency of its price."),
    )
    purchased_on = DayField(label=gettext_lazy("Purchased on"))
    in_service_on = DayField(
        label=gettext_lazy("In service on"), help_text=gettext_lazy("That month is the first, and counts in full.")
    )
    life_months = forms.IntegerField(label=gettext_lazy("Life in months"))
    retired_on = DayField(
        label=gettext_lazy("Sold or scrapped on"),
        required=False,
        help_text=gettext_lazy("What is left then is written off, less what it was sold for."),
    )
    proceeds = AmountField(label=gettext_lazy("Sold for"), required=False)
    power_kw = AmountField(
        label=gettext_lazy("Power in kW"), required=False, help_text=gettext_lazy("What it draws on average while on.")
    )
    hours_per_month = AmountField(
        label=gettext_lazy("Hours per month"), required=False, help_text=gettext_lazy("Empty: around the clock.")
    )

    def __init__(self, user: User, entry: Any = None, data: Any = None, first_initiative: str = "") -> None:
        super().__init__(user, entry, data, first_initiative)
        if entry is not None and entry.retired_on is None:
            self.initial["proceeds"] = None

    def clean_salvage(self) -> Decimal:
        """Nothing typed is nothing left."""
        return self.cleaned_data["salvage"] or Decimal(0)

    def clean_proceeds(self) -> Decimal:
        """Nothing typed: it was scrapped."""
        return self.cleaned_data["proceeds"] or Decimal(0)


class RoleForm(EntryForm):
    """A role and its day rates."""

    model = LabourRole
    part_kinds: ClassVar = {"rates": (AmountRow, DayRate)}


class RecurringForm(EntryForm):
    """A licence, or another cost that comes again."""

    model = RecurringCost
    part_kinds: ClassVar = {"amounts": (AmountRow, RecurringAmount), "shares": (ShareRow, RecurringShare)}
    vendor = forms.CharField(label=gettext_lazy("Vendor"), max_length=200, required=False)
    category = forms.ModelChoiceField(
        Category.objects.none(), to_field_name="name", label=gettext_lazy("Category"), empty_label=None
    )
    every_months = forms.TypedChoiceField(label=gettext_lazy("Every"), choices=Every.choices, coerce=int)
    starts_on = DayField(
        label=gettext_lazy("First due on"), help_text=gettext_lazy("Later due days follow from this one.")
    )
    ends_on = DayField(
        label=gettext_lazy("Ends on"),
        required=False,
        help_text=gettext_lazy("Nothing is due after this day. A period that has begun counts in full."),
    )
    spread = forms.BooleanField(
        label=gettext_lazy("Spread over the months it is for"),
        required=False,
        help_text=gettext_lazy("Else all of it counts on the day it is due."),
    )
    recoverable = forms.BooleanField(
        label=gettext_lazy("Recoverable"), required=False, help_text=gettext_lazy("It is billed on to somebody else.")
    )

    def __init__(self, user: User, entry: Any = None, data: Any = None, first_initiative: str = "") -> None:
        super().__init__(user, entry, data, first_initiative)
        kept = Category.objects.filter(pk=entry.category_id) if entry is not None else Category.objects.none()
        self.fields["category"].queryset = Category.objects.filter(is_active=True) | kept
        if entry is None:
            self.initial |= {"category": "licences", "spread": True}
        else:
            self.initial["category"] = entry.category.name
        for form in self.rows["amounts"].forms:
            form.fields["since"].required = False

    def part(self, name: str, row: Mapping[str, Any]) -> Any:
        """An amount without a day holds from the first due day on."""
        if name == "amounts" and row["since"] is None:
            row = {**row, "since": self.cleaned_data["starts_on"]}
        return super().part(name, row)


class EnergyPriceForm(forms.Form):
    """What a kilowatt-hour costs from a day on."""

    since = DayField(label=pgettext_lazy("a day", "From"))
    amount = AmountField(label=gettext_lazy("Price per kWh"))
    currency = CurrencyField(short=True, label=gettext_lazy("Currency"))
    # The price of that day that the page has shown beside this one, as `PRICE_SHOWN` reads it; empty: none.
    instead_of = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("currency", base_currency.active())

    def save(self, actor: User) -> bool:
        """Set the price; False where something is wrong, which is then said at its field."""
        since, amount, currency, instead_of = (self.cleaned_data[name] for name in self.fields)
        there = EnergyPrice.objects.filter(since=since).first()
        shown = PRICE_SHOWN.fullmatch(instead_of)
        version = int(shown[2]) if shown and there and int(shown[1]) == there.pk else 0
        try:
            entries.set_energy_price(actor, EnergyPrice(since=since, amount=amount, currency=currency), version)
        except StaleError:
            self._show_beside(since)
        except RuleError as error:
            refusals.show(self, error)
        return not self.errors

    def _show_beside(self, since: date) -> None:
        there = EnergyPrice.objects.get(since=since)
        said = _("From this day on it is {amount} {currency} already. Save again to put yours in its place.")
        self.add_error("amount", said.format(amount=plain(there.amount), currency=there.currency))
        self.data = {**self.data.dict(), "instead_of": f"{there.pk}.{there.version}"}
