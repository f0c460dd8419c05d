"""What the lines of a provider's month say, by record: money and tokens by day, model and class of tokens.

Usage that we price is taken apart by the price row that each line keeps, so its classes are exact. A bill's charges are
in the class that their words name (costs/reconciliation/charge_classes.py). A gateway has one amount for a call.
What no record tells stays `UNTOLD`, so that the classes of a record always add up to it.

Groups are put together before their lines are read: what comes back is as long as models × classes × days. Lines are
read only where their days can matter; all else comes from the sums by group and month, and is of no day: what is
entered, a bill that no other record is compared with, and beside charges for tokens what a bill charges for other
things, which no other record has on any day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from costs.models import Kind
from costs.pricing import TokenClass
from costs.reconciliation.charge_classes import DETAILS, UNTOLD, Told, model_name, told
from costs.reconciliation.months import LEDGER, ProviderMonth
from costs.reconciliation.records import Cell, Charges, Month, Slot
from costs.reconciliation.sources import vendors_of
from money.exact import EXACT, total

MOST_READ = 500_000  # lines, to take a month apart

_MONTH = "{day} >= %(month)s AND {day} < %(month)s + interval '1 month'"
ASKED = "unnest(%(groups)s::bigint[], %(slots)s::int[], %(bills)s::boolean[]) AS asked (group_id, slot, is_bill)"
# A charge of more than a day, the longest of which has 25 hours: its period stands in its fingerprint, as two times of
# five bytes (costs/bulk/identities.py). A fingerprint that is none of a period has a start of another day there.
# Bytes are compared first, in a fifth of the time: hardly any charge for a day ends two days after its date.
_HEX, _DAY = "replace(line.fingerprint::text, '-', '')", "(line.incurred_on - date '1950-01-01')"
_STARTS, _ENDS = (f"('x' || substr({_HEX}, {place}, 10))::bit(40)::bigint" for place in (1, 11))
_IS_LONG = f"""
substr(uuid_send(line.fingerprint), 6, 5) >= substr(int8send(({_DAY} + 2) * 86400::bigint), 4, 5)
AND {_STARTS} / 86400 = {_DAY} AND {_ENDS} - {_STARTS} > 25 * 3600
"""
_IS_FOR_TOKENS = "category.name = 'tokens' OR charge.ai_category = 'inference'"
_STATED = [f"charge.details ->> '{name}'" for name in DETAILS]
_ABOUT = ", ".join(["charge.kind", "charge.sku", "charge.service", _IS_FOR_TOKENS, *_STATED])
CHARGES = f"""
SELECT {_ABOUT}, NOT EXISTS (
           SELECT FROM costs_placement AS place WHERE place.group_id = charge.id AND place.initiative_id = -1
           AND place.since <= %(month)s AND place.until > %(month)s) AS is_counted,
       array_agg(charge.id ORDER BY charge.id), coalesce(sum(kept.lines), 0), coalesce(sum(used.lines), 0),
       coalesce(sum(kept.gross), 0)
FROM costs_chargegroup AS charge JOIN costs_category AS category ON category.id = charge.category_id
LEFT JOIN costs_groupmonth AS kept ON kept.group_id = charge.id AND kept.month = %(month)s AND kept.lines > 0
LEFT JOIN (
    SELECT group_id, sum(lines)::int AS lines FROM costs_usagemonth
    WHERE month = %(month)s AND lines > 0 GROUP BY group_id
) AS used ON used.group_id = charge.id
WHERE charge.vendor = ANY(%(vendors)s) AND coalesce(kept.lines, used.lines) > 0
GROUP BY {", ".join(str(place) for place in range(1, len(DETAILS) + 6))} ORDER BY charge.sku, min(charge.id)
"""  # noqa: S608 - our own names
MONEY = f"""
SELECT asked.slot, CASE WHEN asked.is_bill AND {_IS_LONG} THEN NULL ELSE line.incurred_on END,
       coalesce(sum(line.base_amount), 0)
FROM {ASKED} JOIN costs_costline AS line ON line.group_id = asked.group_id
WHERE {_MONTH.format(day="line.incurred_on")} AND line.withdrawn_at IS NULL GROUP BY 1, 2
"""  # noqa: S608 - our own names
_TOKENS = ", ".join(f"sum(used.{each}_tokens)::bigint" for each in TokenClass)
_VALUES = ", ".join(f"coalesce(sum(used.{each}_tokens * rate.{each} * line.rate * 0.000001), 0)" for each in TokenClass)
# The rate is the one of `costs.pricing.price_of`: for batch calls or not, and for the longest prompts that these are.
USED = f"""
SELECT asked.slot, used.occurred_on, used.batch, count(*) FILTER (WHERE used.unpriced <> ''),
       coalesce(sum(used.cached_input_tokens * (rate.input - rate.cached_input) * line.rate * 0.000001), 0),
       {_TOKENS}, {_VALUES}
