"""Which days the product takes (API.md): 1950-01-01 to 2100-12-31."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import RuleError
from api.fields import EARLIEST, LATEST


def day_in_range(day: date | None, field: str) -> None:
    """Refuse a day that nobody can mean."""
    if day is not None and not EARLIEST <= day <= LATEST:
        raise RuleError(_("A day between 1950 and 2100."), field)


def not_in_future(day: date | None, field: str) -> None:
    """Refuse a day that is yet to come."""
    day_in_range(day, field)
    if day is not None and day > timezone.localdate():
        raise RuleError(_("This day lies in the future."), field)
