"""What the jobs of a worker share: how they are sent and done, how often each is tried, and which failures pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from kombu.exceptions import OperationalError as BrokerError

from imports.report import Reason

log = structlog.get_logger(__name__)
Job = TypeVar("Job", bound=Model)

MOST_IN_VAIN = 5  # attempts in a row that got no further than one before them

# The database looks whether the process that asks still lives, however long a statement takes.
LOOK_AFTER = "set_config('client_connection_check_interval', '2s', true)"

SERVER_ERRORS = (OperationalError, psycopg.OperationalError)  # as Django hands them on; as they come out of COPY
CONNECTION_LOST = ("08", "57P0")  # how the SQLSTATEs begin; none at all is the driver's own word for it
# Deadlock, serialization, foreign key: another write has deleted what this one names, as its second try finds.
IN_EACH_OTHERS_WAY = ("40P01", "40001", "23503")


def send(task: Any, *given: object) -> None:
    """Send for a worker to do a Celery task. Without a broker it is sent when the clock next looks for what waits."""
    try:
        task.delay(*given)
    except BrokerError:
        log.warning("no broker, the job waits", task=task.name, given=given)


def do_next(due: QuerySet[Job], do: Callable[[Job], None], fail: Callable[[int], None]) -> Job | None:
    """Do the first of what is due that no other worker is on, and return it; None where there is none.

    In one transaction, which holds its row: one whose worker is killed waits on, and nothing of it is done. Attempts
    are counted in the row (`attempts`). After too many that came to no end, or where it fails for good, `fail` is to
    say so in the row of a primary key.
    """
    pk = _attempt(due, fail)
    if pk is None:
        return None
    try:
        with transaction.atomic():
            taken = due.select_for_update(skip_locked=True).filter(pk=pk).first()
            if taken is not None:
                end_with_the_worker()
                do(taken)
            return taken
    except Exception as error:
        if not passes(error):  # with a database that went away, it is taken up again
            fail(pk)
        raise


def _attempt(due: QuerySet[Any], fail: Callable[[int], None]) -> int | None:
    """Return which is to be done, its attempt counted for good."""
    with transaction.atomic():
        taken = due.select_for_update(skip_locked=True).first()
        if taken is None:
            return None
        if taken.attempts >= MOST_IN_VAIN:
            log.error("given up, no attempt came to an end", job=taken._meta.label_lower, pk=taken.pk)
            fail(taken.pk)
            return None
        taken.attempts += 1
        taken.save(update_fields=["attempts"])
        return taken.pk


def end_with_the_worker() -> None:
    """Let the open transaction end soon after this process does, also in the middle of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LOOK_AFTER}")


def server_error(error: BaseException) -> psycopg.Error | None:
    """Return what the driver said, of an error that is its own or that Django has wrapped."""
    said = error if isinstance(error, psycopg.Error) else error.__cause__
    return said if isinstance(said, psycopg.Error) else None


def passes(error: Exception) -> bool:
    """Tell whether what ended a job is over when it is taken up again; what a disk lacks, it lacks then too."""
    said = server_error(error)
    state = None if said is None else said.sqlstate
    is_gone = isinstance(error, SERVER_ERRORS) and (state is None or state.startswith(CONNECTION_LOST))
    return is_gone or state in IN_EACH_OTHERS_WAY


def why(error: Exception, server: str, internal: str) -> Reason:
    """Return the reason to give for an error that does not pass: the server's own words fill {message} of `server`."""
    said = server_error(error)
    if said is None or not isinstance(error, SERVER_ERRORS):
        return Reason(internal)
    return Reason(server, message=said.diag.message_primary or str(said))
