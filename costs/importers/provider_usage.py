"""What reports of token usage have in common: rows for periods or single calls, read one by one.

A report is fetched again while its days run. So a row of a period is named by the period and everything else that
tells it from others; a later report with other counts restates it. Persons are never read: no column names a user.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from hashlib import blake2b
from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.changes import Change
from costs import initiative_history
from costs.bulk import merge
from costs.importers import cells, usage_report
from costs.pricing import CountError, InputCount, Tokens, counted
from costs.usage import lines as usage_lines
from costs.usage.counts import INPUT_WORDS
from costs.usage.lines import UsageBulk
from costs.usage.rows import UsageRow
from imports.cells import CellError
from imports.kinds import FileKind
from imports.models import Import
from imports.pipeline import Importer, Reason, Reverted, Row

CONTRADICTED = gettext_noop("The counts contradict each other: more tokens were cached than the prompt had.")
NO_COUNT = gettext_noop("The row does not say how many tokens went in: it is no usage of a language model.")
NO_MODEL = gettext_noop("The row names no model: ask the provider for its usage by model.")


class ProviderUsage(Importer):
    """Reads row by row; `read` is what a format adds."""

    permission = "import.costs"
    kinds = (FileKind.JSON, FileKind.CSV)
    has_amount = True
    ignores_other_columns = True
    next_pages = (("costs:usage", _("Token usage")), ("costs:reconciliations", _("Reconciliation")))
    lines_page = "costs:usage"
    reverts_at_once = merge.REVERTED_AT_ONCE
    includes: ClassVar[InputCount]  # in its count of input tokens
    # Whether a row that agrees with an earlier one but for its counts, and has no id, may be that one corrected.
    is_written_by_hand: ClassVar[bool] = False
    # Whether a table may have several rows of a name, which persons alone tell apart: they go by their number. A page
    # of an API has none, unless it was fetched twice.
    has_namesakes: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Say on pages what the count of input tokens includes, unless the format says it itself."""
        super().__init_subclass__()
        if "counts_note" not in vars(cls):
            cls.counts_note = INPUT_WORDS[cls.includes]

    @abstractmethod
    def read(self, row: Row) -> UsageRow:
        """Return the usage that a row tells of; raise `CellError` for what cannot be taken."""

    def start(self) -> None:
        """Open the door that usage goes through."""
        self._bulk = UsageBulk(self.import_id, self.actor, looks_for_agreeing=self.is_written_by_hand)

    def load(self, rows: Sequence[Row]) -> None:
        """Check a batch and hand on the good rows."""
        good = []
        for row in rows:
            try:
                good.append(self.read(row))
            except CellError as error:
                self.report.reject(row, error.column, error.reason)
        self._bulk.add(good)

    def finish(self) -> None:
        """Make lines of what is new, and say what came of it."""
        with initiative_history.recording_import(self.change, self.import_id):
            if self.has_namesakes and not self.is_json:
                self._bulk.tell_namesakes_apart(self.format, name_of)
                self.beat()
            done = self._bulk.finish(self.beat, may_restate=not (self.has_namesakes and self.is_sent_back))
        usage_report.fill(self.report, self.import_id, done, self.rows_at)

    @classmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back the usage that this import created with its costs; what it restated counts again."""
        with initiative_history.recording_import(change, job.pk, "revert"):
            removed = usage_lines.revert(job.pk)
        return Reverted(removed)

    # For `read` -----------------------------------------------------------------------------------------------------
    def tokens(self, row: Row, **columns: str) -> Tokens:
        """Count tokens: the class of each and the column that has them; an empty cell is none, but of the input."""
        if not self.cell(row, columns["input_tokens"]):
            raise CellError(columns["input_tokens"], Reason(NO_COUNT))
        counts = {name: cells.count(self.cell(row, column) or "0", column) for name, column in columns.items()}
        try:
            return counted(self.includes, **counts)
        except CountError as error:
            raise CellError(columns["input_tokens"], Reason(CONTRADICTED)) from error

    def model(self, row: Row) -> str:
        """Return the model that was called."""
        found = cells.short(self.cell(row, "model"), "model")
        if not found:
            raise CellError("model", Reason(NO_MODEL))
        return found


def name_of(*telling: object) -> str:
    """Return a name for a row of a period, made of all that tells it from others."""
    return blake2b(json.dumps([str(each) for each in telling]).encode(), digest_size=16).hexdigest()
