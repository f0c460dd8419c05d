"""A supervisor started by a test."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from config.supervisor import ROOT
from tests.config.processes import status, wait_for


@dataclass
class Supervised:
    """A started supervisor."""

    process: subprocess.Popen[str]
    var: Path
    port: int
    told: str = ""  # by the first start, until its page answered

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"


def environment(var: Path, **servers: str) -> dict[str, str]:
    """Return what a product in this folder has around it; `servers` are DATABASE_URL and REDIS_URL, else embedded."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**kept, "VAR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings", **servers}


def start(var: Path, port: int | str, *options: str, **servers: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "config.supervisor", "--port", str(port), *options]
    around = environment(var, **servers)
    return subprocess.Popen(command, cwd=ROOT, env=around, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def told_until_ready(process: subprocess.Popen[str], within: float = 240) -> str:
    """Return what a start says until its page answers; fail where it ends before, killed if it takes too long."""
    told = ""
    killer = threading.Timer(within, process.kill)
    killer.start()
    try:
        for line in process.stdout:
            if line.startswith("Worthwhile is at"):
                return told
            told += line
    finally:
        killer.cancel()
    raise AssertionError(told)


def wait_until_it_answers(supervised: Supervised) -> None:
    wait_for(lambda: status(supervised.page) == 200 or supervised.process.poll() is not None, within=240)
    assert supervised.process.poll() is None, supervised.process.stdout.read()


def output(var: Path, port: int | str) -> tuple[int, str]:
    """Start once more and return how that ended."""
    process = start(var, port)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said
