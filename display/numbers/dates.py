"""Days, months, periods and lengths of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, format_datetime, format_timedelta
from django.utils import timezone

from display.numbers.writing import SPACE, Number, language, span

_DAY_PATTERNS = {
    "en": {
        "day": "d MMMM y",
        "day_short": "d MMM y",
        "day_of_year": "d MMM",
        "month": "MMMM y",
        "month_short": "MMM y",
        "month_only": "MMM",
        "moment": "d MMM y, HH:mm",
    },
    "ja": {
        "day": "y年M月d日",
        "day_short": "y/MM/dd",
        "day_of_year": "MM/dd",
        "month": "y年M月",
        "month_short": "y年M月",
        "month_only": "M月",
        "moment": "y/MM/dd HH:mm",
    },
}


def day(value: date, form: str = "day") -> str:
    """Return a date: "17 June 2026"; `form` is one of the day patterns."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        # One moment has another text in another zone: only without its zone is it what is kept by.
        value = timezone.localtime(value).replace(tzinfo=None)
    return _date_text(value, form, language())


def day_unbroken(value: date, form: str = "day") -> str:
    """Return a date for a sentence that is broken into lines, its own spaces kept: "31 July 2026"."""
    return day(value, form).replace(" ", SPACE)


def days(start: date, end: date) -> str:
    """Return a period as short as it can be read: "Oct 2026" (all of it), "6–12 Nov 2026", "30 Oct – 5 Nov 2026"."""
    if start == end:
        return day(end, "day_short")
    if (start.year, start.month) == (end.year, end.month):
        if start.day == 1 and (end + timedelta(days=1)).day == 1:
            return day(end, "month_short")
        if language() == "en":
            return span(str(start.day), day(end, "day_short"))
    of_year = "day_of_year" if start.year == end.year else "day_short"
    if language() == "ja":
        return span(day(start, "day_short"), day(end, of_year))
    return f"{day(start, of_year)} – {day(end, 'day_short')}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was: "4 seconds ago"."""
    delta = moment - (now or timezone.now())
    return _unspaced(format_timedelta(delta, add_direction=True, locale=language(), threshold=1.4))


def duration(seconds: Number) -> str:
    """Return a length of time in its largest fitting unit: "40 seconds", "3 minutes"."""
    return _unspaced(format_timedelta(timedelta(seconds=float(seconds)), locale=language(), threshold=1.4))


def _unspaced(text: str) -> str:
    """Japanese sets "5秒前" without the space that the locale data puts after the figure."""
    return "".join(text.split()) if language() == "ja" else text


@lru_cache(maxsize=8192)
def _date_text(value: date, form: str, language: str) -> str:
    """Babel takes 0.1 ms a date, and a chart shows the same days over and over."""
    pattern = _DAY_PATTERNS[language][form]
    if form == "moment" and isinstance(value, datetime):
        return str(format_datetime(value, pattern, locale=language))
    return str(format_date(value, pattern, locale=language))
