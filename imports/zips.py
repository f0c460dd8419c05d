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
from functools import lru_cache
from typing import IO

from django.utils.translation import gettext_noop
from xlsxwriter.utility import xl_rowcol_to_cell

from imports import files
from imports.refusals import FileRefusedError
from imports.report import Reason

MOST_BYTES = 512 * 1024 * 1024
MOST_TIMES_LARGER = 250
UNSUSPICIOUS = 64 * 1024 * 1024
MOST_PARTS = 1_000
# A reader makes room for every cell up to the last one, also where there is none.
MOST_CELLS = 3_000_000
LAST_COLUMN, LAST_ROW = 16_384, 1_048_576  # of Excel
MOST_OF_DIRECTORY = 4 * 1024 * 1024
# Ways of packing of which zipfile unpacks no more than it is asked for: of bzip2 and LZMA a kilobyte may be a gigabyte.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 1024 * 1024  # of a sheet's XML; who looks at its beginning gets the rows of the first one
LONGEST_TAG = 1024 * 1024

DAMAGED = gettext_noop("The Excel file is damaged or cut off. Open it, save it anew as .xlsx and try again.")
LOCKED = gettext_noop("The Excel file has a password. Save it without one and try again.")
TOO_LARGE = gettext_noop("The Excel file is too large when unpacked. Save the sheet as CSV and try again.")
ENTITIES = gettext_noop("The Excel file declares a document type, which no spreadsheet does. It is not opened.")
TOO_MANY_CELLS = gettext_noop(
    "The Excel file has cells as far as {place}: more than 3,000,000 cells. Save the sheet as CSV and try again."
)

# The tag of a cell or a row, whatever its prefix: with `r` first, as nearly all have it, and what follows.
_ATTRIBUTES = rb"""[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*"""
_TAG = re.compile(
    rb"""<(?:[^\s<>/:"'=]*:)??(c|row)(?=[\s/>])(?:\s+r="([A-Z]{0,3})([1-9][0-9]{0,6})"(?=[\s/>]))?("""
    + _ATTRIBUTES
    + rb")>"
)
_SIGNS = (b"<c", b"<row", b":c", b":row")  # one of which such a tag has in it
_ANY_TAG = re.compile(b"<" + _ATTRIBUTES + b">")
_ATTRIBUTE = re.compile(rb"""([^\s=]+)\s*=\s*["']([^"'<]*)["']""")
_PLACE = re.compile(rb"([A-Z]{0,3})([1-9][0-9]{0,6})")
_ROW_END = re.compile(rb"</(?P<prefix>(?:[\w.-]+:)?)row>")
ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
OF_THE_FILE = (None, errno.EINVAL)  # a damaged stream, a place in it that cannot be


def safe_copy(file: IO[bytes], size: int, only_beginning: bool = False) -> IO[bytes]:
    """Return a copy of an office file's XML parts, with a name, for a process that reads it; it goes when it is closed.

    `only_beginning`: its sheets end after their first rows, so that a page may look at a file of any size.
    """
    # As large as it says, so where files are kept: /tmp may be memory.
    copy = tempfile.NamedTemporaryFile(dir=files.folder(), suffix=files.PART)  # noqa: SIM115 - the caller closes it
    try:
        with zipfile.ZipFile(Bounded(file)) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
            _copy(source, target, size, only_beginning)
    except FileRefusedError:
        copy.close()
        raise
    except ERRORS as error:
        copy.close()
        if isinstance(error, OSError) and error.errno not in OF_THE_FILE:  # this machine's own: a full disk, say
            raise
        raise FileRefusedError(Reason(DAMAGED)) from error
    copy.flush()
    return copy


class Bounded:
    """The file for `ZipFile`, which reads a directory all at once, however long that says it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, up to so many."""
        if size > MOST_OF_DIRECTORY:
            raise FileRefusedError(Reason(TOO_LARGE))
        return self._file.read(size)


