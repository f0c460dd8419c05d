"""What goes on beside a test, on a connection of its own, and how the test sees that it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection

SECONDS = 5


def beside(work: Callable[[], object]) -> threading.Thread:
    """Do something on a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def somebody_waits(asked: str) -> bool:
    """Tell whether another connection comes to wait for what is asked about: the end of a transaction, or a lock."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND {asked})")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    return False


MY_END = "locktype = 'transactionid' AND transactionid = pg_current_xact_id()::xid"
MY_LOCK = "locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
ANY_END = "locktype = 'transactionid' AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
