"""A server that takes connections and never answers, as one behind a firewall that forgot them, is left in time."""

import socket
import time

import pytest
from celery import Celery

from imports import workers

pytestmark = pytest.mark.once  # the server that is silent is its own


@pytest.fixture
def silent():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def job() -> None:
    raise AssertionError("nobody hands it out")


def test_a_broker_that_is_silent_holds_no_request_for_long(silent, caplog):
    app = Celery("silent", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=f"redis://127.0.0.1:{silent}/0")
    began = time.monotonic()
    workers.send(app.task(name="a task")(job))
    assert time.monotonic() - began < 15
    assert [record.msg["event"] for record in caplog.records] == ["no broker, the job waits"]
