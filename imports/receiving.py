"""What is handed in: one file, several at once, or a zip file of several, kept in the same way.

Several are one delivery (imports/deliveries.py). In a zip file and among several files what is no part of the bill is
passed over: lists of the delivery in JSON, and what systems put beside files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from api.parsing import printable
from imports import archives, deliveries, files, unpacking
from imports.deliveries import Part
from imports.kinds import FileKind, kind_of
from imports.refusals import FileRefusedError
from imports.unpacking import CHUNK, Limits, content

MOST_FILES = 1_000
MOST_ENTRIES = 10 * MOST_FILES  # with those that are passed over
LONGEST_NAME = 200
PARTS = (FileKind.CSV, FileKind.PARQUET, FileKind.JSON)
# How archives and Excel files begin: gzip, zip, 7-Zip, RAR, xz, Zstandard, bzip2, old Office. A tar says it further on.
NESTED = (
    unpacking.GZIP, *archives.BEGINNINGS, b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd",
    *(b"BZh%d1AY&SY" % level for level in range(1, 10)), b"\xd0\xcf\x11\xe0",
)  # fmt: skip
TAR, TAR_AT = b"ustar", 257


class HandedIn(NamedTuple):
    """A file on its way in."""

    name: str
    chunks: Iterable[bytes]


class _Entry(NamedTuple):
    """One of several files, not opened yet."""

    name: str
    chunks: Callable[[], Iterable[bytes]]


def keep(handed_in: Sequence[HandedIn], limits: Limits | None) -> files.Kept:
    """Keep what was handed in. `limits` None: however large (files of this machine)."""
    if len(handed_in) > 1:
        given = _Counted(limits and limits.handed_in, 0)
        entries = [_Entry(each.name, partial(given.of, each.chunks)) for each in handed_in]
        return _keep_all(entries, limits, given)
    head, chunks = _beginning(handed_in[0].chunks)
    if not head.startswith(archives.BEGINNINGS):
        return files.keep(chunks, limits)
    with files.laid_down(content(chunks, limits)) as file:
        return _keep_zip(file, limits)


def name_of(handed_in: Sequence[HandedIn]) -> str:
    """Return what is handed in is called."""
    return deliveries.joined([each.name for each in handed_in])


def _keep_zip(file: IO[bytes], limits: Limits | None) -> files.Kept:
    with archives.opened(file) as archive:
        if archive is not None:
            given = _Counted(None, file.seek(0, 2))
            entries = [
                _Entry(each.filename, partial(archives.chunks_of, archive, each)) for each in archives.files_of(archive)
            ]
            return _keep_all(entries, limits, given)
    file.seek(0)
    return files.keep_content(iter(lambda: file.read(CHUNK), b""))


def _keep_all(entries: Sequence[_Entry], limits: Limits | None, given: _Counted) -> files.Kept:
    """Keep several files, and the list of them."""
    wanted, passed_over = _wanted(entries)
    if not wanted:
        raise RuleError(_("There is no file in it that could be imported."), "file")
    if len(wanted) > MOST_FILES or len(entries) > MOST_ENTRIES:
        text = _("These are more than {most} files. Put several together, or hand them in in several imports.")
        raise RuleError(text.format(most=f"{MOST_FILES:,}"), "file", status=413)
    packed, unpacked = (_Counted(limits and limits.unpacked, 0, given) for _each in range(2))
    parts: list[Part] = []
    for entry in wanted:
        name = _free(_shown(entry.name), {part.name for part in parts})
        with _named(name):
            chunks = content(packed.of(entry.chunks()), limits and Limits(limits.unpacked, limits.unpacked))
            kept = files.keep_content(_refusing_archives(unpacked.of(chunks)))
            part = Part(name, *kept)
            _refuse_other_kind(part, parts)
        parts.append(part)
    return deliveries.keep(parts, [_shown(entry.name) for entry in passed_over])


class _Counted:
    """Counts bytes that pass, and holds them within a limit; what is unpacked also within a multiple of the packed."""

    def __init__(self, most: int | None, size: int, packed: _Counted | None = None) -> None:
        self._most, self.size, self._packed = most, size, packed

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks."""
        for chunk in chunks:
            self.size += len(chunk)
            if self._most is not None and self.size > self._limit(self._most):
                raise RuleError(_("All files together are larger than can be taken."), "file", status=413)
            yield chunk

    def _limit(self, most: int) -> int:
        if self._packed is None:
            return most
        return min(most, max(unpacking.UNSUSPICIOUS, unpacking.MOST_TIMES_LARGER * self._packed.size))


def _beginning(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, and all of them."""
    coming, held = iter(chunks), b""
    while len(held) < len(archives.BEGINNINGS[0]) and (more := next(coming, None)) is not None:
        held += more
    return held[: len(archives.BEGINNINGS[0])], chain([held], coming)


def _wanted(entries: Sequence[_Entry]) -> tuple[list[_Entry], list[_Entry]]:
    """Return the files that are parts of the bill, and those that are passed over.

    JSON is a list of the delivery where there are other files; where all are JSON, what is called a manifest.
    """
    is_json_alone = all(_is_json(each.name) for each in entries if not _is_hidden(each.name))
    is_list = _is_manifest if is_json_alone else _is_json
    wanted: list[_Entry] = []
    passed_over: list[_Entry] = []
    for each in entries:
        is_beside = _is_hidden(each.name) or is_list(each.name)
        (passed_over if is_beside else wanted).append(each)
    return wanted, passed_over


def _is_hidden(name: str) -> bool:
    """Tell what systems put beside files: `__MACOSX/…`, `.DS_Store`, `_SUCCESS`."""
    return name.startswith("__MACOSX/") or _base(name).startswith((".", "_"))


def _is_json(name: str) -> bool:
    return name.lower().endswith((".json", ".json.gz"))


def _is_manifest(name: str) -> bool:
    return "manifest" in _base(name).lower()


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _shown(name: str) -> str:
    """Return a name to be shown; nothing is ever written by it."""
    return "".join(sign if sign.isprintable() else "�" for sign in printable(name))[-LONGEST_NAME:]


def _free(name: str, taken: Collection[str]) -> str:
    """Return a name that no file before it has."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _refusing_archives(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what is no archive itself."""
    coming, head = iter(chunks), b""
    while len(head) < TAR_AT + len(TAR) and (more := next(coming, None)) is not None:
        head += more
    if head.startswith(NESTED) or head[TAR_AT:].startswith(TAR):
        text = _("The file is an archive or an Excel file itself. Several files are CSV, CSV.gz, Parquet or JSON.")
        raise RuleError(text, "file")
    return chain([head], coming)


def _refuse_other_kind(part: Part, parts: Sequence[Part]) -> None:
    """Refuse files of several kinds."""
    try:
        found, first = (kind_of(each.path, PARTS) for each in (part, (*parts, part)[0]))
    except FileRefusedError as refusal:
        raise RuleError(refusal.reason.translated(), "file") from refusal
    if found is not first:
        text = _("The file is of the kind {found}, the files before it are {first}. Several files are all of one kind.")
        raise RuleError(text.format(found=found.value, first=first.value), "file")


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of which file something is said."""
    try:
        yield
    except RuleError as error:
        text = _("{part}: {sentence}").format(part=name, sentence=error.message)
        raise RuleError(text, error.field, error.status) from error
