"""How many lines of what is asked for wait for an exchange rate, and so stand in no sum."""

from __future__ import annotations

from accounts.models import User
from costs.explorer.question import Question
from costs.models import CostLine


def pending_lines(question: Question, user: User) -> int:
    """Count them; pending lines are few, and an index holds them."""
    return question.filters.keep(CostLine.objects.pending().visible_to(user)).counted().count()
