"""Signing in: allauth's page, which also carries what was sent after a sign-in had ended (accounts/unsent.py)."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import unsent
from accounts.middleware import show_as_profiled
from accounts.sign_in_forms import SignInForm


class SignInView(LoginView):
    """Sign in, then show the page one came for, or ask whether to send what has not arrived."""

    @method_decorator(login_not_required)
    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        """Let who has signed in meanwhile, in another tab, go on without a second sign-in."""
        is_in = request.user.is_authenticated
        response = super().dispatch(request, *arguments, **named)
        return self._go_on(response) if is_in else response

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Go on, in the language of who has signed in."""
        return self._go_on(super().form_valid(form))

    def _go_on(self, response: HttpResponse) -> HttpResponse:
        sent = self.request.POST.get(unsent.NAME, "")
        kept = unsent.opened(sent)
        if kept is not None and self.request.user.is_authenticated:
            show_as_profiled(self.request)
            return render(self.request, "accounts/unsent.html", {unsent.NAME: kept})
        if sent and kept is None:
            messages.warning(self.request, _("You were signed out meanwhile: what you sent is not saved."))
        return response

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        """Carry on what has not arrived when the password was wrong."""
        return super().get_context_data(**named) | {unsent.NAME: self.request.POST.get(unsent.NAME, "")}
