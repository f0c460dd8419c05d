"""The form that a file is handed in with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from imports.querysets import allowed


class ImportForm(forms.Form):
    """A file, its format (found by the header unless it is chosen) and whether it is only tried."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV (UTF-8) or Excel with a header line, also compressed as .gz; at most 2 GB."),
        allow_empty_file=True,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        required=False,
        help_text=gettext_lazy("Left alone, it is found by the header."),
    )
    map_columns = forms.BooleanField(
        label=gettext_lazy("Let me say first which column is which field"),
        required=False,
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Dry run: report everything, change nothing"),
        required=False,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        formats = [(importer.format, importer.title) for importer in allowed(user)]
        self.fields["format"].choices = [("", _("Find it by the header")), *formats]
