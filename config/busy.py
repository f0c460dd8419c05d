"""What the database could not do because other writes were in the way: said so, and nothing typed is lost.

A web process waits five seconds for a lock (config/wsgi.py), not longer: an import holds that of the sums for
minutes, and as many requests as there are threads would wait with it, so that nobody saw any page.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import unsent
from api.problems import problem_response
from imports.workers import IN_EACH_OTHERS_WAY, server_error

WAITED_TOO_LONG = "55P03"  # lock_not_available
COME_AGAIN = "5"  # seconds


class BusyMiddleware:
    """Answers 503 instead of a mistake of ours; a form comes back with what was typed, and a button to send it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view or an operation ended with, its transaction rolled back; leave other errors alone."""
        if not came_second(error):
            return None
        if request.path.startswith("/api/"):
            detail = _(
                "Other writes are in the way, perhaps those of an import. Nothing was saved. Try again in a moment."
            )
            return problem_response(503, detail, headers={"Retry-After": COME_AGAIN})
        typed = unsent.kept(request)
        files = [file.name for name in request.FILES for file in request.FILES.getlist(name)]
        context = {unsent.NAME: typed, "is_busy": True, "files": files}
        answer = render(request, "accounts/unsent.html" if typed else "503.html", context, status=503)
        answer["Retry-After"] = COME_AGAIN
        return answer


def came_second(error: Exception) -> bool:
    """Tell whether another write was in the way of this one: it waited too long, or the database ended it for that.

    So it does where the other one has deleted what this one names.
    """
    said = server_error(error)
    return said is not None and said.sqlstate in (*IN_EACH_OTHERS_WAY, WAITED_TOO_LONG)
