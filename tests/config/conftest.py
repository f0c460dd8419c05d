"""One supervisor for all tests that need one: it is the whole product, and takes long to start."""

from collections.abc import Iterator

import pytest

from tests.config.processes import free_port
from tests.config.supervised import Supervised, start, told_until_ready, wait_until_it_answers


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    """Start a supervisor in a folder and on a port of its own, with the demonstration in Japanese."""
    var, port = tmp_path_factory.mktemp("var"), free_port()
    supervised = Supervised(start(var, port, "--demo=ja"), var, port)
    try:
        supervised.told = told_until_ready(supervised.process)
        yield supervised
    finally:
        supervised.process.kill()
        supervised.process.wait()


@pytest.fixture
def running(started: Supervised) -> Supervised:
    """Return a supervisor that runs, whatever a test before has done to it."""
    if started.process.poll() is not None:
        started.process = start(started.var, started.port)
    wait_until_it_answers(started)
    return started
