"""The formats that there are: rooms register theirs in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Iterable

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


def only(found: Iterable[type[Importer]]) -> type[Importer] | None:
    """Return the one format that was found; None when none or several were."""
    each = list(found)
    return each[0] if len(each) == 1 else None
