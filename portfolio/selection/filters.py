"""Which initiatives a figure is about, and as of when. The same for pages, API and commands; the URL carries it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from api.fields import day_of
from portfolio.guidance import Guidance
from projects.models import Hosting
from projects.stages import Stage

DEFAULT_RATE = Decimal("0.1")
# `Decimal` takes "1_0" and other scripts' digits: nobody means those.
_SHARE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# Beyond these a discount rate is a typing error, and its powers leave the range of floats.
LOWEST_RATE, HIGHEST_RATE = Decimal("-0.9"), Decimal(100)


class FilterError(Exception):
    """Filters that cannot be read: field name to message."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True)
class Filters:
    """An as-of date and what narrows the portfolio down. Everything but `as_of` and `rate` narrows."""

    as_of: date = field(default_factory=timezone.localdate)
    business_unit: str = ""
    tag: str = ""
    hosting: str = ""
    guidance: str = ""
    stage: str = ""
    started_from: date | None = None
    started_to: date | None = None
    rate: Decimal = DEFAULT_RATE

    @property
    def narrows(self) -> bool:
        """Tell whether this is less than the whole portfolio: what has no initiative is then left out."""
        return any(getattr(self, name) for name in NARROWING)

    @property
    def by_start(self) -> bool:
        """Tell whether it is a cohort by start: prototypes whose start is unknown are left out of it."""
        return bool(self.started_from or self.started_to)

    def without(self, names: Iterable[str]) -> Filters:
        """Return these filters with some of them as they usually are."""
        usual = Filters()
        return replace(self, **{name: getattr(usual, name) for name in names})

    def query(self, **changes: Any) -> str:
        """Return the query string that leads back here, without what is the default."""
        wanted = vars(replace(self, **changes) if changes else self)
        usual = vars(Filters())
        unlike = {name: value for name, value in wanted.items() if value != usual[name]}
        return urlencode({name: str(value) for name, value in unlike.items() if value not in ("", None)})

    @property
    def query_of_one(self) -> str:
        """Return the query for a figure of one initiative: what narrows the set says nothing about it."""
        return self.without(NARROWING).query()

    @property
    def key(self) -> str:
        """Return what tells these filters from others, for the cache."""
        return urlencode({name: str(value) for name, value in vars(self).items()})


NARROWING = ("business_unit", "tag", "hosting", "guidance", "stage", "started_from", "started_to")
NAMES = tuple(each.name for each in fields(Filters))


def read_filters(query: Mapping[str, str]) -> Filters:
    """Return the filters of a query string; raise `FilterError` naming every field that cannot be read."""
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name in NAMES:
        text = (query.get(name) or "").strip()
        if text:
            try:
                values[name] = READERS[name](text)
            except ValueError as error:
                errors[name] = str(error)
    if errors:
        raise FilterError(errors)
    return Filters(**values)


def _day(text: str) -> date:
    try:
        return day_of(text)
    except ValueError as error:
        raise ValueError(_("Give a date as YYYY-MM-DD, from 1950 to 2100.")) from error


def _rate(text: str) -> Decimal:
    found = Decimal(text) if _SHARE.fullmatch(text) else None
    if found is None or not LOWEST_RATE <= found <= HIGHEST_RATE:
        raise ValueError(_("Give a rate such as 10\u202f% (as a share: 0.1), from −90\u202f% to 10,000\u202f%."))
    return abs(found) if found == 0 else found  # -0 is 0


def share_of(percent: str) -> str:
    """Return a rate as people type it ("8", "8 %") as the share that an address carries; what is no number as it is."""
    number = percent.strip().rstrip("%％").strip()
    return f"{Decimal(number) / 100:f}" if _SHARE.fullmatch(number) else percent


def _text(text: str) -> str:
    if "\x00" in text or len(text) > 1000:
        raise ValueError(_("This text cannot be a name."))
    return text


def _one_of(allowed: set[str]):  # noqa: ANN202
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(_("Choose one of: %(choices)s.") % {"choices": ", ".join(sorted(allowed))})
        return text

    return read


READERS = {
    "as_of": _day,
    "business_unit": _text,
    "tag": _text,
    "hosting": _one_of(set(Hosting.values)),
    "guidance": _one_of(set(Guidance.values)),
    "stage": _one_of(set(Stage.values)),
    "started_from": _day,
    "started_to": _day,
    "rate": _rate,
}
