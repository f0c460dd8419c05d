"""Cost lines from a CSV file with our own column names (`costs_csv`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.changes import Change
from accounts.models import Organisation
from costs import fingerprints
from costs.groups import GroupKey, find_or_make, tags_text
from costs.importers import cells, merge
from costs.importers.cells import Bad, copied
from costs.lines import API
from costs.models import Category
from imports.models import Import
from imports.pipeline import Column, Importer, Reason, Reverted, Row
from money.currencies import CODES
from money.rates import convert, rates_on
from projects.models import Initiative

NO_INITIATIVE = gettext_noop("There is no such initiative.")
NO_CATEGORY = gettext_noop("There is no such category.")
NO_CURRENCY = gettext_noop("Not a currency of ISO 4217 (upper case, such as USD).")
DOUBLED_ID = gettext_noop("The file has this external_id further up with other content.")
RESTATED = gettext_noop("Restated: the line was there with other content, which no longer counts.")

# What rows have in common makes a charge group; it is read once for every combination of cells that occurs.
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
OWN = ("incurred_on", "amount", "billed_on", "invoice_ref", "description", "external_id")
MOST_COMBINATIONS = 100_000
NULL = r"\N"


@dataclass(slots=True)
class About:
    """A charge group of the file, and its id once it is known."""

    key: GroupKey
    group_id: int = 0


class Staged(NamedTuple):
    """A good row, before its group and its rate are looked up."""

    line: int
    about: About
    fingerprint: str
    on: date
    amount: str
    billed_on: str
    external_id: str
    invoice_ref: str
    description: str


class CostsCsv(Importer):
    """Reads batch by batch, checks each distinct cell once, stages by COPY and merges with a few statements."""

    format = "costs_csv"
    title = _("Cost lines (CSV)")
    permission = "import.costs"
    columns = (
        Column("initiative"),
        Column("incurred_on", required=True),
        Column("category", required=True),
        Column("amount", required=True),
        Column("currency", required=True),
        *(Column(name) for name in ("capex", "recurring", "recoverable", "billed_on", "invoice_ref", "vendor")),
        *(Column(name) for name in ("description", "external_id", "source", "tags")),
    )
    has_amount = True
    batch_rows = 20_000

    def start(self) -> None:
        """Look up what cells can name, and make the table to stage rows in."""
        merge.prepare()
        numbers = Initiative.objects.values_list("number", "pk")
        categories = Category.objects.filter(is_active=True).values_list("name", "pk")
        self._initiative = cells.one_of({f"AI-{number:04d}": key for number, key in numbers}, NO_INITIATIVE)
        self._category = cells.one_of(dict(categories), NO_CATEGORY)
        self._base = Organisation.current().base_currency
        self._abouts: dict[tuple[str, ...], About] = {}
        self._rates: dict[tuple[str, date], Decimal | None] = {}
        self._content_of: dict[str, int] = {}  # fingerprint of an external id → hash of what its row says
        self._staged = 0

    def load(self, rows: Sequence[Row]) -> None:
        """Check a batch and stage the good rows."""
        if not rows:
            return
        good = self._check(rows)
        self._find_groups(good)
        self._find_rates(good)
        merge.stage(map(self._line, good))
        self._staged += len(good)

    def finish(self) -> None:
        """Merge what was staged, and say what came of it."""
        self.report.amount_total = merge.staged_amount()
        created = merge.merge(self.import_id, bool(self._content_of))
        self.report.created += created
        self.report.unchanged += self._staged - created
        for line in merge.restated(self.import_id) if self._content_of else ():
            self.report.note(line, Reason(RESTATED))

    @classmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back the lines that this import created; what it restated counts again, corrections by hand stay."""
        taken = merge.revert(job.pk)
        return Reverted(removed=taken.removed, kept=taken.corrected)

    # One batch ------------------------------------------------------------------------------------------------------
    def _check(self, rows: Sequence[Row]) -> list[Staged]:
        width = len(rows[0].cells)  # the place after the last cell holds "" for columns that the file does not have
        about_of, own_of = (itemgetter(*(self.at.get(name, width) for name in names)) for names in (ABOUT, OWN))
        abouts, good = self._abouts, []
        if len(abouts) > MOST_COMBINATIONS:
            abouts.clear()
        for row in rows:
            texts = [*row.cells, ""]
            try:
                named = about_of(texts)
                about = abouts.get(named)
                if about is None:
                    about = abouts[named] = self._read_about(named)
                staged = _read_own(row.line, about, own_of(texts))
                if staged.external_id:
                    self._check_repeated(staged)
                good.append(staged)
            except Bad as bad:
                self.report.reject(row, bad.column, bad.reason)
        return good

    def _read_about(self, named: tuple[str, ...]) -> About:
        cell = {name: text.strip() for name, text in zip(ABOUT, named, strict=True)}
        if cell["currency"] not in CODES:
            raise Bad("currency", Reason(NO_CURRENCY))
        flags = {name: cells.flag(cell[name], name) for name in ("capex", "recurring", "recoverable")}
        key = GroupKey(
            source=cells.short(cell["source"], "source") or API,
            initiative_id=self._initiative(cell["initiative"], "initiative") if cell["initiative"] else None,
            category_id=self._category(cell["category"], "category"),
            currency=cell["currency"],
            vendor=cells.short(cell["vendor"], "vendor"),
            tags=tags_text(cells.tags(cell["tags"])),
            **flags,
        )
        return About(key)

    def _check_repeated(self, staged: Staged) -> None:
        """An external id may stand in the file again, but not with other content: nobody could say which holds."""
        content = hash((staged.about.key, *staged[3:]))
        if self._content_of.setdefault(staged.fingerprint, content) != content:
            raise Bad("external_id", Reason(DOUBLED_ID))

    def _find_groups(self, good: Sequence[Staged]) -> None:
        new = [staged.about for staged in good if not staged.about.group_id]
        groups = find_or_make({about.key for about in new}) if new else {}
        for about in new:
            about.group_id = groups[about.key].pk

    def _find_rates(self, good: Sequence[Staged]) -> None:
        pairs = {(staged.about.key.currency, staged.on) for staged in good}
        unknown = [pair for pair in pairs if pair not in self._rates and pair[0] != self._base]
        if unknown:
            self._rates.update(rates_on(unknown))

    def _line(self, staged: Staged) -> str:
        """Write a staged row as COPY takes it."""
        currency = staged.about.key.currency
        if currency == self._base:
            rate, base = "1", staged.amount
        else:
            found = self._rates[currency, staged.on]
            rate = NULL if found is None else str(found)
            base = NULL if found is None else f"{convert(Decimal(staged.amount), found):f}"
        return (
            f"{staged.about.group_id}\t{staged.on}\t{staged.fingerprint}\t{staged.amount}\t{rate}\t{base}\t"
            f"{staged.billed_on or NULL}\t{copied(staged.external_id)}\t{copied(staged.invoice_ref)}\t"
            f"{copied(staged.description)}\t{staged.line}\n"
        )


def _read_own(line: int, about: About, own: tuple[str, ...]) -> Staged:
    """Check the cells that are a row's own."""
    on, amount, billed_on, invoice_ref, description, external_id = map(str.strip, own)
    exact = cells.amount(amount)
    billed = str(cells.day(billed_on, "billed_on")) if billed_on else ""
    if invoice_ref or description or external_id:
        cells.short(invoice_ref, "invoice_ref")
        cells.short(description, "description", cells.LONG)
        cells.short(external_id, "external_id")
    if external_id:
        fingerprint = fingerprints.of_external_id(about.key.source, external_id)
    else:
        fingerprint = fingerprints.of_content(exact, billed, invoice_ref, description)
    day = cells.day(on, "incurred_on")
    return Staged(line, about, fingerprint, day, exact, billed, external_id, invoice_ref, description)
