"""The form that a file is handed in with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.pipeline import Importer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class FormatForm(forms.Form):
    """The format of a file that is here already, and whether it is only tried."""

    format = forms.ChoiceField(label=gettext_lazy("Format"))
    amount_column = forms.ChoiceField(label=gettext_lazy("Cost that counts"), required=False)
    dry_run = forms.BooleanField(
        label=gettext_lazy("Dry run: report everything, change nothing"),
        required=False,
    )

    def __init__(self, *args: Any, formats: Sequence[type[Importer]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unchosen = [] if self.fields["format"].required else [("", _("Find it by the header"))]
        self.fields["format"].choices = [*unchosen, *((each.format, each.title) for each in formats)]
        amounts = [each.amount_columns for each in formats if each.amount_columns]
        if not amounts:
            del self.fields["amount_column"]
            return
        self.fields["amount_column"].choices = [choice for each in amounts for choice in _choices(each)]
        self.fields["amount_column"].help_text = _("A FOCUS bill has two costs: billed and effective.")


class _FilesInput(forms.ClearableFileInput):
    """Lets several files be chosen."""

    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """One file, or several at once: a list of them."""

    widget = _FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Check each of them."""
        return [super(_FilesField, self).clean(each, initial) for each in data or [None]]


class ImportForm(FormatForm):
    """A file, its format (found by the header unless it is chosen) and whether it is only tried."""

    file = _FilesField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV (UTF-8) or Excel with a header line, Parquet or JSON, also as .gz; at most 2 GB. If a bill comes in "
            "several files, choose all of them together, or a .zip of them: they are one import."
        ),
        allow_empty_file=True,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        help_text=gettext_lazy("If you leave this, the header decides."),
    )
    map_columns = forms.BooleanField(
        label=gettext_lazy("Let me say first which column is which field"),
        required=False,
    )
    field_order = ("file", "format", "amount_column", "map_columns", "dry_run")


def _choices(amounts: Mapping[str, StrOrPromise]) -> list[tuple[str, str]]:
    """Return the columns of a format to choose from; the first is taken anyway, so it needs no name."""
    first, *others = amounts.items()
    return [("", str(first[1])), *((name, str(label)) for name, label in others)]
