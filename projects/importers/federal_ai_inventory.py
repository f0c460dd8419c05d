"""The consolidated inventory of US federal AI use cases (docs/importing.md, "Federal AI inventory")."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from imports.kinds import FileKind
from imports.pipeline import Column, Reason, Row
from projects import bulk
from projects.fields import LONGEST_TEXT, LONGEST_TITLE
from projects.importers.federal_dates import Kind
from projects.importers.federal_record import DATE_COLUMNS, Record, collapsed, read_record, risk_tier
from projects.importers.initiative_importer import InitiativeImporter
from projects.names import LONGEST_LINE

if TYPE_CHECKING:
    pass

NAME_MISSING = gettext_noop("The use case has no name.")
AGENCY_MISSING = gettext_noop("The agency is missing.")
NAME_KNOWN = gettext_noop(
    "A record of this agency and name is there already. If it is another one, mend the file itself and send all of it."
)
TOO_LONG = gettext_noop("The text is longer than {most} characters.")
STAGE_MISSING = gettext_noop("stage missing")
STAGE_UNKNOWN = gettext_noop("stage unknown: {stage}")
PLAN = gettext_noop("plan")
NO_PILOT_DATE = gettext_noop("the inventory has no date for the pilot")
UNUSED = gettext_noop("date of a stage that the record has not reached")
DATE_UNKNOWN = {
    "absent": gettext_noop("absent"),
    "unreadable": gettext_noop("unreadable"),
    "year-only": gettext_noop("year-only"),
    "out of order": gettext_noop("out of order"),
}


def _column(name: str, *headings: str, required: bool = True) -> Column:
    return Column(name, required, tuple(heading.casefold() for heading in headings))


class FederalAiInventory(InitiativeImporter):
    """Reads both headers that the publisher uses; other columns are ignored."""

    format = "federal_ai_inventory"
    title = _("Federal AI use-case inventory (CSV)")
    permission = "import.initiatives"
    next_pages = (("projects:initiative-list", _("Initiatives")), ("portfolio:portfolio", _("Portfolio")))
    ignores_other_columns = True
    ignores_doubled_columns = True
    kinds = (FileKind.CSV,)
    fallback_encoding = "cp1252"
    batch_rows = 500  # a quarter of the real file: its progress shows, and a cancel takes effect
    remarks_note = _(
        "Absent, unreadable, year-only and out of order: dates of steps that it did take, known only to lie before "
        "2025. Plan: a date after 2024-12-31. Of development and implementation it is kept as a planned date; for the "
        "first day and for retirement an initiative has none."
    )
    columns = (
        _column("name", "Use Case Name", "2_use_case_name"),
        _column("agency", "Agency", "3_agency"),
        _column("bureau", "Bureau", "4_bureau", required=False),
        _column("topic", "Use Case Topic Area", "8_topic_area", required=False),
        _column(
            "purpose",
            "What is the intended purpose and expected benefits of the AI?",
            "11_purpose_benefits",
            required=False,
        ),
        _column("outputs", "Describe the AI system’s outputs.", "12_outputs", required=False),
        _column("stage", "Stage of Development", "16_dev_stage"),
        _column(
            "impact",
            "Is the AI use case rights-impacting, safety-impacting, both, or neither?",
            "17_impact_type",
            required=False,
        ),
        _column("initiated", "Date Initiated", "18_date_initiated"),
        _column("development_began", "Date when Acquisition and/or Development began", "19_date_acq_dev_began"),
        _column("implemented", "Date Implemented", "20_date_implemented"),
        _column("retired", "Date Retired", "21_date_retired"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen: Counter[tuple[str, str]] = Counter()

    def load(self, rows: Sequence[Row]) -> None:
        """Make those initiatives of the batch that are not there yet."""
        read = {row.line: made for row in rows if (made := self._read(row)) is not None}
        known = bulk.known_refs(new.external_ref for new in read.values())
        fresh = [new for new in read.values() if new.external_ref not in known]
        if self.is_sent_back:  # alone, so that it is the first of its name whichever it was in its file
            for line in (line for line, new in read.items() if new.external_ref in known):
                self.report.note(line, Reason(NAME_KNOWN))
        bulk.add(fresh, self.change, self.import_id)
        self.report.created += len(fresh)
        self.report.unchanged += len(read) - len(fresh)

    def _read(self, row: Row) -> bulk.NewInitiative | None:
        agency, name = collapsed(self.cell(row, "agency")), collapsed(self.cell(row, "name"))
        self._seen[agency, name] += 1  # rejected or not: once it is mended, those below it keep their numbers
        fault = self._fault(row)
        if fault is not None:
            self.report.reject(row, *fault)
            return None
        record = read_record(self.cell(row, "stage"), {column: self._raw(row, column) for column in DATE_COLUMNS})
        self._tell(row.line, record)
        bureau = collapsed(self.cell(row, "bureau"))
        return bulk.NewInitiative(
            title=name,
            external_ref=external_ref(agency, name, self._seen[agency, name]),
            stage=record.stage,
            unit=(agency, bureau) if bureau else (agency,),
            tag=collapsed(self.cell(row, "topic")),
            problem=self._raw(row, "purpose"),
            desired_outcome=self._raw(row, "outputs"),
            risk_tier=risk_tier(self.cell(row, "impact")),
            planned_prototype_on=record.planned("development_began"),
            planned_production_on=record.planned("implemented"),
            transitions=record.transitions,
        )

    def _raw(self, row: Row, column: str) -> str:
        """Return a cell as it stands in the file."""
        return row.cells[self.at[column]] if column in self.at else ""

    def _fault(self, row: Row) -> tuple[str, Reason] | None:
        if not self.cell(row, "name"):
            return "name", Reason(NAME_MISSING)
        if not self.cell(row, "agency"):
            return "agency", Reason(AGENCY_MISSING)
        limits = {"name": LONGEST_TITLE, "agency": LONGEST_LINE, "bureau": LONGEST_LINE, "topic": LONGEST_LINE}
        limits |= {"purpose": LONGEST_TEXT, "outputs": LONGEST_TEXT}
        for column, most in limits.items():
            if len(self._raw(row, column)) > most and len(self.cell(row, column)) > most:
                return column, Reason(TOO_LONG, most=most)
        return None

    def _tell(self, line: int, record: Record) -> None:
        """Report what the record says and what it leaves open."""
        note = self.report.note
        self.report.breakdown["stage"][record.stage.value] += 1
        if record.strange_stage is None:
            note(line, Reason(STAGE_MISSING))
        elif record.strange_stage:
            note(line, Reason(STAGE_UNKNOWN, stage=record.strange_stage[:LONGEST_LINE]))
        for step in record.transitions:
            if step.to_stage == "pilot":
                note(line, Reason(NO_PILOT_DATE))
            elif step.unknown_reason in DATE_UNKNOWN:
                note(line, Reason(DATE_UNKNOWN[step.unknown_reason]))
        for column in DATE_COLUMNS:
            if record.dates[column].kind is Kind.PLAN:
                note(line, Reason(PLAN))
        for _column_name in record.unused:
            note(line, Reason(UNUSED))


def external_ref(agency: str, name: str, occurrence: int) -> str:
    """Return the identity of a record: agency, use case, and which of those with both the same."""
    ref = f"{agency} / {name} #{occurrence}"
    return ref if len(ref) <= LONGEST_TITLE else hashlib.sha256(ref.encode()).hexdigest()
