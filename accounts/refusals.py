"""What a rule refused, shown in the form where it occurred."""

from __future__ import annotations

from collections.abc import Mapping

from django.forms import BaseForm

from accounts.errors import RuleError


def show(form: BaseForm, error: RuleError, inputs: Mapping[str, str] | None = None) -> None:
    """Put what a rule refused at its fields, or above the form where it is about none of them.

    `inputs` names the form's field by the rule's, where the two are called differently.
    """
    for field, message in error.errors or [("", error.message)]:
        name = (inputs or {}).get(field, field)
        form.add_error(name if name in form.fields else None, message)