def _copy(source: zipfile.ZipFile, target: zipfile.ZipFile, size: int, only_beginning: bool) -> None:
    parts = {each.filename: each for each in source.infolist() if each.filename.lower().endswith((".xml", ".rels"))}
    if any(each.flag_bits & 1 for each in parts.values()):
        raise FileRefusedError(Reason(LOCKED))
    if any(each.compress_type not in METHODS for each in parts.values()):
        raise FileRefusedError(Reason(DAMAGED))
    total = sum(each.file_size for each in parts.values())
    if len(parts) > MOST_PARTS or total > MOST_BYTES or total > max(UNSUSPICIOUS, MOST_TIMES_LARGER * size):
        raise FileRefusedError(Reason(TOO_LARGE))
    for name, each in parts.items():
        is_cut = only_beginning and "/worksheets/" in name.lower()
        with source.open(each) as part, target.open(name, "w", force_zip64=True) as written:
            chunks = _checked(part)
            for chunk in _cut_short(chunks) if is_cut else chunks:
                written.write(chunk)


def _checked(part: IO[bytes]) -> Iterator[bytes]:
    """Yield a part in pieces; a tag that goes on in the next piece is looked at there.

    Any part can be a sheet: the workbook says which, not a name.
    """
    cells, held = _Cells(), b""
    while chunk := part.read(CHUNK):
        seen = held + chunk
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
            raise FileRefusedError(Reason(ENTITIES))
        last = seen.rfind(b"<")
        whole = len(seen) if last < 0 or _ANY_TAG.match(seen, last) else last
        cells.see(seen[:whole])
        held = seen[whole:]
        if len(held) > LONGEST_TAG:
            raise FileRefusedError(Reason(DAMAGED))
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
    """How far the cells of a part reach, if it is a sheet: as its reader finds their places.

    A cell without a reference stands beside the one before it, a row without a number below the one before.
    """

    def __init__(self) -> None:
        self._column = self._row = 0  # where the reader is
        self._last_column = self._last_row = 0  # of cells with something in them

    def see(self, xml: bytes) -> None:
        """Take note of the cells in a piece of a sheet, but for those that are empty."""
        if not any(sign in xml for sign in _SIGNS):  # as in the shared texts: ten times as quick as to search for tags
            return
        for tag, letters, digits, rest in _TAG.findall(xml):
            if not digits:
                letters, digits = _place(rest)
            if tag == b"row":
                self._row = int(digits) if digits else self._row + 1
                self._column = 0
                continue
            self._column = _number(letters) if digits else self._column + 1
            row = int(digits) if digits else self._row
            if not (1 <= self._column <= LAST_COLUMN and row <= LAST_ROW):
                raise FileRefusedError(Reason(DAMAGED))
            if not rest.endswith(b"/"):
                self._last_column = max(self._last_column, self._column)
                self._last_row = max(self._last_row, row)
        if self._last_column * self._last_row > MOST_CELLS:
            place = xl_rowcol_to_cell(self._last_row - 1, self._last_column - 1)
            raise FileRefusedError(Reason(TOO_MANY_CELLS, place=place))


def _place(attributes: bytes) -> tuple[bytes, bytes]:
    """Return letters and digits of the `r` among a tag's attributes, wherever it stands; nothing where it has none."""
    said = next((value for name, value in _ATTRIBUTE.findall(attributes) if name == b"r"), None)
    if said is None:
        return b"", b""
    found = _PLACE.fullmatch(said)
    if found is None:
        raise FileRefusedError(Reason(DAMAGED))
    return found[1], found[2]


@lru_cache(maxsize=LAST_COLUMN)
def _number(column: bytes) -> int:
    """Return the number of a column: A is 1, Z is 26, AA is 27; 0 for none."""
    number = 0
    for letter in column:
        number = number * 26 + letter - ord("A") + 1
    return number
