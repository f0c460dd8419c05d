"""One form field as a page shows it: label, help above, input, errors and soft warnings below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField


@dataclass(frozen=True)
class SoftWarning:
    """A remark that does not stop anyone, with a way out: `action` names it, `value` is what it puts in the field.

    A form offers them as `form.warnings: dict[str, list[SoftWarning]]`. Without scripts the button submits
    `use-<field>=<value>`; with scripts it fills the field in.
    """

    text: str
    action: str = ""
    value: str = ""

    def __str__(self) -> str:
        return str(self.text)


def field_context(
    field: BoundField,
    label: str | None = None,
    help_text: str | None = None,
    unit: str = "",
    currency: BoundField | None = None,
    width: str = "",
    optional: bool | None = None,
) -> dict[str, Any]:
    """Everything that `display/_field.html` needs to show `field`."""
    widget = field.field.widget
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"  # a number input drops what it cannot parse, and what was typed must stay
        widget.attrs.setdefault("inputmode", "decimal")
    group = bool(widget.use_fieldset)
    checkbox = isinstance(widget, forms.CheckboxInput)
    shown_help = field.help_text if help_text is None else help_text
    errors = [*field.errors, *(currency.errors if currency else [])]
    warnings = getattr(field.form, "warnings", {}).get(field.name, [])
    described = _describedby(field, bool(shown_help), bool(errors), bool(warnings))
    return {
        "name": field.name,
        "id": field.id_for_label or field.auto_id,
        "hidden": field.is_hidden,
        "group": group,
        "checkbox": checkbox,
        "label": field.label if label is None else label,
        "help": shown_help,
        "unit": unit,
        "width": width,
        "optional": not field.field.required and not checkbox if optional is None else optional,
        "errors": errors,
        "warnings": warnings,
        "widget": field.as_widget(attrs=_attributes(described, bool(field.errors))),
        "initial": field.as_hidden(only_initial=True) if field.field.show_hidden_initial else "",
        "second": currency and currency.as_widget(attrs=_beside(currency, field)),
    }


def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """What `display/_form_errors.html` lists: each wrong field once, and what is wrong with the form as a whole.

    `is_sent`: what was typed came here and was not taken, since what is taken leads on to another page.
    """
    problems = [
        {
            "id": field.id_for_label or field.auto_id,
            "label": field.label,
            "text": " ".join(str(error) for error in field.errors),
        }
        for field in form
        if field.errors and not field.is_hidden
    ]
    hidden = [error for field in form.hidden_fields() for error in field.errors]
    return {"problems": problems, "non_field": [*form.non_field_errors(), *hidden], "is_sent": form.is_bound}


def _describedby(field: BoundField, has_help: bool, has_errors: bool, has_warnings: bool) -> str:
    base = field.id_for_label or field.auto_id
    parts = [("help", has_help), ("error", has_errors), ("warning", has_warnings)]
    return " ".join(f"{base}_{part}" for part, there in parts if there)


def _beside(currency: BoundField, field: BoundField) -> dict[str, Any]:
    """Attributes of what stands beside a field and has its errors told with those of the field."""
    described = _describedby(field, False, bool(currency.errors), False)
    return {"aria-label": str(currency.label)} | _attributes(described, bool(currency.errors))


def _attributes(described: str, invalid: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {"aria-describedby": described or None}
    if invalid:
        attributes["aria-invalid"] = "true"
    return {name: value for name, value in attributes.items() if value is not None}
