"""Language by profile; the organisation's currency and days; signing in before anything is seen; set-up at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts import changes, unsent
from accounts.models import Organisation, User
from accounts.sign_in_forms import SignInForm


class ProfileMiddleware:
    """Show pages in the language of the person, in the currency of the organisation and by its days.

    The profile's language wins over cookie and browser, which Django's own middleware has looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Switch them, then go on; the API speaks the caller's Accept-Language, and counts days once it knows them."""
        # Those of the request before on this thread, whose body may have been streamed in that zone.
        timezone.deactivate()
        changes.made_with(None)
        if not request.path.startswith("/api/") and request.user.is_authenticated:
            show_as_profiled(request)
        return self.get_response(request)


def show_as_profiled(request: HttpRequest) -> None:
    """From here on speak the language of who is signed in, and show amounts and days as the organisation does."""
    if request.user.language:
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()
    request.organisation = Organisation.current()  # type: ignore[attr-defined]
    request.organisation.activate()  # type: ignore[attr-defined]


def vary_by_part(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Tell caches that a page's own address answers a part of it to its script: "Back" shows the page."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return answer


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page asks for a sign-in unless its view says otherwise; the API answers 401 by itself."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponse | None:
        """Let through, or lead to the sign-in or, while there is no administrator, to the set-up page."""
        if request.path.startswith("/api/"):
            return None
        if _for_people(request, view_func) and request.user.is_anonymous and not User.objects.active_admins().exists():
            return redirect("accounts:set-up")
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponse:
        """Lead to the sign-in, which carries a form that was sent; a part of a page cannot be led there."""
        if request.headers.get("HX-Request"):
            # No scheme that a browser knows: it would ask for a password of its own.
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Cookie realm="Worthwhile"'})
        if request.method == "POST":
            if kept := unsent.sealed(request):
                return render(request, "account/login.html", {"form": SignInForm(request=request), unsent.NAME: kept})
            return not_saved(request)
        return super().handle_no_permission(request, view_func)


def not_saved(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in, which says that what was sent after the last one had ended is lost."""
    messages.warning(request, _("You were signed out meanwhile: what you sent is not saved."))
    return redirect_to_login(request.get_full_path())


def _for_people(request: HttpRequest, view_func: Callable[..., Any]) -> bool:
    """Whether this is a page that makes no sense before set-up: any that needs a sign-in, and signing in itself."""
    name = request.resolver_match.url_name if request.resolver_match else None
    return getattr(view_func, "login_required", True) or (name or "").startswith("account_")
