"""Which encoding a file is in, found before anything of it is believed."""

from __future__ import annotations

import codecs
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_noop
from isal import igzip

from imports.refusals import FileRefusedError
from imports.report import Reason

CHUNK = 1024 * 1024
# A few NUL bytes spoil their rows; more than that is no text.
MOST_NULS = 10
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# How other kinds of file begin: said plainly instead of "unknown columns".
SIGNATURES = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF")

EMPTY = gettext_noop("The file is empty.")
BINARY = gettext_noop("This is not a text file. Save it as CSV (UTF-8) and try again.")
UNDECODABLE = gettext_noop("Line {line} is not {encoding} text. Save the file as CSV (UTF-8) and try again.")
LONG_LINE = gettext_noop("Line {line} is longer than 1,000,000 bytes: this is not a table.")


def encoding_of(path: Path, fallback: str | None, *, is_table: bool = True, whole: bool = True) -> str:
    """Return the encoding of a kept file: UTF-8 or marked UTF-16, else `fallback` when every byte fits it.

    A table has lines that end, which is looked after here as well. Without `whole` only the beginning is looked at.
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
    wrong = _first_wrong_line(path, "utf-8-sig", is_table, whole)
    if wrong is None:
        return "utf-8-sig"
    if fallback is None:
        raise FileRefusedError(Reason(UNDECODABLE, line=wrong, encoding="UTF-8"))
    return look(fallback)


def _checked(path: Path, encoding: str, *, is_table: bool, whole: bool) -> str:
    wrong = _first_wrong_line(path, encoding, is_table, whole)
    if wrong is not None:
        raise FileRefusedError(Reason(UNDECODABLE, line=wrong, encoding=encoding.upper()))
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
