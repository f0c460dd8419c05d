"""The API at /api/v1/: one NinjaAPI that every room mounts its router on (config/api.py)."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationErrorContext
from ninja.openapi.docs import Swagger
from ninja.operation import Operation
from psycopg import Error as PsycopgError
from psycopg.errors import ForeignKeyViolation, UniqueViolation

from accounts.errors import RuleError
from api.auth import Caller
from api.openapi import with_conventions
from api.parsing import StrictParser
from api.plumbing import guarded
from api.problems import Problem, default_detail, invalid, problem_response
from api.validation import field_errors

log = structlog.get_logger(__name__)
DESCRIPTION = """Register AI initiatives, record outcomes and costs, read what they add up to.

**Tokens.** Send `Authorization: Bearer <token>`. A token is made on the page `/tokens/`, is shown once, and may do what
its person may do.

    curl -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(uuidgen)" -H "Content-Type: application/json" \\
         -d '{"on": "2026-11-20", "currency": "EUR", "rate": 1.0825}' https://…/api/v1/exchange-rates

**Errors** are `application/problem+json` (RFC 9457), in the language of `Accept-Language`; `errors` names each field
that is not valid. A field of a body that is not known is refused. 429 and 503 say in `Retry-After` when to try again.

**Numbers and dates.** Numbers are taken as JSON numbers or as text, with at most 20 digits before and 18 after the
point. Money is given as text with all its digits, its currency beside it; rates and shares as JSON numbers. Dates are
`YYYY-MM-DD` from 1950-01-01 to 2100-12-31, months `YYYY-MM`.

**Lists** are `{"items": […], "count": n, "next": url|null}`. `limit` is 100 unless told, at most 1,000. Follow `next`
as it is: rows added meanwhile neither shift nor repeat anything.

**Writing safely.** With an `Idempotency-Key` (1 to 255 characters, kept 24 hours) the same request sent again gives its
first answer and does nothing; with another body, or while the first still runs, it is 409. `If-Match: "<version>"` goes
with every `PATCH`, and with the `DELETE` of what has a version, which is the `ETag` of the item: without it 428, with
an old one 412."""


class Docs(Swagger):
    """The human page: ninja's own copy of Swagger UI in a template that fits our content security policy."""

    template = "api/docs.html"


class Api(NinjaAPI):
    """NinjaAPI with this project's errors and conventions."""

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext]) -> Any:
        """Name fields as they were sent and say in our words what is wrong with them."""
        return invalid(field_errors(error_contexts))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.document: Any = None

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its function alone: generated clients keep their names when a module moves."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> Any:
        """Add what holds for every operation. Ours is made once: it takes long, and anybody may ask.

        One that is asked for below another address (`path_prefix`, `path_params`) is made anew.
        """
        if any(options.values()):
            return with_conventions(super().get_openapi_schema(**options))
        if self.document is None:
            self.document = with_conventions(super().get_openapi_schema())
        return self.document


api = Api(
    title="Worthwhile",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=Caller(),
    parser=StrictParser(),
    docs=Docs(),
)
api.add_decorator(guarded, mode="view")


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer a problem."""
    return problem.response()


@api.exception_handler(RuleError)
def on_rule_error(request: HttpRequest, error: RuleError) -> HttpResponse:
    """Answer what a rule refused."""
    return problem_response(error.status, error.message, error.errors)


@api.exception_handler(PermissionDenied)
def on_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Answer 403."""
    return problem_response(403, default_detail(403))


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer 404; it does not tell what is missing from what may not be seen."""
    return problem_response(404, default_detail(404))


@api.exception_handler(IntegrityError)
def on_conflict(request: HttpRequest, error: IntegrityError) -> HttpResponse:
    """Answer 409 where another write at once came first: it took the unique value, or deleted what this one names.

    Any other is our own mistake, which no second try mends.
    """
    if isinstance(error.__cause__, UniqueViolation | ForeignKeyViolation):
        detail = _("Another write at the same moment came first, and this one no longer fits. Try again.")
        return problem_response(409, detail)
    if isinstance(error.__cause__, PsycopgError):
        log.error("constraint_violated", constraint=error.__cause__.diag.constraint_name)
    raise error


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer ninja's own errors; what a body is unreadable for is said by the problem that caused it."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__.response()
    return problem_response(error.status_code, default_detail(error.status_code))
