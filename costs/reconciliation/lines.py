"""What the lines of a provider's month say, by record: money and tokens by day, model and class of tokens.

Usage that we price is taken apart by the price row that each line keeps, so its classes are exact. A bill's charges are
in the class that their words name (costs/reconciliation/charge_classes.py). A gateway has one amount for a call.
What no record tells stays `UNTOLD`, so that the classes of a record always add up to it.

Groups are put together before their lines are read: what comes back is as long as models × classes × days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from costs.models import NOT_COUNTED, ChargeGroup, GroupMonth, Kind, Placement, UsageMonth
from costs.pricing import TokenClass
from costs.reconciliation.charge_classes import CLASSED, NO_TOKENS, UNTOLD, Told, model_name, told
from costs.reconciliation.months import LEDGER, ProviderMonth
from costs.reconciliation.sources import vendors_of
from money.exact import EXACT, total

CLASSES = (*TokenClass, NO_TOKENS, UNTOLD)

_MONTH = "{day} >= %(month)s AND {day} < %(month)s + interval '1 month'"
_ASKED = "unnest(%(groups)s::bigint[], %(slots)s::int[], %(bills)s::boolean[]) AS asked (group_id, slot, is_bill)"
# A charge of more than a day, the longest of which has 25 hours: its period stands in its fingerprint, as two times of
# five bytes (costs/bulk/identities.py). A fingerprint that is none of a period has a start of another day there.
# Bytes are compared first, in a fifth of the time: hardly any charge for a day ends two days after its date.
_HEX, _DAY = "replace(line.fingerprint::text, '-', '')", "(line.incurred_on - date '1950-01-01')"
_STARTS, _ENDS = (f"('x' || substr({_HEX}, {place}, 10))::bit(40)::bigint" for place in (1, 11))
_IS_LONG = f"""
substr(uuid_send(line.fingerprint), 6, 5) >= substr(int8send(({_DAY} + 2) * 86400::bigint), 4, 5)
AND {_STARTS} / 86400 = {_DAY} AND {_ENDS} - {_STARTS} > 25 * 3600
"""
MONEY = f"""
SELECT asked.slot, CASE WHEN asked.is_bill AND {_IS_LONG} THEN NULL ELSE line.incurred_on END,
       coalesce(sum(line.base_amount), 0)
FROM {_ASKED} JOIN costs_costline AS line ON line.group_id = asked.group_id
WHERE {_MONTH.format(day="line.incurred_on")} AND line.withdrawn_at IS NULL GROUP BY 1, 2
"""  # noqa: S608 - our own names
_TOKENS = ", ".join(f"sum(used.{each}_tokens)::bigint" for each in TokenClass)
_VALUES = ", ".join(f"coalesce(sum(used.{each}_tokens * rate.{each} * line.rate * 0.000001), 0)" for each in TokenClass)
# The rate is the one of `costs.pricing.price_of`: for batch calls or not, and for the longest prompts that these are.
USED = f"""
SELECT asked.slot, used.occurred_on, used.batch, count(*) FILTER (WHERE used.unpriced <> ''),
       coalesce(sum(used.cached_input_tokens * (rate.input - rate.cached_input) * line.rate * 0.000001), 0),
       {_TOKENS}, {_VALUES}
FROM {_ASKED} JOIN costs_usageline AS used ON used.group_id = asked.group_id
LEFT JOIN costs_costline AS line ON line.withdrawn_at IS NULL AND
    (line.group_id, line.incurred_on, line.fingerprint, line.occurrence)
    = (used.group_id, used.occurred_on, used.fingerprint, used.occurrence)
