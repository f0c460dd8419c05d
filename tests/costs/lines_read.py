"""How many cost lines some work reads, as the database counts them."""

from __future__ import annotations

from django.db import connection


def lines_read() -> int:
    """Return how many lines this transaction has read so far, whether it kept them or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'costs_costline'"
        )
        return cursor.fetchone()[0]
