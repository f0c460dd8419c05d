"""Child processes of the supervisor and of the embedded pair: start, find again, stop.

Whether one has ended is asked of the kernel, never by `Popen.poll` or `wait`: a Ctrl-C in the middle of those leaves
their lock taken, and whoever waits for the child afterwards waits for ever.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from config.processes import alive, die_with_parent

Process = subprocess.Popen[bytes]
LOG_LIMIT = 20_000_000  # bytes, after which a log begins anew
KILLED_WITHIN = 5.0  # seconds; whoever is stuck in the kernel for longer is left to it


def spawn(
    var: Path,
    name: str,
    command: list[str],
    *,
    on_parents_death: int = signal.SIGKILL,
    environment: dict[str, str] | None = None,
) -> Process:
    """Start a child in a session of its own (so that Ctrl-C is the supervisor's alone).

    It logs to VAR/log/NAME.log, its number is in VAR/run/NAME.pid, and the kernel signals it when we end.
    """
    _wait_for_predecessor(var, name, command)
    with (var / "log" / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(on_parents_death),
        )
    with suppress(OSError):  # on a full disk it runs without
        pid_file(var, name).write_text(f"{child.pid}\n")
    return child


def ended(child: Process) -> bool:
    """Return whether a child has ended; its `returncode` is known from then on."""
    if child.returncode is None:
        try:
            number, status = os.waitpid(child.pid, os.WNOHANG)
        except ChildProcessError:  # a Ctrl-C came between this call and the next lines, so nobody knows how it ended
            number, status = child.pid, 0
        if number:
            child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode is not None


def wait(child: Process, within: float) -> bool:
    """Return whether a child ends within that many seconds, as soon as it does."""
    deadline = time.monotonic() + within
    while not ended(child):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ask_to_stop(child: Process, number: int = signal.SIGTERM) -> None:
    """Send a child this signal, unless it has ended."""
    if not ended(child):
        os.kill(child.pid, number)


def stop(var: Path, name: str, child: Process, number: int = signal.SIGTERM, within: float = 20) -> None:
    """Ask a child to stop; kill what is left of its group when it does not in time."""
    ask_to_stop(child, number)
    if not wait(child, within):
        kill_group(child)
    pid_file(var, name).unlink(missing_ok=True)


def kill_group(child: Process) -> None:
    """Kill whatever is left of a child and its own children."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it left nothing behind
    wait(child, KILLED_WITHIN)


def pid_file(var: Path, name: str) -> Path:
    """Return the file that holds a child's process number."""
    return var / "run" / f"{name}.pid"


def last_lines(var: Path, name: str, count: int = 5) -> str:
    """Return the end of a child's log, for a message."""
    return "\n".join((var / "log" / f"{name}.log").read_text(errors="replace").splitlines()[-count:])


def keep_log_short(var: Path, name: str) -> str:
    """Copy a long log aside and begin it anew under the child that writes to its end; one old log is kept.

    Returns what is to be said where it could not be kept, as on a full disk; else "".
    """
    path = var / "log" / f"{name}.log"
    try:
        return _begin_anew(path) if path.stat().st_size > LOG_LIMIT else ""
    except FileNotFoundError:
        return ""  # somebody has removed it


def _begin_anew(path: Path) -> str:
    old, said = path.with_suffix(".log.1"), ""
    try:
        shutil.copyfile(path, old)
    except OSError as error:
        old.unlink(missing_ok=True)  # half a copy on a full disk
        said = f"{path} begins anew, and what was in it is lost ({error.strerror})."
    os.truncate(path, 0)
    return said


def _wait_for_predecessor(var: Path, name: str, command: list[str], within: float = 10) -> None:
    """Wait while the child of a killed parent is still shutting down on the same folder."""
    path = pid_file(var, name)
    recorded = path.read_text().strip() if path.exists() else ""
    if not recorded.isdecimal():
        return
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and alive(int(recorded)) and _runs(int(recorded), command):
        time.sleep(0.05)


def _runs(number: int, command: list[str]) -> bool:
    """Return whether that process is this command (by now the number may belong to somebody else)."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except FileNotFoundError:
        return False
    running = " ".join(words).strip()
    return bool(running) and running in " ".join(command)
