"""Two administrators at the cost categories at once, and imports beside them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from costs.categories import rules
from costs.models import Category
from tests.costs.factories import category
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_who_is_slower_is_told_that_the_name_is_taken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rules.add(UserFactory(admin=True), Category(name="travel"))
    monkeypatch.setattr(QuerySet, "exists", lambda _rows: False)  # nobody else had it when it was looked up
    api: Any = caller(client, admin=True)
    answer = api("post", "/cost-categories", {"name": "travel"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "name")
    client.force_login(UserFactory(admin=True))
    answer = client.post("/costs/categories/", {"name": "travel", "label": "Travel", "is_active": "on"})
    assert answer.status_code == 422
    assert "There is a category of this name already." in answer.content.decode()
    assert Category.objects.filter(name="travel").count() == 1


def test_whoever_changes_a_category_holds_up_no_cost_of_it() -> None:
    admin = UserFactory(admin=True)
    with CaptureQueriesContext(connection) as asked:
        rules.move(admin, category("people"), 0)
        rules.edit(admin, category("people"), category("people").version, label="Staff")
    locks = [query["sql"] for query in asked if " FOR " in query["sql"] and "costs_category" in query["sql"]]
    assert len(locks) == 2 and all("FOR NO KEY UPDATE" in each for each in locks)
