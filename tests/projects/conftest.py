"""People and initiatives that most tests of this room begin with."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from projects import initiatives
from projects.models import Initiative
from tests.factories import UserFactory

DAY = date(2025, 1, 1)


@pytest.fixture
def office(db) -> User:
    """Somebody of the portfolio office."""
    return UserFactory(portfolio=True, email="office@example.org", name="Olive Office")


@pytest.fixture
def contributor(db) -> User:
    """Somebody who works on initiatives of their own."""
    return UserFactory(email="carl@example.org", name="Carl Contributor")


@pytest.fixture
def triage(contributor) -> Initiative:
    """An initiative of the contributor."""
    return initiatives.create(contributor, title="Claims triage", problem="14 minutes a claim")


@pytest.fixture
def as_office(client: Client, office: User) -> Client:
    """A browser in which the portfolio office is signed in."""
    client.force_login(office)
    return client


@pytest.fixture
def as_contributor(client: Client, contributor: User) -> Client:
    """A browser in which the contributor is signed in."""
    client.force_login(contributor)
    return client
