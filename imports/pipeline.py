"""What an import format is, and what the pipeline does for it. Start here to add one (docs/importing.md).

A format is one small class in the room of what it imports, for example `outcomes/importers/measurements_csv.py`::

    class MeasurementsCsv(Importer):
        format = "measurements_csv"
        title = _("Measurements (CSV)")
        permission = "import.measurements"
        columns = (Column("metric", required=True), Column("value", required=True), Column("note"), …)
        has_amount = False                      # with True the report has an `amount_total`
        batch_rows = 5_000

        def start(self) -> None: …              # once, before the first row: temporary table, look-ups
        def load(self, rows: Sequence[Row]) -> None: …   # once per batch, in file order
        def finish(self) -> None: …             # once, after the last row: set-based merge, rollups, audit
        @classmethod
        def revert(cls, job, change) -> Reverted: …      # take back what this import created

registered in the room's `AppConfig.ready` by `imports.registry.register(MeasurementsCsv)`.
A format whose files have millions of rows takes them in columns: `imports.frames.FrameImporter`.

What the pipeline does, so that no format has to:

* finds the encoding, reads the CSV strictly, refuses what is no such file (binary, empty, doubled or unknown columns,
  ends inside a quoted cell), rejects ragged rows and rows with NUL bytes, counts every row in `rows_total`;
* applies the user's mapping (imports/mappings.py) and gives `self.at`: field name → position in `row.cells`.
  A column that the file does not have is missing from `self.at`; `self.cell(row, name)` returns then what the mapping
  says of every row, and dates and numbers as formats read them, however the file writes them;
* runs `start`, every `load` and `finish` in ONE database transaction together with the report, the audit entries and
  the step of the data version: a worker that is killed at any moment leaves nothing, its import is started again from
  the first row, and can never count twice. A dry run is the same with the data rolled back: same numbers, no change.
  A format that changes what figures read for rows that were there already sets `self.change.counts` itself.
  So a batch may COPY into a temporary table, and `finish` may merge it with a few statements, whatever the file's size;
* makes sure that two workers never run one import (an advisory lock held by that transaction);
* reads a delivery in several files one after another, as one file;
* shows progress (rows done, rows/s) on a connection of its own, and keeps the file, compressed, by its content.
  Once all rows are read a `finish` that takes long calls `self.beat()` between its steps.

What an importer says, through `self.report`:

* `report.created += n`, `report.unchanged += n`: rows that made something, rows that were there already;
* `report.reject(row, column, Reason(…))`: this row is not imported. Every row ends as exactly one of created,
  unchanged, rejected: the pipeline checks the sum. `counted_as=Reason(…)` where the row's own reason quotes values;
* `report.note(row.line, Reason(…))`: imported, but this is worth knowing (a date that could not be read);
* `report.restate(…)`: rows that put another version in the place of one that counted
  (costs/import_findings/restated.py);
* `report.amount_total += Decimal(…)`, `report.breakdown[name][key] += n`.

A `Reason` is an English sentence marked with `gettext_noop` plus what fills its {gaps}: pages show it in the reader's
language, the API in English. Rows with equal reasons are counted together, so keep values that differ from row to row
out of the reason that is counted (the row itself stands in errors.csv).

`raise FileRefusedError(Reason(…))` gives the whole file up; nothing stays. `self.actor` is the person who imports,
`self.change` the open write (`accounts.changes.Change`) for audit entries, `self.import_id` goes on what is created.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from imports.kinds import TABLES, FileKind
from imports.mappings import ColumnMapping
from imports.refusals import FileRefusedError, OtherFormatError
from imports.report import Reason, Report
from imports.rows import Row

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from accounts.changes import Change
    from accounts.models import User
    from imports.models import Import

__all__ = ["Column", "FileRefusedError", "Importer", "Reason", "Report", "Reverted", "Row"]

AMOUNT = "amount"


@dataclass(frozen=True)
class Column:
    """A column that a format knows: our field's name and the headings under which files have it (without case)."""

    name: str
    required: bool = False
    headings: tuple[str, ...] = ()
    # How the mapping page calls the field; without it by its name.
    label: StrOrPromise = ""
    # "day" or "number": what a mapping may say how the file writes it (imports/conventions.py).
    holds: str = ""
    # Words in headings by which the mapping page guesses that a column may be meant.
    hints: tuple[str, ...] = ()

    def matches(self, heading: str) -> bool:
        """Tell whether a file's heading means this column."""
        plain = heading.strip().casefold()
        return plain == self.name.casefold() or plain in self.headings


