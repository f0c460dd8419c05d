"""Letters about accounts, each in its reader's language."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import Organisation, User


def send_invitation(person: User, site: str, language: str) -> None:
    """Send the link by which an invited person chooses their first password; `site` is "https://example.org"."""
    with translation.override(language):
        context = {"person": person, "organisation": Organisation.current(), "link": invitation_link(person, site)}
        subject = render_to_string("accounts/email/invitation_subject.txt", context)
        send_mail(
            " ".join(subject.split()),
            render_to_string("accounts/email/invitation_message.txt", context),
            None,
            [person.email],
        )


def is_set_up() -> bool:
    """Whether letters leave this machine; until an administrator names a mail server they are only logged."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.console.EmailBackend"


def invitation_link(person: User, site: str) -> str:
    """Return the link, the same as for a forgotten password: it stops working once a password is set."""
    key = default_token_generator.make_token(person)
    uid = user_pk_to_url_str(person)
    return site + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
