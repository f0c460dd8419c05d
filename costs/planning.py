"""What PostgreSQL believes of the tables that hold the lines, put right where it believes them empty.

Autovacuum counts what is committed. Where it passes while an import writes (it often does after one that was killed, to
clear away its rows), it notes pages without rows, and from then on every plan expects one row: statements that take
milliseconds take hours. So those that read many lines ask first.
"""

from __future__ import annotations

from django.db import connection

_TABLES = (
    "costs_costline", "costs_usageline", "costs_chargegroup", "costs_groupmonth", "costs_placement",
)  # fmt: skip
_BELIEVED_EMPTY = """
SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[])
  AND reltuples >= 0 AND reltuples < pg_relation_size(oid) / current_setting('block_size')::int
"""


def know_sizes() -> None:
    """Look at the tables anew that are noted to hold less than a row a page; those never looked at are guessed well."""
    with connection.cursor() as cursor:
        cursor.execute(_BELIEVED_EMPTY, [list(_TABLES)])
        names = [name for (name,) in cursor.fetchall()]
        if names:
            cursor.execute(f"ANALYZE {', '.join(names)}")
