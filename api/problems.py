"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus

from django.http import HttpResponse
from django.utils.translation import gettext as _

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Ends a request with this status. `errors` are (field, message) pairs, fields named as they were sent."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[tuple[str, str]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}

    def response(self) -> HttpResponse:
        """Return the answer."""
        return problem_response(self.status, self.detail, self.errors, self.headers)


def invalid(errors: list[tuple[str, str]]) -> Problem:
    """Return the problem of fields that are not valid."""
    return Problem(422, _("Some fields are not valid."), errors=errors)


def problem_response(
    status: int,
    detail: str,
    errors: Iterable[tuple[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Build the problem+json answer of a status."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
    }
    listed = [{"field": field, "message": str(message)} for field, message in errors]
    if listed:
        body["errors"] = listed
    return HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE, headers=headers)


def default_detail(status: int) -> str:
    """Say in a sentence what a bare status means."""
    details = {
        400: _("The request cannot be read."),
        401: _("Send a valid token: Authorization: Bearer <token>."),
        403: _("You may not do this."),
        404: _("There is nothing here, or you may not see it."),
        405: _("This address does not take this method."),
        411: _("Send the length of the body: Content-Length. A body in chunks is not read."),
        413: _("The request is too large."),
        429: _("Too many requests. Wait a moment."),
        500: _("Something went wrong on our side. It has been logged."),
    }
    return details.get(status, HTTPStatus(status).phrase)
