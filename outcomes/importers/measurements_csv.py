"""Readings from a CSV file with the field names of the API (docs/importing.md, "Measurements")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from imports import cells
from imports.cells import CellError
from imports.pipeline import Column, FileRefusedError, Importer, Reason, Reverted, Row
from outcomes import exports, measurements
from outcomes.measurements import NewReading
from outcomes.models import Measurement, Outcome, ReadingMethod
from outcomes.rules import OVERLAP, OverlapError
from projects import keys
from projects.models import Initiative

if TYPE_CHECKING:
    from accounts.changes import Change
    from accounts.errors import RuleError
    from imports.models import Import

LONGEST_NOTE, LONGEST_URL = 20_000, 200

NO_NAME = gettext_noop("The file needs the column outcome, or the columns initiative and metric.")
NO_INITIATIVE = gettext_noop("There is no such initiative.")
NO_OUTCOME = gettext_noop("There is no such outcome.")
SEVERAL = gettext_noop("The initiative has several outcomes of this metric: name the outcome by its number.")
OVERLAPS = gettext_noop("The period overlaps another reading of the outcome.")

Identity = tuple[int, date | None, date, Decimal]


class MeasurementsCsv(Importer):
    """Records readings, a batch at a time, through the door that a person's reading goes through."""

    format = "measurements_csv"
    title = _("Measurements (CSV, Excel)")
    permission = "import.measurements"
    next_pages = (("outcomes:outcome-list", _("Outcomes")),)
    samples = ("measurements.csv",)
    passes_over = exports.STANDING  # a file of readings from here may come again
    columns = (
        Column("outcome", label=_("Outcome (number)")),
        Column("initiative", label=_("Initiative"), hints=("project", "projekt", "案件")),
        Column("metric", label=_("Metric"), hints=("indicator", "kpi", "kennzahl", "指標")),
        Column("period_start", label=pgettext_lazy("period", "From"), holds="day", hints=("start", "von", "開始日")),
        Column(
            "period_end",
            required=True,
            label=pgettext_lazy("period", "To"),
            holds="day",
            hints=("date", "until", "end", "bis", "datum", "日付", "終了日"),
        ),
        Column(
            "value",
            required=True,
            label=_("Value"),
            holds="number",
            hints=("reading", "result", "wert", "値", "実績値"),
        ),
        Column("method", label=_("Method")),
        Column("evidence_url", label=_("Evidence"), hints=("link", "url")),
        Column("note", label=_("Note"), hints=("comment", "remark", "bemerkung", "備考")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initiatives: dict[str, Initiative] = {}
        self._by_id: dict[int, Outcome] = {}
        self._by_name: defaultdict[tuple[int, str], list[Outcome]] = defaultdict(list)

    def load(self, rows: Sequence[Row]) -> None:
        """Record the readings of a batch that are not there yet."""
        given = {*self.at, *self.constants}
        if "outcome" not in given and not {"initiative", "metric"} <= given:
            raise FileRefusedError(Reason(NO_NAME))
        self._look_up(rows)
        read = [(row, reading) for row in rows if (reading := self._read(row)) is not None]
        there = _identities({reading.outcome.pk for _row, reading in read})
        fresh: list[tuple[Row, NewReading]] = []
        for row, reading in read:
            if _identity(reading) in there:
                self.report.unchanged += 1
                continue
            there.add(_identity(reading))
            fresh.append((row, reading))
        self._record(fresh)

    @classmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back every reading of the import."""
        return Reverted(measurements.take_back(change.actor, job.pk))

    def _record(self, fresh: Sequence[tuple[Row, NewReading]]) -> None:
        refused = {
            refusal.index: refusal.error for refusal in measurements.screen([reading for _row, reading in fresh])
        }
        for index, error in refused.items():
            self._refuse(fresh[index][0], error)
        good = [reading for index, (_row, reading) in enumerate(fresh) if index not in refused]
        if good:
            measurements.record_many(self.actor, good, source_import_id=self.import_id)
        self.report.created += len(good)

    def _refuse(self, row: Row, error: RuleError) -> None:
        """Each row that overlaps says which reading; counted they are one reason, since every row may have its own."""
        if isinstance(error, OverlapError):
            self.report.reject(row, "period_start", Reason(OVERLAP, **error.period), counted_as=Reason(OVERLAPS))
        else:
            self.report.reject(row, error.field or "", Reason.said(error.message))

    def _look_up(self, rows: Sequence[Row]) -> None:
        """Fetch the outcomes that the batch names: three queries, however many rows."""
        ids = {int(text) for row in rows if _is_id(text := self.cell(row, "outcome"))}
        self._initiatives = keys.named(Initiative.objects.all(), {self.cell(row, "initiative") for row in rows})
        self._by_id = {
            outcome.pk: outcome for outcome in Outcome.objects.select_related("initiative").filter(pk__in=ids)
        }
        self._by_name.clear()
        for outcome in Outcome.objects.filter(initiative__in=self._initiatives.values()).select_related("initiative"):
            self._by_name[outcome.initiative_id, outcome.metric.casefold()].append(outcome)

    def _read(self, row: Row) -> NewReading | None:
        try:
            end = cells.day(cells.needed(self.cell(row, "period_end"), "period_end"), "period_end")
            return NewReading(
                outcome=self._outcome(row),
                period_start=cells.day(self.cell(row, "period_start"), "period_start"),
                period_end=end,  # type: ignore[arg-type]  # not empty, so a day
                value=cells.amount(self.cell(row, "value"), "value"),
                method=cells.choice(self.cell(row, "method") or ReadingMethod.OBSERVED, "method", ReadingMethod.values),
                evidence_url=cells.text(self.cell(row, "evidence_url"), "evidence_url", LONGEST_URL),
                note=cells.text(self.cell(row, "note"), "note", LONGEST_NOTE),
            )
        except CellError as error:
            self.report.reject(row, error.column, error.reason)
            return None

    def _outcome(self, row: Row) -> Outcome:
        text = self.cell(row, "outcome")
        if text:
            outcome = self._by_id.get(int(text)) if _is_id(text) else None
            if outcome is None:
                raise CellError("outcome", Reason(NO_OUTCOME))
            self._check_initiative(row, outcome)
            return outcome
        initiative = self._initiatives.get(cells.needed(self.cell(row, "initiative"), "initiative"))
        if initiative is None:
            raise CellError("initiative", Reason(NO_INITIATIVE))
        found = self._by_name[initiative.pk, self.cell(row, "metric").casefold()]
        if len(found) != 1:
            raise CellError("metric", Reason(SEVERAL if found else NO_OUTCOME))
        return found[0]

    def _check_initiative(self, row: Row, outcome: Outcome) -> None:
        """A row that names another initiative than its outcome's is a slip: neither of the two is guessed."""
        named = self.cell(row, "initiative")
        if named and self._initiatives.get(named) != outcome.initiative:
            raise CellError("initiative", Reason(NO_OUTCOME))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _identity(reading: NewReading) -> Identity:
    return reading.outcome.pk, reading.period_start, reading.period_end, reading.value


def _identities(outcome_ids: set[int]) -> set[Identity]:
    """Return the readings that these outcomes have, the withdrawn ones too: a file does not bring those back."""
    known = Measurement.objects.filter(outcome__in=outcome_ids)
    return set(known.values_list("outcome_id", "period_start", "period_end", "value"))
