"""Where a form, or a page that was come to from a list, sends its reader back to, as long as that is a page of ours."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_url(request: HttpRequest, otherwise: str) -> str:
    """Return the `next` that was sent where it is the path or the address of a page here, else another."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if is_ours and "/" in asked else otherwise  # a word would be taken for the name of a view
