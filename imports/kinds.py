"""What kind of file it is: told by how its content begins, never by its name."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from enum import Enum
from pathlib import Path

from django.utils.translation import gettext_noop
from isal import igzip

from imports import deliveries
from imports.refusals import FileRefusedError
from imports.report import Reason

HEAD = 64 * 1024

NOT_TAKEN = gettext_noop("This is a file of the kind {found}; the format takes {taken}.")
OLD_OR_LOCKED = gettext_noop(
    "This is an Excel file of the old kind, or one with a password. Save it as .xlsx without a password, or as CSV."
)


class FileKind(Enum):
    """The kinds of files that formats take. What is compressed with gzip is unpacked when it is handed in."""

    CSV = "CSV"
    XLSX = "XLSX"
    PARQUET = "Parquet"
    JSON = "JSON"


TABLES = (FileKind.CSV, FileKind.XLSX)
_OLE = b"\xd0\xcf\x11\xe0"
_BEGINNINGS = {b"PK\x03\x04": FileKind.XLSX, b"PAR1": FileKind.PARQUET}


def kind_of(path: Path, taken: Collection[FileKind]) -> FileKind:
    """Return which of the kinds that a format takes a kept file is; refuse one that is none of them.

    Text is CSV unless it begins as JSON does and the format takes JSON. Several files are what their first one is.
    """
    with igzip.open(deliveries.first_of(path)) as file:
        head = file.read(HEAD)
    if head.startswith(_OLE):
        raise FileRefusedError(Reason(OLD_OR_LOCKED))
    found = next((kind for begins, kind in _BEGINNINGS.items() if head.startswith(begins)), FileKind.CSV)
    if found is FileKind.CSV and (FileKind.CSV not in taken or (FileKind.JSON in taken and _begins_as_json(head))):
        found = FileKind.JSON
    if found not in taken:
        names = ", ".join(kind.value for kind in FileKind if kind in taken)
        raise FileRefusedError(Reason(NOT_TAKEN, found=found.value, taken=names))
    return found


def _begins_as_json(head: bytes) -> bool:
    text = head.removeprefix(codecs.BOM_UTF8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    return text.lstrip()[:1] in (b"{", b"[")
