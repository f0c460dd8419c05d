"""Cost lines from a CSV file with our own column names (`costs_csv`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from costs import initiative_history
from costs.bulk import merge
from costs.bulk.lines import LINES, Bulk
from costs.groups import GroupKey, find_or_make, tags_text
from costs.import_findings import agreeing, restated
from costs.importers import cells, rows
from costs.importers.combinations import Combinations
from costs.importers.ledger_importer import LedgerImporter
from costs.models import Category
from costs.new_line import API
from imports.cells import CellError, flag
from imports.frames import LINE, FrameImporter, row_of
from imports.pipeline import Column, Reason
from projects import keys

NO_INITIATIVE = gettext_noop("There is no such initiative.")
NO_CATEGORY = gettext_noop("There is no such category.")
DOUBLED_ID = gettext_noop("The file has this external_id further up with other content.")
WITHOUT_ID = _(
    "A file that comes again with corrected rows needs an external id: a row without one that says anything else than "
    "before is a new line, and both count."
)
RESTATED = gettext_noop("Restated: the line was there with other content, which no longer counts.")

# What rows have in common makes a charge group.
ABOUT = (
    "initiative",
    "category",
    "currency",
    "source",
    "vendor",
    "capex",
    "recurring",
    "recoverable",
    "tags",
)


class CostsCsv(LedgerImporter, FrameImporter):
    """Reads block by block in columns; what rows have in common is checked once for every combination of cells."""

    format = "costs_csv"
    title = _("Cost lines (CSV, Excel)")
    samples = ("costs.csv", "costs.xlsx")
    permission = "import.costs"
    identity_note = WITHOUT_ID
    next_pages = (("costs:ledger", _("Cost lines")), ("costs:explore", _("Cost explorer")))
    reverts_at_once = merge.REVERTED_AT_ONCE
    columns = (
        Column("initiative", label=_("Initiative"), hints=("project", "projekt", "案件")),
        Column(
            "incurred_on",
            required=True,
            label=_("Date"),
            holds="day",
            hints=("datum", "計上日", "invoice date", "rechnungsdatum", "請求日"),
        ),
        Column("category", required=True, label=_("Category"), hints=("cost type", "kategorie", "費目", "種別")),
        Column(
            "amount", required=True, label=_("Amount"), holds="number", hints=("cost", "total", "net", "betrag", "金額")
        ),
        Column("currency", required=True, label=_("Currency"), hints=("währung",)),
        Column("vendor", label=_("Vendor"), hints=("supplier", "lieferant", "取引先", "仕入先")),
        Column("description", label=_("Description"), hints=("text", "details", "beschreibung", "摘要", "内容")),
        Column("capex", label=_("Capital expenditure")),
        Column("recurring", label=_("Recurring")),
        Column("recoverable", label=_("Recoverable")),
        Column("billed_on", label=_("Billed on"), holds="day", hints=("invoice date", "rechnungsdatum", "請求日")),
        Column("invoice_ref", label=_("Invoice"), hints=("invoice number", "rechnung", "請求書番号")),
        Column("external_id", label=_("External id"), hints=("id", "line id", "伝票番号")),
        Column("source", label=pgettext_lazy("of a line", "Source")),
        Column("tags", label=_("Tags")),
    )
    has_amount = True

    def start(self) -> None:
        """Look up what cells can name, and open the door that lines go through."""
        categories = Category.objects.filter(is_active=True).values_list("name", "pk")
        self._initiative = cells.one_of(keys.ids_by_name(), NO_INITIATIVE)
        self._category = cells.one_of(dict(categories), NO_CATEGORY)
        self._combinations = Combinations(self._read_about)
        self._bulk = Bulk(self.import_id)

    def load(self, frame: pl.DataFrame) -> None:
        """Check a block and hand on the good rows."""
        self._about = self.given(ABOUT)
        about, own = self.raw(frame, self._about), self.read(frame, self.given(rows.OWN))
        named = pl.concat([about, own], how="horizontal").with_columns(frame[LINE].alias("line_number"))
        group_ids, groups = self._combinations.of(about)
        checked = rows.plain(own.with_columns(group_ids, named["line_number"]))
        is_plain = checked["is_plain"] & checked["group_id"].is_not_null()
        good = [checked.filter(is_plain).select(*LINES)]
        if not is_plain.all():
            lines, more = self._odd(frame, named, (~is_plain).arg_true().to_list())
            good.append(lines)
            groups |= more
        self._bulk.add(pl.concat(good), groups)

    def finish(self) -> None:
        """Make lines of what is new, and say what came of it."""
        with initiative_history.recording_import(self.change, self.import_id):
            done = self._bulk.finish(self.beat)
        self.report.came_of(done.created, done.unchanged, done.amount, done.waiting)
        for row in self.rows_at(done.contradicted):
            self.report.reject(row, "external_id", Reason(DOUBLED_ID))
        if done.restated:
            restated.tell(self.report, self.import_id, Reason(RESTATED))
        agreeing.tell(self.report, done.agreeing)

    # One block ------------------------------------------------------------------------------------------------------
    def _odd(
        self, frame: pl.DataFrame, named: pl.DataFrame, places: Sequence[int]
    ) -> tuple[pl.DataFrame, dict[int, GroupKey]]:
        """Read rows that are not plain one by one; those that cannot be taken go to the report."""
        good = []
        for place in places:
            row = named.row(place, named=True)
            try:
                key = self._read_about({name: row[name].strip() for name in self._about})
                good.append((key, *rows.odd([row.get(name, "") for name in rows.OWN]), row["line_number"]))
            except CellError as error:
                self.report.reject(row_of(frame, place), error.column, error.reason)
        made = find_or_make({key for key, *_ in good})
        read = [(made[key], *own) for key, *own in good]
        schema = {name: LINES[name] for name in ("group_id", *rows.OWN, "line_number")}
        return pl.DataFrame(read, schema, orient="row").select(*LINES), {pk: key for key, pk in made.items()}

    def _read_about(self, given: Mapping[str, str]) -> GroupKey:
        """Read what a row has in common with others."""
        cell = dict.fromkeys(ABOUT, "") | given
        currency = cells.currency(cell["currency"], "currency")
        flags = {name: flag(cell[name], name) for name in ("capex", "recurring", "recoverable")}
        return GroupKey(
            source=cells.source(cell["source"]) or API,
            initiative_id=self._initiative(keys.written(named), "initiative")
            if (named := cell["initiative"])
            else None,
            category_id=self._category(cell["category"], "category"),
            currency=currency,
            vendor=cells.short(cell["vendor"], "vendor"),
            tags=tags_text(cells.tags(cell["tags"])),
            **flags,
        )
