"""Uploaded files, kept compressed under the hash of their content, so that a row can always be shown again.

What comes in several files is kept as such, with a list of them beside (imports/deliveries.py).
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from isal import igzip

from accounts.errors import RuleError
from imports.unpacking import CHUNK, Limits, content

# Files that are not whole yet, or needed for a moment; what a killed process leaves of them is cleared away.
PART = ".part"
NO_ROOM = gettext_noop("The server has no room left for this file.")
OF_PARTS = "parts-"  # how the name of a list of files begins, where others have the hash of a content
PACKED_AT_ONCE = 2  # pieces of a file; the caller's own thread hashes


class Kept(NamedTuple):
    """A file that is kept: the hash of its content and its size in bytes."""

    sha256: str
    size: int


def path_of(sha256: str) -> Path:
    """Return where the file with this content lies, gzip-compressed; of several files, where their list does."""
    if sha256.startswith(OF_PARTS):
        return folder() / "parts" / f"{sha256}.json"
    return folder() / sha256[:2] / f"{sha256}.gz"


def keep(chunks: Iterable[bytes], limits: Limits | None) -> Kept:
    """Keep a file: streamed to disk, hashed and compressed on the way, put in place in one step.

    A file that comes gzip-compressed is kept as what is in it. `limits` None: however large (a file of this machine).
    """
    return keep_content(content(chunks, limits))


def keep_content(chunks: Iterable[bytes]) -> Kept:
    """Keep a file of which gzip is taken off already."""
    with _written() as (raw, put):
        kept = _compress(chunks, raw)
        put(path_of(kept.sha256))
    return kept


def keep_list(name: str, text: bytes) -> None:
    """Keep a list of files."""
    with _written() as (raw, put):
        raw.write(text)
        raw.flush()
        os.fsync(raw.fileno())
        put(path_of(name))


@contextmanager
def _written() -> Iterator[tuple[BinaryIO, Callable[[Path], object]]]:
    """Give a file to be written, and what puts it in its place in one step; what fails leaves nothing."""
    folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder(), suffix=PART)

    def put(place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        Path(name).replace(place)

    try:
        with room(), os.fdopen(handle, "wb") as raw:
            yield raw, put
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def room() -> Iterator[None]:
    """Say it to the person where the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise RuleError(_(NO_ROOM), "file", status=507) from error


@contextmanager
def laid_down(chunks: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Give what is handed in as a file on disk, for readers that jump about in it, until it was looked at."""
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder(), suffix=PART) as file:
        with room():
            for chunk in chunks:
                file.write(chunk)
            file.flush()
        file.seek(0)
        yield file


def unpacked(path: Path) -> IO[bytes]:
    """Return a kept file as it was, with a name, for readers that jump about in it; it goes when it is closed."""
    file = tempfile.NamedTemporaryFile(dir=folder(), suffix=PART)  # noqa: SIM115 - the caller closes it
    with igzip.open(path) as packed:
        shutil.copyfileobj(packed, file, CHUNK)
    file.flush()
    return file


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a file on disk in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _compress(chunks: Iterable[bytes], raw: BinaryIO) -> Kept:
    """Write chunks compressed. Each piece is a gzip member of its own, so that several are packed at a time."""
    digest, size = hashlib.sha256(), 0
    packing: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(PACKED_AT_ONCE) as beside:
        for piece in _pieces(chunks):
            size += len(piece)
            packing.append(beside.submit(igzip.compress, piece, 1, mtime=0))
            digest.update(piece)
            if len(packing) > PACKED_AT_ONCE:
                raw.write(packing.popleft().result())
        for packed in packing:
            raw.write(packed.result())
    raw.flush()
    os.fsync(raw.fileno())
    return Kept(digest.hexdigest(), size)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Put small chunks together: what comes over a network is handed in by the packet."""
    held, size = [], 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def folder() -> Path:
    """Return where files are kept."""
    return settings.VAR / "uploads" / "kept"
