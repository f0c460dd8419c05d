"""The form that says which column of a file is which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from imports.conventions import CHOICES, DATES, DECIMALS, INPUT_TOKENS, Conventions, likely
from imports.guessing import guess
from imports.header_place import FIRST, LAST_ROW, LONGEST_NAME, HeaderPlace
from imports.mappings import ColumnMapping
from imports.models import SavedMapping
from imports.pipeline import AMOUNT, Column, Importer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_CONSTANT = 500


class PlaceForm(forms.Form):
    """Where the headings stand: on which sheet of a workbook, in which row."""

    sheet = forms.CharField(label=gettext_lazy("Sheet"), max_length=LONGEST_NAME, required=False, strip=False)
    header_row = forms.IntegerField(
        label=gettext_lazy("The headings are in row"),
        help_text=gettext_lazy("Empty: in the first row with anything in it. Rows above it are passed over."),
        min_value=1,
        max_value=LAST_ROW,
        required=False,
        widget=forms.NumberInput(attrs={"class": "input short"}),
    )

    def offer(self, sheets: Sequence[str]) -> None:
        """Let one of these sheets be chosen, where there are several."""
        if len(sheets) > 1:
            widget = forms.Select(choices=[("", _("— the first one —")), *((name, name) for name in sheets)])
            self.fields["sheet"].widget = widget
        else:
            del self.fields["sheet"]

    @property
    def place(self) -> HeaderPlace:
        """What was said."""
        return HeaderPlace(self.cleaned_data.get("sheet", ""), self.cleaned_data.get("header_row") or 0)


class MappingForm(PlaceForm):
    """A field to choose for each column, values for what the file lacks, and how it writes dates and numbers."""

    dates = forms.ChoiceField(label=gettext_lazy("Dates"), choices=list(DATES.items()), required=False)
    decimals = forms.ChoiceField(label=gettext_lazy("Numbers"), choices=list(DECIMALS.items()), required=False)
    input_tokens = forms.ChoiceField(
        label=gettext_lazy("Input tokens are"), choices=list(INPUT_TOKENS.items()), required=False
    )
    save_as = forms.CharField(
        label=gettext_lazy("Save this mapping as"),
        help_text=gettext_lazy("The next file with these headings is offered it at once."),
        max_length=100,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        importer: type[Importer],
        header: Sequence[str],
        known: ColumnMapping | None,
        amount_column: str = "",
        numbers_are_text: bool = True,
        rows: Sequence[Sequence[str]] = (),
        place: HeaderPlace = FIRST,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial |= place.as_json()
        self.importer, self.header = importer, header
        # A column without a heading cannot be named in a mapping: it is left out.
        self.named = [(place, heading) for place, heading in enumerate(header) if heading]
        self._add_columns(known, amount_column)
        self._add_constants(known)
        conventions = known.conventions if known else likely(self._texts("day", rows), self._texts("number", rows))
        self.initial |= conventions.as_json()
        if not numbers_are_text:
            del self.fields["decimals"]  # a sheet keeps numbers as numbers
        if not importer.may_count_otherwise:
            del self.fields["input_tokens"]

    def _add_columns(self, known: ColumnMapping | None, amount_column: str) -> None:
        columns = self.importer.columns_with(amount_column)
        choices = [("", _("— leave out —")), *((column.name, _label(column)) for column in columns)]
        meant = dict(known.columns) if known else guess(self.header, columns)
        chosen = [each for _place, each in self.named if each.strip().casefold() == amount_column.casefold()]
        if amount_column in self.importer.amount_columns and chosen:
            # It was chosen for this file, which counts for more than what was meant by earlier ones.
            meant = {heading: name for heading, name in meant.items() if name != AMOUNT} | {chosen[0]: AMOUNT}
        for place, heading in self.named:
            label = _("Field of “{heading}”").format(heading=heading)
            select = forms.Select(attrs={"class": "input"})
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, widget=select
            )
            self.initial[f"column-{place}"] = meant.get(heading) or ""

    def _add_constants(self, known: ColumnMapping | None) -> None:
        for column in self.importer.columns:
            self.fields[f"constant-{column.name}"] = forms.CharField(
                label=column.label or column.name, required=False, max_length=LONGEST_CONSTANT
            )
            self.initial[f"constant-{column.name}"] = known.constants.get(column.name, "") if known else ""

    def _texts(self, holds: str, rows: Sequence[Sequence[str]]) -> list[str]:
        """Return the first texts of the columns that are taken for days, or for numbers."""
        names = {column.name for column in self.importer.columns if column.holds == holds}
        places = [place for place, _heading in self.named if self.initial[f"column-{place}"] in names]
        return [text for row in rows for place in places if place < len(row) and (text := row[place].strip())]

    @property
    def wanted(self) -> list[BoundField]:
        """The values for every row that required fields without a column need, and those that are given."""
        return [bound for bound, is_wanted in self._constants() if is_wanted]

    @property
    def identity_note(self) -> StrOrPromise:
        """What is to be known of how rows are told apart."""
        return self.importer.identity_note

    @property
    def others(self) -> list[BoundField]:
        """The values for every row that may be given."""
        return [bound for bound, is_wanted in self._constants() if not is_wanted]

    def _constants(self) -> Iterator[tuple[BoundField, bool]]:
        taken = {self[f"column-{place}"].value() for place, _heading in self.named}
        for column in sorted(self.importer.columns, key=lambda column: not column.required):
            bound = self[f"constant-{column.name}"]
            lacks = column.required and column.name not in taken
            if lacks:
                bound.label = _label(column)
            yield bound, bool(lacks or bound.value() or bound.errors)

    def clean(self) -> dict[str, Any]:
        """Hold that a field has one source, and a required one has one at all."""
        cleaned = super().clean() or {}
        seen: set[str] = set()
        for place, _heading in self.named:
            name = cleaned.get(f"column-{place}")
            if name and name in seen:
                self.add_error(f"column-{place}", _("Another column has this field already."))
            seen.add(name or "")
        for column in self.importer.columns:
            field = f"constant-{column.name}"
            if cleaned.get(field) and column.name in seen:
                self.add_error(field, _("A column has this field, so there cannot be one value for every row."))
            elif column.required and not cleaned.get(field) and column.name not in seen:
                self.add_error(field, _("Choose a column for this field, or give a value for every row."))
        self._hold_names_apart(cleaned)
        return cleaned

    def _hold_names_apart(self, cleaned: Mapping[str, Any]) -> None:
        """Hold that no column is called like an object that the mapping needs (imports/mappings.py)."""
        needed = {
            "constants": any(cleaned.get(f"constant-{column.name}") for column in self.importer.columns),
            "reading": any(cleaned.get(name) for name in (*CHOICES, *PlaceForm.base_fields)),
        }
        for place, heading in self.named:
            if needed.get(heading):
                said = _("Rename this column in the file: a mapping keeps something else under this name.")
                self.add_error(f"column-{place}", said)

    @cached_property
    def mapping(self) -> dict[str, Any]:
        """What was chosen, as it is kept (imports/mappings.py)."""
        data = self.cleaned_data
        columns: dict[str, str | None] = {heading: None for heading in self.header if not heading}
        columns |= {heading: data[f"column-{place}"] or None for place, heading in self.named}
        names = [column.name for column in self.importer.columns]
        constants = {name: value for name in names if (value := data[f"constant-{name}"])}
        conventions = Conventions(**{name: data.get(name, "") for name in CHOICES})
        return ColumnMapping(columns, constants, conventions, self.place).as_json()


class SavedMappingForm(MappingForm):
    """The same for a mapping that is kept already, which has a name."""

    def __init__(self, *args: Any, saved: SavedMapping, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.saved = saved
        self.fields["save_as"] = forms.CharField(label=pgettext("of a thing", "Name"), max_length=100)

    @property
    def columns(self) -> list[tuple[str, BoundField]]:
        """Each heading with its choice."""
        return [(heading, self[f"column-{place}"]) for place, heading in self.named]

    def clean_save_as(self) -> str:
        """Hold that the name is free."""
        name: str = self.cleaned_data["save_as"]
        others = SavedMapping.objects.filter(format=self.saved.format, name=name).exclude(pk=self.saved.pk)
        if others.exists():
            raise forms.ValidationError(_("Another mapping of this format has this name."))
        return name


def _label(column: Column) -> str:
    name = str(column.label or column.name)
    return _("{field} (required)").format(field=name) if column.required else name
