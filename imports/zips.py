"""The XML of an office file, copied into a new zip file that holds no surprises: no bombs, no entities, no lies.

What a zip directory says of sizes is only a claim. The copy has exactly what was read here, within bounds, so that what
reads it next cannot be led elsewhere.
"""

from __future__ import annotations

import errno
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_noop

from imports.refusals import FileRefusedError
from imports.report import Reason

MOST_BYTES = 512 * 1024 * 1024
MOST_TIMES_LARGER = 250
UNSUSPICIOUS = 64 * 1024 * 1024
MOST_PARTS = 1_000
# A reader makes room for every cell up to the last one, also where there is none.
MOST_CELLS = 3_000_000
CHUNK = 1024 * 1024  # of a sheet's XML; who looks at its beginning gets the rows of the first one
OVERLAP = 256

DAMAGED = gettext_noop("The Excel file is damaged or cut off. Open it, save it anew as .xlsx and try again.")
LOCKED = gettext_noop("The Excel file has a password. Save it without one and try again.")
TOO_LARGE = gettext_noop("The Excel file is too large when unpacked. Save the sheet as CSV and try again.")
ENTITIES = gettext_noop("The Excel file declares a document type, which no spreadsheet does. It is not opened.")
TOO_MANY_CELLS = gettext_noop(
    "The Excel file has cells as far as {place}: more than 3,000,000 cells. Save the sheet as CSV and try again."
)

_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["'](?:[^>]*[^/>])?>""")
_ROW_END = re.compile(rb"</(?P<prefix>(?:[\w.-]+:)?)row>")
_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_OF_THE_FILE = (None, errno.EINVAL)  # a damaged stream, a place in it that cannot be


def safe_copy(file: IO[bytes], size: int, only_beginning: bool = False) -> IO[bytes]:
    """Return a copy of an office file's XML parts, to be read by name; it goes when it is closed.

    `only_beginning`: its sheets end after their first rows, so that a page may look at a file of any size.
    """
    copy = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the caller closes it
    try:
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
            _copy(source, target, size, only_beginning)
    except _ERRORS as error:
        copy.close()
        if isinstance(error, OSError) and error.errno not in _OF_THE_FILE:  # this machine's own: a full disk, say
            raise
        raise FileRefusedError(Reason(DAMAGED)) from error
    copy.seek(0)
    return copy


def _copy(source: zipfile.ZipFile, target: zipfile.ZipFile, size: int, only_beginning: bool) -> None:
    parts = {each.filename: each for each in source.infolist() if each.filename.lower().endswith((".xml", ".rels"))}
    if any(each.flag_bits & 1 for each in parts.values()):
        raise FileRefusedError(Reason(LOCKED))
    total = sum(each.file_size for each in parts.values())
    if len(parts) > MOST_PARTS or total > MOST_BYTES or total > max(UNSUSPICIOUS, MOST_TIMES_LARGER * size):
        raise FileRefusedError(Reason(TOO_LARGE))
    for name, each in parts.items():
        cells = _Cells() if "/worksheets/" in name.lower() else None
        with source.open(each) as part, target.open(name, "w", force_zip64=True) as written:
            chunks = _checked(part, cells)
            for chunk in _cut_short(chunks) if cells is not None and only_beginning else chunks:
                written.write(chunk)


def _checked(part: IO[bytes], cells: _Cells | None) -> Iterator[bytes]:
    """Yield a part in pieces; each is looked at together with the end of the one before."""
    before = b""
    while chunk := part.read(CHUNK):
        seen = before + chunk
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
            raise FileRefusedError(Reason(ENTITIES))
        if cells is not None:
            cells.see(seen)
        before = seen[-OVERLAP:]
        yield chunk


def _cut_short(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a sheet up to the last row that ends in the first piece in which one does, and the sheet's end."""
    for chunk in chunks:
        ends = list(_ROW_END.finditer(chunk))
        if ends:
            end = ends[-1]
            yield chunk[: end.end()] + b"</%(prefix)ssheetData></%(prefix)sworksheet>" % {b"prefix": end["prefix"]}
            return
        yield chunk


class _Cells:
    """How far the cells of a sheet reach."""

    def __init__(self) -> None:
        self._columns: set[bytes] = set()
        self._rows = 0

    def see(self, xml: bytes) -> None:
        """Take note of the cells in a piece of a sheet, but for those that are empty."""
        found = _CELL.findall(xml)
        if not found:
            return
        columns, rows = zip(*found, strict=True)
        self._columns.update(columns)
        self._rows = max(self._rows, *map(int, set(rows)))
        last = max(self._columns, key=_number)
        if _number(last) * self._rows > MOST_CELLS:
            raise FileRefusedError(Reason(TOO_MANY_CELLS, place=f"{last.decode().upper()}{self._rows}"))


def _number(column: bytes) -> int:
    """Return the number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
