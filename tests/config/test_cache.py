"""The cache beside the queue of jobs, in one Redis database."""

import pytest
import redis
from django.core.cache import cache

from config import celery_app

QUEUE = "a-queue-of-this-test"


@pytest.fixture
def server(settings, db):
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def test_emptying_the_cache_leaves_the_queue(server):
    celery_app.send_task("a-task", queue=QUEUE)
    cache.set_many({f"page-{number}": number for number in range(2_500)})
    cache.clear()
    assert cache.get("page-7") is None
    assert list(server.scan_iter("cache:*")) == []
    assert server.llen(QUEUE) == 1
