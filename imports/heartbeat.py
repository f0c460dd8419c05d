"""Shows how far a running import has come, while its own transaction is still open."""

from __future__ import annotations

import time
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from django.db import connection
from django.utils import timezone

if TYPE_CHECKING:
    from imports.pipeline import Importer

EVERY_SECONDS = 0.5


class CancelledError(Exception):
    """Somebody has cancelled the import."""


BEGIN = """UPDATE imports_import
SET state = 'running', worker = %s, started_at = %s, heartbeat_at = now(), rows_done = 0, bytes_done = 0
WHERE id = %s"""
ATTEMPT = "UPDATE imports_import SET attempts = attempts + 1 WHERE id = %s"
TURN = "UPDATE imports_import SET attempts = attempts + 1, started_at = %s WHERE id = %s"
BEAT = """UPDATE imports_import SET rows_done = %(rows)s, bytes_done = %(bytes)s, heartbeat_at = now(),
    furthest_attempt = CASE WHEN %(bytes)s > furthest THEN attempts ELSE furthest_attempt END,
    furthest = GREATEST(furthest, %(bytes)s)
WHERE id = %(import)s RETURNING cancelled_at IS NOT NULL"""


def count_attempt(import_id: int) -> None:
    """Count an attempt for good, on a connection of its own: a worker that dies does not take it back."""
    with closing(connection.copy()) as own, own.cursor() as cursor:
        cursor.execute(ATTEMPT, [import_id])


class Pulse:
    """A second connection that commits at once, so that pages see the progress; at most two beats a second."""

    def __init__(self, import_id: int, worker: str) -> None:
        self._import_id = import_id
        self.started_at = timezone.now()
        self._begun = [worker[:200], self.started_at, import_id]
        self._connection = connection.copy()
        self._last = -EVERY_SECONDS

    def __enter__(self) -> Self:
        """Say that the import runs."""
        with self._connection.cursor() as cursor:
            cursor.execute(BEGIN, self._begun)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Give the connection back."""
        self._connection.close()

    def take_turn(self) -> None:
        """Count an attempt that begins now: if the worker dies after this, the file may have been the reason."""
        self.started_at = timezone.now()
        with self._connection.cursor() as cursor:
            cursor.execute(TURN, [self.started_at, self._import_id])

    def let_through(self) -> None:
        """Let the next beat be written whenever the one before was."""
        self._last = -EVERY_SECONDS

    def beat(self, importer: Importer) -> None:
        """Say how far it has come; raise `CancelledError` when somebody has cancelled it."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        values = {"rows": importer.report.total, "bytes": importer.bytes_done, "import": self._import_id}
        with self._connection.cursor() as cursor:
            cursor.execute(BEAT, values)
            if (True,) in cursor.fetchall():
                raise CancelledError
