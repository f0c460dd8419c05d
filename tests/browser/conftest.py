"""A real Chromium for the browser tests: Debian's own, since a browser cannot come from a Python package."""

import os

import pytest
from django.conf import settings
from django.test import Client

# Playwright's loop runs in the thread of the test, which talks to the database as well.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the browser tests on one xdist worker: two cores carry one browser."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Start /usr/bin/chromium, also as root, and keep it from calling home."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": arguments}


@pytest.fixture
def signed_in(live_server, context, django_user_model):
    """A browser in which an administrator is signed in."""
    user = django_user_model.objects.create_user("mika.oda@example.org", "x", name="Mika Oda", role="admin")
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return context
