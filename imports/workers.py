"""What the jobs of a worker share: how often each is tried, what ends it, and which failures pass."""

from __future__ import annotations

import psycopg
from django.db import OperationalError, connection

from imports.report import Reason

MOST_IN_VAIN = 5  # attempts in a row that got no further than one before them

# The database looks whether the process that asks still lives, however long a statement takes.
LOOK_AFTER = "set_config('client_connection_check_interval', '2s', true)"

SERVER_ERRORS = (OperationalError, psycopg.OperationalError)  # as Django hands them on; as they come out of COPY
CONNECTION_LOST = ("08", "57P0")  # how the SQLSTATEs begin; none at all is the driver's own word for it
IN_EACH_OTHERS_WAY = ("40P01", "40001")  # deadlock, serialization


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
    is_gone = state is None or state.startswith(CONNECTION_LOST)
    return isinstance(error, SERVER_ERRORS) and (is_gone or state in IN_EACH_OTHERS_WAY)


def why(error: Exception, server: str, internal: str) -> Reason:
    """Return the reason to give for an error that does not pass: the server's own words fill {message} of `server`."""
    said = server_error(error)
    if said is None or not isinstance(error, SERVER_ERRORS):
        return Reason(internal)
    return Reason(server, message=said.diag.message_primary or str(said))
