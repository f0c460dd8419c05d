"""A `costs_csv` of 200 MB with some bad rows, sent to the web and imported by the worker: what each takes of memory.

It starts both as `make run` does and takes minutes: `.venv/bin/python -m benchmarks bench_large_upload`.
"""

from __future__ import annotations

import csv
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

import psutil
from django.conf import settings

from accounts import tokens
from accounts.models import Role, User
from benchmarks.figure import Figure
from config import children, supervisor
from imports.models import UNFINISHED, Import
from projects.models import Initiative

SIZE, SHORT = 200_000_000, 100_000  # bytes
BAD_EVERY = 10_000  # rows
HEADER = ("initiative", "incurred_on", "category", "amount", "currency", "vendor", "description")
BOUNDARY = b"a-file-of-costs"
HEAD = (
    b'--%b\r\nContent-Disposition: form-data; name="format"\r\n\r\ncosts_csv\r\n'
    b'--%b\r\nContent-Disposition: form-data; name="file"; filename="costs.csv"\r\nContent-Type: text/csv\r\n\r\n'
) % (BOUNDARY, BOUNDARY)
TAIL = b"\r\n--%b--\r\n" % BOUNDARY


def figures() -> Iterator[Figure]:
    """Measure on the empty database of this run."""
    Initiative.objects.bulk_create(Initiative(number=number, title=f"Initiative {number}") for number in range(1, 101))
    sender = User.objects.create_user("finance@example.org", role=Role.FINANCE)
    token = tokens.make(sender, "bench", sender)[1]
    with tempfile.TemporaryDirectory() as folder, started() as (port, processes):
        long, short = Path(folder, "long.csv"), Path(folder, "short.csv")
        rows, _few = write(long, SIZE), write(short, SHORT)
        for _request in range(4 * int(supervisor.count("WEB_WORKERS"))):  # every process has done all of it once
            import_of(port, token, short)
        with Watch(processes) as watch:
            began = time.perf_counter()
            number = send(port, token, long)
            sent = time.perf_counter()
            job = done(number)
            over = time.perf_counter()
    assert job.state == "done", job.state
    print(f"  {rows:,} rows, {job.rows_created:,} lines made; sent in {sent - began:.1f} s")
    yield Figure(
        "200 MB of costs: rows refused, of those that are wrong",
        job.rows_rejected / (rows // BAD_EVERY),
        at_least=1,
        at_most=1,
    )
    yield Figure("seconds until its lines are there", over - began, unit="s")
    yield Figure("memory that a web process grew by", watch.growth("web"), unit="MB", at_most=64)
    yield Figure("memory of a worker's process", watch.peak("worker"), unit="MB", at_most=500)


def write(path: Path, size: int) -> int:
    """Write a file of at least so many bytes and return its rows; the amount of one in `BAD_EVERY` is none."""
    rows = 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        while file.tell() < size:
            for _row in range(1_000):
                rows += 1
                on, key = f"{2023 + rows % 3}-{1 + rows % 12:02d}-{1 + rows % 28:02d}", f"AI-{1 + rows % 100:04d}"
                amount = "1.2.3" if rows % BAD_EVERY == 0 else f"{rows % 10_000_000 / 100:.2f}"
                said = f"Charge {rows} of the month for a service that is described in a sentence"
                writer.writerow([key, on, "cloud", amount, "USD", f"Vendor {rows % 40}", said])
    return rows


@contextmanager
def started() -> Iterator[tuple[int, dict[str, children.Process]]]:
    """Start web and worker on the data of this run, as `make run` does; give the port."""
    var = Path(settings.VAR)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    commands = supervisor.commands(var, "127.0.0.1", port)
    processes = {name: children.spawn(var, name, commands[name]) for name in ("web", "worker")}
    try:
        while not supervisor.answers(f"http://127.0.0.1:{port}/healthz"):
            time.sleep(0.1)
        yield port, processes
    finally:
        for name, process in processes.items():
            children.stop(var, name, process)
            children.kill_group(process)


def import_of(port: int, token: str, path: Path) -> Import:
    """Send a file and wait until it is imported."""
    return done(send(port, token, path))


def send(port: int, token: str, path: Path) -> int:
    """Send a file piece by piece, as browsers do, and return the number of its import."""
    length = len(HEAD) + path.stat().st_size + len(TAIL)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
        "Content-Length": str(length),
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    with path.open("rb") as file:
        connection.request("POST", "/api/v1/imports", body=pieces(file), headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
    connection.close()
    assert answer.status == 202, said
    return Import.objects.latest("pk").pk


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the body of a request with a file."""
    yield HEAD
    while piece := file.read(65_536):
        yield piece
    yield TAIL


def done(number: int) -> Import:
    """Return an import once it is over."""
    while (job := Import.objects.get(pk=number)).state in UNFINISHED:
        time.sleep(0.2)
    return job


class Watch:
    """Looks at the memory of processes and of their children, twenty times a second."""

    def __init__(self, processes: dict[str, children.Process]) -> None:
        self._of = {name: psutil.Process(process.pid) for name, process in processes.items()}
        self._first: dict[str, dict[int, float]] = {name: {} for name in processes}
        self._most: dict[str, dict[int, float]] = {name: {} for name in processes}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def growth(self, name: str) -> float:
        """Return by how many megabytes the process that grew most did."""
        return max(most - self._first[name][pid] for pid, most in self._most[name].items())

    def peak(self, name: str) -> float:
        """Return the megabytes of the process that had most."""
        return max(self._most[name].values())

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for name, parent in self._of.items():
                for process in (parent, *parent.children(recursive=True)):
                    try:
                        has = process.memory_info().rss / 2**20
                    except psutil.NoSuchProcess:
                        continue
                    self._first[name].setdefault(process.pid, has)
                    self._most[name][process.pid] = max(has, self._most[name].get(process.pid, 0))
