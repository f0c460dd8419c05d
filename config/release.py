"""Which release this is, told from its files: it changes whenever a program, a page or a translation does."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

SHOWN = ("*.py", "*.html", "*.mo", "*.csv")


def fingerprint(base: Path, folders: Sequence[str]) -> str:
    """Return a short digest of the names, sizes and times of the files below these folders of `base`."""
    files = sorted(path for folder in folders for kind in SHOWN for path in (base / folder).rglob(kind))
    told = [f"{path.relative_to(base)} {stat.st_size} {stat.st_mtime_ns}" for path in files if (stat := path.stat())]
    return sha256("\n".join(told).encode()).hexdigest()[:16]
