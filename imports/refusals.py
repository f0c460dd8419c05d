"""A file that is given up as a whole."""

from __future__ import annotations

from imports.report import Reason


class FileRefusedError(Exception):
    """The whole file is given up: it is not what it should be. Nothing of it is imported."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason
