"""How a file that is handed in comes onto the disk."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class NoRoomError(SuspiciousOperation):
    """The disk is full: `config.limits.bad_request` says so. Only this kind ends the reading of a form in an answer."""


class ToDisk(TemporaryFileUploadHandler):
    """Writes files to `FILE_UPLOAD_TEMP_DIR`; one for which there is no room leaves nothing."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write what has come."""
        with self._room():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile:
        """Write what is left, and return the file."""
        with self._room():
            return super().file_complete(file_size)

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            with suppress(OSError):  # of what is still to be written; the file goes all the same
                self.file.close()
            raise NoRoomError from error
