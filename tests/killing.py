"""Workers that a test kills at a random moment of what a clean run takes.

`Work` is what a worker does, and how one tells from outside that it is on it. `an_import` and `a_revert` are those of
import jobs; `kill_twice` kills either early and late.

What a run takes is told by the clock, and an early moment of it by the processor as well: where the machine stood still
for seconds in the clean run, the clock alone would come after the end. Towards the end workers wait for the server.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess

import psutil

from imports import jobs, reverting, runner
from imports.models import Import
from tests import own_process

EARLY = 0.3  # of a clean run


def wait(seconds: float, until: Callable[[], object]) -> None:
    """Wait until something is so, at most so long."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.01)


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock, and of processor time, that a worker took from where it had begun."""

    clock: float
    processor: float

    def share(self, of_it: float) -> Taken:
        """Return so much of it; late, by the clock alone."""
        return Taken(self.clock * of_it, self.processor * of_it if of_it <= EARLY else math.inf)

    def reaches(self, other: Taken) -> bool:
        """Tell whether either is as much."""
        return self.clock >= other.clock or self.processor > other.processor


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

    def taken(self) -> Taken:
        """Return what a worker takes that nobody kills."""
        process = self.start()
        return watch(process, lambda taken: False)

    def kill(self, after: Taken) -> None:
        """Kill a worker as soon as it took so much."""
        process = self.start()
        watch(process, lambda taken: taken.reaches(after))
        process.kill()
        process.join()
        wait(60, lambda: not self.is_on())


def watch(process: ForkServerProcess, until: Callable[[Taken], bool]) -> Taken:
    """Return what a worker took until then, or to its end."""
    begun, before, taken = time.monotonic(), _processor(process), Taken(0, 0)
    while process.is_alive() and not until(taken):
        time.sleep(0.005)
        taken = Taken(time.monotonic() - begun, max(taken.processor, _processor(process) - before))
    return taken


def _processor(process: ForkServerProcess) -> float:
    try:
        used = psutil.Process(process.pid).cpu_times()
    except psutil.NoSuchProcess:  # it ended meanwhile
        return 0
    return used.user + used.system


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


def taken_by(format_name: str, content: Iterable[bytes]) -> Taken:
    """Return what a worker that nobody kills takes for an import, in a dry run that leaves nothing."""
    job = jobs.submit(None, format_name=format_name, chunks=content, file_name="clean", dry_run=True)
    taken = an_import(job).taken()
    job.refresh_from_db()
    assert job.state == "done"
    return taken


def kill_twice(
    job: Import,
    clean: Taken,
    look: Callable[[], None],
    work: Callable[[Import], Work] = an_import,
    states: tuple[str, str] = ("running", "done"),
) -> None:
    """Kill a worker early and late in what a clean run took, and look each time; one at least was at work.

    Late is every other time at the very end, where sums are written and the transaction ends.

    `states`: of the job, in the middle of the work and after it.
    """
    seed, found = random.randrange(2**32), []
    chance, (midway, ended) = random.Random(seed), states
    for least, most in moments(chance):
        if job.state != ended:
            work(job).kill(clean.share(chance.uniform(least, most)))
            job.refresh_from_db()
            found.append(job.state)
            look()
    assert midway in found, f"seed {seed}, a clean run took {clean}"


def moments(chance: random.Random) -> list[tuple[float, float]]:
    """Return between which shares of a clean run to kill: early, and late or at the very end."""
    return [(0.0, EARLY), chance.choice([(EARLY, 0.9), (0.9, 1.0)])]
