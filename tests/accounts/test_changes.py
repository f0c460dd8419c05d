"""Who stands in the audit trail when one write is made inside another."""

from __future__ import annotations

import pytest

from accounts.changes import changing
from accounts.models import AuditEntry

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
