"""A zip file of several files, read one after another: nothing is written by a name in it, nothing larger than allowed.

An Excel file is a zip file as well, and is none of these.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from imports import zips
from imports.refusals import FileRefusedError
from imports.unpacking import CHUNK

BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
HEAD = 64 * 1024
# What office files have in them, of whatever program.
OF_OFFICE = ("[Content_Types].xml", "mimetype")
OFFICE_FOLDERS = ("xl/", "word/", "ppt/", "_rels/", "docProps/")


@contextmanager
def opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile | None]:
    """Give the zip file that somebody has handed in; None for an office file, also one that is damaged."""
    try:
        archive = zipfile.ZipFile(zips.Bounded(file))
    except (FileRefusedError, *zips.ERRORS) as error:
        if is_machines(error):
            raise
        if _may_be_of_office(file):
            yield None
            return
        raise _damaged() from error
    with archive:
        names = archive.namelist()
        yield None if any(map(_is_of_office, names)) else archive


def files_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files in it; one without a name, of which nobody could be told anything, refuses it."""
    entries = archive.infolist()
    if not all(each.filename for each in entries):  # also where the name begins with NUL
        raise _damaged()
    return [each for each in entries if not each.filename.endswith("/")]


def chunks_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a file in it in pieces."""
    if entry.flag_bits & 1:
        raise RuleError(_("The file is encrypted. Make the zip file anew, without a password."), "file")
    if entry.compress_type not in zips.METHODS:
        raise _damaged()
    try:
        with archive.open(entry) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except zips.ERRORS as error:
        if is_machines(error):
            raise
        raise _damaged() from error


def is_machines(error: Exception) -> bool:
    """Tell whether an error is this machine's own, and none of the file: a full disk, say."""
    return isinstance(error, OSError) and error.errno not in zips.OF_THE_FILE


def _damaged() -> RuleError:
    return RuleError(_("The zip file is damaged, cut off or packed in a way that is not known here."), "file")


def _is_of_office(name: str) -> bool:
    return name in OF_OFFICE or name.startswith(OFFICE_FOLDERS)


def _may_be_of_office(file: IO[bytes]) -> bool:
    """Tell it of a damaged one by how it begins: with a file of office, or with none at all."""
    file.seek(0)
    head = file.read(HEAD)
    length = int.from_bytes(head[26:28], "little")  # of the first file's name, behind 30 bytes
    first = head[30 : 30 + length].strip(b"\0")
    return not first or any(name.encode() in head for name in (*OF_OFFICE, *OFFICE_FOLDERS))
