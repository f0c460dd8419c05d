"""Workers that a test kills at a random moment of the time that a clean run takes.

`Work` is what a worker does, and how one tells from outside that it is on it. `an_import` and `a_revert` are those of
import jobs; `kill_twice` kills either early and late.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess

from imports import jobs, reverting, runner
from imports.models import Import
from tests import own_process


def wait(seconds: float, until: Callable[[], object]) -> None:
    """Wait until something is so, at most so long."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.01)


@dataclass(frozen=True)
class Work:
    """A function of the product that a worker calls with the key of a row."""

    function: Callable[[int], object]
    pk: int
    has_begun: Callable[[], bool]
    is_on: Callable[[], bool]

    def start(self) -> ForkServerProcess:
        """Start a worker, and return when it has begun: a busy machine is slow to start Python."""
        process = own_process.start(self.function, self.pk)
        wait(120, lambda: self.has_begun() or not process.is_alive())
        return process

    def seconds(self) -> float:
        """Return how long a worker takes that nobody kills."""
        process, begun = self.start(), time.monotonic()
        process.join()
        return time.monotonic() - begun

    def kill(self, seconds: float) -> None:
        """Kill a worker so long after it has begun."""
        process = self.start()
        time.sleep(seconds)
        process.kill()
        process.join()
        wait(60, lambda: not self.is_on())


def an_import(job: Import) -> Work:
    """Return the work on an import that is to be done from now on."""
    return _of(job, runner.run)


def a_revert(job: Import) -> Work:
    """Return the work of taking an import back."""
    return _of(job, reverting.run)


def _of(job: Import, function: Callable[[int], object]) -> Work:
    before = job.attempts
    return Work(
        function,
        job.pk,
        has_begun=lambda: Import.objects.get(pk=job.pk).attempts > before,
        is_on=lambda: runner.is_running(job.pk),
    )


def seconds_of(format_name: str, content: Iterable[bytes]) -> float:
    """Return how long a worker that nobody kills takes for an import, in a dry run that leaves nothing."""
    job = jobs.submit(None, format_name=format_name, chunks=content, file_name="clean", dry_run=True)
    own_process.start(runner.run, job.pk).join()
    job.refresh_from_db()
    assert job.state == "done"
    return (job.finished_at - job.started_at).total_seconds()


def kill_twice(
    job: Import,
    clean: float,
    look: Callable[[], None],
    work: Callable[[Import], Work] = an_import,
    states: tuple[str, str] = ("running", "done"),
) -> None:
    """Kill a worker early and late in the time that a clean run took, and look each time; one at least was at work.

    Late is every other time at the very end, where sums are written and the transaction ends.

    `states`: of the job, in the middle of the work and after it.
    """
    seed, found = random.randrange(2**32), []
    chance, (midway, ended) = random.Random(seed), states
    for least, most in moments(chance):
        if job.state != ended:
            work(job).kill(clean * chance.uniform(least, most))
            job.refresh_from_db()
            found.append(job.state)
            look()
    assert midway in found, f"seed {seed}, a clean run took {clean} s"


def moments(chance: random.Random) -> list[tuple[float, float]]:
    """Return between which shares of a clean run to kill: early, and late or at the very end."""
    return [(0.0, 0.3), chance.choice([(0.3, 0.9), (0.9, 1.0)])]
