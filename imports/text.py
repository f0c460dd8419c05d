"""Which encoding a file is in, found before anything of it is believed."""

from __future__ import annotations

import codecs
from functools import partial
from pathlib import Path

import numpy as np
from django.utils.translation import gettext_noop
from isal import igzip

from imports.refusals import FileRefusedError
from imports.report import Reason

CHUNK = 1024 * 1024
NEWLINE = ord("\n")
# A few NUL bytes spoil their rows; more than that is no text.
MOST_NULS = 10
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# How other kinds of file begin: said plainly instead of "unknown columns".
SIGNATURES = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF")

EMPTY = gettext_noop("The file is empty.")
BINARY = gettext_noop("This is not a text file. Save it as CSV (UTF-8) and try again.")
UNDECODABLE = gettext_noop("Line {line} is not {encoding} text. Save the file as CSV (UTF-8) and try again.")
LONG_LINE = gettext_noop("Line {line} is longer than 1,000,000 bytes: this is not a table.")


def encoding_of(
    path: Path, fallback: str | None, *, is_table: bool = True, whole: bool = True, utf_8_is_checked: bool = False
) -> str:
    """Return the encoding of a kept file: UTF-8 or marked UTF-16, else `fallback` when every byte fits it.

    A table has lines that end, which is looked after here as well. Without `whole` only the beginning is looked at, and
    so it is of what can be UTF-8 alone where whoever reads it checks that on the way (`Utf8Check`).
    """
    look = partial(_checked, path, is_table=is_table, whole=whole)
    with igzip.open(path) as file:
        head = file.read(CHUNK)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileRefusedError(Reason(EMPTY))
    if head.startswith(SIGNATURES):
        raise FileRefusedError(Reason(BINARY))
    if head.startswith(UTF_16_MARKS):
        return look("utf-16")
    if head.count(b"\0") > max(MOST_NULS, len(head) // 500):
        raise FileRefusedError(Reason(BINARY))
    wrong = _first_wrong_line(path, "utf-8-sig", is_table, whole and not (utf_8_is_checked and fallback is None))
    if wrong is None:
        return "utf-8-sig"
    if fallback is None:
        raise _undecodable(wrong, "UTF-8")
    return look(fallback)


class Utf8Check:
    """Holds that what is read piece by piece is UTF-8; `line` is the one that the next piece begins on."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1

    def take(self, piece: bytes) -> None:
        """Check the next piece; b"" at the end of the file, which no character may lie across."""
        is_within_a_character = bool(self._decoder.getstate()[0])
        if is_within_a_character or not piece.isascii():
            try:
                self._decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _undecodable(self._line + piece.count(b"\n", 0, error.start), "UTF-8") from error
        self._line += line_breaks(piece)


def line_breaks(piece: bytes) -> int:
    """Count the line breaks; a tenth of the time that `bytes.count` takes where there are many."""
    return int(np.count_nonzero(np.frombuffer(piece, np.uint8) == NEWLINE))


def _undecodable(line: int, encoding: str) -> FileRefusedError:
    return FileRefusedError(Reason(UNDECODABLE, line=line, encoding=encoding))


def _checked(path: Path, encoding: str, *, is_table: bool, whole: bool) -> str:
    wrong = _first_wrong_line(path, encoding, is_table, whole)
    if wrong is not None:
        raise _undecodable(wrong, encoding.upper())
    return encoding


def _first_wrong_line(path: Path, encoding: str, is_table: bool, whole: bool) -> int | None:
    """Return the first line that does not decode; None when all do. A line without end is refused on the way."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, open_bytes = 1, 0
    with igzip.open(path) as file:
        while True:
            chunk = file.read(CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return line + chunk.count(b"\n", 0, error.start)
            if not chunk:
                return None
            breaks = chunk.count(b"\n")
            open_bytes = open_bytes + len(chunk) if not breaks and b"\r" not in chunk else 0
            if is_table and open_bytes > CHUNK:
                raise FileRefusedError(Reason(LONG_LINE, line=line))
            line += breaks
            if not whole:
                return None
