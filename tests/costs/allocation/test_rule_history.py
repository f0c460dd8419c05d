"""The page of a rule tells who made it, and who changed what of it since."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from costs.allocation import rule_history, rules
from costs.allocation.rules import Terms, terms_of
from costs.models import AllocationRule
from tests.costs.allocation.test_places import rule
from tests.costs.factories import category
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(finance=True, name="Ada Finance", email="ada@example.org")


@pytest.fixture
def bert() -> User:
    return UserFactory(admin=True, name="Bert Admin", email="bert@example.org")


@pytest.fixture
def made(ada: User, bert: User) -> AllocationRule:
    """A rule that Ada made and Bert changed."""
    one, two = InitiativeFactory(number=1), InitiativeFactory(number=2)
    terms = Terms({"vendor": "acme", "tag:Team": ""}, ((one, Decimal("0.25")), (two, None)), name="Ours")
    found = rules.create(ada, terms)
    changed = replace(
        terms_of(found),
        match={"vendor": "acme*"},
        parts=((one, None), (two, None)),
        method="cost",
        measure=category("tokens"),
        since=date(2026, 1, 1),
        until=date(2026, 4, 1),
    )
    return rules.edit(bert, found, 1, changed)


def said(page: str) -> str:
    history = page.split('class="timeline"', 1)[1].split("</ol>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", history))


def test_who_made_it_and_what_changed_from_what_to_what(made: AllocationRule, ada: User, bert: User):
    rules.move(ada, rule({"vendor": "other"}, priority=1), 1)
    changed, first = rule_history.of(made).told[-2:]
    assert (first.what, first.who, first.address) == ("Created", "Ada Finance", "ada@example.org")
    assert [(each.label, each.old, each.new) for each in first.changes] == [
        ("Name of the rule", None, "Ours"),
        ("Which cost", None, "Vendor: acme, Tag team: (empty)"),
        ("Whose it is", None, "AI-0001 25\u202f%, AI-0002"),
        ("How is the rest divided?", None, "Equally"),
        ("Priority", None, "10"),
        ("In use", None, "Yes"),
    ]
    assert (changed.what, changed.who) == ("Changed", "Bert Admin")
    assert [(each.label, each.old, each.new) for each in changed.changes] == [
        ("Which cost", "Vendor: acme, Tag team: (empty)", "Vendor: acme*"),
        ("Whose it is", "AI-0001 25\u202f%, AI-0002", "AI-0001, AI-0002"),
        ("How is the rest divided?", "Equally", "By another cost"),
        ("By which other cost?", None, "Tokens"),
        ("From month", None, "January 2026"),
        ("To month", None, "March 2026"),
    ]


def test_its_page_shows_it_in_the_reader_s_language(made: AllocationRule, ada: User, client: Client):
    client.force_login(ada)
    address = f"/costs/allocation/{made.pk}/"
    told = said(client.get(address).content.decode())
    assert "Changed Bert Admin" in told
    assert "Created Ada Finance" in told
    User.objects.filter(pk=ada.pk).update(language="ja")
    told = said(client.get(address).content.decode())
    assert "変更 Bert Admin" in told
    assert "開始月" in told
    assert 'class="timeline"' not in client.get("/costs/allocation/new/").content.decode()


def test_of_very_many_changes_the_last_ones_are_told_in_as_many_queries(made: AllocationRule, ada: User):
    for at in range(rule_history.MOST):
        made = rules.edit(ada, made, made.version, replace(terms_of(made), name=f"Name {at}"))
    with CaptureQueriesContext(connection) as queries:
        told, is_cut = rule_history.of(made)
    assert (len(told), told[0].changes[0].new, is_cut) == (rule_history.MOST, f"Name {rule_history.MOST - 1}", True)
    assert len(queries) == 2