LEFT JOIN LATERAL (
    SELECT each.* FROM costs_tokenrate AS each
    WHERE each.price_id = used.price_id AND each.batch = used.batch AND (
        each.over = 0 OR CASE WHEN used.prompt_tokens IS NOT NULL THEN used.prompt_tokens > each.over
        ELSE used.input_tokens + used.cached_input_tokens + used.cache_write_5m_tokens + used.cache_write_1h_tokens
             > each.over * greatest(coalesce(used.requests, 1), 1) END)
    ORDER BY each.over DESC LIMIT 1
) AS rate ON true
WHERE {_MONTH.format(day="used.occurred_on")} AND used.withdrawn_at IS NULL GROUP BY 1, 2, 3
"""  # noqa: S608 - our own names


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


@dataclass
class Record:
    """What one record says."""

    cells: dict[Cell, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    tokens: dict[tuple[str, bool], int] = field(default_factory=lambda: defaultdict(int))  # class, batch → tokens
    days: set[date] = field(default_factory=set)
    unclassed: str = ""  # a charge that names no class

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
    # kind of record, or `LEDGER` → day and model of lines without a price
    unpriced_on: dict[str, set[tuple[date, str]]] = field(default_factory=lambda: defaultdict(set))
    groups: list[int] = field(default_factory=list)
    # What tokens read from caches would cost more at the price of other input.
    cache_saving: Decimal = Decimal(0)

    def note(self, slot: Slot, cell: Cell, amount: Decimal) -> None:
        """Add an amount to its record, and to the ledger where it counts there."""
        self.records[slot.kind].note(cell, amount)
        if slot.counted and slot.kind != Kind.ENTERED:
            self.records[LEDGER].note(cell, amount)


def read(here: ProviderMonth) -> Month:
    """Read the lines of a month; four queries."""
    found = Month()
    slots: dict[Slot, int] = {}
    given: dict[str, Any] = {"groups": found.groups, "slots": [], "bills": [], "month": here.month}
    for group in _groups(here):
        slot = _slot(group)
        given["groups"].append(group.pk)
        given["slots"].append(slots.setdefault(slot, len(slots)))
        given["bills"].append(slot.kind == Kind.BILL)
        if slot.told.token_class == UNTOLD:
            found.records[slot.kind].unclassed = found.records[slot.kind].unclassed or group.sku or group.service
    in_order = list(slots)
    priced = _read_usage(found, in_order, given)
    for number, day, amount in _rows(MONEY, given):
        slot = in_order[number]
        rest = EXACT.subtract(amount, priced.get((number, day), Decimal(0)))
        found.note(slot, Cell(day, *slot.told), rest)
    return found


def _read_usage(found: Month, slots: Sequence[Slot], given: Mapping[str, Any]) -> dict[tuple[int, date], Decimal]:
    """Add what usage lines tell; return what of a slot's day is in classes by that."""
    priced: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for number, day, batch, unpriced, saving, *sums in _rows(USED, given):
        slot, counts, values = slots[number], sums[: len(TokenClass)], sums[len(TokenClass) :]
        record = found.records[slot.kind]
        names = (slot.kind, *([LEDGER] if slot.counted else []))
        for name in names:
            found.records[name].days.add(day)
        found.cache_saving = EXACT.add(found.cache_saving, saving)
        if unpriced:
            found.unpriced[slot.name] += unpriced
            for name in names:
                found.unpriced_on[name].add((day, slot.told.model))
        for token_class, count, value in zip(TokenClass, counts, values, strict=True):
            if count:
                record.tokens[token_class.value, batch] += count
            if value:
                found.note(slot, Cell(day, slot.told.model, token_class.value, batch), value)
        priced[number, day] = EXACT.add(priced[number, day], total(values))
    return priced


def _groups(here: ProviderMonth) -> QuerySet[ChargeGroup]:
    own, month = OuterRef("pk"), here.month
    has = [Exists(kept.objects.filter(group=own, month=month, lines__gt=0)) for kept in (GroupMonth, UsageMonth)]
    kept_apart = Placement.objects.filter(group=own, initiative_id=NOT_COUNTED, since__lte=month, until__gt=month)
    return (
        ChargeGroup.objects.filter(has[0] | has[1], vendor__in=vendors_of(here.provider))
        .annotate(counted=~Exists(kept_apart))
        .select_related("category")
        .order_by("sku", "pk")
    )


def _slot(group: ChargeGroup) -> Slot:
    if group.kind == Kind.BILL:
        tokens = group.category.name == "tokens" or group.ai_category == "inference"
        said = told(group.sku, group.details, tokens=tokens)
        return Slot(group.kind, group.counted, "", said)  # type: ignore[attr-defined]
    is_used = group.kind != Kind.ENTERED
    name = group.sku if is_used else ""
    return Slot(group.kind, group.counted, name, Told(model_name(name), UNTOLD))  # type: ignore[attr-defined]


def _rows(query: str, given: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        yield from cursor.fetchall()
