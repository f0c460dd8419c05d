"""What is handed in, with gzip taken off and nothing larger than it may be: file.csv.gz is kept as file.csv is."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from isal import igzip, isal_zlib

from accounts.errors import RuleError

CHUNK = 1024 * 1024
GZIP = b"\x1f\x8b"
# Text packs to a tenth, very even text to a hundredth; a bomb to a thousandth.
MOST_TIMES_LARGER = 250
UNSUSPICIOUS = 256 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How many bytes a file may have as it is handed in, and unpacked."""

    handed_in: int
    unpacked: int

    @classmethod
    def of_uploads(cls) -> Limits:
        """Return what holds for files that come over the network."""
        return cls(settings.UPLOAD_MAX_BYTES, settings.UNPACKED_MAX_BYTES)


def content(chunks: Iterable[bytes], limits: Limits | None) -> Iterator[bytes]:
    """Yield the content of a file; raise RuleError where it is too large or its gzip is broken. None: no limits."""
    given = _Given(chunks, limits)
    if given.peek() != GZIP:
        yield from given
        return
    try:
        yield from _unpacked(given, limits)
    except (EOFError, gzip.BadGzipFile, isal_zlib.error) as error:
        raise RuleError(_("The gz file is damaged or cut off."), "file") from error


def _unpacked(given: _Given, limits: Limits | None) -> Iterator[bytes]:
    size = 0
    with igzip.IGzipFile(fileobj=io.BufferedReader(given, CHUNK)) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if limits is not None and (
                size > limits.unpacked or size > max(UNSUSPICIOUS, MOST_TIMES_LARGER * given.size)
            ):
                raise RuleError(_("The gz file unpacks to more than can be taken."), "file", status=413)
            yield chunk


class _Given(io.RawIOBase):
    """The chunks of an upload as a file; counts what has come."""

    def __init__(self, chunks: Iterable[bytes], limits: Limits | None) -> None:
        self._chunks = iter(chunks)
        self._limit = limits.handed_in if limits else None
        self._held = b""
        self.size = 0

    def peek(self) -> bytes:
        """Return the first two bytes, without taking them."""
        while len(self._held) < len(GZIP) and (more := self._more()):
            self._held += more
        return self._held[: len(GZIP)]

    def __iter__(self) -> Iterator[bytes]:  # type: ignore[override]
        """Yield everything as it comes."""
        if self._held:
            yield self._held
        while more := self._more():
            yield more

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, as far as there is something."""
        self._held = self._held or self._more()
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)

    def _more(self) -> bytes:
        more = next((chunk for chunk in self._chunks if chunk), b"")
        self.size += len(more)
        if self._limit is not None and self.size > self._limit:
            limit = self._limit // settings.MEBIBYTE
            raise RuleError(_("The file is larger than {limit} MB.").format(limit=limit), "file", status=413)
        return more
