"""Signing in: allauth's page, which also carries what was sent after a sign-in had ended (accounts/unsent.py)."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.http import HttpResponse
from django.shortcuts import render

from accounts import unsent
from accounts.middleware import ProfileMiddleware
from accounts.sign_in_forms import SignInForm


class SignInView(LoginView):
    """Sign in, then show the page one came for, or ask whether to send what has not arrived."""

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Go on, in the language of who has signed in."""
        response = super().form_valid(form)
        kept = unsent.opened(self.request.POST.get(unsent.NAME, ""))
        if kept is None or not self.request.user.is_authenticated:
            return response
        page = ProfileMiddleware(lambda request: render(request, "accounts/unsent.html", {unsent.NAME: kept}))
        return page(self.request)

    def get_context_data(self, **named: Any) -> dict[str, Any]:
        """Carry on what has not arrived when the password was wrong."""
        return super().get_context_data(**named) | {unsent.NAME: self.request.POST.get(unsent.NAME, "")}
