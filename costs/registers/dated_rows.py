"""Rows that belong to an entry of a register, in its form: shares by month, amounts by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from costs.entry.month_field import MonthField
from costs.lookups import Names
from costs.registers.rules import MOST_PARTS
from money.exact import EXACT
from money.forms import AmountField
from projects.fields import LONGEST_REFERENCE
from projects.forms import DayField
from projects.models import Initiative

HUNDRED = Decimal(100)
BLANK_ROWS = 2
EXAMPLES: dict[type[forms.Field], str] = {MonthField: "2026-03", DayField: "2026-03-31"}


class RowForm(forms.Form):
    """A row of a table; one that is blank says nothing, so emptying a row takes it out."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **options)
        number = int(self.prefix.rpartition("-")[2]) + 1
        for field in self.fields.values():
            name = _("{column}, row {number}").format(column=field.label, number=number)
            field.widget.attrs.setdefault("aria-label", name)
            field.widget.input_type = "text"  # a calendar drops what it cannot read, and what was pasted must stay
            if isinstance(field, AmountField):
                field.widget.attrs["class"] = "num"
            if type(field) in EXAMPLES:
                field.widget.attrs["placeholder"] = EXAMPLES[type(field)]

    def has_changed(self) -> bool:
        """Tell whether anything is typed."""
        return any(str(self[name].data or "").strip() for name in self.fields)

    @property
    def called(self) -> str:
        """What is called by the key in its first field, as the row was kept."""
        return str(self.initial.get("called", ""))

    @property
    def wrong(self) -> list[tuple[forms.BoundField, str]]:
        """What is wrong, field by field."""
        return [(field, error) for field in self for error in field.errors]


class ShareRow(RowForm):
    """An initiative's share of an entry's cost."""

    initiative = forms.CharField(label=gettext_lazy("Initiative"), max_length=LONGEST_REFERENCE)
    share = AmountField(label=gettext_lazy("Share, %"))
    first_month = MonthField(label=gettext_lazy("From month"), required=False)
    last_month = MonthField(label=gettext_lazy("To month"), required=False)
    names: Names  # set before it is validated

    def clean_initiative(self) -> Initiative:
        """Find the initiative."""
        try:
            return self.names.initiative(self.cleaned_data["initiative"].strip())
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_share(self) -> Decimal:
        """Return per cent as a share."""
        return EXACT.divide(self.cleaned_data["share"], HUNDRED)


class AmountRow(RowForm):
    """An amount from a day on."""

    since = DayField(label=pgettext_lazy("a day", "From"))
    amount = AmountField(label=gettext_lazy("Amount"))


class Rows:
    """The rows of one kind in a form: those that are there, and blank ones to fill in; `most` may be sent."""

    most = MOST_PARTS

    def __init__(self, kind: type[RowForm], name: str, data: Any, initial: Sequence[Mapping[str, Any]] = ()) -> None:
        self.name, self.error = name, ""
        count = _sent(data, name, kind) if data is not None else min(len(initial) + BLANK_ROWS, MOST_PARTS)
        values = [initial[number] if data is None and number < len(initial) else {} for number in range(count)]
        self.forms = [kind(data, prefix=f"{name}-{number}", initial=dict(row)) for number, row in enumerate(values)]
        self.heads = [(field.label, isinstance(field, AmountField)) for field in kind.base_fields.values()]

    def is_valid(self) -> bool:
        """Tell whether every row that is typed is right."""
        wrong = [form for form in self.forms if not form.is_valid()]  # all of them are looked at
        return not wrong

    @property
    def values(self) -> list[dict[str, Any]]:
        """What the rows say, without blank ones."""
        return [form.cleaned_data for form in self.forms if form.has_changed()]

    def use(self, names: Names) -> None:
        """Let rows find initiatives."""
        for form in self.forms:
            form.names = names  # type: ignore[attr-defined]


def _sent(data: Any, name: str, kind: type[RowForm]) -> int:
    first = next(iter(kind.base_fields))
    count = 0
    while count < MOST_PARTS and f"{name}-{count}-{first}" in data:
        count += 1
    return max(count, 1)


def share_shown(share: Any) -> dict[str, Any]:
    """Return a share as its row shows it: in per cent, months as 2026-03."""
    months = {name: getattr(share, name) for name in ("first_month", "last_month")}
    return {
        "initiative": share.initiative.key,
        "called": share.initiative.title,
        "share": EXACT.multiply(share.share, HUNDRED).normalize(EXACT),
        **{name: f"{month:%Y-%m}" if month else "" for name, month in months.items()},
    }
