"""The rows of a JSON file, as its format flattens the documents in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imports import reading
from imports.json_documents import documents
from imports.rows import Row
from imports.values import text_of

if TYPE_CHECKING:
    from imports.pipeline import Importer


class JsonTable:
    """A JSON file as one format sees it: rows counted from 1, a cell for each of the format's columns.

    Keys that the format does not know are passed over, because providers add some at any time.
    """

    may_be_unusable = True
    is_errors = False

    def __init__(self, path: Path, importer: type[Importer]) -> None:
        self._file = reading.open_text(path, None, is_table=False)
        self._importer = importer
        self._places: dict[str, int | None] = {}
        self._rows = self._flat()
        self.header = [column.name for column in importer.columns]
        self.lines = 0  # rows that were read
        self.has_more = False  # whether the last page that was read says that another one follows

    @property
    def bytes_done(self) -> int:
        """How far the file is read."""
        return self._file.buffer.tell()

    def records(self) -> Iterator[Row]:
        """Yield the rows."""
        for row in self._rows:
            self.lines += 1
            yield Row(self.lines, self._cells(row))

    def first_keys(self) -> list[str]:
        """Take the first row and return what it has; nothing where the format finds no row in the file."""
        return list(next(self._rows, {}))

    def _flat(self) -> Iterator[Mapping[str, Any]]:
        for document in documents(self._file):
            self.has_more = isinstance(document, dict) and document.get("has_more") is True
            yield from self._importer.flatten(document)

    def _cells(self, row: Mapping[str, Any]) -> list[str]:
        cells = [""] * len(self.header)
        for name, value in row.items():
            place = self._places[name] if name in self._places else self._place(name)
            if place is not None:
                cells[place] = value if type(value) is str else text_of(value)
        return cells

    def _place(self, key: str) -> int | None:
        columns = enumerate(self._importer.columns)
        self._places[key] = next((place for place, column in columns if column.matches(key)), None)
        return self._places[key]
