"""Who calls: a bearer token, or the session of a page of our own (then with its CSRF token)."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security.http import HttpAuthBase
from ninja.utils import check_csrf

from accounts import changes, tokens
from accounts.models import Organisation, User
from api.problems import Problem, default_detail

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Caller(HttpAuthBase):
    """Documents the scheme in OpenAPI; the work is done once per request by `identify`."""

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> User:
        """Return who calls."""
        return identify(request)


def identify(request: HttpRequest) -> User:
    """Return who calls and make them `request.user`, by the days of the organisation; 401 when nobody does."""
    known: User | None = getattr(request, "caller", None)
    if known is None:
        known = _by_token(request) if "Authorization" in request.headers else _by_session(request)
        request.user = request.caller = known  # type: ignore[attr-defined]
    return known


def _by_token(request: HttpRequest) -> User:
    scheme, _space, token = request.headers["Authorization"].partition(" ")
    row = tokens.use(token.strip()) if scheme.lower() == "bearer" else None
    if row is None:
        raise unauthorised()
    changes.made_with(row)
    if row.time_zone:
        timezone.activate(row.time_zone)
    return row.user


def _by_session(request: HttpRequest) -> User:
    if not request.user.is_authenticated:
        raise unauthorised()
    if request.method not in _SAFE and check_csrf(request) is not None:
        raise Problem(403, _("The page’s security token is missing or old. Load the page again."))
    Organisation.current().activate()
    return request.user


def unauthorised() -> Problem:
    """Return the 401, with what RFC 9110 asks for."""
    return Problem(401, default_detail(401), headers={"WWW-Authenticate": 'Bearer realm="Worthwhile"'})
