"""Which cost lines: the filters that a ledger's address, the API and the exports share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import DateField, Exists, Func, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from costs.allocation import belonging
from costs.allocation.belonging import Scope
from costs.groups import INVOICE
from costs.ledger.tags import Tag
from costs.models import NOT_COUNTED, UNALLOCATED, CostLine, GroupMonth
from costs.querysets import CostLineQuerySet
from costs.reconciliation.sources import vendors_of
from imports.models import Import, ImportReason
from money.months import last_day, next_month
from projects import keys
from projects.models import Initiative, StandingPeriod
from projects.querysets import InitiativeQuerySet
from projects.stages import Stage

_MONTH_END = "(date_trunc('month', %(expressions)s::timestamp) + interval '1 month - 1 day')::date"
# Of charge groups, as people write them and as the product writes them.
TEXTS = ("vendor", "account", "service", "service_category", "sku", "api_key", "source")
WORDS = ("ai_category", "kind")
SEARCHED = ("description", "external_id", "group__details__ChargeDescription", "group__resource")
LOOKED_FOR = ("q", "invoice_ref", "import_id", "billed")
OF_INITIATIVES = ("initiative", "business_unit", "hosting")
_LOOKUPS = {
    "category": "group__category__name",
    **{name: f"group__{name}__iexact" for name in TEXTS},
    **{name: f"group__{name}" for name in (*WORDS, "recoverable", "resource")},
}
# What can be asked for as "not stated": `not_stated` holds names of these.
AXES = ("rows", "columns")  # of a table: what `rest_of` names
MAY_BE_EMPTY = (*TEXTS, *WORDS, "business_unit")  # a kind: where it is hidden (costs/explorer/sums.py)


class Rest(NamedTuple):
    """What has no row of its own in a table of the explorer: its charge groups, and (none: all) its initiatives."""

    groups: Q = Q()
    initiatives: frozenset[int] | None = None  # 0: what belongs to none


WITHOUT_REST = Rest()


@dataclass(frozen=True)
class Filters:
    """What to keep; empty keeps everything.

    `since` and `until` are months, both included. `stage` is that of the initiative at the end of a line's month.
    `as_of` leaves out what is dated later; it is also the day after which no change of stage is known.
    `tag` is written as costs/ledger/tags.py says.
    `provider` keeps a vendor under every name that it has (`provider_of`).
    `remark` keeps what the rows of a remark of the import `import_id` have become, as far as its report knows them.
    `q` is part of a text of a line, `invoice_ref` an invoice of its own or of its bill.
    `rest_of` names axes of a table of the explorer, `table` its question: only what has no row or column of its own
    there. What that is (`rest`) is found for who reads it (costs/explorer/rest.py).
    """

    initiative: str = ""
    business_unit: str = ""
    own_unit: bool = False  # of the unit itself, without those below it
    hosting: str = ""
    stage: str = ""
    category: str = ""
    ai_category: str = ""
    vendor: str = ""
    provider: str = ""
    account: str = ""
    service: str = ""
    service_category: str = ""
    sku: str = ""
    api_key: str = ""
    tag: str = ""
    source: str = ""
    kind: str = ""
    not_stated: tuple[str, ...] = ()
    month: date | None = None
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    import_id: int | None = None
    remark: int | None = None
    pending: bool = False
    unallocated: bool = False
    compared: bool = False
    recoverable: bool = False
    billed: bool | None = None
    invoice_ref: str = ""
    own_invoice: bool = False  # of the line itself, without that of its bill: by which it was billed on
    resource: str = ""
    q: str = ""
    rest_of: tuple[str, ...] = ()
    table: str = ""
    rest: Rest = WITHOUT_REST

    MOST_READ = 500_000  # lines, to find those that are looked for

    @property
    def looked_for(self) -> list[str]:
        """The filters of which only the lines themselves tell; of all others the sums by group and month do."""
        return [name for name in LOOKED_FOR if getattr(self, name) not in (None, "")]

    @property
    def is_searched(self) -> bool:
        """Tell whether every line that the other filters keep has to be read to know which are meant.

        Not where an index finds them: those that are pending, and those of an import that made not too many.
        """
        return bool(self.looked_for) and not self.pending and not self.is_of_small_import

    @cached_property
    def is_of_small_import(self) -> bool:
        """Tell whether no more lines are meant than may be read at once, as the report of their import says."""
        if self.import_id is None:
            return False
        return not Import.objects.filter(pk=self.import_id, rows_created__gt=self.MOST_READ).exists()

    @property
    def cut_month(self) -> date | None:
        """The month that the as-of date lies in and does not end, if lines of it are kept at all."""
        is_cut = self.as_of is not None and self.as_of != last_day(self.as_of)
        return self._last if is_cut and self._last == self.as_of.replace(day=1) else None

    @property
    def scope(self) -> Scope:
        """Where what is wanted belongs."""
        if self.compared:
            return Scope(place=NOT_COUNTED)
        left = self.rest.initiatives
        if self.unallocated:
            is_left = left is None or UNALLOCATED in left
            return Scope(place=UNALLOCATED) if is_left else Scope(Initiative.objects.none())
        named, at_stage = self.initiatives(), self._at_stage if self.stage else None
        if left is None:
            return Scope(named, at_stage=at_stage)
        found = (Initiative.objects.order_by() if named is None else named).filter(pk__in=left)
        return Scope(found, at_stage=at_stage, with_unallocated=named is None and UNALLOCATED in left)

    def keep(self, lines: CostLineQuerySet) -> CostLineQuerySet:
        """Keep the lines that the filters name, also those that belong there only in part."""
        return belonging.lines_in(self._narrowed(lines), self.scope)

    def parts(self, lines: CostLineQuerySet) -> QuerySet[CostLine]:
        """Return a row for each part of a line that belongs to what is wanted, with its `share`."""
        return belonging.parts_in(self._narrowed(lines), "incurred_on", self.scope)

    def months(self, months: QuerySet[GroupMonth]) -> QuerySet[GroupMonth]:
        """Return the same of the sums by group and month, where they can tell."""
        wanted = self._of_groups() & self._of_time("month") & (Q(pending__gt=0) if self.pending else Q())
        return belonging.parts_in(months.filter(wanted), "month", self.scope)

    def initiatives(self) -> InitiativeQuerySet | None:
        """Return the initiatives that the filters name; None where they name none, so that what has none counts too."""
        found = Initiative.objects.order_by()
        if self.initiative:
            found = keys.meant(found, self.initiative)
        if self.business_unit:
            path = self.business_unit
            found = found.filter(business_unit__path__iexact=path) if self.own_unit else found.under(path)
        if "business_unit" in self.not_stated:
            found = found.filter(business_unit__isnull=True)
        if self.hosting:
            found = found.filter(hosting=self.hosting)
        named = any(getattr(self, name) for name in OF_INITIATIVES) or "business_unit" in self.not_stated
        return found if named else None

    def words(self) -> dict[str, str]:
        """Return the filters that are set as an address carries them."""
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "rest"}
        given |= {name: f"{given[name]:%Y-%m}" for name in ("month", "since", "until") if given[name]}
        given["billed"] = "" if self.billed is None else str(self.billed)
        return {name: _word(value) for name, value in given.items() if value}

    @cached_property
    def _vendors(self) -> list[str]:
        """All names of the provider, asked for once: that looks at every group."""
        return vendors_of(self.provider)

    @cached_property
    def _remarked(self) -> list[int]:
        """The rows that the remark is about."""
        return ImportReason.rows_of(self.remark, self.import_id) if self.remark else []

    @property
    def _tagged(self) -> RawSQL:
        tag = Tag.read(self.tag)
        return RawSQL(tag.charges("%s", "%s"), [part for part in tag if part is not None])  # noqa: S611 - no text of users

    def _of_groups(self) -> Q:
        wanted = Q(**{lookup: value for name, lookup in _LOOKUPS.items() if (value := getattr(self, name))})
        if self.provider:
            wanted &= Q(group__vendor__in=self._vendors)
        if self.tag:
            wanted &= Q(group__in=self._tagged)
        wanted &= Q(**{f"group__{name}": "" for name in self.not_stated if name != "business_unit"}) & self.rest.groups
        initiatives = self.initiatives()
        if self.scope.place is not None and initiatives is not None:  # of lines that name one, some are not counted
            wanted &= Q(group__initiative__in=initiatives)
        return wanted & Q(group__initiative=None) if self.unallocated else wanted

    def _of_time(self, field: str) -> Q:
        """Return the condition on the date of a line, or the month of a sum."""
        wanted = Q(**{f"{field}__gte": self._first}) if self._first else Q()
        return wanted & Q(**{f"{field}__lt": next_month(self._last)}) if self._last else wanted

    def _narrowed(self, lines: CostLineQuerySet) -> CostLineQuerySet:
        return lines.filter(self._of_groups() & self._of_time("incurred_on"), self.of_lines())

    def of_lines(self) -> Q:
        """Return the condition on single lines, which their group and month cannot tell."""
        wanted = Q(incurred_on__lte=self.as_of) if self.as_of else Q()
        if self.import_id:
            wanted &= Q(import_id=self.import_id)
        if self.remark:
            wanted &= Q(line_number__in=self._remarked)
        if self.pending:
            wanted &= Q(base_amount__isnull=True)
        if self.billed is not None:
            wanted &= Q(billed_on__isnull=not self.billed)
        if self.invoice_ref:
            own = Q(invoice_ref__iexact=self.invoice_ref)
            of_bill = Q(**{f"group__details__{INVOICE}__iexact": self.invoice_ref})
            wanted &= own if self.own_invoice else own | of_bill
        if self.q:
            wanted &= Q(*((f"{name}__icontains", self.q) for name in SEARCHED), _connector=Q.OR)
        return wanted

    def _at_stage(self, day: str, initiative: str) -> Q:
        """Return the condition that an initiative stands at the stage at the end of a day's month."""
        end = Func(OuterRef(day), template=_MONTH_END, output_field=DateField())
        known = Least(end, Value(self.as_of)) if self.as_of else end
        then = StandingPeriod.objects.filter(initiative=OuterRef(initiative), begins__lte=known, ends__gt=known)
        wanted = Q(Exists(then.filter(stage=self.stage)))
        if self.stage == Stage.DRAFT:  # which it is before its first change of stage
            wanted |= Q(**{f"{initiative}__gt": UNALLOCATED}) & ~Q(Exists(then))
        return wanted

    @property
    def _first(self) -> date | None:
        return max(filter(None, (self.month, self.since)), default=None)

    @property
    def _last(self) -> date | None:
        as_of = self.as_of.replace(day=1) if self.as_of else None
        return min(filter(None, (self.month, self.until, as_of)), default=None)


def names_in(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Read names divided by commas, in order; ValueError says which are not known."""
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(_("There is no such field: {names}.").format(names=", ".join(unknown)))
    return tuple(sorted(names))


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "on" if value is True else str(value)
