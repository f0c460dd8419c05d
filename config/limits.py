"""How large a request may be: refused by its declared length, before any of it is kept, and by its fields."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import TooManyFilesSent
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import defaults

from accounts.middleware import not_saved
from accounts.models import User
from api.auth import identify, unauthorised
from api.problems import Problem, default_detail, problem_response
from config.uploads import NoRoomError
from display.numbers import number
from imports.files import NO_ROOM
from imports.querysets import allowed, require_some

# Where files are taken. Others have fields alone, or a small file.
UPLOADS = ("/imports/", "/api/v1/imports")
MOST_DIGITS = 4_300  # Python reads no longer numbers
DROPPED_AT_MOST = 64 * settings.MEBIBYTE


class BodyLimitMiddleware:
    """Answer 413 to uploads over 2 GB and to other bodies over 10 MB; whose sign-in has ended is led to a new one.

    An upload over 10 MB of who may import nothing is refused (403) before any of it is kept.

    A body without a declared length is read as empty by WSGI, so the header is all that has to be looked at. A program
    that sends one in chunks is told so (411) rather than that its fields are missing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, unless it is too large."""
        if request.path.startswith("/api/") and _is_in_chunks(request):
            return problem_response(411, default_detail(411))
        limit = limit_for(request)
        if declared_length(request) <= limit:
            return self.get_response(request)
        _let_it_arrive(request)
        if _takes_file(request):
            sender = _sender(request)
            if sender is None:  # who may send it once signed in, or with a token
                return unauthorised().response() if request.path.startswith("/api/") else not_saved(request)
            require_some(sender)
        detail = _("The request is larger than {limit} MB.").format(limit=limit // settings.MEBIBYTE)
        return _too_large(request, detail, _("Nothing was saved. Split the file, or send less at once."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses to read; a form with too many fields on a page that says what to do."""
    if isinstance(exception, RequestDataTooBig):  # fields of an upload, whose file may be larger
        detail = _("The request is larger than {limit} MB, its file left out.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // settings.MEBIBYTE
        return _too_large(request, detail.format(limit=limit), _("Nothing was saved. Send less at once."))
    if isinstance(exception, NoRoomError):
        return _too_large(request, _(NO_ROOM), _("Nothing was saved. Tell an administrator."), status=507)
    if isinstance(exception, TooManyFilesSent):
        detail = _("More than {most} files at once.").format(most=number(settings.DATA_UPLOAD_MAX_NUMBER_FILES))
        return _too_large(request, detail, _("Nothing was saved. Put the files into a .zip, and send that."))
    if not isinstance(exception, TooManyFieldsSent):
        return defaults.bad_request(request, exception)
    most = number(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    detail = _("The form has more than {most} fields.").format(most=most)
    advice = _(
        "Nothing was saved. Go back in the browser, which may still show the form as you left it. Take rows out and "
        "save them later, or import them as a file."
    )
    return _too_large(request, detail, advice)


def _too_large(request: HttpRequest, detail: str, advice: str, status: int = 413) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(status, detail)
    return TemplateResponse(request, "413.html", {"detail": detail, "advice": advice}, status=status).render()


def limit_for(request: HttpRequest) -> int:
    """Return how many bytes this request may have.

    An upload is written to disk as soon as its fields are looked at, which is before anything else asks who may import.
    """
    sender = _sender(request) if _takes_file(request) else None
    return settings.UPLOAD_MAX_BYTES if sender and allowed(sender) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _sender(request: HttpRequest) -> User | None:
    """Return who sends an upload, without a look at it: the CSRF token of a session may stand in its fields."""
    if request.path.startswith("/api/") and "Authorization" in request.headers:
        with suppress(Problem):
            return identify(request)
        return None
    return request.user if request.user.is_authenticated else None


def _takes_file(request: HttpRequest) -> bool:
    return request.content_type == "multipart/form-data" and request.path in UPLOADS


def _is_in_chunks(request: HttpRequest) -> bool:
    return "Transfer-Encoding" in request.headers and not request.META.get("CONTENT_LENGTH")


def _let_it_arrive(request: HttpRequest) -> None:
    """Drop what is still being sent, piece by piece: many clients look at the answer only when all of it is sent."""
    left = declared_length(request)
    if left > DROPPED_AT_MOST:
        return  # this one is cut off
    try:
        while left > 0 and (piece := request.read(min(left, 65_536))):
            left -= len(piece)
    except UnreadablePostError:
        return  # the client went away by itself


def declared_length(request: HttpRequest) -> int:
    """Return the declared length; one that is no number, or has too many digits, counts as none, as Django reads it."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isdecimal() and len(declared) <= MOST_DIGITS else 0
