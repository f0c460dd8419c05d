"""allauth's forms without their placeholders, which only repeat the labels, and with our words for what they ask."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}


class _LabelledForm(BaseForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)


class SignInForm(_LabelledForm, LoginForm):
    """E-mail address and password."""


class ForgottenPasswordForm(_LabelledForm, ResetPasswordForm):
    """Where the link goes."""


class NewPasswordForm(_LabelledForm, ResetPasswordKeyForm):
    """A new password, by link."""


class PasswordChangeForm(_LabelledForm, ChangePasswordForm):
    """A new password, by who knows the old one."""
