"""Uploaded files, kept compressed under the hash of their content, so that a row can always be shown again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from isal import igzip

from accounts.errors import RuleError

CHUNK = 1024 * 1024


class Kept(NamedTuple):
    """A file that is kept: the hash of its content and its size in bytes."""

    sha256: str
    size: int


def path_of(sha256: str) -> Path:
    """Return where the file with this content lies, gzip-compressed."""
    return _folder() / sha256[:2] / f"{sha256}.gz"


def keep(chunks: Iterable[bytes]) -> Kept:
    """Keep a file: streamed to disk, hashed and compressed on the way, put in place in one step."""
    _folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=_folder(), suffix=".part")
    try:
        with os.fdopen(handle, "wb") as raw:
            kept = _compress(chunks, raw)
        place = path_of(kept.sha256)
        place.parent.mkdir(exist_ok=True)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink()
        raise
    return kept


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield a file on disk in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _compress(chunks: Iterable[bytes], raw: BinaryIO) -> Kept:
    digest, size = hashlib.sha256(), 0
    with igzip.IGzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as compressed:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES // settings.MEBIBYTE
                raise RuleError(_("The file is larger than {limit} MB.").format(limit=limit), "file", status=413)
            digest.update(chunk)
            compressed.write(chunk)
    raw.flush()
    os.fsync(raw.fileno())
    return Kept(digest.hexdigest(), size)


def _folder() -> Path:
    return settings.VAR / "uploads" / "kept"
