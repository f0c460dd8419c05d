"""Deny by default: no page and no call of the API opens without a sign-in."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import UserFactory

OPEN = {
    "/healthz", "/readyz", "/setup/", "/language/", "/login/", "/logout/", "/inactive/", "/password/reset/",
    "/password/reset/done/", "/password/reset/key/done/", "/api/v1/openapi.json", "/api/v1/docs",
}  # fmt: skip
OPEN_PATTERNS = (re.compile(r"/password/reset/key/"),)


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every address of the project, with something in place of its variables."""
    for entry in patterns:
        path = before + str(entry.pattern).lstrip("^").rstrip("$").removesuffix(r"\Z")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, path)
        else:
            yield re.sub(r"\(\?P<\w+>([^)]*)\)|<[^>]+>", filled, path).replace("\\", "")


def filled(variable: re.Match[str]) -> str:
    """Something that the variable takes: the first of its words, or a number."""
    words = (variable[1] or "").split("|")
    return words[0] if words[0].isalpha() else "1"


def test_every_address_refuses_strangers(client, db):
    UserFactory(admin=True)
    closed = [path for path in addresses(get_resolver().url_patterns) if path not in OPEN]
    closed = [path for path in closed if not any(pattern.match(path) for pattern in OPEN_PATTERNS)]
    assert len(closed) > 15
    for path in closed:
        for method in ("get", "post"):
            response = getattr(client, method)(path)
            if path.startswith("/api/"):
                assert response.status_code in (401, 404, 405), (method, path, response.status_code)
            else:
                assert response.status_code == 302, (method, path, response.status_code)
                assert response["Location"].startswith("/login/?next="), (method, path)


def test_open_addresses_are_open(client, db):
    UserFactory(admin=True)
    for path in OPEN - {"/setup/", "/language/", "/logout/"}:
        assert client.get(path).status_code == 200, path


def test_without_an_administrator_every_page_leads_to_set_up(client, db):
    UserFactory()
    UserFactory(admin=True, is_active=False)
    for path in ("/", "/login/", "/profile/", "/people/"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, "/setup/"), path
    assert client.get("/healthz").status_code == 200
    assert client.get("/api/v1/exchange-rates").status_code == 401


@pytest.mark.parametrize("path", ["/people/", "/people/invite/"])
@pytest.mark.parametrize("role", ["contributor", "portfolio", "finance", "executive"])
def test_people_are_for_administrators(client, db, path, role):
    client.force_login(UserFactory(role=role))
    assert client.get(path).status_code == 403
