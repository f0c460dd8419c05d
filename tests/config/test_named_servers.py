"""The whole product on servers that the environment names: nothing of its own is started, a left job is taken up.

It runs where the suite itself runs on such servers (`.ci/run`, second time), in a database of each of its own.
"""

import os
import signal
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
from psycopg import sql

from tests.config import left_job
from tests.config.processes import free_port, running_on, status
from tests.config.supervised import Supervised, start, wait_until_it_answers
from tests.redis_numbers import for_a_product

NAMED = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
pytestmark = [
    pytest.mark.xdist_group("supervisor"),
    pytest.mark.skipif(not all(NAMED.values()), reason="no servers are named in DATABASE_URL and REDIS_URL"),
]


@pytest.fixture
def servers() -> Iterator[dict[str, str]]:
    """Name an empty database on each of the two servers; both are emptied at the end."""
    address, name = urlsplit(NAMED["DATABASE_URL"]), f"worthwhile_product_{os.getpid()}"
    named = {
        "DATABASE_URL": address._replace(path=f"/{name}").geturl(),
        "REDIS_URL": for_a_product(NAMED["REDIS_URL"]),
    }
    database = sql.Identifier(name)
    maintenance = address._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as connection, redis.Redis.from_url(named["REDIS_URL"]) as queue:
        queue.flushdb()
        connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
        yield named
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
        queue.flushdb()


def test_the_product_runs_on_named_servers_and_takes_up_a_left_job(servers, tmp_path):
    """One start for both: the tables alone take as long to make as everything else."""
    port = free_port()
    running = Supervised(start(tmp_path, port, **servers), tmp_path, port)
    try:
        wait_until_it_answers(running)
        assert status(running.page.replace("healthz", "readyz")) == 200
        assert_that_only_ours_run(running)
        left_job.leave(running, servers["DATABASE_URL"], **servers)
        state, _done, created, attempts = left_job.wait_until_done(servers["DATABASE_URL"])
        assert (state, created, attempts) == ("done", left_job.ROWS, 2)
        assert_that_only_ours_run(running)
    finally:
        running.process.send_signal(signal.SIGINT)
        said, _ = running.process.communicate(timeout=30)
    assert (running.process.returncode, said.strip().splitlines()[-1]) == (0, "Stopped.")
    assert running_on(tmp_path) == []


def assert_that_only_ours_run(running: Supervised) -> None:
    assert sorted(path.name for path in (running.var / "run").glob("*.pid")) == ["beat.pid", "web.pid", "worker.pid"]
    programs = {each.name() for each in psutil.Process(running.process.pid).children(recursive=True)}
    assert not {name for name in programs if "postgres" in name or "valkey" in name}, programs
    assert not (running.var / "postgres").exists()
