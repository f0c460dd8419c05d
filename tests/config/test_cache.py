"""The cache beside the queue of jobs, in one Redis database, and while that does not answer."""

import pytest
import redis
from django.core.cache import cache

from config import celery_app
from tests.config.processes import free_port
from tests.factories import PASSWORD, UserFactory, bearer

QUEUE = "a-queue-of-this-test"


@pytest.fixture
def server(settings, db):
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def nobody(settings):
    """Let the cache ask at a port where nobody listens."""
    away = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": away}


def test_emptying_the_cache_leaves_the_queue(server):
    celery_app.send_task("a-task", queue=QUEUE)
    cache.set_many({f"page-{number}": number for number in range(2_500)})
    cache.clear()
    assert cache.get("page-7") is None
    assert list(server.scan_iter("cache:*")) == []
    assert server.llen(QUEUE) == 1


def test_a_count_is_forgotten_so_long_after_the_last_one(server):
    for made in (1, 2):
        assert cache.count("calls", 7) == made
        assert 0 < server.ttl(cache.make_key("calls")) <= 7


def test_what_is_kept_is_found_until_it_is_let_go(server):
    assert cache.add("page", "first")
    assert not cache.add("page", "second")
    assert cache.get("page") == "first"
    cache.set("page", "third")
    assert (cache.get("page"), cache.delete("page")) == ("third", True)
    assert (cache.get("page", "none"), cache.delete("page")) == ("none", False)


def test_without_its_server_nothing_is_kept_each_said_once_and_nothing_counts(nobody, caplog):
    assert (cache.set("page", 1), cache.get("page", "none"), cache.delete("page")) == (None, "none", False)
    assert cache.add("page", 1)
    said = [(record.msg["event"], record.msg["operation"]) for record in caplog.records]
    assert said == [("cache_does_not_answer", name) for name in ("set", "get", "delete", "add")]
    with pytest.raises(redis.ConnectionError):
        cache.incr("page")


def test_without_it_one_signs_in_and_sees_pages_and_the_interface_answers(client, db, nobody):
    person = UserFactory(admin=True)
    answer = client.post("/login/", {"login": person.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/initiatives", headers=bearer(person)).status_code == 200
