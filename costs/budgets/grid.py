"""A year of a budget as a table, months × categories, in one currency.

A cell shows what its lines add up to. Nothing is overwritten: what is typed into a cell adds a line with the
difference, approved on the day that is given, so that every earlier date keeps the budget that was approved by then.
A difference from lines that are approved later would be another amount until their day: it is refused at its cell.

Several people may type at once. The form carries which lines it was made of (`seen`); a cell that somebody else has
changed since then is refused beside what it holds now, every other one is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.changes import changing
from accounts.models import User
from api.decimals import plain
from costs import rollups
from costs.budgets import lines
from costs.budgets.lines import NewBudget
from costs.budgets.totals import ANY
from costs.entry import paste
from costs.models import BudgetLine, Category
from display import numbers
from money import exact
from money.exact import EXACT, ZERO
from money.months import next_month
from projects.models import Initiative

Key = tuple[date, str]  # month, name of the category or ANY
ONE = Decimal(1)
_CHANGED = gettext_lazy("Somebody else has made this {amount} meanwhile. Save again to put yours in its place.")
_APPROVED_LATER = gettext_lazy(
    "This cell has a line of {amount} that is approved on {day}: approve your change on that day or later."
)
_SEEN = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """One field: its name in the form, what is typed, and what is wrong with it."""

    name: str
    label: str
    text: str
    amount: Decimal | None
    error: str


@dataclass(frozen=True)
class Row:
    """A month of the table."""

    month: date
    cells: list[Cell]
    total: Decimal

    @property
    def errors(self) -> list[Cell]:
        """The cells with something wrong."""
        return [cell for cell in self.cells if cell.error]


class BudgetGrid:
    """What stands in a year of a budget in one currency, and what is typed over it."""

    def __init__(self, initiative: Initiative, first: date, currency: str, categories: list[Category]) -> None:
        self.initiative, self.currency = initiative, currency
        self.months = [first]
        while len(self.months) < 12:
            self.months.append(next_month(self.months[-1]))
        self.look_again()
        used = {name for _month, name in self.stands}
        self._categories = {each.name: each for each in categories if each.is_active or each.name in used}
        self.columns = [*self._categories, ANY]
        self._shown_lines = self.seen
        self.typed: dict[Key, str] = {}
        self.errors: dict[Key, str] = {}

    def look_again(self) -> None:
        """Read what stands now."""
        self.stands = self._sums(self.months[0])
        counted = self._lines().aggregate(last=Max("pk"), count=Count("pk"))
        self.seen = f"{counted['last'] or 0}-{counted['count']}"

    @property
    def labels(self) -> list[str]:
        """The headings of the columns."""
        return [self.label(name) for name in self.columns]

    def label(self, name: str) -> str:
        """Return what a column is called."""
        return str(self._categories[name]) if name else _("Any category")

    @property
    def rows(self) -> list[Row]:
        """The months with their cells."""
        made = []
        for month in self.months:
            cells = [self._cell(month, name) for name in self.columns]
            made.append(Row(month, cells, exact.total(cell.amount or ZERO for cell in cells)))
        return made

    @property
    def column_totals(self) -> list[Decimal]:
        """What each column adds up to, and at the end all of them."""
        rows = self.rows
        columns = [exact.total(row.cells[index].amount or ZERO for row in rows) for index in range(len(self.columns))]
        return [*columns, exact.total(columns)]

    def type_in(self, data: Mapping[str, str]) -> None:
        """Take the texts of a form."""
        self._shown_lines = data.get("seen", "")
        for key in self._keys():
            text = data.get(_name(key))
            if text is not None:
                self.typed[key] = text.strip()

    def copy_last_year(self, factor: Decimal = ONE) -> int:
        """Put last year's amounts times a factor into the cells that are empty; return how many.

        Multiplied amounts are rounded to the smallest unit of the currency, cell by cell, half to even.
        """
        unit = numbers.smallest_unit(self.currency)
        first = self.months[0]
        before = self._sums(first.replace(year=first.year - 1))
        filled = 0
        for month, name in self._keys():
            amount = before.get((month.replace(year=month.year - 1), name))
            if amount and not self._text((month, name)):
                wanted = EXACT.multiply(amount, factor).quantize(unit, context=EXACT) if factor != ONE else amount
                self.typed[month, name] = _written(wanted)
                filled += 1
        return filled

    def add_to(self, amounts: Mapping[Key, Decimal]) -> None:
        """Add amounts to what is typed; where that is no amount, it is said at the cell."""
        for key, amount in amounts.items():
            if not amount:
                continue
            stands = self._amount(key)
            if stands is None:
                self.errors[key] = _("This is not an amount that something can be added to.")
            else:
                self.typed[key] = _written(EXACT.add(stands, amount))

    def check(self) -> list[tuple[Key, Decimal]]:
        """Return the cells that change, each with the difference; what is wrong is noted at its cell."""
        shown = self._as_shown()
        changes = []
        for key, text in list(self.typed.items()):
            now = self.stands.get(key, ZERO)
            was = None if shown is None else shown.get(key, ZERO)
            try:
                amount = paste.amount_as_shown(text, self.currency)
            except ValueError as error:
                self.errors[key] = str(error)
                continue
            if amount == was != now:
                del self.typed[key]  # not touched: what somebody else made of it meanwhile stays
            elif amount != now:
                if was != now:
                    self.errors[key] = _CHANGED.format(amount=plain(now))
                changes.append((key, EXACT.subtract(amount, now)))
        return changes

    def new_lines(self, approved_on: date) -> list[NewBudget]:
        """Return the lines that make the budget what is typed; a cell with a line approved later is noted as wrong."""
        changes = self.check()
        later = self._approved_after(approved_on) if changes else {}
        for key, _difference in changes:
            if key in later:
                day = numbers.day_unbroken(later[key].approved_on, "day_short")
                self.errors[key] = _APPROVED_LATER.format(amount=_written(later[key].amount), day=day)
        return [
            NewBudget(self.initiative, month, self._categories.get(name), amount, self.currency, approved_on)
            for (month, name), amount in changes
        ]

    def _cell(self, month: date, name: str) -> Cell:
        key = (month, name)
        label = _("{month}, {category}").format(month=numbers.day(month, "month_short"), category=self.label(name))
        return Cell(_name(key), label, self._text(key), self._amount(key), self.errors.get(key, ""))

    def _text(self, key: Key) -> str:
        if key in self.typed:
            return self.typed[key]
        stands = self.stands.get(key, ZERO)
        return _written(stands) if stands else ""

    def _amount(self, key: Key) -> Decimal | None:
        text = self._text(key)
        try:
            return paste.amount_as_shown(text, self.currency)
        except ValueError:
            return None  # said at the cell when it is checked

    def _keys(self) -> list[Key]:
        return [(month, name) for month in self.months for name in self.columns]

    def _lines(self) -> QuerySet[BudgetLine]:
        return BudgetLine.objects.filter(initiative=self.initiative)

    def _lines_of_year(self, first: date) -> QuerySet[BudgetLine]:
        year = self._lines().filter(month__gte=first, month__lt=first.replace(year=first.year + 1))
        return year.filter(currency=self.currency)

    def _sums(self, first: date, **only: int) -> dict[Key, Decimal]:
        sums = self._lines_of_year(first).filter(**only).order_by().values_list("month", "category__name")
        return {(month, name or ANY): amount for month, name, amount in sums.annotate(Sum("amount"))}

    def _approved_after(self, day: date) -> dict[Key, BudgetLine]:
        """Return the last line of each cell that has one approved after a day."""
        later = self._lines_of_year(self.months[0]).filter(approved_on__gt=day).select_related("category")
        by_day = later.order_by("approved_on", "pk")
        return {(line.month, line.category.name if line.category else ANY): line for line in by_day}

    def _as_shown(self) -> dict[Key, Decimal] | None:
        """Return what stood there when the form was made; None where that cannot be told, as lines were deleted."""
        if self._shown_lines == self.seen:
            return self.stands
        found = _SEEN.fullmatch(self._shown_lines)
        if not found or self._lines().filter(pk__lte=int(found[1])).count() != int(found[2]):
            return None
        return self._sums(self.months[0], pk__lte=int(found[1]))


def save(actor: User, grid: BudgetGrid, approved_on: date) -> int:
    """Add the lines that make the budget what is typed, all or none; return how many. Errors stand in the grid."""
    with changing(actor):
        rollups.lock()
        grid.look_again()
        rows = grid.new_lines(approved_on)
        if grid.errors or not rows:
            return 0
        return len(lines.add(actor, rows))


def _written(amount: Decimal) -> str:
    """Write an amount into a field, grouped as beside it; it is read back as it was (`paste.amount_as_shown`)."""
    return numbers.number(amount)


def _name(key: Key) -> str:
    return f"{key[0]:%Y-%m}.{key[1]}"
