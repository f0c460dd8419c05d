"""People and initiatives for every room's tests; a room's own factories are in tests/<room>/factories.py."""

from __future__ import annotations

import factory
from django.contrib.auth.hashers import make_password

from accounts import tokens
from accounts.models import Role, User
from projects.models import Initiative

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    """A contributor who can sign in with PASSWORD; `UserFactory(admin=True)` and so on for the other roles."""

    class Meta:
        model = User

    class Params:
        portfolio = factory.Trait(role=Role.PORTFOLIO)
        finance = factory.Trait(role=Role.FINANCE)
        executive = factory.Trait(role=Role.EXECUTIVE)
        admin = factory.Trait(role=Role.ADMIN)

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    name = factory.Sequence(lambda number: f"Person {number}")
    role = Role.CONTRIBUTOR
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class InitiativeFactory(factory.django.DjangoModelFactory):
    """A draft with a title and an owner, written straight to the table."""

    class Meta:
        model = Initiative

    number = factory.Sequence(lambda number: 5_000 + number)
    title = factory.Sequence(lambda number: f"Initiative {number}")
    owner = factory.SubFactory(UserFactory)


def bearer(user: User) -> dict[str, str]:
    """Headers for the test client that call the API as this person: `client.get(url, headers=bearer(user))`."""
    return {"Authorization": f"Bearer {tokens.make(user, 'test', user)[1]}"}


def bearer_in_use(user: User) -> dict[str, str]:
    """The same where calls are taken back: the token's use is noted already, and not in each of them anew."""
    headers = bearer(user)
    tokens.use(headers["Authorization"].removeprefix("Bearer "))
    return headers
