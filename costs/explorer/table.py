"""The table as the page shows it: every cell with the address of its lines, and a shade where it is much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from urllib.parse import urlencode

from django.urls import reverse

from costs.explorer.forms import MOST_ALONE
from costs.explorer.headings import Heading, narrowed
from costs.explorer.pivot import Pivot
from costs.explorer.question import Question
from display import numbers

# A cell is shaded from these shares of the total on.
SHADES = (Decimal("0.02"), Decimal("0.05"), Decimal("0.1"), Decimal("0.2"))
SMALL = Decimal("0.01")  # a share below it has a decimal, and then all have
WHOLE_FROM = 100_000  # totals from which on cents would only be noise; the export has every digit
ON_PAPER = 13  # columns that a page has room for: twelve, and what stands together
MOST_ON_PAPER = 5_000  # cells of a table in parts, which is written a second time for them; more are for a file
# What to look at next inside a row.
DEEPER = {
    "category": "vendor",
    "ai_category": "vendor",
    "vendor": "service",
    "service_category": "service",
    "account": "service",
    "api_key": "sku",
    "kind": "vendor",
    "source": "vendor",
    "business_unit": "business_unit",
    "initiative": "category",
}


@dataclass(frozen=True)
class Shown:
    """A cell: its amount, as text too ("" for none), where its lines are, and how dark it is (0 to 4)."""

    text: str
    amount: Decimal | None = None
    url: str = ""
    shade: int = 0


@dataclass(frozen=True)
class ShownRow:
    """A row: its words, the address of a closer look at it, its cells, total and share."""

    label: str
    url: str
    cells: list[Shown]
    total: Shown
    share: str


@dataclass(frozen=True)
class Part:
    """Columns that stand beside each other on paper: their words, the cells of each row, their sums."""

    columns: list[str]
    rows: list[tuple[ShownRow, list[Shown]]]
    totals: list[Shown]


class ShownTable:
    """What the template writes."""

    def __init__(self, found: Pivot, currency: str) -> None:
        self._found, self._question = found, found.question
        largest = max((abs(row.total) for row in found.rows), default=Decimal(0))
        self._digits = 0 if largest >= WHOLE_FROM else numbers.decimals([numbers.smallest_unit(currency)])
        small = any(row.share is not None and 0 < abs(row.share) < SMALL for row in found.rows)
        self._share_digits = 1 if small else 0
        self._opened: dict[int, str] = {}
        self.columns = [each.full for each in found.columns] if found.has_columns else []
        self.rows = [self._row(index) for index in range(len(found.rows))]
        self.totals = [self._shown(total, column) for total, column in zip(found.totals, found.columns, strict=True)]
        self.totals = self.totals if found.has_columns else []
        self.total = self._shown(found.total)
        self.whole = numbers.percent(1, self._share_digits) if found.total > 0 else ""

    @property
    def is_shaded(self) -> bool:
        """Tell whether any cell is."""
        return any(cell.shade for row in self.rows for cell in row.cells)

    @property
    def is_wide(self) -> bool:
        """Tell whether it has more columns than paper has room for."""
        return len(self.columns) > ON_PAPER

    @cached_property
    def parts(self) -> list[Part]:
        """The table in parts as wide as paper, about as many columns in each.

        [] where it has room as it is, and where it has more cells than anybody reads on paper.
        """
        if not self.is_wide or len(self.columns) * len(self.rows) > MOST_ON_PAPER:
            return []
        count = -(-len(self.columns) // ON_PAPER)
        edges = [len(self.columns) * number // count for number in range(count + 1)]
        return [
            Part(self.columns[a:b], [(row, row.cells[a:b]) for row in self.rows], self.totals[a:b])
            for a, b in pairwise(edges)
        ]

    def _row(self, index: int) -> ShownRow:
        row, columns = self._found.rows[index], self._found.columns
        cells = []
        if self._found.has_columns:
            cells = [
                self._shown(amount, row.heading, column, shaded=not (row.heading.is_many or column.is_many))
                for amount, column in zip(row.cells, columns, strict=True)
            ]
        total = self._shown(row.total, row.heading)
        return ShownRow(row.heading.full, self._closer(row.heading), cells, total, self._share(row.share))

    def _share(self, share: Decimal | None) -> str:
        if share is None:
            return numbers.NO_VALUE
        return numbers.percent(share, None if 0 < abs(share) < SMALL else self._share_digits)

    def _shown(self, amount: Decimal | None, *headings: Heading, shaded: bool = False) -> Shown:
        if amount is None:
            return Shown("")
        share = self._found.share(amount) if shaded else None
        shade = sum(share >= least for least in SHADES) if share is not None else 0
        return Shown(numbers.fixed(amount, self._digits), amount, self._lines(headings), shade)

    def _lines(self, headings: Sequence[Heading]) -> str:
        """Return where the lines are."""
        return f"{reverse('costs:ledger')}?{urlencode(self._found.opened(*headings).words())}"

    def _closer(self, heading: Heading) -> str:
        question = self._question
        if heading.is_many and question.top == MOST_ALONE:
            return self._lines([heading])  # as many as can be told apart are
        if heading.is_many:
            return f"?{question.query(top=MOST_ALONE)}"
        rows = DEEPER.get(question.rows, "initiative" if not question.row_dimension.is_time else "category")
        if "own_unit" in heading.changes or "initiative" in heading.changes:
            rows = "category" if question.rows == "initiative" else "initiative"
        columns = question.columns if question.columns != rows else "none"
        closer = Question(narrowed(question.filters, heading.changes), rows, columns, question.top)
        return f"?{closer.query()}"
