"""Uploaded files, kept compressed under the hash of their content, so that a row can always be shown again."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
PACKED_AT_ONCE = 2  # pieces of a file; the caller's own thread hashes


class Kept(NamedTuple):
    """A file that is kept: the hash of its content and its size in bytes."""

    sha256: str
    size: int


def path_of(sha256: str) -> Path:
    """Return where the file with this content lies, gzip-compressed."""
    return folder() / sha256[:2] / f"{sha256}.gz"


def keep(chunks: Iterable[bytes], limits: Limits | None) -> Kept:
    """Keep a file: streamed to disk, hashed and compressed on the way, put in place in one step.

    A file that comes gzip-compressed is kept as what is in it. `limits` None: however large (a file of this machine).
    """
    folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder(), suffix=PART)
    try:
        with os.fdopen(handle, "wb") as raw:
            kept = _compress(content(chunks, limits), raw)
        place = path_of(kept.sha256)
        place.parent.mkdir(exist_ok=True)
        Path(name).replace(place)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        if error.errno != errno.ENOSPC:
            raise
        raise RuleError(_(NO_ROOM), "file", status=507) from error
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return kept


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
