"""What pydantic says about fields, in our words and languages, under the names that were sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import ValidationErrorContext

from api.fields import MANY, ONE

_SENTENCES = {
    "missing": gettext_lazy("Needed."),
    "extra_forbidden": gettext_lazy("No such field."),
    "string_type": gettext_lazy("Not a text."),
    "string_too_short": gettext_lazy("At least {min_length} characters."),
    "string_too_long": gettext_lazy("At most {max_length} characters."),
    "string_pattern_mismatch": gettext_lazy("Not of the form {pattern}."),
    "literal_error": gettext_lazy("One of: {expected}."),
    "enum": gettext_lazy("One of: {expected}."),
    "bool_type": gettext_lazy("true or false."),
    "bool_parsing": gettext_lazy("true or false."),
    "int_type": gettext_lazy("Not a whole number."),
    "int_parsing": gettext_lazy("Not a whole number."),
    "int_from_float": gettext_lazy("Not a whole number."),
    "int_parsing_size": gettext_lazy("Too large."),
    "float_type": gettext_lazy("Not a number."),
    "float_parsing": gettext_lazy("Not a number."),
    "finite_number": gettext_lazy("Not a number."),
    "decimal_type": gettext_lazy("Not a number."),
    "decimal_parsing": gettext_lazy("Not a number."),
    "greater_than": gettext_lazy("More than {gt}."),
    "greater_than_equal": gettext_lazy("At least {ge}."),
    "less_than": gettext_lazy("Less than {lt}."),
    "less_than_equal": gettext_lazy("At most {le}."),
    "list_type": gettext_lazy("Not an array."),
    "too_long": gettext_lazy("At most {max_length} items."),
    "too_short": gettext_lazy("At least {min_length} items."),
    "dict_type": gettext_lazy("Not an object."),
    "model_attributes_type": gettext_lazy("Not an object."),
    "model_type": gettext_lazy("Not an object."),
    "none_required": gettext_lazy("null is the only value here."),
}


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
    sentence = _SENTENCES.get(kind)
    return str(sentence).format(**context) if sentence else _("Not valid: {reason}").format(reason=error["msg"])
