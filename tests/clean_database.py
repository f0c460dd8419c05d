"""Empties the database after a test that commits, and puts back what `migrate` ships (categories, rules, benchmarks).

So no test depends on which ones ran before it on its database. Django would truncate all seventy tables, which takes a
second beside other tests; a test fills few of them.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

from accounts.models import AuditEntry

OTHERS = ("auth", "contenttypes")  # they say what models there are, so they stay
APPEND_ONLY = AuditEntry._meta.db_table  # see DATABASES in tests/settings.py


class Snapshot:
    """The rows of the database as they are when it is made."""

    def __init__(self) -> None:
        models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
        self._tables = [model._meta.db_table for model in models if model._meta.app_label not in OTHERS]
        with connection.cursor() as cursor:
            self._kept = {table: _rows(cursor, table) for table in _filled(cursor, self._tables)}

    def restore(self) -> None:
        """Take out all rows and put these back."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _filled(cursor, self._tables):
                cursor.execute(f"TRUNCATE {table}" if table == APPEND_ONLY else f"DELETE FROM {table}")
            for table, rows in self._kept.items():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as into:
                    into.write(rows)


def keep() -> None:
    """Remember the rows of the database as it is now, and go back to them after every test that commits."""
    shipped = Snapshot()
    TransactionTestCase._fixture_teardown = lambda _case: shipped.restore()


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
    return [table for (table,) in cursor.fetchall()]


def _rows(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
        return b"".join(bytes(block) for block in out)
