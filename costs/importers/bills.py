"""What files of providers' bills have in common: charges for periods, restated when another delivery says otherwise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import ClassVar

import polars as pl
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from api.decimals import shortest
from costs import initiative_history
from costs.bulk import merge
from costs.bulk.identities import ByPeriod
from costs.bulk.lines import LINES, Bulk, Done
from costs.groups import GroupKey, find_or_make
from costs.import_findings import comparison_only, missing_lines, other_parts, restated, retagged
from costs.importers.account_names import AccountNames
from costs.importers.ledger_importer import LedgerImporter
from costs.importers.rounding import Rounding
from costs.models import Category
from costs.reconciliation import sources as ledger_sources
from imports.cells import OUT_OF_RANGE, CellError, some_day
from imports.kinds import FileKind
from imports.pipeline import Reason, Row

NOT_A_TIME = gettext_noop("Not a time (2026-11-30T14:00:00Z).")
ENDS_EARLY = gettext_noop("The charge period ends before it starts.")
RESTATED = gettext_noop("Restated: the bill was here with another amount or other tags; that version no longer counts.")
OTHER_TAGS = gettext_noop(
    "The bill was here with other tags, and those lines no longer count. If they are of another extract of the same "
    "bill, cost is missing now: revert this import, and import the extracts as one file."
)
OTHER_PART = gettext_noop(
    "{count} lines that {file} brought lately no longer count, for rows of this file came in their place. If both "
    "files are parts of one delivery, cost is missing now: take both imports back, and import the files together."
)
# Its number among equal charges is only known beside those that were good.
DIFFERS_LITTLE = gettext_noop(
    "A charge that differs in its amount or its tags alone is there already. Mend the bill itself and send all of it."
)
EQUAL = gettext_noop(
    "An equal charge is there already, and the row was taken for it. If it is another one, mend the bill itself and "
    "send all of it."
)
TWO_BILLS = gettext_noop(
    "Another bill of {vendor} is in the ledger ({source}). Both count: revert one of them if they are for the same "
    "charges."
)
MISSING_LINES = gettext_noop(
    "Earlier imports ({files}) have charges of this file's days and accounts that it does not have: {count} of them, "
    "{amounts} in all. They go on counting. If this file is a part of the bill, that is right. If it is the whole "
    "bill, take those imports back and hand this file in once more; delete charges that somebody has corrected."
)
FILES_NAMED = 5
CORRECTION = '"ChargeClass":"Correction"'  # in the details of a group, as FOCUS calls it

ACCOUNT_RENAMED = gettext_noop(
    "Account {account} was called “{before}” and is “{now}” now: rules that ask for the account's name place all that "
    "it costs by the new one."
)
ACCOUNT_NAMED = gettext_noop(
    "Account {account} had no name and is “{now}” now: rules that ask for the account's name place all that it costs "
    "by it."
)
COMPARED = gettext_noop(
    "Kept to compare only: of the tokens of {vendor} the ledger takes another record. A month's page under Costs → "
    "Reconciliation changes that, with “the ledger takes”."
)

FIRST_SECOND = int(datetime(1950, 1, 1, tzinfo=UTC).timestamp())
BILL_LINES = {**LINES, "starts": pl.Int64, "ends": pl.Int64}
# Group, amount, day, period in seconds since 1950, and line of the file: what a row of a bill says.
_TOLD = ("group_id", "amount", "incurred_on", "starts", "ends", "line_number")


class Bill(LedgerImporter):
    """The rows of a bill: told apart by their period and what they are about (costs/bulk/identities.py)."""

    permission = "import.costs"
    has_amount = True
    ignores_other_columns = True
    next_pages = (
        ("costs:unallocated", _("Unallocated costs")),
        ("costs:reconciliations", _("Reconciliation")),
        ("costs:explore", _("Cost explorer")),
    )
    reverts_at_once = merge.REVERTED_AT_ONCE
    category: ClassVar[str]  # of all its lines

    def start(self) -> None:
        """Open the door that lines go through."""
        self.category_id = Category.objects.get(name=self.category).pk
        self.names = AccountNames(self.format)
        self.bulk = Bulk(self.import_id, ByPeriod(), self.names)
        self.rounding = Rounding()
        self._corrections: set[int] = set()  # groups of those
        self._days: set[date] = set()  # of all rows but those

    def take(self, lines: pl.DataFrame, groups: Mapping[int, GroupKey]) -> None:
        """Take a block of good rows; `groups` are at least those that it names and no block before has."""
        self._corrections |= {pk for pk, key in groups.items() if CORRECTION in key.details}
        if self._corrections:
            charges = lines.filter(~pl.col("group_id").is_in(self._corrections))
        else:
            charges = lines
        self._days.update(charges["incurred_on"].unique())
        self.bulk.add(lines, groups)

    def finish(self) -> None:
        """Make lines of what is new or says another amount, and say what came of it."""
        with initiative_history.recording_import(self.change, self.import_id):
            done = self.bulk.finish(self.beat, may_restate=not self.is_sent_back)
        self.report.came_of(done.created, done.unchanged, done.amount, done.waiting)
        for row in self.rows_at(done.not_restating):
            self.report.reject(row, "", Reason(DIFFERS_LITTLE))
        if done.equal.count:
            self.report.note_rows(Reason(EQUAL), done.equal.count, done.equal.lines)
        if done.restated:
            self._tell_restated(done)
        self.rounding.tell(self.report)
        for account, before, now in self.names.renamed:
            named = Reason(ACCOUNT_NAMED, account=account, now=now)
            renamed = Reason(ACCOUNT_RENAMED, account=account, before=before, now=now)
            self.report.note(1, renamed if before else named)
        ours = {(group.vendor, group.source) for group in self.bulk.groups.values()}
        for vendor, source in ledger_sources.other_bills(ours):
            self.report.note(1, Reason(TWO_BILLS, vendor=vendor, source=source))
        for vendor in (vendors := ledger_sources.compared(self.bulk.groups)):
            self.report.note(1, Reason(COMPARED, vendor=vendor))
        if self._days and not self.is_sent_back:
            self._tell_missing(None if vendors or self._corrections else done.created)
        self.report.amount_compared = comparison_only.of_bill(self.import_id) if vendors else None

    def _tell_restated(self, done: Done) -> None:
        restated.tell(self.report, self.import_id, Reason(RESTATED))
        if (gone := retagged.went(self.import_id)).count:
            self.report.note_rows(Reason(OTHER_TAGS), gone.count, gone.lines)
        is_another = done.unchanged < done.created  # of a bill that is delivered again most rows were there as they are
        if is_another and len(self.report.parts) < 2:
            for file, count in other_parts.of_bill(self.import_id):
                self.report.note_rows(Reason(OTHER_PART, count=f"{count:,}", file=file), count, [])

    def _tell_missing(self, created: int | None) -> None:
        self.beat()
        left = missing_lines.of_bill(self.import_id, self.format, self.bulk.groups, self._days, created)
        if left is not None:
            amounts = [f"{Decimal(shortest(amount)):,f} {currency}" for currency, amount in left.amounts.items()]
            files = [*left.files[:FILES_NAMED], *(["…"] if len(left.files) > FILES_NAMED else [])] or ["–"]
            told = {"count": f"{left.count:,}", "amounts": ", ".join(amounts), "files": ", ".join(files)}
            self.report.note(1, Reason(MISSING_LINES, **told))
        self.beat()


class ProviderBill(Bill):
    """A provider's own cost report: few enough rows to be read one by one."""

    kinds = (FileKind.JSON, FileKind.CSV)
    category = "tokens"

    @abstractmethod
    def read(self, row: Row) -> tuple[GroupKey, str, date, int, int]:
        """Return what a row is about, its amount and its period; raise `CellError` for what cannot be taken."""

    def load(self, rows: Sequence[Row]) -> None:
        """Take the rows that can be read."""
        good = []
        for row in rows:
            try:
                good.append((*self.read(row), row.line))
                self.rounding.keep(row.line)
            except CellError as error:
                self.report.reject(row, error.column, error.reason)
        made = find_or_make({key for key, *_ in good}, self.names)
        told = [(made[key], *own) for key, *own in good]
        self.take(lines(told), {pk: key for key, pk in made.items()})


