"""What the files of Anthropic's console have, and its API's reports have not: days or hours, and names for ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from costs.importers import bills, cells
from imports.cells import DAY, some_day
from imports.pipeline import Column, Importer

USED_ON = "usage_date_utc"
NAMES = ("workspace", "api_key", "speed")
# Claude Code makes such keys by itself, each with the name of a person in it.
OF_A_PERSON = "claude_code_key_"


def columns() -> Iterator[Column]:
    """Yield the columns that both files of the console have."""
    yield Column(USED_ON, holds="day")
    yield from map(Column, NAMES)


def period(text: str) -> tuple[datetime, datetime]:
    """Return the day of `2026-11-30`, or the hour that begins at `2026-11-30 14:00`, in UTC."""
    starts = bills.moment(text, USED_ON)
    some_day(f"{starts:%Y-%m-%d}", USED_ON)  # no later than one that has a next
    return starts, starts + (timedelta(days=1) if DAY.fullmatch(text) else timedelta(hours=1))


def key_name(text: str) -> str:
    """Return the name of an API key; refuse one that is too long."""
    return cells.short(without_person(text), "api_key")


def without_person(key: str) -> str:
    """Return the name of an API key; of those that Claude Code makes for a person without the person."""
    return OF_A_PERSON.rstrip("_") if key.strip().casefold().startswith(OF_A_PERSON) else key


class OfConsole(Importer):
    """A format that reads files of the console as well."""

    # The console's columns that stand in the place of the API's, all together: the API's name and the console's.
    instead: ClassVar[Mapping[str, str]]

    @property
    def is_of_console(self) -> bool:
        """Tell whether the file is one; a page of the API has every column, though nothing in this one."""
        return _is_of_console({*self.at, *self.constants})

    @classmethod
    def lacking(cls, given: Collection[str]) -> list[str]:
        """Return the required columns that are not among those given: the console's or the API's."""
        lacking = super().lacking(())
        if _is_of_console(given):
            lacking = list(dict.fromkeys(cls.instead.get(name, name) for name in lacking))
        return [name for name in lacking if name not in given]

    @classmethod
    def shown(cls, heading: str, cell: str) -> str:
        """Show no person in the name of a key."""
        seen = super().shown(heading, cell)
        return without_person(seen) if heading.strip().casefold() == "api_key" else seen


def _is_of_console(given: Collection[str]) -> bool:
    return USED_ON in given and "starting_at" not in given
