"""A job whose worker was killed is taken up by the next one within a minute, and done exactly once."""

import pytest

from config import embedded
from config.services import DATABASE_USER
from tests.config import left_job

pytestmark = [pytest.mark.xdist_group("supervisor"), pytest.mark.once]


def test_import_of_a_killed_worker_is_taken_up_within_a_minute_and_done_once(running):
    database = f"host={embedded.socket_folder(running.var)} user={DATABASE_USER} dbname={embedded.DATABASE}"
    left_job.leave(running, database)
    state, _done, created, attempts = left_job.wait_until_done(database)
    assert (state, created, attempts) == ("done", left_job.ROWS, 2)
