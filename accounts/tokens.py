"""API tokens: made, looked up, revoked. Only a token's hash is kept; the token itself is shown once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import F, Q, Subquery
from django.utils import timezone

from accounts.changes import changing
from accounts.models import ApiToken, Organisation, User

_PREFIX = "ww_"
SHOWN = 8  # characters of a token that are kept and may be told
# "Last used" is written at most this often, so that reading by API stays reading.
_NOTE_USE_EVERY = timedelta(minutes=1)
# Those in use before those revoked, of each the latest first.
IN_ORDER = (F("revoked_at").desc(nulls_first=True), "-created_at", "-pk")


def make(user: User, name: str, actor: User | None) -> tuple[ApiToken, str]:
    """Make a token for a person; return its row and the token, which is nowhere else."""
    token = _PREFIX + secrets.token_urlsafe(32)
    with changing(actor, counts=False) as change:
        row = ApiToken.objects.create(user=user, name=name, prefix=token[:SHOWN], digest=_digest(token))
        change.record(row, "create", {"user": (None, user.email)})
    return row, token


def revoke(row: ApiToken, actor: User | None) -> None:
    """Take a token out of use for good, `actor` None by a command; one that is revoked already stays as it is."""
    with changing(actor, counts=False) as change:
        revoked = ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=change.at)
        if revoked:
            change.record(row, "revoke", {"user": (row.user.email, row.user.email)})


def revoke_all(user: User, actor: User) -> None:
    """Take every token of a person out of use for good."""
    for row in ApiToken.objects.select_related("user").filter(user=user, revoked_at=None):
        revoke(row, actor)


def is_meant(row: ApiToken, text: str) -> bool:
    """Whether a token begins so, or is the whole of it."""
    return row.prefix.startswith(text) or row.digest == _digest(text)


def use(token: str) -> ApiToken | None:
    """Return an unrevoked token of an active person, and note that it was used.

    With it, so that a call asks once, comes the organisation's `time_zone`; None where there is no organisation yet.
    """
    time_zone = Subquery(Organisation.objects.order_by("pk").values("time_zone")[:1])
    found = ApiToken.objects.select_related("user").annotate(time_zone=time_zone)
    row = found.filter(digest=_digest(token), revoked_at=None, user__is_active=True).first()
    if row is not None:
        _note_use(row)
    return row


def _note_use(row: ApiToken) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at >= _NOTE_USE_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _NOTE_USE_EVERY)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _digest(token: str) -> str:
    """Hash without salt or stretching: the token is 256 random bits, there is nothing to guess."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
