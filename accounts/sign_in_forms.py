"""allauth's forms without their placeholders, which only repeat the labels."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from django.forms import BaseForm


class _LabelledForm(BaseForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_LabelledForm, LoginForm):
    """E-mail address and password."""


class ForgottenPasswordForm(_LabelledForm, ResetPasswordForm):
    """Where the link goes."""


class NewPasswordForm(_LabelledForm, ResetPasswordKeyForm):
    """A new password, by link."""


class PasswordChangeForm(_LabelledForm, ChangePasswordForm):
    """A new password, by who knows the old one."""
