"""What every part of the loading needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from accounts.changes import Change
from accounts.models import User
from costs.models import Category
from portfolio.demo.cast import Purse

REF = "demo-"


@dataclass(frozen=True)
class DemoContext:
    """What every part of the loading needs: the write, who acts, in which language and currency, and on which day."""

    change: Change
    actor: User
    finance: User
    owners: list[User]
    language: str
    money: Purse
    today: date
    categories: dict[str, Category]

    def now_is(self, day: date) -> None:
        """Let what follows be written down in the morning of that day: years are not made up in a minute."""
        self.change.at = timezone.make_aware(datetime.combine(day, time(9, 30)))
