"""How often one token may call: 1,000 requests in ten seconds, then 429 until the ten seconds are over."""

from __future__ import annotations

import hashlib
import time

import structlog
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis import RedisError

from api.problems import Problem

REQUESTS = 1_000
SECONDS = 10
log = structlog.get_logger(__name__)


def count(request: HttpRequest) -> None:
    """Count this request; raise the 429 when there were too many."""
    now = time.time()
    window = int(now // SECONDS)
    try:
        made = cache.count(f"api-limit:{_who(request)}:{window}", 2 * SECONDS)
    except RedisError:
        # A limit that cannot count must not be what takes the interface down; /readyz reports the broker.
        log.warning("limit_not_counted", exc_info=True)
        return
    if made > REQUESTS:
        wait = max(1, round((window + 1) * SECONDS - now + 0.5))
        raise Problem(429, _("Too many requests. Wait a moment."), headers={"Retry-After": str(wait)})


def _who(request: HttpRequest) -> str:
    """Return the token, however the header around it is written, or else the person of the session."""
    _scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() or f"user {request.user.pk}"
    return hashlib.sha256(given.encode(errors="surrogatepass")).hexdigest()
