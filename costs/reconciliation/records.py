"""What the records of a provider's month say, as they are compared: amounts by day, model and class of tokens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from costs.models import Kind
from costs.pricing import TokenClass
from costs.reconciliation.charge_classes import CLASSED, NO_TOKENS, UNTOLD, Told
from costs.reconciliation.months import LEDGER
from money.exact import EXACT

CLASSES = (*TokenClass, NO_TOKENS, UNTOLD)


class Cell(NamedTuple):
    """What an amount is for. `token_class`: one of `CLASSES`; `model` "": not told; `day` None: more than one."""

    day: date | None
    model: str
    token_class: str
    batch: bool = False


class Slot(NamedTuple):
    """What groups have in common; `name` is the model as usage calls it."""

    kind: str
    counted: bool
    name: str
    told: Told


class Charges(NamedTuple):
    """Groups that have a slot in common, and what the month's sums say of them."""

    slot: Slot
    item: str  # what their bill calls it
    is_for_tokens: bool  # by category
    groups: list[int]
    lines: int
    used: int  # lines of usage
    gross: Decimal

    @property
    def tells_tokens(self) -> bool:
        """Whether its words name a class of tokens, or a model."""
        return bool(self.slot.told.token_class in CLASSED or self.slot.told.model)


@dataclass
class Record:
    """What one record says."""

    cells: dict[Cell, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tokens: dict[tuple[str, bool], int] = field(default_factory=lambda: defaultdict(int))  # class, batch → tokens
    days: set[date] = field(default_factory=set)
    unclassed: str = ""  # a charge that names no class
    by_month: bool | None = None  # where its cells do not tell (costs/reconciliation/many_lines.py)

    def note(self, cell: Cell, amount: Decimal) -> None:
        """Add an amount."""
        if cell.day is not None:
            self.days.add(cell.day)
        if amount:
            self.cells[cell] = EXACT.add(self.cells[cell], amount)

    @property
    def tells_classes(self) -> bool:
        """Whether it says of any amount which class of tokens it is for."""
        return any(cell.token_class in CLASSED for cell in self.cells)

    @property
    def is_by_month(self) -> bool:
        """Whether its days say nothing: a charge for tokens is for more than one. Where none is known to be, any is."""
        if self.by_month is not None:
            return self.by_month
        of_tokens = [cell for cell in self.cells if cell.token_class in CLASSED or cell.model]
        return any(cell.day is None for cell in of_tokens or self.cells)

    def by_class(self) -> dict[tuple[str, bool], Decimal]:
        """Return what each class comes to, batch calls apart."""
        sums: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
        for cell, amount in self.cells.items():
            sums[cell[2:]] = EXACT.add(sums[cell[2:]], amount)
        return dict(sums)


@dataclass
class Month:
    """What the lines of a provider's month say."""

    records: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))  # kind of record, or `LEDGER`
    unpriced: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # model as usage calls it → lines
    # kind of record, or `LEDGER` → day (None: of any) and model of lines without a price
    unpriced_on: dict[str, set[tuple[date | None, str]]] = field(default_factory=lambda: defaultdict(set))
    charges: list[Charges] = field(default_factory=list)
    # What tokens read from caches would cost more at the price of other input.
    cache_saving: Decimal = Decimal(0)
    unread: int = 0  # lines that are too many to be read: the sums tell then, which know no days
    # Lines of the days that only some records have are too many as well: what the records say of them is not told.
    days_untold: bool = False

    @property
    def groups(self) -> list[int]:
        """The ids of its charge groups."""
        return [group for each in self.charges for group in each.groups]

    def note(self, slot: Slot, cell: Cell, amount: Decimal) -> None:
        """Add an amount to its record, and to the ledger where it counts there."""
        self.records[slot.kind].note(cell, amount)
        if slot.counted and slot.kind != Kind.ENTERED:
            self.records[LEDGER].note(cell, amount)
