"""What can be told of a month that has more lines than may be read, so that its sums by group and month have to tell.

Models without a price and tokens by class stand in the sums of usage. Days are looked for in an index, where one line
of a day is enough, and of the days that only some records have the lines are read, within the same bound: so what lies
on missing days is exact. The days that all records have are compared together, models by month. Not told are what each
class of tokens costs at our prices, and which tokens were used in batches. The lines of a bill are read as always;
where they alone are too many, it has no days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from costs.models import Kind
from costs.pricing import TokenClass
from costs.reconciliation import lines
from costs.reconciliation.charge_classes import UNTOLD, Told
from costs.reconciliation.lines import ASKED, MONEY, asked, divided, rows, slots_of
from costs.reconciliation.months import LEDGER, ProviderMonth
from costs.reconciliation.records import Cell, Charges, Month, Record, Slot
from money.exact import EXACT

REST = date.min  # stands for the days of a month that are not read, until it is known which have to be
_TOKENS = ", ".join(f"sum(kept.{each}_tokens)::bigint" for each in TokenClass)
USED = f"""
SELECT asked.slot, sum(CASE WHEN kept.unpriced = '' THEN 0 ELSE kept.lines END), {_TOKENS}
FROM {ASKED} JOIN costs_usagemonth AS kept ON kept.group_id = asked.group_id
WHERE kept.month = %(month)s AND kept.lines > 0 GROUP BY 1
"""  # noqa: S608 - our own names
# LIMIT keeps it to one step down an index for each group and day, and to the first group that has the day. The order is
# that of the index: without it the planner may look through the whole table for a line that is not there.
DAYS = f"""
SELECT one.slot, on_day.day FROM (SELECT DISTINCT slot FROM {ASKED}) AS one
CROSS JOIN LATERAL (
    SELECT each::date AS day
    FROM generate_series(%(month)s::timestamp, %(month)s + interval '1 month - 1 day', interval '1 day') AS each
) AS on_day
CROSS JOIN LATERAL (
    SELECT FROM {ASKED} CROSS JOIN LATERAL (
        (SELECT FROM costs_usageline AS used WHERE used.group_id = asked.group_id
            AND used.occurred_on = on_day.day AND used.withdrawn_at IS NULL ORDER BY used.fingerprint LIMIT 1)
        UNION ALL
        (SELECT FROM costs_costline AS line WHERE line.group_id = asked.group_id
            AND line.incurred_on = on_day.day AND line.withdrawn_at IS NULL ORDER BY line.fingerprint LIMIT 1)
    ) AS there WHERE asked.slot = one.slot LIMIT 1
) AS any_group
"""  # noqa: S608 - our own names
ON_DAYS = f"""
WITH found AS MATERIALIZED (
    SELECT asked.slot, line.incurred_on, line.base_amount
    FROM {ASKED} CROSS JOIN unnest(%(days)s::date[]) AS on_day (day)
    CROSS JOIN LATERAL (
        SELECT incurred_on, base_amount FROM costs_costline
        WHERE group_id = asked.group_id AND incurred_on = on_day.day AND withdrawn_at IS NULL
        OFFSET 0) AS line
    LIMIT %(most)s + 1
)
SELECT slot, incurred_on, coalesce(sum(base_amount), 0), (SELECT count(*) FROM found) FROM found GROUP BY 1, 2
"""  # noqa: S608 - our own names


def tell(found: Month, here: ProviderMonth) -> None:
    """Add to a month what its sums tell, and the index of days; four queries."""
    slots, (by_sums, by_day) = slots_of(found), divided(found.charges)
    bills = [each for each in by_day if each.slot.kind == Kind.BILL]
    logged = [each for each in by_day if each.slot.kind != Kind.BILL]
    _note_bills(found, here, slots, bills)
    for each in by_sums:
        found.note(each.slot, Cell(None, *each.slot.told), each.gross)
    _note_used(found, here, slots, logged)
    for each in logged:
        found.note(each.slot, Cell(REST, *each.slot.told), each.gross)
    _note_days(found, here, slots, logged)
    for record in found.records.values():
        record.by_month = record.is_by_month
        record.days.discard(REST)
    on = _in_some(found)
    if on and not _read(found, here, slots, logged, on):
        on, found.days_untold = set(), True
    for record in found.records.values():
        _put_together(record, on)
    for places in found.unpriced_on.values():
        places |= {(day, model) for _month, model in places for day in on}


def _note_bills(found: Month, here: ProviderMonth, slots: dict[Slot, int], bills: Sequence[Charges]) -> None:
    """Add what bills charge by day; without days where their lines are too many."""
    if sum(each.lines for each in bills) > lines.MOST_READ:
        found.days_untold = True
        for each in bills:
            found.note(each.slot, Cell(None, *each.slot.told), each.gross)
        return
    in_order = list(slots)
    for number, day, amount in rows(MONEY, asked(here, slots, bills)):
        found.note(in_order[number], Cell(day, *in_order[number].told), amount)


def _note_used(found: Month, here: ProviderMonth, slots: dict[Slot, int], logged: Sequence[Charges]) -> None:
    """Add tokens by class, batches among them, and models without a price."""
    in_order = list(slots)
    for number, unpriced, *counts in rows(USED, asked(here, slots, logged)):
        slot = in_order[number]
        if unpriced:
            found.unpriced[slot.name] += unpriced
            for name in _records_of(slot):
                found.unpriced_on[name].add((None, slot.told.model))
        for token_class, count in zip(TokenClass, counts, strict=True):
            if count:
                found.records[slot.kind].tokens[token_class.value, False] += count


def _note_days(found: Month, here: ProviderMonth, slots: dict[Slot, int], logged: Sequence[Charges]) -> None:
    """Add the days that records have. Slots of the same records are asked about together."""
    alike = {slot: slot._replace(name="", told=Told("", UNTOLD)) for slot in slots}
    in_order = list(dict.fromkeys(alike.values()))
    given = asked(here, {slot: in_order.index(alike[slot]) for slot in slots}, logged)
    for number, day in rows(DAYS, given):
        for name in _records_of(in_order[number]):
            found.records[name].days.add(day)


def _records_of(slot: Slot) -> list[str]:
    return [slot.kind, LEDGER] if slot.counted else [slot.kind]


def _in_some(found: Month) -> set[date]:
    """Return the days of the month that some records have and others do not."""
    days = [record.days for record in found.records.values() if record.days and not record.by_month]
    return set().union(*days) - set(days[0]).intersection(*days) if days else set()


def _read(
    found: Month, here: ProviderMonth, slots: dict[Slot, int], logged: Sequence[Charges], on: Collection[date]
) -> bool:
    """Take what was logged on some days out of the rest of the month; False: these are too many lines as well."""
    in_order = list(slots)
    given = asked(here, slots, logged) | {"days": sorted(on), "most": lines.MOST_READ}
    for number, day, amount, count in list(rows(ON_DAYS, given)):
        if count > lines.MOST_READ:
            return False
        slot = in_order[number]
        found.note(slot, Cell(day, *slot.told), amount)
        found.note(slot, Cell(REST, *slot.told), amount.copy_negate())
    return True


def _put_together(record: Record, on: Collection[date]) -> None:
    """Let all days but these be one: the month."""
    record.days.discard(REST)
    apart, record.cells = record.cells, defaultdict(Decimal)
    for cell, amount in apart.items():
        at = cell if cell.day in on else cell._replace(day=None)
        record.cells[at] = EXACT.add(record.cells[at], amount)
    record.cells = defaultdict(Decimal, {cell: amount for cell, amount in record.cells.items() if amount})
