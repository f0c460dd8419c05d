"""The cache: it shares one Redis database with the queue of jobs, which is to outlive its emptying.

What is in it can be worked out again, so pages and the sign-in do without while that server does not answer; /readyz
reports it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis import RedisError

AT_ONCE = 1_000
log = structlog.get_logger(__name__)


class RedisCache(redis.RedisCache):
    """Django's, but without its server nothing is found and nothing kept; what cannot count then still raises."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept, or the default."""
        with _without_its_server("get"):
            return super().get(key, default, version)
        return default

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value, if the server answers."""
        with _without_its_server("set"):
            super().set(key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value where there is none; without the server there is none.

        The limits of the sign-in take a key that was there for a lock, and refuse whoever cannot get it.
        """
        with _without_its_server("add"):
            return bool(super().add(key, value, timeout, version))
        return True

    def delete(self, key: str, version: int | None = None) -> bool:
        """Return whether a value was there to be let go."""
        with _without_its_server("delete"):
            return bool(super().delete(key, version))
        return False

    def count(self, key: str, seconds: int) -> int:
        """Count one more, in one question to the server; a count is forgotten so long after the last one.

        Django's `add` and `incr` ask three times, and find no count where it was evicted between them.
        """
        name = self.make_and_validate_key(key)
        with self._cache.get_client(write=True).pipeline() as asked:
            made, _expires = asked.incr(name).expire(name, seconds).execute()
        return int(made)

    def clear(self) -> bool:
        """Delete the keys under the prefix of this cache; Django's drops whatever else is in the database, too."""
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=AT_ONCE):
            client.unlink(key)
        return True


@contextmanager
def _without_its_server(operation: str) -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        log.warning("cache_does_not_answer", operation=operation, reason=str(error))
