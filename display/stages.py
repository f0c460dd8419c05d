"""The stage line of an initiative: what happened, where it stands, what is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

State = Literal["done", "now", "ended", "ahead"]


@dataclass(frozen=True)
class StageStep:
    """One step. `actual` is when it was entered (None: its date is not known), `planned` when it should be.

    `state` is done, now (where it stands), ended (stopped, retired, declined) or ahead; a `skipped` step was passed
    over. `overdue_days` is for how long one ahead should have been entered already.
    """

    name: str
    state: State
    actual: date | None = None
    planned: date | None = None
    skipped: bool = False
    overdue_days: int = 0

    @property
    def late_days(self) -> int:
        """How many days after its plan it happened; 0 when in time or without a plan."""
        return max((self.actual - self.planned).days, 0) if self.actual and self.planned else 0
