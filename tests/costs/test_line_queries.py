"""A line by hand costs the same few queries, whatever is there: at most eight, transaction bounds not counted."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from costs import lines
from tests.costs.allocation.test_places import rule
from tests.costs.factories import add_line, add_rate, new_line
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
MOST = 8


def queries(work) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    bounds = ("SAVEPOINT", "RELEASE")
    return [query["sql"][:200] for query in captured.captured_queries if not query["sql"].startswith(bounds)]


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_adding_a_line(currency: str):
    add_rate("2026-03-05", "EUR", "1.1")
    user, initiative = UserFactory(finance=True), InitiativeFactory()
    add_line(initiative, "2026-03-05", "10", currency=currency)
    row = new_line(initiative, "2026-03-06", "11", currency=currency)
    asked = queries(lambda: lines.add(user, [row]))
    assert len(asked) <= MOST, asked


def test_a_line_that_a_rule_places_takes_one_more_to_be_told_where_it_goes():
    rule({"vendor": "acme"}, InitiativeFactory())
    user, row = UserFactory(finance=True), new_line(None, "2026-03-06", "11", vendor="Acme")
    add_line(None, "2026-03-05", "10", vendor="Acme")
    asked = queries(lambda: lines.add(user, [row]))
    assert len(asked) <= MOST + 1, asked


@pytest.mark.parametrize(("day", "amount", "elsewhere"), [("05", "12", False), ("06", "10", False), ("05", "10", True)])
def test_editing_a_line(day: str, amount: str, elsewhere: bool):
    user, one, two = UserFactory(finance=True), InitiativeFactory(), InitiativeFactory()
    line = add_line(one, "2026-03-05", "10")
    add_line(two, "2026-03-05", "10")
    row = new_line(two if elsewhere else one, f"2026-03-{day}", amount)
    asked = queries(lambda: lines.correct(user, line, row))
    assert len(asked) <= MOST, asked
