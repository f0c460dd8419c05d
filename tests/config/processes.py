"""Help for tests that start the real thing: free ports, waiting, who descends from whom."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], T], within: float) -> T:
    """Return the condition's value once it is true; fail when the time is over."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.05)
    return value


def status(address: str) -> int:
    """Return the status of a page; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def child_number(var: Path, name: str) -> int:
    path = var / "run" / f"{name}.pid"
    return int(path.read_text() or 0) if path.exists() else 0


def running_on(var: Path) -> list[str]:
    """Return the command lines of all processes that work on a data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("VAR") == str(var) or str(var) in " ".join(process.cmdline()):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
