"""What every test may use."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import transaction
from django.template import Context, Template
from django.test.signals import template_rendered
from django.utils import timezone, translation
from pytest_django.plugin import DjangoDbBlocker

from tests import clean_database

SHARED_DATA = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
CHROMIUM = Path("/usr/bin/chromium")
_services = ExitStack()

# How long an example takes says how busy the machine is, and nothing about what is tested; that all examples of a test
# share its database is meant.
_NOT_CHECKED = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=_NOT_CHECKED)
hypothesis.settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Start one embedded pair for the whole run (shared by the xdist workers) where no server is named."""
    from config import embedded

    if not hasattr(config, "workerinput") and embedded.needed():
        var = Path(os.environ["WORTHWHILE_TEST_VAR"])
        _services.enter_context(embedded.running(var, "pytest", durable=False))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests also wait, for browsers, for servers and for processes that they killed."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the pair and remove the throw-away folder."""
    if not hasattr(config, "workerinput"):
        _services.close()
        shutil.rmtree(os.environ["WORTHWHILE_TEST_VAR"], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs no server; browser tests need Chromium: without it they are skipped, and say so."""
    missing = pytest.mark.skip(reason=f"{CHROMIUM} is not installed: apt-get install chromium")
    for item in items:
        if "tests/browser/" in item.path.as_posix() and not CHROMIUM.exists():
            item.add_marker(missing)
        asks_a_server = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames)
        if not asks_a_server and "tests/config/" not in item.path.as_posix():
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the database, and keep what migrations ship in it."""
    with django_db_blocker.unblock():
        clean_database.keep()


@pytest.fixture(scope="session", autouse=True)
def templates_told_of(django_test_environment: None) -> None:
    """Tell the test client of whole pages alone.

    Of every template that is included in one it would copy the context: a tenth of the time that a page takes.
    """

    def render(template: Template, context: Context) -> str:
        if context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    Template._render = render  # Django puts its own back at the end


@pytest.fixture(scope="module")
def kept_for_the_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what a fixture of a module makes for all its tests; it is taken back after the last of them.

    Those have the mark django_db: without it they would run after the tests in a browser, and leave a connection open
    that keeps the database from being dropped.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def nothing_of_a_request() -> Iterator[None]:
    """Leave no language, time zone or token to the next test: a request leaves its own in the thread."""
    from accounts import changes

    yield
    translation.deactivate()
    timezone.deactivate()
    changes.made_with(None)


@pytest.fixture(scope="session")
def cache_and_queue() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def empty_redis(request: pytest.FixtureRequest, cache_and_queue: redis.Redis) -> Iterator[None]:
    """Leave nothing in the cache and in the queue for the next test; tests without a database do not touch them."""
    yield
    # The mark brings no fixture by the name of "db".
    marked = request.node.get_closest_marker("django_db")
    if marked or {"db", "transactional_db", "client"} & set(request.fixturenames):
        cache_and_queue.flushdb()


@pytest.fixture
def eager_tasks() -> Iterator[None]:
    """Run background jobs at once, in the test's own process and transaction."""
    from config import celery_app

    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = True
    yield
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = False


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder with the real files and vectors, which lies beside the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data is not here: {SHARED_DATA} (or set SHARED_DATA)")
    return SHARED_DATA