def lines(told: Iterable[tuple[object, ...]]) -> pl.DataFrame:
    """Return rows of a bill (`_TOLD`) as lines."""
    nothing = dict.fromkeys(BILL_LINES)
    return pl.DataFrame([{**nothing, **dict(zip(_TOLD, each, strict=True))} for each in told], BILL_LINES)


def moment(text: str, column: str) -> datetime:
    """Read a time as ISO 8601 has it, UTC where it names no zone."""
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except ValueError as error:
        raise CellError(column, Reason(NOT_A_TIME)) from error
    except OverflowError as error:  # in UTC it is a day before the first or after the last that there is
        raise CellError(column, Reason(OUT_OF_RANGE)) from error


def unix_moment(text: str, column: str) -> datetime:
    """Read a time in seconds since 1970."""
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise CellError(column, Reason(NOT_A_TIME))
    return datetime.fromtimestamp(int(text), UTC)


def period(starts: datetime, ends: datetime, start_column: str, end_column: str) -> tuple[date, int, int]:
    """Return the day that a charge is dated, and its period in seconds since 1950."""
    if ends < starts:
        raise CellError(end_column, Reason(ENDS_EARLY))
    day = some_day(f"{starts:%Y-%m-%d}", start_column)
    return day, int(starts.timestamp()) - FIRST_SECOND, int(ends.timestamp()) - FIRST_SECOND
