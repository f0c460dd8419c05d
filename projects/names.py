"""Find by name without case, the way the database's unique rules compare (lower, not Python's casefold)."""

from __future__ import annotations

from django.db.models import Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from accounts.errors import RuleError

LONGEST_LINE = 200


def named(field: str, text: str) -> Exact:
    """Return the condition "`field` is `text`, whatever the case"."""
    return Exact(Lower(field), Lower(Value(text)))


def line(text: str, field: str) -> str:
    """Return a one-line text trimmed and with single spaces; 422 when it is longer than 200 characters."""
    trimmed = " ".join(text.split())
    if len(trimmed) > LONGEST_LINE:
        raise RuleError(_("At most 200 characters."), field)
    return trimmed
