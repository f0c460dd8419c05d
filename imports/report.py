"""What an import has to say: counts, reasons with their rows, and the rejected rows themselves."""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, TYPE_CHECKING, TypedDict

from django.utils.translation import gettext, gettext_noop

from api.parsing import printable
from imports import files

if TYPE_CHECKING:
    from imports.pipeline import Row

LINES_KEPT = 5_000
# What is kept of a row that restates: its line, the amount and billing that stood before and the amount that does now.
RESTATED_COLUMNS = (
    "line", "before_amount", "before_currency", "before_base", "before_billed_on", "before_invoice_ref",
    "now_amount", "now_currency", "now_base",
)  # fmt: skip
# Reasons that quote a value could be as many as there are rows; past this they are counted without it.
DISTINCT_REASONS = 500
SPOOL_BYTES = 8 * 1024 * 1024

SAID = "{message}"
# What is said of one of several files of a delivery: which one.
IN_PART = gettext_noop("{part}: {sentence}")
PART = "in part"


def fill(text: str, values: Mapping[str, str | int], translate: bool) -> str:
    """Return a reason's sentence with its gaps filled: in English, or in the language that is active."""
    if text == SAID:  # a rule's own message, complete as it is
        message = str(values["message"])
        sentence = gettext(message) if translate else message
    else:
        sentence = (gettext(text) if translate else text).format(**values)
    if PART not in values:
        return sentence
    return (gettext(IN_PART) if translate else IN_PART).format(part=values[PART], sentence=sentence)


def _keepable(value: str | int) -> str | int:
    return printable(value) if isinstance(value, str) else value


class Reason:
    """An English sentence with {named} gaps, and what fills them."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, **values: str | int) -> None:
        self.text = text
        # What is quoted from a file may hold a NUL, which the database cannot keep.
        self.values = {name: _keepable(value) for name, value in values.items()}

    def __str__(self) -> str:
        return fill(self.text, self.values, translate=False)

    @classmethod
    def said(cls, message: str) -> Reason:
        """Take over what a rule of another room says: a msgid as it stands, since a filled one has no translation."""
        return cls(SAID, message=message)

    def of_part(self, name: str) -> Reason:
        """Return the same, said of one of several files."""
        return Reason(self.text, **{**self.values, PART: name})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash((self.text, *self.values.values()))

    def translated(self) -> str:
        """Return the sentence in the language that is active."""
        return fill(self.text, self.values, translate=True)


class ReadPart(TypedDict):
    """One of several files that are read as one: the lines go on counting from where the one before ended."""

    name: str
    lines_before: int


@dataclass
class Tally:
    """How often a reason applies (a row with four dates may have it four times), and to which rows."""

    is_rejection: bool
    is_restatement: bool = False
    count: int = 0
    lines: list[int] = field(default_factory=list)
    leads_to_lines: bool = False  # these rows have become lines that can be looked at

    def add(self, line: int) -> None:
        """Count it for a row."""
        self.count += 1
        if len(self.lines) < LINES_KEPT and self.lines[-1:] != [line]:
            self.lines.append(line)


@dataclass
class Restated:
    """The rows that put another version in the place of one that was there; sums in base currency, without pending."""

    count: int = 0
    before: Decimal = Decimal(0)
    now: Decimal = Decimal(0)
    pending: int = 0  # of how many an amount waits for its exchange rate
    # The import and `RESTATED_COLUMNS` of each, as the database copies them.
    rows: IO[bytes] = field(
        default_factory=lambda: tempfile.SpooledTemporaryFile(SPOOL_BYTES, dir=files.folder())  # noqa: SIM115 - as below
    )


class Report:
    """Filled while an import runs. Rejected rows are spooled to disk, so that a file of junk costs no memory."""

    def __init__(self) -> None:
        self.header: list[str] = []  # the file's own headings
        self.parts: list[ReadPart] = []  # of a delivery in several files: those that were begun
        self.parts_with_more_pages = 0  # of them: whose last page says that another one follows
        self.total = self.created = self.unchanged = self.rejected = 0
        self.amount_total = Decimal(0)
        self.amount_compared: Decimal | None = None  # of it: kept to compare only, counted in no sum; None: nothing is
        self.breakdown: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.tallies: dict[tuple[Reason, bool], Tally] = {}
        self.restated = Restated()
        self._spool = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - lives as long as the report
            max_size=SPOOL_BYTES, mode="w+", encoding="utf-8", newline="", dir=files.folder()
        )

    def reject(self, row: Row, column: str, reason: Reason, *, counted_as: Reason | None = None) -> None:
        """Note that a row is not imported, and which of its columns is to blame ("" when it is the whole row).

        A reason whose values differ from row to row is `counted_as` one that has none of them.
        """
        self.rejected += 1
        self._tally(counted_as or reason, is_rejection=True).add(row.line)
        kept = (row.line, column, reason.text, reason.values, [printable(cell) for cell in row.cells])
        self._spool.write("\t".join(map(json.dumps, kept)) + "\n")

    def note(self, line: int, reason: Reason) -> None:
        """Note something about a row that is imported."""
        self._tally(reason, is_rejection=False).add(line)

    def note_rows(self, reason: Reason, count: int, lines: list[int], *, leads_to_lines: bool = False) -> None:
        """Note something about many rows that are imported: how many they are, and the first of their lines.

        `leads_to_lines`: the page has a link to what has become of them.
        """
        tally = Tally(is_rejection=False, count=count, lines=lines, leads_to_lines=leads_to_lines)
        self.tallies[reason, False] = tally

    def restate(self, reason: Reason, count: int, lines: list[int], rows: Iterable[bytes]) -> None:
        """Note which rows restate what was there: the first of their lines, and all of them as they are copied."""
        self.tallies[reason, False] = Tally(is_rejection=False, is_restatement=True, count=count, lines=lines)
        self.restated.count = count
        for block in rows:
            self.restated.rows.write(block)

    def came_of(self, created: int, unchanged: int, amount: Decimal, waiting: int) -> None:
        """Say what came of rows with money; `waiting` is how many of them are not in the amount, for want of a rate."""
        self.created, self.unchanged, self.amount_total = created, unchanged, amount
        if waiting:
            self.breakdown["waiting"]["rate"] = waiting

    def check(self) -> None:
        """Hold that every row has come to exactly one end."""
        ends = self.created + self.unchanged + self.rejected
        if ends != self.total:
            raise RuntimeError(f"{self.total} rows were read, {ends} were accounted for")

    def rejected_rows(self) -> Iterator[list[str]]:
        """Yield line, column, reason, its values and the cells (JSON) of every rejected row, in file order."""
        self._spool.seek(0)
        for kept in self._spool:
            line, column, text, values, cells = kept.rstrip("\n").split("\t")
            yield [line, json.loads(column), json.loads(text), values, cells]

    def _tally(self, reason: Reason, is_rejection: bool) -> Tally:
        key = (reason, is_rejection)
        has_gaps = reason.values and reason.text != SAID  # a message that is all there is cannot be left out
        if key not in self.tallies and has_gaps and len(self.tallies) >= DISTINCT_REASONS:
            key = (Reason(reason.text, **dict.fromkeys(reason.values, "…")), is_rejection)
        return self.tallies.setdefault(key, Tally(is_rejection))
