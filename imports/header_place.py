"""Where in a file its headings stand, where that is not its first row: below a title, on a sheet behind a cover."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_noop

from imports.refusals import FileRefusedError
from imports.report import Reason

LAST_ROW = 1_000  # that headings may stand in: a page reads as far
LONGEST_NAME = 100  # of a sheet; Excel allows 31

NO_HEADER = gettext_noop("There are no headings in row {number}.")
NO_SUCH_SHEET = gettext_noop("There is no sheet “{name}” that can be seen.")


@dataclass(frozen=True)
class HeaderPlace:
    """A sheet by its name ("": the first that can be seen), of a workbook, and a row (0: the first filled one)."""

    sheet: str = ""
    header_row: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what was said."""
        return {name: value for name, value in asdict(self).items() if value}


FIRST = HeaderPlace()


class NotThereError(FileRefusedError):
    """There is nothing where the headings should be; `field` is the part of the place that is to blame."""

    def __init__(self, field: str, reason: Reason) -> None:
        super().__init__(reason)
        self.field = field


def no_header(row: int) -> NotThereError:
    """Return what is wrong with a row that has no headings."""
    return NotThereError("header_row", Reason(NO_HEADER, number=row))


def no_sheet(name: str) -> NotThereError:
    """Return what is wrong with a sheet that is not there, or hidden."""
    return NotThereError("sheet", Reason(NO_SUCH_SHEET, name=name))


def is_known(option: str, value: Any) -> bool:
    """Tell whether a mapping may say this of the place."""
    if option == "header_row":
        return type(value) is int and 1 <= value <= LAST_ROW
    return option == "sheet" and isinstance(value, str) and 0 < len(value) <= LONGEST_NAME