@dataclass(frozen=True)
class Reverted:
    """What a revert took back, and what it had to leave because people have built on it since."""

    removed: int
    kept: int = 0


class Importer(ABC):
    """One format. An instance lives for one run of one import."""

    format: ClassVar[str]
    title: ClassVar[StrOrPromise]
    permission: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    # What its files may be; each of them compressed with gzip as well.
    kinds: ClassVar[tuple[FileKind, ...]] = TABLES
    # Other columns than these: a clear refusal (most formats), or ignored (a publisher's own wide file).
    ignores_other_columns: ClassVar[bool] = False
    # Of other columns those that files of ours have for reading alone: they are ignored too.
    passes_over: ClassVar[tuple[str, ...]] = ()
    # Of those that are ignored also such as the file has twice, which otherwise refuse it.
    ignores_doubled_columns: ClassVar[bool] = False
    # What a file that is not UTF-8 may be in. None: refused.
    fallback_encoding: ClassVar[str | None] = None
    has_amount: ClassVar[bool] = False
    # The columns that say a row's period. A row of a table with nothing else to read is a period in which there was
    # nothing: it is passed over and counted in the breakdown.
    period: ClassVar[tuple[str, ...]] = ()
    # The columns of which one becomes the amount, and what each is; the first unless an import says another.
    amount_columns: ClassVar[Mapping[str, StrOrPromise]] = {}
    # Columns that a line's page shows although none of these reads them: they explain what was read.
    beside: ClassVar[tuple[str, ...]] = ()
    # What its counts include, where the files of others count otherwise.
    counts_note: ClassVar[StrOrPromise] = ""
    # Whether a mapping may say that a file counts input tokens otherwise.
    may_count_otherwise: ClassVar[bool] = False
    # What the page on which columns are mapped says of how its rows are told apart.
    identity_note: ClassVar[StrOrPromise] = ""
    # What the page says above the remarks on rows that are imported.
    remarks_note: ClassVar[StrOrPromise] = ""
    # Where one goes on from an import that is done: names of pages, and what the link there says.
    next_pages: ClassVar[tuple[tuple[str, StrOrPromise], ...]] = ()
    # The page that lists what an import made, and what the rows of a remark have become (`import_id`, `remark`).
    lines_page: ClassVar[str] = ""
    # Files in static/samples that show what one looks like.
    samples: ClassVar[tuple[str, ...]] = ()
    batch_rows: ClassVar[int] = 5_000
    # What is taken back within a request, in rows that were made; of more a worker does it.
    reverts_at_once: ClassVar[int] = 5_000

    def __init__(
        self,
        import_id: int,
        actor: User | None,
        change: Change,
        report: Report,
        mapping: Mapping[str, Any],
        amount_column: str = "",
    ) -> None:
        self.import_id = import_id
        self.actor = actor
        self.change = change
        self.report = report
        meant = ColumnMapping.of(mapping)
        self.mapping = meant.columns
        self.constants = meant.constants
        self.conventions = meant.conventions
        self.place = meant.place  # of the headings
        self.columns = self.columns_with(amount_column)  # type: ignore[misc]
        self.path = Path()  # of the kept file, once it is to be read
        self.at: dict[str, int] = {}
        self.holds = {column.name: column.holds for column in self.columns}
        self.bytes_done = 0  # how far the reading has come, for the progress bar
        # Of several files that are read as one (imports/delivery_reading.py): how many lines the files before have, on
        # which those of this one go on counting, and how many it has itself, once it is read.
        self.lines_before = self.lines_read = 0
        # For `finish`, between its steps: shows that it lives, and ends it where somebody has cancelled the import.
        self.beat: Callable[[], None] = unwatched
        # Whether these are rows of an errors.csv: some of a file, without those that were good. Known from the first
        # batch on.
        self.is_sent_back = False
        self.is_json = False  # known as soon

    @classmethod
    def columns_with(cls, amount_column: str) -> tuple[Column, ...]:
        """Return the columns as they are read where this one of `amount_columns` becomes the amount."""
        if amount_column not in cls.amount_columns:
            return cls.columns
        return tuple(_taken_from(amount_column, column) for column in cls.columns)

    @classmethod
    def note_on_counts(cls, mapping: ColumnMapping) -> StrOrPromise:
        """Return what the counts of a file include that was imported with a mapping."""
        return cls.counts_note

    @classmethod
    def recognises(cls, header: Sequence[str]) -> bool:
        """Tell whether a file with this header is of this format: all required columns, and no strange ones."""
        found = {column.name for heading in header for column in cls.columns if column.matches(heading)}
        strange = [heading for heading in header if not any(column.matches(heading) for column in cls.columns)]
        return not cls.lacking(found) and all(map(cls.ignores, strange))

    @classmethod
    def lacking(cls, given: Collection[str]) -> list[str]:
        """Return the required columns that are not among those given."""
        return [column.name for column in cls.columns if column.required and column.name not in given]

    @classmethod
    def ignores(cls, heading: str) -> bool:
        """Tell whether a column under which no field stands does no harm."""
        return cls.ignores_other_columns or heading.strip().casefold() in cls.passes_over

    def batches(self, path: Path) -> Iterator[list[Row]]:
        """Yield the rows of a kept file in batches, whichever of its kinds it is."""
        from imports.tables import batches  # which needs Importer's types

        return batches(path, self)

    def rows_at(self, lines: Collection[int]) -> Iterator[Row]:
        """Yield rows of the file once more, by the lines on which they begin."""
        from imports.delivery_reading import rows_at  # which needs Importer's types

        return rows_at(self, lines)

    def every_row(self) -> Iterator[Row]:
        """Yield all rows, good and bad, ahead of their turn; their lines are those of their own file."""
        from imports.delivery_reading import every_row  # which needs Importer's types

        return every_row(self)

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a JSON document: heading → value. By default an object is a row.

        A file of JSON has one document, an array of them or one after another. A document that is not of this format
        raises `OtherFormatError`; a row that lacks something is yielded all the same, for `load` to reject it. Values
        that are no text become their JSON.
        """
        if not isinstance(document, dict):
            raise OtherFormatError(document)
        yield document

    @classmethod
    def shown(cls, heading: str, cell: str) -> str:
        """Return what of a cell a line's page shows: where other columns are passed over, only what a column reads.

        What a publisher adds besides may name persons, or be what they wrote.
        """
        is_read = not cls.ignores(heading) or any(column.matches(heading) for column in cls.columns)
        return cell if is_read or cls.is_beside(heading) else ""

    @classmethod
    def is_beside(cls, heading: str) -> bool:
        """Tell whether a heading, in whatever case, is of those that explain what was read."""
        return heading.strip().casefold() in {name.casefold() for name in cls.beside}

    def cell(self, row: Row, name: str) -> str:
        """Return a cell without the white space around it, as its column is read.

        What the file does not have is what the mapping says of every row, else "".
        """
        position = self.at.get(name)
        if position is None:
            return self.constants.get(name, "")
        return self.conventions.rewritten(row.cells[position].strip(), self.holds[name])

    def is_empty(self, row: Row) -> bool:
        """Tell whether a row says nothing but its period."""
        return bool(self.period) and not any(
            row.cells[place].strip() for name, place in self.at.items() if name not in self.period
        )

    def start(self) -> None:  # noqa: B027 - most formats need nothing here
        """Prepare, before the first row."""

    @abstractmethod
    def load(self, rows: Sequence[Row]) -> None:
        """Take one batch, in file order."""

    def finish(self) -> None:  # noqa: B027 - most formats need nothing here
        """Complete, after the last row."""

    @classmethod
    @abstractmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back what this import created, inside the open write."""


def unwatched() -> None:
    """Stand in for the runner, where none is."""


def _taken_from(heading: str, column: Column) -> Column:
    """Return the column of the amount so that it is read from `heading`; another one as it is."""
    return replace(column, headings=(heading.casefold(),)) if column.name == AMOUNT else column
