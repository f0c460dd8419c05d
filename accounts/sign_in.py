"""Signing in: allauth's page, which also carries what was sent after a sign-in had ended (accounts/unsent.py)."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import unsent
from accounts.middleware import show_as_profiled
from accounts.sign_in_forms import SignInForm


class SignInView(LoginView):
    """Sign in, then show the page one came for, or ask whether to send what has not arrived."""

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Go on, in the language of who has signed in."""
        response = super().form_valid(form)
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
