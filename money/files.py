"""A file of exchange rates: `on, currency, rate`, one a line. Either every row is good and goes in, or none does."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from accounts.models import Organisation, User
from money.doubts import Doubt, doubts
from money.ledger import NewRate, add_all, already_there, check, not_a_day, taken
from money.parsing import parse_amount

COLUMNS = ("on", "currency", "rate")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOST_ROWS = 20_000
MOST_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class BadRow:
    """A row that cannot go in, and why."""

    line: int
    column: str
    reason: str


@dataclass
class Outcome:
    """What came of a file: either rows that are in, or rows that kept all of them out."""

    added: int = 0
    unchanged: int = 0
    rejected: list[BadRow] = field(default_factory=list)
    doubtful: list[tuple[int, Doubt]] = field(default_factory=list)  # with the line of each


def load(actor: User, content: bytes, heeded: bool = False) -> Outcome:
    """Add the rates of a file. A row equal to a rate that is there already is unchanged; any bad row keeps all out.

    So does a rate far from those beside it, unless that is `heeded`: whoever sends the file has been told of it.
    """
    rows, rejected = _read(content)
    there = already_there(rows.values())
    fresh: dict[NewRate, int] = {}
    outcome = Outcome(rejected=rejected)
    seen: dict[tuple[str, date], NewRate] = {}
    for line, new in rows.items():
        known = there.get((new.currency, new.on))
        first = seen.setdefault((new.currency, new.on), new)
        if (known is not None and known != new.rate) or first.rate != new.rate:
            rejected.append(BadRow(line, "on", taken()))
        elif known is not None or first is not new:
            outcome.unchanged += 1
        else:
            fresh[new] = line
    if rejected:
        return Outcome(rejected=sorted(rejected, key=lambda row: row.line))
    if not heeded and (found := doubts(list(fresh))):
        return Outcome(doubtful=sorted(((fresh[doubt.new], doubt) for doubt in found), key=lambda row: row[0]))
    outcome.added = len(add_all(actor, list(fresh)).rates) if fresh else 0
    return outcome


def _read(content: bytes) -> tuple[dict[int, NewRate], list[BadRow]]:
    rows: dict[int, NewRate] = {}
    rejected: list[BadRow] = []
    base = Organisation.current().base_currency
    for line, cells, order in _lines(content):
        try:
            rows[line] = _rate(_in_order(cells, order), base)
        except RuleError as error:
            rejected.append(BadRow(line, error.field or "", error.message))
    return rows, rejected


def _lines(content: bytes) -> Iterator[tuple[int, list[str], list[int]]]:
    """Yield (line number, cells, the places of COLUMNS); a file that is no such table is refused as a whole."""
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        order = _order(next(reader, []))
        for cells in reader:
            if reader.line_num > MOST_ROWS + 1:
                raise RuleError(_("At most {count} lines in one file.").format(count=MOST_ROWS), "file")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells], order
    except csv.Error as error:
        detail = _("Line {line} is not CSV: {reason}.").format(line=reader.line_num, reason=error)
        raise RuleError(detail, "file") from error


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise RuleError(_("At most 5 MB in one file."), "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleError(
            _("Line {line} is not UTF-8 text.").format(line=_line_of(content, error.start)), "file"
        ) from error
    if "\x00" in text:
        line = _line_of(content, content.index(b"\0"))
        raise RuleError(_("Line {line} is not text: it holds a NUL byte.").format(line=line), "file")
    return text


def _line_of(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _order(header: list[str]) -> list[int]:
    names = [name.strip().lower() for name in header]
    if sorted(names) != sorted(COLUMNS):
        raise RuleError(_("The first line names the columns: on, currency, rate, each once and no other."), "file")
    return [names.index(column) for column in COLUMNS]


def _in_order(cells: list[str], order: list[int]) -> list[str]:
    """Return the cells in the order of COLUMNS; what the first line has no column for would be lost unseen."""
    if any(cells[len(order) :]):
        detail = _("The row has {found} cells, the first line {expected}. Decimals follow a point: 1.08.")
        raise RuleError(detail.format(found=len(cells), expected=len(order)), "rate")
    return [cells[place] if place < len(cells) else "" for place in order]


def _rate(cells: list[str], base: str) -> NewRate:
    on, currency, rate = cells
    try:
        amount = parse_amount(rate)
    except ValueError as error:
        raise RuleError(str(error), "rate") from error
    new = NewRate(_day(on), currency, amount)
    check(new, base)
    return new


def _day(text: str) -> date:
    """Return the day of `2026-01-31`; Python reads weeks too (`2026-W05-1`), which nobody means here."""
    try:
        return date.fromisoformat(text if DAY.fullmatch(text) else "")
    except ValueError as error:
        raise RuleError(not_a_day(), "on") from error
