"""Dates as people typed them into the federal inventory: read where they can be read, never guessed."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import NamedTuple

from api.fields import EARLIEST, LATEST

INVENTORY_ON = date(2024, 12, 31)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = f"(?P<mon>{'|'.join(MONTHS)})"

FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
        r"(?P<m>\d{1,2})/(?P<y>\d{4})",
        r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})",
        r"(?P<y>\d{4})-(?P<m>\d{2})",
        rf"(?P<yy>\d{{2}})-{MONTH}",  # a spreadsheet turned "Nov-24" round
        rf"{MONTH}-(?P<yy>\d{{2}})",
        rf"{MONTH} (?P<y>\d{{4}})",
    )
)
REMARK = re.compile(r"\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])$")
ANY_DATE = re.compile("|".join(re.sub(r"\?P<\w+>", "?:", form.pattern) for form in FORMS), re.IGNORECASE | re.ASCII)
# "N/A" and the like, also with a remark behind it ("N/A - Consolidated into another use case.").
ABSENT = re.compile(
    r"(n/a|na|n\.a\.|tbd|t\.b\.d\.|tba|todo|none|null|unknown|to be determined|not applicable|not available|-+|—|\?+)"
    r"(\s*[-–—(:].*)?",
    re.IGNORECASE | re.DOTALL,
)


class Kind(Enum):
    """What a date cell says."""

    KNOWN = "known"
    PLAN = "plan"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    YEAR_ONLY = "year-only"


class Reading(NamedTuple):
    """What a date cell says, and the day where it names one."""

    kind: Kind
    on: date | None = None


def read(text: str) -> Reading:
    """Read a date cell by rule 5 of the inventory's README."""
    text = text.strip()
    if not text or ABSENT.fullmatch(text):
        return Reading(Kind.ABSENT)
    on = _day(_without_remark(text))
    if on is None:
        return Reading(Kind.UNREADABLE)
    if on.year == 1905:  # a year typed into a date cell: 7/16/1905 is day 2024
        return Reading(Kind.YEAR_ONLY)
    if not EARLIEST <= on <= LATEST:
        return Reading(Kind.UNREADABLE)
    return Reading(Kind.PLAN if on > INVENTORY_ON else Kind.KNOWN, on)


def _without_remark(text: str) -> str:
    """Take a remark in brackets off; one that holds a date itself stays, and makes the cell unreadable."""
    remark = REMARK.search(text)
    if remark is None or ANY_DATE.search(remark["round"] or remark["square"] or ""):
        return text
    return text[: remark.start()]


def _day(text: str) -> date | None:
    for form in FORMS:
        if match := form.fullmatch(text):
            return _date(match.groupdict())
    return None


def _date(parts: dict[str, str | None]) -> date | None:
    month = parts.get("m") or MONTHS.index((parts.get("mon") or "").lower()) + 1
    try:
        return date(_year(parts), int(month), int(parts.get("d") or 1))
    except ValueError:  # 30 February, month 13
        return None


def _year(parts: dict[str, str | None]) -> int:
    if year := parts.get("y"):
        return int(year)
    short = int(parts["yy"] or 0)
    return 1900 + short if short >= 69 else 2000 + short
