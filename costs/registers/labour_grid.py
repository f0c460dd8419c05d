"""A year of days as a table: a row for each initiative and role, a column for each month.

A form carries what each row showed (`was`). Only cells that were typed over change; one that somebody else has changed
since is refused beside what it holds now. A new row may say something of days that stand on another page: it is refused
once, and the form then carries what its reader was told (`told`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from api.decimals import plain
from costs.entry import paste
from costs.generators.labour import Rates
from costs.lookups import Names
from costs.models import LabourDays, LabourRole, in_force
from costs.registers.labour_days import Key, NewDays, UnseenDaysError, check_days
from money.exact import EXACT, ZERO
from money.months import last_day, next_month
from projects.models import Initiative

BLANK_ROWS = 3
MOST_BLANK_ROWS = 100
Pair = tuple[int, int]  # initiative, role
_NEW = re.compile(r"new-(\d{1,6})-initiative", re.ASCII)
_WAS = re.compile(r"was-(\d{1,18})-(\d{1,18})", re.ASCII)
_TOLD = re.compile(r"told-\d{1,18}-\d{1,18}-\d{4}\.\d\d", re.ASCII)
_DAYS = re.compile(r"\d{1,5}(\.\d{1,18})?", re.ASCII)


@dataclass
class Cell:
    """The days of a month: the name of its field, what stands, what is typed, what is wrong with it."""

    name: str
    month: date
    stands: str
    text: str
    error: str = ""


@dataclass
class Row:
    """An initiative and a role. A blank row has neither yet: both are typed."""

    name: str
    initiative: Initiative | None
    role: LabourRole | None
    cells: list[Cell]
    may_edit: bool = True
    total: Decimal = ZERO
    cost: Decimal = ZERO
    unpriced: bool = False
    typed: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def was(self) -> str:
        """What stands in its cells, for the form to carry."""
        return "|".join(cell.stands for cell in self.cells)

    @property
    def wrong(self) -> list[str]:
        """Everything that is wrong with it."""
        said = [f"{cell.month:%Y-%m}: {cell.error}" for cell in self.cells if cell.error]
        return [*self.errors, *said]


class LabourGrid:
    """The days of some initiatives and roles in a year, and what is typed over them."""

    def __init__(self, user: User, first: date, stands: Iterable[LabourDays], rates: Rates) -> None:
        self._user = user
        self.months = [next_month(first, count) for count in range(12)]
        self._rates = rates
        self._days: dict[Pair, dict[date, Decimal]] = {}
        about: dict[Pair, LabourDays] = {}
        for row in stands:
            pair = (row.initiative_id, row.role_id)
            about.setdefault(pair, row)
            self._days.setdefault(pair, {})[row.month] = row.days
        self.rows = [self._row(one.initiative, one.role) for one in about.values()]
        self.blank = [self._blank(number) for number in range(BLANK_ROWS)]
        self.problem = ""
        self.told: dict[str, str] = {}  # by the names of the fields that carry it

    @property
    def is_wrong(self) -> bool:
        """Tell whether something has to be corrected."""
        return bool(self.problem) or any(row.wrong for row in (*self.rows, *self.blank))

    @property
    def most(self) -> int:
        """How many rows of inputs may be sent: those that stand there, and new ones."""
        return sum(row.may_edit for row in self.rows) + MOST_BLANK_ROWS

    def type_in(self, data: Mapping[str, str], roles: Sequence[LabourRole]) -> list[NewDays]:
        """Take the texts of a form; return the days that change. What is wrong is noted at its cell."""
        if posted_pairs(data) - self._days.keys():
            self.problem = _("Somebody else has taken away all days of a row meanwhile. Enter them in a new row.")
        self.told = {name: days for name, days in data.items() if _TOLD.fullmatch(name) and _DAYS.fullmatch(days)}
        changes = [change for row in self.rows if row.may_edit for change in self._typed_over(row, data)]
        added = sorted({int(found[1]) for name in data if (found := _NEW.fullmatch(name))})[:MOST_BLANK_ROWS]
        self.blank = [self._blank(number) for number in added or range(BLANK_ROWS)]
        typed = {data.get(f"{row.name}-initiative", "").strip() for row in self.blank}
        names, known = Names(self._user, typed), {str(role.pk): role for role in roles}
        return changes + [change for row in self.blank for change in self._added(row, data, names, known)]

    def refuse(self, unseen: UnseenDaysError) -> None:
        """Say what stands in months by now that nothing, or something else, stood in when the form was made."""
        said = [message for _field, message in unseen.errors]
        self.problem = " ".join([*said, _("Nothing is saved. Look at these rows, then save again.")])
        self.told |= {_told(key): plain(days) for key, days in unseen.there.items()}

    def _row(self, initiative: Initiative, role: LabourRole) -> Row:
        days = self._days[initiative.pk, role.pk]
        name = f"{initiative.pk}-{role.pk}"
        cells = [self._cell(name, month, days.get(month)) for month in self.months]
        row = Row(name, initiative, role, cells, can(self._user, "cost.edit", initiative))
        for month, number in days.items():
            rate = in_force(self._rates[role.pk], last_day(month))
            row.total = EXACT.add(row.total, number)
            row.cost = EXACT.add(row.cost, EXACT.multiply(number, rate or ZERO))
            row.unpriced = row.unpriced or rate is None
        return row

    def _blank(self, number: int) -> Row:
        name = f"new-{number}"
        return Row(name, None, None, [self._cell(name, month, None) for month in self.months])

    @staticmethod
    def _cell(row: str, month: date, days: Decimal | None) -> Cell:
        text = plain(days) if days else ""
        return Cell(f"{row}-{month:%Y.%m}.days", month, text, text)

    def _typed_over(self, row: Row, data: Mapping[str, str]) -> Iterable[NewDays]:
        was = data.get(f"was-{row.name}", row.was).split("|")
        for cell, before in zip(row.cells, was, strict=False):
            cell.text = data.get(cell.name, before).strip()
            if cell.text == before or cell.text == cell.stands:
                cell.text = cell.stands  # not touched: what somebody else made of it meanwhile stays
                continue
            if cell.stands != before:
                said = _("Somebody else has made this {amount} meanwhile. Save again to put yours in its place.")
                cell.error = said.format(amount=cell.stands or "0")
            days = _read(cell)
            if days is not None:
                stood = Decimal(cell.stands or 0)
                yield NewDays(row.initiative, row.role, cell.month, days, stood)  # type: ignore[arg-type]

    def _added(
        self, row: Row, data: Mapping[str, str], names: Names, roles: Mapping[str, LabourRole]
    ) -> Iterable[NewDays]:
        row.typed = {part: data.get(f"{row.name}-{part}", "").strip() for part in ("initiative", "role")}
        for cell in row.cells:
            cell.text = data.get(cell.name, "").strip()
        if not row.typed["initiative"] and not any(cell.text for cell in row.cells):
            return
        initiative, role = self._charged(row, names), roles.get(row.typed["role"])
        if role is None:
            row.errors.append(_("Which role?"))
        for cell in row.cells:
            days = _read(cell) if cell.text else None
            if days is not None and initiative and role:
                stood = Decimal(self.told.get(_told((initiative.pk, role.pk, cell.month)), 0))
                yield NewDays(initiative, role, cell.month, days, stood)

    @staticmethod
    def _charged(row: Row, names: Names) -> Initiative | None:
        if not row.typed["initiative"]:
            row.errors.append(_("Which initiative?"))
            return None
        try:
            return names.charged(row.typed["initiative"])
        except ValueError as error:
            row.errors.append(str(error))
            return None


def posted_pairs(data: Iterable[str]) -> set[Pair]:
    """Return the initiatives and roles of the rows that a form sends."""
    return {(int(found[1]), int(found[2])) for name in data if (found := _WAS.fullmatch(name))}


def _told(key: Key) -> str:
    initiative, role, month = key
    return f"told-{initiative}-{role}-{month:%Y.%m}"


def _read(cell: Cell) -> Decimal | None:
    if not cell.text:
        return ZERO
    try:
        return check_days(paste.amount(cell.text))
    except ValueError as error:
        cell.error = cell.error or str(error)
        return None
