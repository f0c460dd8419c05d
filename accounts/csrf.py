"""A form with an old token, as a page has it that was opened before the last sign-in: asked about, not lost.

Nothing of it is done. Where the browser says that a page of ours has sent it, it comes back in a page with a new token,
whose button a person presses. What another site sends is refused as ever: it cannot make a browser say so.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.csrf import csrf_failure

from accounts import unsent


def failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Ask whether to send it now, or say that nothing was saved; 403 either way."""
    found = _typed(request) if _is_from_here(request) else None
    if found is None:
        return csrf_failure(request, reason)
    files = [file.name for name in request.FILES for file in request.FILES.getlist(name)]
    context = {unsent.NAME: found, "is_old": True, "files": files}
    return render(request, "accounts/unsent.html", context, status=403)


def _typed(request: HttpRequest) -> unsent.Unsent | None:
    """Return what was sent; of a sign-in, which another tab has overtaken, what it carries."""
    return unsent.opened(request.POST.get(unsent.NAME, "")) or unsent.kept(request)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a whole page of ours sent it; a part of a page has no place for a question."""
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return request.method == "POST" and request.headers.get("Origin") in ours and "HX-Request" not in request.headers
