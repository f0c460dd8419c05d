"""Lists of the accounts room are shown page by page, and permissions are looked up once."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import tokens, views
from accounts.models import User
from accounts.permissions import can
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_people_are_shown_fifty_at_a_time(client: Client):
    client.force_login(UserFactory(admin=True))
    UserFactory.create_batch(views.PER_PAGE)
    assert len(client.get(reverse("accounts:people-list")).context["page"]) == 50
    second = client.get(reverse("accounts:people-list"), {"page": 2})
    assert len(second.context["page"]) == 1
    assert "<b>51 people</b>" in second.content.decode()


def test_tokens_are_shown_fifty_at_a_time(client: Client):
    user = UserFactory()
    client.force_login(user)
    for number in range(51):
        tokens.make(user, f"program {number}", user)
    assert len(client.get(reverse("accounts:token-list")).context["page"]) == 50
    assert len(client.get(reverse("accounts:token-list"), {"page": 2}).context["page"]) == 1


def test_what_a_member_may_do_is_looked_up_once_however_often_it_is_asked(django_assert_num_queries):
    mine, other = InitiativeFactory(), InitiativeFactory()
    member = UserFactory()
    mine.members.add(member)
    with django_assert_num_queries(1):
        for _ in range(3):
            assert can(member, "cost.edit", mine)
            assert can(member, "outcome.edit", mine)
            assert not can(member, "cost.edit", other)


def test_a_new_request_sees_new_members():
    initiative, user = InitiativeFactory(), UserFactory()
    assert not can(user, "cost.edit", initiative)
    initiative.members.add(user)
    assert can(User.objects.get(pk=user.pk), "cost.edit", initiative)
