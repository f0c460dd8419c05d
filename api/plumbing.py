"""What happens around every operation: who calls, how often, and has this write been answered already."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from api import limits
from api.auth import identify
from api.idempotency import answer_once
from api.parsing import has_unusable_text
from api.problems import Problem, default_detail

Run = Callable[..., HttpResponse]


def guarded(run: Run) -> Run:
    """Wrap an operation; runs before its fields are looked at, so a repeated write is answered before `If-Match`."""

    @wraps(run)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            user = identify(request)
            limits.count(request)
            if any(isinstance(part, str) and has_unusable_text(part) for part in kwargs.values()):
                raise Problem(404, default_detail(404))
            return answer_once(request, user, lambda: run(request, *args, **kwargs))
        except Problem as problem:
            return problem.response()

    return answer
