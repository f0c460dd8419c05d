"""How far an import has come, as the bar shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.utils import timezone

from imports.models import Import, State


@dataclass(frozen=True)
class Progress:
    """Rows done, speed and time left. How many rows there are is not known before the end: the bar goes by bytes.

    `bytes_total` is 0 until it runs.
    """

    rows_done: int
    bytes_done: int
    bytes_total: int
    rows_per_second: float | None
    seconds_left: float | None

    @property
    def is_all_read(self) -> bool:
        """Tell whether every row is read: how long it takes from here on no bytes say."""
        return 0 < self.bytes_total <= self.bytes_done

    @classmethod
    def of(cls, job: Import) -> Self:
        """Work it out from what the worker has written last."""
        speed = left = None
        if job.state == State.RUNNING and job.started_at and job.rows_done:
            seconds = max((timezone.now() - job.started_at).total_seconds(), 0.001)
            speed = job.rows_done / seconds
            if 0 < job.bytes_done < job.file_size:
                left = (job.file_size - job.bytes_done) * seconds / job.bytes_done
        total = job.file_size if job.state == State.RUNNING else 0
        return cls(job.rows_done, job.bytes_done, total, speed, left)
