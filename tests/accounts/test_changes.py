"""Who stands in the audit trail when one write is made inside another."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from accounts import people, tokens
from accounts.changes import changing, data_version
from accounts.models import AuditEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_write_inside_another_is_its_own_actors_and_the_outer_ones_where_it_has_none(django_user_model):
    outer, inner = (django_user_model.objects.create_user(f"{name}@example.org", "x") for name in ("outer", "inner"))
    with changing(outer) as change:
        with changing(inner) as nested:
            nested.record(inner, "create")
        with changing(None) as nested:
            nested.record(inner, "change")
        change.record(inner, "delete")
    actors = dict(AuditEntry.objects.filter(object_id=inner.pk).values_list("action", "actor__email"))
    assert actors == {"create": "inner@example.org", "change": "outer@example.org", "delete": "outer@example.org"}


def test_after_a_write_inside_that_failed_the_outer_one_is_its_own_actors_again(django_user_model):
    outer, inner = (django_user_model.objects.create_user(f"{name}@example.org", "x") for name in ("outer", "inner"))
    with changing(outer) as change:
        with pytest.raises(ValueError), changing(inner):
            raise ValueError
        change.record(inner, "change")
    assert list(AuditEntry.objects.filter(object_id=inner.pk).values_list("actor__email", flat=True)) == [outer.email]


@pytest.mark.parametrize(("outer", "inner", "raised"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_a_write_counts_unless_it_and_those_inside_say_that_they_do_not(outer, inner, raised):
    before = data_version()
    with changing(None, counts=outer), changing(None, counts=inner):
        pass
    assert data_version().number == before.number + raised
    with changing(None):
        pass
    assert data_version().number == before.number + raised + 1


def test_a_write_that_promised_not_to_count_may_say_otherwise():
    before = data_version()
    with changing(None, counts=False) as change:
        change.counts = True
    assert data_version().number == before.number + 1


def test_a_write_inside_that_failed_counts_for_nothing():
    before = data_version()
    with changing(None, counts=False), pytest.raises(ValueError), changing(None):
        raise ValueError
    assert data_version() == before


def test_tokens_and_a_theme_leave_kept_pages_and_a_name_does_not():
    person = UserFactory(name="Mika Oda", language="en")
    before = data_version()
    row, _token = tokens.make(person, "script", person)
    tokens.revoke(row, person)
    call_command("token", person.email, stdout=StringIO())
    people.edit_profile(person, name="Mika Oda", language="ja", theme="dark")
    assert data_version() == before
    people.edit_profile(person, name="Mika Ōta", language="ja", theme="dark")
    assert data_version().number == before.number + 1
    call_command("token", person.email, role="executive", stdout=StringIO())
    assert data_version().number == before.number + 2  # somebody sees more than before
