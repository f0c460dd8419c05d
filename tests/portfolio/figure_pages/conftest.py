"""The portfolio of these pages, built once for all of them: one process runs them (the group "figures")."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Role, User
from projects.models import Initiative
from tests.markup import tight
from tests.portfolio.figure_pages.built import build_portfolio
from tests.portfolio.figure_pages.words import Visit


@pytest.fixture(scope="package")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[int]]:
    """Build the portfolio; what a test changes afterwards is taken back at its end, and this after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        admin = User.objects.create_user("admin@example.com", role=Role.ADMIN)
        yield [initiative.pk for initiative in build_portfolio(admin)]
        transaction.set_rollback(True)


@pytest.fixture
def admin(built: list[int], db: None) -> User:
    return User.objects.get(email="admin@example.com")


@pytest.fixture
def portfolio(built: list[int], db: None) -> list[Initiative]:
    """Triage; one stopped; one in production of which the start is not known; a proposal; and what belongs to none."""
    return [Initiative.objects.get(pk=pk) for pk in built]


@pytest.fixture
def triage(portfolio: list[Initiative]) -> Initiative:
    """In production since August 2025. Flows by month: March −1,000, October −50, November 1,200, December 600."""
    return portfolio[0]


@pytest.fixture
def visit(client: Client, admin: User) -> Visit:
    client.force_login(admin)

    def get(path: str, status: int = 200, **headers: str) -> str:
        answer = client.get(path, headers={"accept-language": "en", **headers})
        assert answer.status_code == status, path
        return tight(answer.content.decode())

    return get
