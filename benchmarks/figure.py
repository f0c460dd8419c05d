"""One measured figure beside what it has to reach."""

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure with a floor (`at_least`) or a ceiling (`at_most`)."""

    name: str
    value: float
    unit: str = "×"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        above = self.at_least is None or self.value >= self.at_least
        return above and (self.at_most is None or self.value <= self.at_most)

    def __str__(self) -> str:
        """Return one line: figure, limit, verdict."""
        limits = [f"at least {self.at_least:g}" if self.at_least is not None else ""]
        limits += [f"at most {self.at_most:g}" if self.at_most is not None else ""]
        verdict = "reached" if self.reached else "MISSED"
        return f"{self.name:<58} {self.value:>9.3g} {self.unit:<4} {' '.join(filter(None, limits)):<16} {verdict}"


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the median time that a piece of work takes."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def peak_megabytes(children: bool = False) -> float:
    """Return the largest memory that this process (or one of its ended children) has had."""
    return resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss / 1024
