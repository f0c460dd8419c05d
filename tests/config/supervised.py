"""A supervisor started by a test."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.supervisor import ROOT


@dataclass
class Supervised:
    """A started supervisor."""

    process: subprocess.Popen[str]
    var: Path
    port: int

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"


def environment(var: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**kept, "VAR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings"}


def start(var: Path, port: int | str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "config.supervisor", "--port", str(port), *options]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(var), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def output(var: Path, port: int | str) -> tuple[int, str]:
    """Start once more and return how that ended."""
    process = start(var, port)
    said, _ = process.communicate(timeout=30)
    return process.returncode, said
