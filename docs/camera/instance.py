"""An instance of Worthwhile that lives as long as its pictures are taken."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = "Worthwhile is at"
STOP_SECONDS = 30


@dataclass
class Instance:
    """Where it is, and how to sign in once the demonstration is loaded."""

    address: str
    var: Path
    email: str = ""
    password: str = ""

    def load(self, language: str) -> None:
        """Load the demonstration portfolio in a language."""
        said = subprocess.run(
            [sys.executable, "manage.py", "demo", "--language", language],
            cwd=ROOT, env=environment(self.var), stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        found = re.search(r"(admin@\S+)\s+(\S+)", said)
        if not found:
            raise RuntimeError(f"The demonstration did not say how to sign in: {said}")
        self.email, self.password = found.groups()


@contextmanager
def started() -> Iterator[Instance]:
    """Start an empty instance on a free port and in a new folder; stop it and take the folder away afterwards."""
    var = Path(tempfile.mkdtemp(prefix="worthwhile-pictures-"))
    port = free_port()
    command = [sys.executable, "-m", "config.supervisor", "--with-parent", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(var), stdout=subprocess.PIPE, text=True)
    try:
        wait_until_ready(process)
        yield Instance(f"http://127.0.0.1:{port}", var)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        shutil.rmtree(var)


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    """Return when the page answers."""
    heard = []
    for line in process.stdout or ():
        heard.append(line)
        if line.startswith(READY):
            return
    raise RuntimeError(f"Worthwhile did not start:\n{''.join(heard)}")


def environment(var: Path) -> dict[str, str]:
    """Return our own environment with the folder, and with servers of its own."""
    return {**os.environ, "VAR": str(var), "DATABASE_URL": "", "REDIS_URL": ""}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
