"""A job whose worker was killed is taken up by the next one within a minute, and done exactly once."""

import os
import signal
import subprocess
import sys
import textwrap

import psycopg
import pytest

from config import embedded
from config.services import DATABASE_USER
from config.supervisor import ROOT
from tests.config.processes import child_number, wait_for
from tests.config.supervised import Supervised, environment

pytestmark = [pytest.mark.xdist_group("supervisor"), pytest.mark.once]
ROWS = 1_500
SUBMIT = f"""
from imports import jobs
rows = ("Initiative %d\\n" % number for number in range({ROWS}))
content = ("title\\n" + "".join(rows)).encode()
job = jobs.submit(None, format_name="initiatives_csv", chunks=[content], file_name="many.csv")
jobs.enqueue(job)
"""


def import_row(running: Supervised) -> tuple:
    sockets = str(embedded.socket_folder(running.var))
    with psycopg.connect(host=sockets, user=DATABASE_USER, dbname=embedded.DATABASE) as connection:
        statement = "SELECT state, rows_done, rows_created, attempts FROM imports_import ORDER BY id DESC"
        return connection.execute(statement).fetchone()


def test_import_of_a_killed_worker_is_taken_up_within_a_minute_and_done_once(running):
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", textwrap.dedent(SUBMIT)]
    subprocess.run(command, cwd=ROOT, env=environment(running.var), check=True)
    wait_for(lambda: import_row(running)[1] > 0, within=30)
    os.kill(child_number(running.var, "worker"), signal.SIGKILL)
    assert import_row(running)[0] == "running"
    wait_for(lambda: import_row(running)[3] == 2, within=60)
    wait_for(lambda: import_row(running)[0] == "done", within=120)
    state, _done, created, attempts = import_row(running)
    assert (state, created, attempts) == ("done", ROWS, 2)
