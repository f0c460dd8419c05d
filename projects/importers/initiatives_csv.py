"""Initiatives from a CSV file with the field names of the API (docs/importing.md, "Initiatives")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.changes import changing
from accounts.errors import RuleError
from imports import cells
from imports.cells import CellError
from imports.errors_format import restored
from imports.pipeline import Column, Reason, Row
from projects import bulk, exports, initiatives, keys, people, tags, units
from projects.bulk import NewTransition
from projects.dates import not_in_future
from projects.fields import LONG_TEXTS, LONGEST_TEXT, LONGEST_TITLE, PLAN, checked
from projects.importers import stage_columns
from projects.importers.initiative_importer import InitiativeImporter
from projects.models import Hosting, Initiative, RiskTier
from projects.names import LONGEST_LINE

TAG_SEPARATOR = ";"
STAGE_COLUMNS = {column.name for column in stage_columns.COLUMNS}
NO_EMAIL = gettext_noop("Not an e-mail address.")
DIFFERS = gettext_noop("There already, with other values in this row: left as it is.")
NO_KEY = gettext_noop("There is no initiative with this key: leave the cell empty for a new one.")
DAYS_MISSING = gettext_noop("Days of stages that it went through are not given: they count as not known.")
TOO_MANY_TAGS = gettext_noop("At most {most} tags, separated by semicolons.")


class _ThereError(Exception):
    """The initiative of a row is there already."""

    def __init__(self, initiative: Initiative) -> None:
        super().__init__()
        self.initiative = initiative


class InitiativesCsv(InitiativeImporter):
    """Makes each initiative through the same door as a person does. One that is there already stays as it is."""

    format = "initiatives_csv"
    title = _("Initiatives (CSV, Excel)")
    permission = "import.initiatives"
    next_pages = (("projects:initiative-list", _("Initiatives")), ("portfolio:portfolio", _("Portfolio")))
    samples = ("initiatives.csv",)
    # What the list's own file has besides; it comes back with the key of each row.
    passes_over = ("on_hold", *exports.WORKED_OUT)
    batch_rows = 500
    columns = (
        Column("title", required=True, label=_("Title"), hints=("name", "project", "vorhaben", "件名", "案件名")),
        Column("problem", label=_("Problem")),
        Column("desired_outcome", label=_("Desired outcome"), hints=("goal", "objective", "ziel", "目的")),
        Column("why_ai", label=_("Why AI")),
        Column("alternative_considered", label=_("Alternative considered")),
        Column("business_unit", label=_("Business unit"), hints=("department", "unit", "bereich", "部門")),
        Column("owner_email", label=_("Owner"), hints=("e-mail", "responsible", "担当者")),
        Column("sponsor_email", label=_("Sponsor")),
        Column("hosting", label=_("Hosting")),
        Column("risk_tier", label=_("Risk tier"), hints=("risk",)),
        Column("tags", label=_("Tags")),
        Column("planned_prototype_on", label=_("Planned prototype"), holds="day"),
        Column("planned_pilot_on", label=_("Planned pilot"), holds="day"),
        Column("planned_production_on", label=_("Planned production"), holds="day", hints=("go-live",)),
        Column("plan_agreed_on", label=_("Plan agreed on"), holds="day"),
        Column("external_ref", label=_("External reference"), hints=("id", "reference", "number")),
        Column("confidential", label=_("Confidential")),
        *stage_columns.COLUMNS,
        Column("key", label=_("Key")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken: Counter[str] = Counter()  # rows without a reference that were not rejected, by title
        self._ways: dict[int, list[NewTransition]] = {}  # of those that the batch makes

    def start(self) -> None:
        """Keep the units as they are: one that is joined to another meanwhile would end the whole import."""
        units.hold_tree()

    def load(self, rows: Sequence[Row]) -> None:
        """Make the initiatives of the batch, row by row, then record how each came to its stage."""
        self._ways.clear()
        for row in rows:
            try:
                self._take(row)
            except CellError as error:
                self.report.reject(row, error.column, error.reason)
            except RuleError as error:
                self.report.reject(row, error.field or "", Reason.said(error.message))
        bulk.add_ways(self._ways, self.change)

    def cell(self, row: Row, name: str) -> str:
        """As every format does; of a file of ours without the apostrophe that keeps spreadsheets from formulas."""
        text = super().cell(row, name)
        return restored(text) if "key" in self.at else text

    def _take(self, row: Row) -> None:
        """Make the initiative of a row, unless it is there already.

        What the row names is found or made first, and taken back where the initiative is there: so a row that cannot
        go in is rejected whatever is there, and counted among those of its title in no file.
        """
        fields = self._fields(row)
        agreed_on = cells.day(self.cell(row, "plan_agreed_on"), "plan_agreed_on")
        not_in_future(agreed_on, "plan_agreed_on")
        emails = {name: _email(self.cell(row, name), name) for name in people.FIELDS}
        names = self._tags(row)
        stage, way = stage_columns.read(partial(self.cell, row))
        if not STAGE_COLUMNS.isdisjoint({*self.at, *self.constants}):
            fields["stage"] = stage
        try:
            self._refuse_keyed(row)
            with changing(self.actor):
                named = self._find_or_make(self.cell(row, "business_unit"), emails, names)
                self._refuse_known(fields)
                made = initiatives.create(
                    self.actor,
                    **fields,
                    **named,
                    plan_agreed_on=agreed_on,
                    outcomes_not_recorded=True,
                    source_import_id=self.import_id,
                )
            self._tell_made(row, made, way)
        except _ThereError as there:
            self._tell_there(row, there.initiative, fields, way)
        if not fields["external_ref"] and not self.cell(row, "key"):
            self._taken[fields["title"]] += 1

    def _find_or_make(self, unit: str, emails: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
        """Return the unit, the people and the tags that a row names."""
        return {
            "business_unit": units.find_or_make(unit, self.actor),
            "tags": tags.find_or_make(names, self.actor),
            **{
                people.FIELDS[name]: people.find_or_invite(email, self.actor, name)
                for name, email in emails.items()
                if email
            },
        }

    def _tell_made(self, row: Row, made: Initiative, way: list[NewTransition]) -> None:
        self.report.created += 1
        if way:
            self._ways[made.pk] = way
        if any(step.effective_on is None for step in way):
            self.report.note(row.line, Reason(DAYS_MISSING))

    def _tell_there(self, row: Row, there: Initiative, fields: dict[str, Any], way: list[NewTransition]) -> None:
        self.report.unchanged += 1
        days = {(step.to_stage.value, step.effective_on) for step in way if step.effective_on}
        if any(getattr(there, name) != value for name, value in fields.items()) or (
            days and days - set(there.transitions.values_list("to_stage", "effective_on"))
        ):
            self.report.note(row.line, Reason(DIFFERS))

    def _fields(self, row: Row) -> dict[str, Any]:
        """Return the fields of the initiative itself; only those that the file has."""
        given = {*self.at, *self.constants}
        fields: dict[str, Any] = {name: self.cell(row, name) for name in ("title", *LONG_TEXTS) if name in given}
        fields |= {name: cells.day(self.cell(row, name), name) for name in PLAN if name in given}
        for name, choices in (("hosting", Hosting), ("risk_tier", RiskTier)):
            if self.cell(row, name):
                fields[name] = cells.choice(self.cell(row, name), name, choices.values)
        fields["confidential"] = cells.flag(self.cell(row, "confidential"), "confidential")
        fields["external_ref"] = cells.text(self.cell(row, "external_ref"), "external_ref", LONGEST_TITLE)
        cells.needed(fields["title"], "title")
        for name in LONG_TEXTS:
            cells.text(self.cell(row, name), name, LONGEST_TEXT)
        return checked(fields)

    def _refuse_keyed(self, row: Row) -> None:
        """Say so where a row has a key of ours: it is that initiative, and never another one."""
        key = self.cell(row, "key")
        if key:
            found = Initiative.objects.filter(number=keys.number_of(key)).first()
            if found is None:
                raise CellError("key", Reason(NO_KEY))
            raise _ThereError(found)

    def _refuse_known(self, fields: dict[str, Any]) -> None:
        """Say so where the initiative of a row is there: the one of its reference, else the n-th of its title.

        Of those that rows name by their key it is none, wherever in the file these stand.
        """
        if fields["external_ref"]:
            found = Initiative.objects.filter(external_ref=fields["external_ref"]).first()
        else:
            nth = self._taken[fields["title"]]
            same = Initiative.objects.filter(title=fields["title"], external_ref=None).exclude(number__in=self._keyed)
            found = same.order_by("number")[nth : nth + 1].first()
        if found is not None:
            raise _ThereError(found)

    @cached_property
    def _keyed(self) -> set[int]:
        """The numbers in all keys of the file, read ahead: their rows may be in a batch that is yet to come."""
        if "key" not in self.at:
            return set()
        rows = (row for row in self.every_row() if len(row.cells) > self.at["key"])
        return {keys.number_of(self.cell(row, "key")) for row in rows}

    def _tags(self, row: Row) -> list[str]:
        names = [name.strip() for name in self.cell(row, "tags").split(TAG_SEPARATOR) if name.strip()]
        if len(names) > tags.MOST:
            raise CellError("tags", Reason(TOO_MANY_TAGS, most=tags.MOST))
        return [cells.text(name, "tags", LONGEST_LINE) for name in names]


def _email(address: str, column: str) -> str:
    if not address:
        return ""
    try:
        validate_email(address)
    except ValidationError as error:
        raise CellError(column, Reason(NO_EMAIL)) from error
    return cells.text(address, column, LONGEST_LINE)
