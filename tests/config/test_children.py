"""Child processes are stopped in bounded time, wherever a Ctrl-C came in between."""

import errno
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from config import children, supervisor
from tests.config.processes import wait_for

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


def spawned(var, code: str) -> children.Process:
    """Return a child that is up and runs this."""
    for name in ("run", "log"):
        (var / name).mkdir()
    child = children.spawn(var, "child", [sys.executable, "-c", code])
    wait_for(lambda: (var / "log" / "child.log").read_text() == "up\n", within=20)
    return child


def left_locked(child: children.Process) -> None:
    """Leave Popen as a Ctrl-C does that comes in `poll`, after it took its lock."""
    assert child._waitpid_lock.acquire(blocking=False)


def over_within(seconds: float, function: Any, *arguments: Any) -> bool:
    """Return whether a call is over in time; one that is not ends with the tests."""
    call = threading.Thread(target=function, args=arguments, daemon=True)
    call.start()
    call.join(seconds)
    return not call.is_alive()


def test_a_child_runs_though_a_full_disk_has_no_room_for_its_number(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        child = spawned(tmp_path, SLEEPS)
    assert not children.ended(child)
    children.stop(tmp_path, "child", child)


def test_a_child_is_stopped_though_a_ctrl_c_left_the_lock_of_popen_taken(tmp_path):
    child = spawned(tmp_path, SLEEPS)
    left_locked(child)
    assert over_within(10, children.stop, tmp_path, "child", child)
    assert (child.returncode, children.pid_file(tmp_path, "child").exists()) == (-signal.SIGTERM, False)


def test_a_child_that_does_not_listen_is_killed_then_too(tmp_path):
    child = spawned(tmp_path, DEAF)
    left_locked(child)
    assert over_within(10, lambda: children.stop(tmp_path, "child", child, within=0.2))
    assert child.returncode == -signal.SIGKILL


def test_who_cannot_be_killed_is_waited_for_no_longer_than_said(tmp_path, monkeypatch):
    child = spawned(tmp_path, SLEEPS)
    monkeypatch.setattr(children, "KILLED_WITHIN", 0.2)
    with monkeypatch.context() as stuck:
        stuck.setattr(children.os, "killpg", lambda _group, _number: None)
        assert over_within(10, children.kill_group, child)
    assert not children.ended(child)
    children.kill_group(child)
    assert children.wait(child, 10)


def test_a_child_whose_end_got_lost_has_ended(tmp_path):
    child = spawned(tmp_path, SLEEPS)
    child.kill()
    children.os.waitpid(child.pid, 0)
    assert children.ended(child)


class Recorded:
    """Stands for a supervisor: it says what was done, and is interrupted in the middle of it."""

    address = "http://127.0.0.1:8000/"

    def __init__(self, var, *interrupted: str) -> None:
        self.var, self.interrupted, self.done = var, interrupted, []

    def start(self, demo: str | None) -> str:
        return self.work("start")

    def look_after(self) -> None:
        self.work("look_after")

    def stop(self) -> None:
        self.work("stop")

    def work(self, name: str) -> str:
        for number in (signal.SIGINT, signal.SIGTERM) if name in self.interrupted else ():
            signal.raise_signal(number)
        self.done.append(name)
        return ""


@pytest.fixture
def interrupt(monkeypatch):
    """Handle signals as `make run` does."""
    monkeypatch.setenv("VAR", "")  # put back afterwards, as is the other
    monkeypatch.setenv(supervisor.SUPERVISED, "")
    handler = supervisor.Interrupt()
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    yield handler
    for number, previous in before.items():
        signal.signal(number, previous)


def test_an_interrupt_breaks_off_the_start_at_once_and_a_second_one_no_stopping(tmp_path, interrupt):
    recorded = Recorded(tmp_path, "start", "stop")
    with pytest.raises(KeyboardInterrupt):
        supervisor.run(recorded, None, interrupt)
    assert recorded.done == ["stop"]


def test_an_interrupt_while_the_children_are_looked_after_waits_until_that_is_done(tmp_path, interrupt):
    recorded = Recorded(tmp_path, "look_after", "stop")
    supervisor.run(recorded, None, interrupt)
    assert recorded.done == ["start", "look_after", "stop"]
