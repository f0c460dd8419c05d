"""Autovacuum that passes while an import writes notes the tables as empty; the next import looks anew."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from costs import lines
from costs.groups import GroupKey, find_or_make
from costs.new_line import NewLine
from tests.costs.factories import add_rate, category
from tests.costs.importers.test_focus import bill
from tests.imports.files import bring_in
from tests.own_process import environment

GROUPS = 400


def noted_rows(table: str = "costs_chargegroup") -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [table])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_table_noted_as_empty_while_it_was_filled_is_looked_at_anew() -> None:
    cloud = category().pk
    with transaction.atomic():
        find_or_make(GroupKey("somebody", None, cloud, "USD", resource=f"i-{number}") for number in range(GROUPS))
        with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as autovacuum:
            autovacuum.execute("VACUUM (DISABLE_PAGE_SKIPPING) costs_chargegroup")
    assert noted_rows() == 0
    with CaptureQueriesContext(connection) as queries:
        bring_in("focus", bill({}))
    assert noted_rows() > GROUPS
    statements = [query["sql"] for query in queries]
    looked = next(at for at, sql in enumerate(statements) if "ANALYZE" in sql)
    asked = next(at for at, sql in enumerate(statements) if "relative.family" in sql)
    assert looked < asked  # which months have lines already: minutes by the plan for one row


@pytest.mark.django_db(transaction=True)
def test_lines_that_wait_for_a_rate_are_valued_by_what_the_table_holds() -> None:
    waiting = NewLine(None, date(2026, 1, 5), category(), Decimal(1), "EUR")
    with transaction.atomic():
        lines.add(None, [waiting] * GROUPS)
        with psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as autovacuum:
            autovacuum.execute("VACUUM (DISABLE_PAGE_SKIPPING) costs_costline")
        assert noted_rows("costs_costline") == 0
        add_rate("2026-01-05", "EUR", "1.5")  # each against each: 30,000 of them took minutes by the plan for one
        assert noted_rows("costs_costline") == GROUPS
