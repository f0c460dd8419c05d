"""`Idempotency-Key`: a write sent again gives its first answer and does nothing a second time.

The answer is stored in the transaction of the write itself, under a lock of its key: a process that dies leaves
neither the write nor the key, and there is no "still running" mark that could outlive its request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sent_fields
from accounts.models import User
from api.models import FirstAnswer
from api.parsing import has_unusable_text
from api.problems import Problem, invalid

KEPT = timedelta(hours=24)
LONGEST = 255
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def answer_once(request: HttpRequest, user: User, write: Callable[[], HttpResponse]) -> HttpResponse:
    """Run `write`, or give the answer that the same key got before."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method not in WRITES:
        return write()
    if not 0 < len(key) <= LONGEST or has_unusable_text(key):
        raise invalid([("Idempotency-Key", _("1 to 255 characters."))])
    digest = _digest(request)
    with transaction.atomic():
        _lock(user, key)
        first = FirstAnswer.objects.filter(user=user, key=key, at__gt=timezone.now() - KEPT).first()
        if first is not None:
            return _repeat(first, digest)
        response = write()
        if response.status_code < 400:
            _keep(user, key, digest, response)
        else:
            transaction.set_rollback(True)
    return response


def _lock(user: User, key: str) -> None:
    number = int.from_bytes(hashlib.sha256(f"{user.pk}:{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise Problem(409, _("A request with this idempotency key is still running."))


def _repeat(first: FirstAnswer, digest: bytes) -> HttpResponse:
    if bytes(first.request_digest) != digest:
        raise Problem(409, _("This idempotency key was used for another request."))
    response = HttpResponse(bytes(first.content), status=first.status)
    for name, value in first.headers.items():
        response[name] = value
    return response


def _keep(user: User, key: str, digest: bytes, response: HttpResponse) -> None:
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    fields: dict[str, Any] = {
        "request_digest": digest,
        "status": response.status_code,
        "headers": headers,
        "content": response.content,
        "at": timezone.now(),
    }
    FirstAnswer.objects.filter(user=user, key=key).delete()  # one whose time is over; `api.tasks` drops the rest
    FirstAnswer.objects.create(user=user, key=key, **fields)


def _digest(request: HttpRequest) -> bytes:
    if request.content_type == "multipart/form-data":
        return sent_fields.digest(request)
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode(errors="surrogatepass"))
    found.update(request.body)
    return found.digest()