FROM {ASKED} JOIN costs_usageline AS used ON used.group_id = asked.group_id
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


def read(here: ProviderMonth) -> Month:
    """Read the lines of a month, as far as needed; four queries. None where they are too many: `unread` says so."""
    every = _charges(here)
    found = Month(charges=every)
    by_sums, by_day = divided(every)
    to_read = sum(each.used for each in every) + sum(max(each.lines - each.used, 0) for each in by_day)
    if to_read > MOST_READ:
        found.unread = to_read
        return found
    slots = slots_of(found)
    in_order = list(slots)
    priced = _read_usage(found, in_order, asked(here, slots, [each for each in every if each.used]))
    for each in by_sums:
        found.note(each.slot, Cell(None, *each.slot.told), each.gross)
    for number, day, amount in rows(MONEY, asked(here, slots, by_day)):
        slot = in_order[number]
        rest = EXACT.subtract(amount, priced.get((number, day), Decimal(0)))
        found.note(slot, Cell(day, *slot.told), rest)
    return found


def slots_of(found: Month) -> dict[Slot, int]:
    """Number the slots of a month's groups, and note of each record the first item that names no class."""
    slots: dict[Slot, int] = {}
    for each in found.charges:
        slots.setdefault(each.slot, len(slots))
        if each.slot.told.token_class == UNTOLD:
            record = found.records[each.slot.kind]
            record.unclassed = record.unclassed or each.item
    return slots


def divided(every: Sequence[Charges]) -> tuple[list[Charges], list[Charges]]:
    """Return those whose days cannot matter, and the others."""
    records = [each for each in every if each.slot.kind != Kind.ENTERED]
    bills = [each for each in records if each.slot.kind == Kind.BILL]
    is_alone = len(bills) == len(records) and all(each.slot.counted for each in bills)
    tells_tokens = any(each.tells_tokens and each.gross for each in bills)
    by_sums, by_day = [], []
    for each in every:
        is_beside = tells_tokens and not (each.is_for_tokens or each.tells_tokens)
        is_by_sums = is_alone or is_beside if each.slot.kind == Kind.BILL else each.slot.kind == Kind.ENTERED
        (by_sums if is_by_sums else by_day).append(each)
    return by_sums, by_day


def asked(here: ProviderMonth, slots: Mapping[Slot, int], charges: Sequence[Charges]) -> dict[str, Any]:
    """Return what a query asks of the lines of groups."""
    groups = [(group, slots[each.slot], each.slot.kind == Kind.BILL) for each in charges for group in each.groups]
    names = ("groups", "slots", "bills")
    return {"month": here.month, **{name: [group[at] for group in groups] for at, name in enumerate(names)}}


def _read_usage(found: Month, slots: Sequence[Slot], given: Mapping[str, Any]) -> dict[tuple[int, date], Decimal]:
    """Add what usage lines tell; return what of a slot's day is in classes by that."""
    priced: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for number, day, batch, unpriced, saving, *sums in rows(USED, given):
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


def _charges(here: ProviderMonth) -> list[Charges]:
    found = []
    for row in rows(CHARGES, {"month": here.month, "vendors": list(vendors_of(here.provider))}):
        kind, sku, service, is_for_tokens, *details, counted, groups, lines, used, gross = row
        slot = Slot(kind, counted, *_named(kind, sku, dict(zip(DETAILS, details, strict=True)), is_for_tokens))
        found.append(Charges(slot, sku or service, is_for_tokens, groups, lines, used, gross))
    return found


def _named(kind: str, sku: str, details: Mapping[str, str | None], is_for_tokens: bool) -> tuple[str, Told]:
    """Return the model as usage calls it, and what a charge says of itself."""
    if kind == Kind.BILL:
        stated = {name: text for name, text in details.items() if text is not None}
        return "", told(sku, stated, tokens=is_for_tokens)
    name = "" if kind == Kind.ENTERED else sku
    return name, Told(model_name(name), UNTOLD)


def rows(query: str, given: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
    """Ask a query; its rows are there before the next one is asked."""
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        yield from cursor.fetchall()
