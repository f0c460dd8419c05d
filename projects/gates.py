"""Gates: what must be true before a move. Nothing is asked by default; criteria are added to the registry.

To add one, append a function to `criteria` in an AppConfig.ready: it gets the initiative, the stage that it would enter
and the effective date, and returns the criterion that is not met, in words, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projects.models import Initiative

criteria: list[Callable[[Initiative, str, date], str | None]] = []


def unmet(initiative: Initiative, to_stage: str, effective_on: date) -> list[str]:
    """Return what stands against this move, in words."""
    said = (criterion(initiative, to_stage, effective_on) for criterion in criteria)
    return [words for words in said if words]
