"""What every page knows: the organisation and its currency."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def organisation(request: HttpRequest) -> dict[str, Any]:
    """Give the pages of signed-in people `organisation` and `base_currency` (read once by `ProfileMiddleware`)."""
    current = getattr(request, "organisation", None)
    return {"organisation": current, "base_currency": current.base_currency} if current else {}
