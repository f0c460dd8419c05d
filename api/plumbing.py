"""What happens around every operation: who calls, how often, and has this write been answered already."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.params.models import BodyModel, FileModel, FormModel

from api import limits
from api.auth import identify
from api.idempotency import WRITES, answer_once
from api.parsing import has_unusable_text, parse_json, printable
from api.problems import Problem, default_detail, invalid

Run = Callable[..., HttpResponse]


def guarded(run: Run) -> Run:
    """Wrap an operation; runs before its fields are looked at, so a repeated write is answered before `If-Match`."""
    takes = {kind for model in run.__self__.models for kind in model.__mro__}  # type: ignore[attr-defined]
    takes_form = bool(takes & {FormModel, FileModel})

    @wraps(run)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            user = identify(request)
            limits.count(request)
            if any(isinstance(part, str) and has_unusable_text(part) for part in kwargs.values()):
                raise Problem(404, default_detail(404))
            if request.method in WRITES and not takes_form:
                _refuse_form(request) if BodyModel in takes else _refuse_fields(request)
            return answer_once(request, user, lambda: run(request, *args, **kwargs))
        except Problem as problem:
            return problem.response()

    return answer


def _refuse_form(request: HttpRequest) -> None:
    """Whoever looks at the fields of a form (for a CSRF token, say) leaves nothing to be read as JSON."""
    if request.content_type == "multipart/form-data":
        raise Problem(400, _("The body is a form. Send JSON."))


def _refuse_fields(request: HttpRequest) -> None:
    """Where there is nothing to say but the address, a body is left out or empty."""
    if request.content_type == "multipart/form-data":
        sent: Any = {**request.POST, **request.FILES}
    else:
        sent = parse_json(request.body) if request.body else {}
    if sent != {}:
        names = list(sent) if isinstance(sent, dict) else ["body"]
        raise invalid([(printable(name), _("No such field.")) for name in names])
