"""What every page knows: the organisation and its currency."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Organisation
from display import currency


def organisation(request: HttpRequest) -> dict[str, Any]:
    """Give pages `organisation` and `base_currency`; the row is read when a page first asks for it."""
    current = SimpleLazyObject(Organisation.current)
    base_currency = SimpleLazyObject(lambda: current.base_currency)
    currency.activate(base_currency)
    return {"organisation": current, "base_currency": base_currency}
