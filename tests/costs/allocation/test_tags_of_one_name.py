"""Providers write the name of a tag in several ways on one charge (FOCUS samples): which of its values counts."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from costs.allocation import runs as allocation_runs
from costs.allocation.unallocated import bundles
from tests.costs.allocation.test_places import LATER, cost_of, rule
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("tags", "value"),
    [({"org": "a", " org": "b"}, "a"), ({"org": "b", " org": "a"}, "a"), ({" ORG": "B", "org": "a"}, "B")],
)
def test_of_tags_that_are_one_name_the_smallest_value_counts_everywhere(tags: dict[str, str], value: str):
    a, b = InitiativeFactory(), InitiativeFactory()
    rule({"tag:org": "a", "vendor": "placed"}, a)
    rule({"tag:org": "b", "vendor": "placed"}, b)
    rows = [{"ProviderName": vendor, "BilledCost": "5", "Tags": json.dumps(tags)} for vendor in ("placed", "left")]
    bring_in("focus", bill(*rows))
    assert cost_of(a if value == "a" else b, None) == [5, 5]
    assert not allocation_runs.preview()
    finance = UserFactory(finance=True)
    assert [each.values["tag:org"] for each in bundles(finance, ["tag:org"], LATER).shown] == [value]
    headers = bearer(finance)
    found = [Client().get(f"/api/v1/costs?tag=org={each}", headers=headers).json()["count"] for each in ("a", "b")]
    assert found == ([2, 0] if value == "a" else [0, 2])
