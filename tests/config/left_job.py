"""An import whose worker is killed in its middle."""

import os
import signal
import subprocess
import sys

import psycopg

from config.supervisor import ROOT
from tests.config.processes import child_number, wait_for
from tests.config.supervised import Supervised, environment

ROWS = 600  # a batch has 500: the worker is killed while the second is under way
SUBMIT = f"""
from imports import jobs
rows = ("Initiative %d\\n" % number for number in range({ROWS}))
content = ("title\\n" + "".join(rows)).encode()
job = jobs.submit(None, format_name="initiatives_csv", chunks=[content], file_name="many.csv")
jobs.enqueue(job)
"""


def import_row(database: str) -> tuple:
    """Return state, rows done, rows created and attempts of the last import."""
    with psycopg.connect(database) as connection:
        statement = "SELECT state, rows_done, rows_created, attempts FROM imports_import ORDER BY id DESC"
        return connection.execute(statement).fetchone()


def leave(running: Supervised, database: str, **servers: str) -> None:
    """Hand in an import of initiatives and kill the worker that does it."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", SUBMIT]
    subprocess.run(command, cwd=ROOT, env=environment(running.var, **servers), check=True)
    wait_for(lambda: import_row(database)[1] > 0, within=30)
    os.kill(child_number(running.var, "worker"), signal.SIGKILL)
    assert import_row(database)[0] == "running"


def wait_until_done(database: str) -> tuple:
    """Return the import once it was taken up, which is within a minute, and done."""
    wait_for(lambda: import_row(database)[3] == 2, within=60)
    wait_for(lambda: import_row(database)[0] == "done", within=120)
    return import_row(database)
