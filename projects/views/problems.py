"""What a rule refused, shown in the form where it occurred."""

from __future__ import annotations

from django import forms

from accounts.errors import RuleError
from projects.people import INPUTS


def show(form: forms.BaseForm, error: RuleError) -> None:
    """Put what a rule refused at its fields, or above the form where it is about none of them."""
    for field, message in error.errors or [("", error.message)]:
        name = INPUTS.get(field, field)
        form.add_error(name if name in form.fields else None, message)
