"""Letters, each in its reader's language: a request or a job asks for one, the clock lets the worker send it.

So nothing else fails or waits because of a mail server, and no answer tells who exists. A letter is a row until it has
gone out: a worker that is killed, and a server that does not take it, leave it to the next run.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Letter, Organisation, User

log = structlog.get_logger(__name__)
TRIED_AGAIN_AFTER, TRIED_FOR = timedelta(minutes=1), timedelta(days=1)
NOTICE_TRIED_FOR = timedelta(days=7)  # nobody misses one, and asks for it again
KEPT = timedelta(days=30)


def ask(person: User, kind: Letter.Kind, site: str, language: str) -> None:
    """Let a letter be sent to a person, with a link to the installation at `site`, such as "https://example.org".

    One of its kind that still waits is enough.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=person.pk)  # pressed twice at once
        waiting = person.letters.filter(kind=kind, sent_at=None, asked_at__gt=timezone.now() - TRIED_FOR)
        if not waiting.exists():
            Letter.objects.create(user=person, kind=kind, site=site, language=language)


def post(person: User, subject: str, body: str) -> None:
    """Let a letter that is written already be sent to a person, once the open transaction is committed."""
    Letter.objects.create(user=person, kind=Letter.Kind.NOTICE, subject=subject, body=body)


def send_due() -> int:
    """Send what waits, each letter in a transaction of its own; return how many went out, or were printed.

    One that is not taken ends the run. It is tried again every minute for a day, a notice for a week, after those that
    have not failed yet.
    """
    sent = 0
    while _send_next():
        sent += 1
    return sent


def forget() -> None:
    """Drop old letters; the invitation of somebody who is still invited stays, as their page tells of it."""
    old = Letter.objects.filter(asked_at__lt=timezone.now() - KEPT)
    old.exclude(kind=Letter.Kind.INVITATION, user__in=User.objects.invited()).delete()


def last_invitation(person: User) -> Letter | None:
    """Return the latest invitation, sent or not; None for who was never sent one, such as who was only named."""
    return person.letters.filter(kind=Letter.Kind.INVITATION).order_by("pk").last()


def is_given_up(letter: Letter) -> bool:
    """Whether it has not gone out in time, and is not tried again."""
    return letter.sent_at is None and letter.asked_at <= timezone.now() - TRIED_FOR


def only_named() -> QuerySet[User]:
    """Return who was named, in an initiative or by a command, and for whom no invitation waits or has gone out."""
    return User.objects.invited().filter(is_active=True).exclude(letters__kind=Letter.Kind.INVITATION)


def is_set_up() -> bool:
    """Whether letters leave this machine; until an administrator names a mail server they are only logged."""
    return settings.EMAIL_BACKEND != "django.core.mail.backends.console.EmailBackend"


def link_to_choose_a_password(person: User, site: str) -> str:
    """Return the link of both letters: it works for three days, and no longer once a password is set."""
    key = default_token_generator.make_token(person)
    uid = user_pk_to_url_str(person)
    return site + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})


def site_of(request: HttpRequest) -> str:
    """Return where this installation is found, for links: as SITE_URL says, else as the request came."""
    return settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")


def _send_next() -> bool:
    """Send one letter; False where none is due, or where it is not taken."""
    with transaction.atomic():
        letter = _due().select_for_update(of=("self",), skip_locked=True).first()
        if letter is None:
            return False
        try:
            _message(letter).send()
        except (OSError, ValueError) as error:  # also what a server refuses with; an address that cannot be written
            log.warning("letter not taken", letter=letter.pk, person=letter.user_id, error=str(error))
            letter.failed_at = timezone.now()
        else:
            letter.sent_at = timezone.now()
        _keep(letter)
    return letter.sent_at is not None


def _keep(letter: Letter) -> None:
    """Note how it went; nobody has got what was only printed, so nothing is to say that they were sent it."""
    if letter.sent_at is not None and not is_set_up():
        letter.delete()
    else:
        letter.save(update_fields=["failed_at", "sent_at"])


def _due() -> QuerySet[Letter]:
    """Return what is to be sent now; nobody who has chosen a password meanwhile is invited to do so."""
    now = timezone.now()
    is_notice = Q(kind=Letter.Kind.NOTICE)
    in_time = Q(asked_at__gt=now - TRIED_FOR) | is_notice & Q(asked_at__gt=now - NOTICE_TRIED_FOR)
    still_meant = is_notice | Q(kind=Letter.Kind.PASSWORD) | Q(user__in=User.objects.invited())
    rested = Q(failed_at=None) | Q(failed_at__lt=now - TRIED_AGAIN_AFTER)
    waiting = Letter.objects.filter(still_meant, rested, in_time, sent_at=None)
    in_order = waiting.order_by(F("failed_at").asc(nulls_first=True), "pk")
    return in_order.filter(user__is_active=True).select_related("user")


def _message(letter: Letter) -> EmailMessage:
    subject, body = (letter.subject, letter.body) if letter.kind == Letter.Kind.NOTICE else _written_with_link(letter)
    return EmailMessage(" ".join(subject.split()), body, to=[letter.user.email])


def _written_with_link(letter: Letter) -> tuple[str, str]:
    """Return subject and text."""
    link, texts = link_to_choose_a_password(letter.user, letter.site), f"accounts/email/{letter.kind}"
    context = {"person": letter.user, "organisation": Organisation.current(), "link": link}
    with translation.override(letter.language):
        return render_to_string(f"{texts}_subject.txt", context), render_to_string(f"{texts}_message.txt", context)
