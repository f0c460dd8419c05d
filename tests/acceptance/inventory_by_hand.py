"""The federal inventory counted with plain `csv` and `datetime`: nothing of the project is imported here."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
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
    stage: str
    # (stage, date or None, why it is unknown)
    steps: list[tuple[str, date | None, str]]
    plans: dict[str, date] = field(default_factory=dict)

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
    """Count the unknown dates by reason; those of the pilot, which the file cannot date, apart."""
    counted: Counter[str] = Counter()
    for record in records:
        counted["plan"] += len(record.plans)
        for stage, _, why in record.steps:
            if stage == "pilot":
                counted["the inventory has no date for the pilot"] += 1
            elif why and why != "planned":
                counted[why] += 1
    return counted


def _record(line: int, row: dict[str, str]) -> Counted:
    cells = {name: _read(row[column]) for name, column in COLUMNS.items()}
    stage = _stage(" ".join(row["Stage of Development"].split()).lower(), cells["implemented"][0] == "known")
    return Counted(
        line=line,
        agency=row["Agency"].strip(),
        bureau=row["Bureau"].strip(),
        name=" ".join(row["Use Case Name"].split()),
        topic=row["Use Case Topic Area"].strip(),
        impact=row["Is the AI use case rights-impacting, safety-impacting, both, or neither?"].strip().lower(),
        stage=stage,
        steps=_steps(stage, cells),
        plans={name: day for name, (kind, day) in cells.items() if kind == "planned" and day},
    )


def _stage(text: str, implemented: bool) -> str:
    if text == "retired":
        return "retired" if implemented else "stopped"
    return STAGE_OF.get(text, "proposed")


def _steps(stage: str, cells: dict[str, tuple[str, date | None]]) -> list[tuple[str, date | None, str]]:
    way = [("proposed", "initiated")]
    if stage != "proposed":
        way.append(("prototype", "began"))
    if stage == "pilot":
        way.append(("pilot", ""))
    if stage in ("production", "retired"):
        way.append(("production", "implemented"))
    if stage in ("retired", "stopped"):
        way.append((stage, "retired"))
    steps: list[tuple[str, date | None, str]] = []
    for name, column in way:
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
