"""No address is forgotten: each is in the lists that browsers, hostile texts and strangers are sent through."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, resolve

from accounts.models import User
from accounts.once import FIELD
from config.urls import urlpatterns
from imports.models import Import
from tests import addresses
from tests.acceptance.test_sent_twice import MAKES, SETS, target
from tests.everything import everything
from tests.factories import UserFactory
from tests.forms import forms_of

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


def test_every_page_is_one_whose_forms_are_known_and_carry_a_token_if_they_make_something(
    client: Client, user: User, named: dict[str, object]
) -> None:
    client.force_login(user)
    Import.objects.update(dry_run=True)  # one that may be imported in earnest
    refused, makes, sets, unsent = {}, set(), set(), []
    for address in (each.format(**named) for each in addresses.PAGES):
        answer = client.get(address)
        if answer.status_code != 200:
            refused[address] = answer.status_code
        for form in forms_of(answer):
            view = resolve(target(address, form).partition("?")[0]).view_name
            (makes if FIELD in form.fields else sets).add(view)
            unsent += [address] * (form.is_unsent and not form.is_kept)
    assert refused == {}
    assert unsent == [], "who leaves a page just opened is asked nothing"
    assert makes == set(MAKES), "a form that makes something has {% once %}"
    assert sets <= set(SETS), "say in MAKES or SETS what a second sending does"


def test_a_file_beside_what_is_typed_is_told_to_be_one(client: Client, user: User, named: dict[str, object]) -> None:
    """A link that a browser does not know to lead nowhere asks before what is typed is left."""
    client.force_login(user)
    files = {resolve(each.format(**named).partition("?")[0]).view_name for each in addresses.FILES}
    found, untold = set(), []
    for address in (each.format(**named) for each in addresses.PAGES):
        answer = client.get(address)
        if not any(form.typed for form in forms_of(answer)):
            continue
        for link in re.findall(r"<a\s[^>]*>", answer.content.decode()):
            path = re.search(r'href="(/[^"?#]*)', link)
            if path and is_file(path[1], files):
                found.add(address)
                untold += [f"{address}: {link}"] * (" download" not in link)
    assert "/costs/recoverable/" in found
    assert untold == []


def is_file(path: str, files: set[str]) -> bool:
    """Tell whether an address of ours gives a file."""
    try:
        return resolve(path).view_name in files
    except Resolver404:
        return False


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
