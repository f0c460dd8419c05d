"""What allauth does differently here: nobody signs up by themselves; letters go out as ours do."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from accounts import mail
from accounts.changes import changing
from accounts.models import Letter, User


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Ask for the letter, in the language of the person's profile, else in that of the request.

        A person who was only named, and never invited, gets none: an administrator is to look at the address first.
        Without a mail server letters are only logged, and it is an administrator who passes them on.
        """
        if mail.is_set_up() and mail.only_named().filter(pk=user.pk).exists():
            return
        mail.ask(
            user, Letter.Kind.PASSWORD, mail.site_of(context["request"]), user.language or translation.get_language()
        )

    def set_password(self, user: User, password: str) -> None:
        """Keep a password that its owner has chosen; the trail tells that they have, never which."""
        with changing(user, counts=False) as change:
            super().set_password(user, password)
            change.record(user, "password")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the profile."""
        return reverse("accounts:profile-edit")
