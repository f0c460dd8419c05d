"""No address is forgotten: each is in the lists that browsers, hostile texts and strangers are sent through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, resolve

from accounts.models import User
from config.urls import urlpatterns
from tests import addresses
from tests.everything import everything
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LISTS = [
    addresses.PAGES, addresses.DOORSTEP, [addresses.BEFORE_SET_UP], addresses.FILES, addresses.SENT_TO,
    addresses.LEADING_ON, addresses.ASKED_BY_SCRIPT,
]  # fmt: skip


def names(patterns: list[URLPattern | URLResolver], room: str = "") -> Iterator[str]:
    """Yield the name of every address, as `resolve` gives it; those of the API are tried by its own tests."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api":
                yield from names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else "")
        elif pattern.name:
            yield room + pattern.name


@pytest.fixture
def user() -> User:
    return UserFactory(admin=True)


@pytest.fixture
def named(user: User) -> dict[str, object]:
    return everything(user)


def test_every_address_is_in_one_list(named: dict[str, object]) -> None:
    listed = [address.format(**named).partition("?")[0] for each in LISTS for address in each]
    assert {resolve(address).view_name for address in listed} == set(names(urlpatterns))


def test_every_page_is_one(client: Client, user: User, named: dict[str, object]) -> None:
    client.force_login(user)
    answers = {address: client.get(address.format(**named)) for address in addresses.PAGES}
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code != 200} == {}


def test_what_is_no_page_is_none(client: Client, user: User, named: dict[str, object]) -> None:
    client.force_login(user)
    for address in addresses.SENT_TO:
        assert client.get(address.format(**named)).status_code == 405, address
    for address in addresses.LEADING_ON:
        assert client.get(address.format(**named)).status_code == 302, address
    for address in addresses.ASKED_BY_SCRIPT:
        assert client.get(address).status_code in (200, 204), address
    for address in addresses.FILES:
        assert "attachment" in client.get(address.format(**named))["Content-Disposition"], address
