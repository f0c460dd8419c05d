"""What migrations ship (categories, rules, benchmarks), put back whenever a test that commits has emptied the tables.

So no test depends on which ones ran before it on its database.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models.signals import post_migrate

OTHERS = ("auth", "contenttypes")  # theirs are made anew by Django itself


def keep() -> None:
    """Remember the rows of the database as it is now; the flush after a test sends `post_migrate`."""
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.app_label not in OTHERS]
    with connection.cursor() as cursor:
        kept = {table: rows for table in tables if (rows := _rows(cursor, table))}
    post_migrate.connect(partial(_put_back, kept), sender=apps.get_app_config("costs"), weak=False)


def _rows(cursor: Any, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
        rows = b"".join(bytes(block) for block in out)
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    return rows if cursor.fetchone()[0] else b""


def _put_back(kept: dict[str, bytes], **_: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in kept.items():
            with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as into:
                into.write(rows)
