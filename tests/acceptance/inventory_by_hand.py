"""The federal inventory counted with plain `csv` and `datetime`: nothing of the project is imported here."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

AS_OF = date(2024, 12, 31)
BEFORE_END = {
    "proposed": ["Initiated", "Planned", "Ideation"],
    "prototype": ["Acquisition and/or Development"],
    "pilot": ["Implementation and Assessment"],
    "production": ["Operation and Maintenance", "In production", "In mission"],
    "stopped": ["Research or Administrative Action Complete"],
}
STAGE_OF = {text.lower(): stage for stage, texts in BEFORE_END.items() for text in texts}
FORMATS = ("%m/%d/%Y", "%m/%Y", "%Y-%m-%d", "%Y-%m", "%y-%b", "%b-%y", "%b %Y")
COLUMNS = {
    "initiated": "Date Initiated",
    "began": "Date when Acquisition and/or Development began",
    "implemented": "Date Implemented",
    "retired": "Date Retired",
}


@dataclass
class Counted:
    """One record as it should come out."""

    line: int
    agency: str
    bureau: str
    name: str
    topic: str
    impact: str
    problem: str
    outputs: str
    stage: str
    # (stage, date or None, why it is unknown)
    steps: list[tuple[str, date | None, str]]
    plans: dict[str, date] = field(default_factory=dict)
    # What the import should say about the row, as often as it applies.
    said: list[str] = field(default_factory=list)

    def day(self, stage: str) -> date | None:
        """Return the known day on which it entered a stage."""
        return next((day for name, day, _ in self.steps if name == stage), None)

    def has(self, stage: str) -> bool:
        """Tell whether it entered the stage."""
        return any(name == stage for name, _, _ in self.steps)


def count(path: Path) -> list[Counted]:
    """Read every record of the file."""
    reader = csv.reader(io.StringIO(path.read_bytes().decode("cp1252"), newline=""))
    header = next(reader)
    records, line = [], reader.line_num + 1
    for cells in reader:
        records.append(_record(line, {name: cells[header.index(name)] for name in header}))
        line = reader.line_num + 1
    return records


def reasons(records: list[Counted]) -> Counter[str]:
    """Count everything that is said about the rows, by reason."""
    return Counter(why for record in records for why in record.said)


def durations(records: list[Counted], today: date) -> tuple[list[tuple[Fraction, str]], Counter[str]]:
    """Return (days from the prototype on, what happened then) where both are known, and the others by reason."""
    known, others = [], Counter[str]()
    for record in records:
        if not record.has("prototype"):
            continue
        if why := lacks(record):
            others[why] += 1
            continue
        kind = next((kind for kind in ("production", "stopped") if record.has(kind)), "censored")
        days = ((record.day(kind) or today) - (record.day("prototype") or today)).days
        known.append((Fraction(days) or Fraction(1, 2), kind))
    return known, others


def rows(records: list[Counted], why: str) -> list[int]:
    """Return the lines of the rows that something is said about."""
    return [record.line for record in records if why in record.said]


def lacks(record: Counted) -> str:
    """Say why the days from its prototype to production, stop or today are unknown; "" where they are known."""
    ends = {"prototype", "production"} | ({"stopped"} if record.stage == "stopped" else set())
    whys = [why for stage, _, why in record.steps if stage in ends and why]
    return whys[0].replace(" ", "-") if whys else ""


def _record(line: int, row: dict[str, str]) -> Counted:
    cells = {name: _read(row[column]) for name, column in COLUMNS.items()}
    text = " ".join(row["Stage of Development"].split()).lower()
    stage = _stage(text, cells["implemented"][0] == "known")
    steps = _steps(stage, cells)
    return Counted(
        line=line,
        agency=row["Agency"].strip(),
        bureau=row["Bureau"].strip(),
        name=" ".join(row["Use Case Name"].split()),
        topic=row["Use Case Topic Area"].strip(),
        impact=row["Is the AI use case rights-impacting, safety-impacting, both, or neither?"].strip().lower(),
        problem=row["What is the intended purpose and expected benefits of the AI?"],
        outputs=row["Describe the AI system’s outputs."],
        stage=stage,
        steps=steps,
        plans={name: day for name, (kind, day) in cells.items() if kind == "planned" and day},
        said=_said(text, stage, steps, cells),
    )


def _said(
    text: str, stage: str, steps: list[tuple[str, date | None, str]], cells: dict[str, tuple[str, date | None]]
) -> list[str]:
    """Say why dates are unknown (those of the pilot, which the file cannot date, apart), and what else is odd."""
    said = ["the inventory has no date for the pilot" if step == "pilot" else why for step, _, why in steps if why]
    said = [why for why in said if why != "planned"]
    used = {column for _, column in _way(stage)}
    for column, (kind, _) in cells.items():
        if kind == "planned":
            said.append("plan")
        elif column not in used and kind != "absent":
            said.append("date of a stage that the record has not reached")
    return said if text else ["stage missing", *said]


def _stage(text: str, implemented: bool) -> str:
    if text == "retired":
        return "retired" if implemented else "stopped"
    return STAGE_OF.get(text, "proposed")


def _way(stage: str) -> list[tuple[str, str]]:
    """Return the stages that a record of this one went through, with the column that dates each."""
    way = [("proposed", "initiated")]
    if stage != "proposed":
        way.append(("prototype", "began"))
    if stage == "pilot":
        way.append(("pilot", ""))
    if stage in ("production", "retired"):
        way.append(("production", "implemented"))
    if stage in ("retired", "stopped"):
        way.append((stage, "retired"))
    return way


def _steps(stage: str, cells: dict[str, tuple[str, date | None]]) -> list[tuple[str, date | None, str]]:
    steps: list[tuple[str, date | None, str]] = []
    for name, column in _way(stage):
        kind, day = cells[column] if column else ("absent", None)
        before = [known for _, known, _ in steps if known]
        if kind != "known":
            steps.append((name, None, kind))
        elif before and day and day < max(before):
            steps.append((name, None, "out of order"))
        else:
            steps.append((name, day, ""))
    return steps


def _read(cell: str) -> tuple[str, date | None]:
    text = cell.strip()
    if text.upper() in ("", "N/A", "NA", "TBD", "TODO", "UNKNOWN") or text.startswith(("N/A -", "To Be Determined")):
        return "absent", None
    if text.endswith(")") and text.count("(") == 1:
        text = text[: text.index("(")].strip()
    for form in FORMATS:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, no time
        except ValueError:
            continue
        if day.year == 1905:
            return "year-only", None
        return ("planned" if day > AS_OF else "known"), day
    return "unreadable", None
