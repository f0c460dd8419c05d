"""A file that is given up as a whole."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from imports.report import Reason

OTHER_FORMAT = gettext_noop(
    "The file is not of the chosen format, which knows nothing of this: {found}. Nothing was imported."
)
FOUND_SHOWN = 200


class FileRefusedError(Exception):
    """The whole file is given up: it is not what it should be. Nothing of it is imported."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class OtherFormatError(FileRefusedError):
    """A document of JSON has something in the place of what its format looks for; told by its keys, if it has some."""

    def __init__(self, part: Any) -> None:
        found = ", ".join(part) if isinstance(part, dict) and part else repr(part)
        super().__init__(Reason(OTHER_FORMAT, found=found[:FOUND_SHOWN]))
