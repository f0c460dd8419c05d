"""The cache: it shares one Redis database with the queue of jobs, which is to outlive its emptying."""

from django.core.cache.backends import redis

AT_ONCE = 1_000


class RedisCache(redis.RedisCache):
    """Django's, whose own `clear` drops whatever else is in the database: some servers have only one of them."""

    def clear(self) -> bool:
        """Delete the keys under the prefix of this cache."""
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=AT_ONCE):
            client.unlink(key)
        return True
