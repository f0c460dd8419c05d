"""A form that makes something makes it once, however often it is sent.

Pressed twice where no script holds it back, sent again after "Back", or reloaded because the answer was lost: the same
form from the same page comes twice. So the page puts a token into it (`{% once %}`), and the view (`@once`) notes in
the transaction of the write itself that this person has sent these fields with this token. Who comes second finds the
note, writes nothing and is led where the first one was. Who comes while the first is still running waits for it at the
unique index. A form that is refused leaves no note: corrected, it is sent with the token that it had.

The fields are part of the note, so a form that was changed after "Back" is a form of its own: nothing typed is lost.
A token means nothing to anybody else and is no secret. One that is missing or made up is no reason to refuse: it only
guards its sender from doubles, and a page that was opened before an upgrade must not lose what was typed into it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.contrib import messages
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sent_fields
from accounts.models import SentForm

FIELD = "once"
KEPT = timedelta(days=7)  # as long as a form that waits for its sign-in (`unsent`)
View = Callable[..., HttpResponse]
# Waits while another one with the same key is under way; then gives nothing where that one was committed.
_NOTE = """
INSERT INTO accounts_sentform (user_id, digest, led_to, at) VALUES (%s, %s, '', %s)
ON CONFLICT DO NOTHING RETURNING id
"""


def once(view: View) -> View:
    """Let a form with a token be taken once; what it makes has to be answered by a redirect, or by 201."""

    @wraps(view)
    def taking_once(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        if request.method != "POST" or not request.POST.get(FIELD):
            return view(request, *args, **named)
        digest = sent_fields.digest(request)
        with transaction.atomic():
            note = _noted(request, digest)
            if note is None:
                return _again(request, digest)
            response = view(request, *args, **named)
            _close(request, note, response)
        return response

    taking_once.makes = True  # type: ignore[attr-defined]  # tests look for it
    return taking_once


def _noted(request: HttpRequest, digest: bytes) -> int | None:
    """Note what is sent; None where it was before."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [request.user.pk, digest, timezone.now()])
        row = cursor.fetchone()
    return row[0] if row else None


def _close(request: HttpRequest, note: int, response: HttpResponse) -> None:
    """Keep where it led; a form that is shown again, to be corrected or to be gone on with, was not taken.

    Unless something was made all the same: then `Content-Location` says where it stands.
    """
    found = SentForm.objects.filter(pk=note)
    if response.status_code == 201:
        found.update(led_to=request.get_full_path())
    elif 300 <= response.status_code < 400:
        found.update(led_to=response["Location"])
    elif "Content-Location" in response:
        found.update(led_to=response["Content-Location"])
    else:
        found.delete()


def _again(request: HttpRequest, digest: bytes) -> HttpResponse:
    """Lead where the first one was; what it made may have been changed or deleted since, so no more is said of it."""
    said = _("You sent this form already: nothing was made a second time. To make it anew, open the form again.")
    messages.info(request, said)
    return redirect(SentForm.objects.get(user=request.user, digest=digest).led_to)
