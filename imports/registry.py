"""The formats that there are: rooms register theirs in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Sequence

from imports.pipeline import Importer

_importers: dict[str, type[Importer]] = {}


def register(importer: type[Importer]) -> None:
    """Make a format known."""
    _importers[importer.format] = importer


def importer(format_name: str) -> type[Importer]:
    """Return the importer of a format that is known to exist."""
    return _importers[format_name]


def find(format_name: str) -> type[Importer] | None:
    """Return the importer of a format; None when there is no such format."""
    return _importers.get(format_name)


def every() -> list[type[Importer]]:
    """Return every importer, by format name."""
    return [_importers[name] for name in sorted(_importers)]


def detect(header: Sequence[str]) -> type[Importer] | None:
    """Return the format that recognises a header; None when none or several do."""
    found = [importer for importer in every() if importer.recognises(header)]
    return found[0] if len(found) == 1 else None
