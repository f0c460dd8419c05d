"""One supervisor for each module that asks for it."""

from collections.abc import Iterator

import pytest

from tests.config.processes import free_port, status, wait_for
from tests.config.supervised import Supervised, start


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    var, port = tmp_path_factory.mktemp("var"), free_port()
    process = start(var, port)
    started = Supervised(process, var, port)
    wait_for(lambda: status(started.page) == 200 or process.poll() is not None, within=240)
    assert process.poll() is None, process.stdout.read()
    yield started
    process.kill()
    process.wait()
