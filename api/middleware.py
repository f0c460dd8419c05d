"""Everything below /api/ answers errors as problems, also those that never reach an operation."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.problems import CONTENT_TYPE, default_detail, problem_response

_CARRIED = ("Allow", "Retry-After", "WWW-Authenticate")


class HeadMiddleware:
    """Answer HEAD as GET without its body (RFC 9110, 9.1): operations are declared for GET alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on as GET, and leave the headers of its answer as they are, but for what is allowed."""
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = self.get_response(request)
        _allow_head(response)
        if not is_head:
            return response
        if response.streaming:
            response.streaming_content = ()
        else:
            response.content = b""
        return response


def _allow_head(response: HttpResponse) -> None:
    """Name HEAD among the methods of an address that answers GET."""
    allowed = [method.strip() for method in response.get("Allow", "").split(",")]
    if "GET" in allowed and "HEAD" not in allowed:
        response["Allow"] = ", ".join(sorted([*allowed, "HEAD"]))


class ProblemMiddleware:
    """Turn Django's own error pages (404, 405, 400, 500) into problem+json."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on and look at the answer."""
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith("/api/"):
            return response
        if response.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        headers = {name: response[name] for name in _CARRIED if name in response}
        return problem_response(response.status_code, default_detail(response.status_code), headers=headers)
