"""What pydantic says about fields, in our words and languages, under the names that were sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from ninja.errors import ValidationErrorContext

from api.fields import MANY, ONE


def field_errors(contexts: list[ValidationErrorContext]) -> list[tuple[str, str]]:
    """Return (field, message) for everything that does not fit; "owner.name", "0.amount" for what is nested."""
    return [
        (_field(error["loc"], context.model), message_of(error))
        for context in contexts
        for error in context.pydantic_validation_error.errors(include_url=False)
    ]


def _field(location: tuple[int | str, ...], model: Any) -> str:
    body: str | None = getattr(model, "__read_from_single_attr__", None)
    parts = model.__ninja_flatten_map_reverse__.get(location, location)
    if parts and parts[0] == body:
        parts = parts[1:]
    return ".".join(str(part) for part in parts if part not in (ONE, MANY)) or "body"


def message_of(error: Any) -> str:
    """Return a sentence for one pydantic error."""
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "value_error":
        return str(context["error"])
    sentence = _sentences().get(kind)
    return sentence.format(**context) if sentence else _("Not valid: {reason}").format(reason=error["msg"])


def _sentences() -> dict[str, str]:
    number, whole = _("Not a number."), _("Not a whole number.")
    return {
        "missing": _("Needed."),
        "extra_forbidden": _("No such field."),
        "string_type": _("Not a text."),
        "string_too_short": _("At least {min_length} characters."),
        "string_too_long": _("At most {max_length} characters."),
        "string_pattern_mismatch": _("Not of the form {pattern}."),
        "literal_error": _("One of: {expected}."),
        "enum": _("One of: {expected}."),
        "bool_type": _("true or false."),
        "bool_parsing": _("true or false."),
        "int_type": whole,
        "int_parsing": whole,
        "int_from_float": whole,
        "int_parsing_size": _("Too large."),
        "float_type": number,
        "float_parsing": number,
        "finite_number": number,
        "decimal_type": number,
        "decimal_parsing": number,
        "greater_than": _("More than {gt}."),
        "greater_than_equal": _("At least {ge}."),
        "less_than": _("Less than {lt}."),
        "less_than_equal": _("At most {le}."),
        "list_type": _("Not an array."),
        "too_long": _("At most {max_length} items."),
        "too_short": _("At least {min_length} items."),
        "dict_type": _("Not an object."),
        "model_attributes_type": _("Not an object."),
        "model_type": _("Not an object."),
        "none_required": _("null is the only value here."),
    }
