"""Why the records of a month differ: the difference taken apart, so that its causes add up to it exactly.

Amounts are compared by day, model and class of tokens. What lies on a day that one of two records does not have is put
down to the missing day; of the rest what concerns a model without a price on that day, to that; a model that only one
of them has on that day, to that. Of the rest, where both tell classes, tokens read from or written to caches explain
what their own classes differ by; where one record has more of them and less other input, the other one takes some for
other input, so what all input differs by. What is left are other prices, discounts, rounding. Where a bill charges for
tokens of more than a day at once, days say nothing: they are compared by month, and none of the bill is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from costs.models import Kind
from costs.models.allocation import BELONGS_SQL, PLACES_SQL
from costs.pricing import TokenClass
from costs.reconciliation import lines, many_lines
from costs.reconciliation.charge_classes import CLASSED, UNTOLD
from costs.reconciliation.months import LEDGER, RECORDS, ProviderMonth
from costs.reconciliation.records import CLASSES, Month, Record
from money.exact import EXACT, total

PROMPT = (TokenClass.INPUT,)
CACHED = (TokenClass.CACHED_INPUT, TokenClass.CACHE_WRITE_5M, TokenClass.CACHE_WRITE_1H)
MOST_SHOWN = 8


ByClass = dict[tuple[str, bool], Decimal]  # class, batch → amount
Place = tuple[date | None, str]  # day, model; None: the month, of which no day is told
ByPlace = dict[Place, ByClass]


class Parts(NamedTuple):
    """A difference by its causes; they add up to it. None: there is something, but no record tells how much."""

    missing_days: Decimal | None
    unpriced: Decimal | None
    cached_tokens: Decimal | None
    other_models: Decimal
    entered: Decimal  # by hand or by a file of costs, in the ledger alone
    other: Decimal

    @property
    def known(self) -> Decimal:
        """The sum of them."""
        return total(part for part in self if part is not None)


@dataclass(frozen=True)
class ClassRow:
    """What the records say of one class of tokens. `differences`: to the reference, where both tell classes."""

    token_class: str
    batch: bool
    amounts: Mapping[str, Decimal]
    tokens: Mapping[str, int]
    differences: Mapping[str, Decimal]


class Item(NamedTuple):
    """What a record has under one SKU, or, where it names none, under one service."""

    about: str
    amount: Decimal
    by_service: bool = False
    counted: bool | None = True  # whether its lines count in the ledger; None: some of them do


@dataclass(frozen=True)
class Causes:
    """What explains the differences of a month."""

    parts: dict[str, Parts]  # record → causes of its difference to the reference
    classes: list[ClassRow]
    tells_classes: dict[str, bool]
    unclassed: dict[str, str]  # record → an item of it that names no class
    unpriced: list[tuple[str, int]]  # model, lines without a price
    other_models: list[str]  # models of which one record has something on a day, and another has not
    missing_days: dict[str, list[date]]  # record → days of the month on which only others have lines
    cache_saving: Decimal  # what tokens read from caches would cost more at the price of other input
    unallocated: Decimal
    largest: dict[str, list[Item]]  # by record
    unread: int  # lines that are too many to be read: sums tell less then (costs/reconciliation/many_lines.py); 0: not


LARGEST = """
SELECT charge.kind, min(about.name), sum(kept.gross), charge.sku = '',
       CASE WHEN count(DISTINCT place.is_compared) = 1 THEN NOT bool_or(place.is_compared) END
FROM costs_groupmonth AS kept JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
CROSS JOIN LATERAL (SELECT coalesce(nullif(charge.sku, ''), charge.service) AS name) AS about
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM costs_placement AS each WHERE each.group_id = kept.group_id
        AND each.initiative_id = -1 AND each.since <= kept.month AND each.until > kept.month) AS is_compared
) AS place
WHERE kept.group_id = ANY(%(groups)s) AND kept.month = %(month)s AND kept.lines > 0
GROUP BY 1, upper(about.name), 4 ORDER BY 3 DESC, 2
"""
UNALLOCATED = f"""
SELECT coalesce(sum(kept.gross * coalesce(place.share, 1)), 0) FROM costs_groupmonth AS kept
JOIN costs_chargegroup AS charge ON charge.id = kept.group_id
{PLACES_SQL.format(group="kept.group_id", day="kept.month")}
WHERE kept.group_id = ANY(%(groups)s) AND kept.month = %(month)s AND {BELONGS_SQL} = 0
"""  # noqa: S608 - put together from texts of our own


def causes(here: ProviderMonth) -> Causes:
    """Look for what explains the differences of a month; at most eight queries."""
    found = lines.read(here)
    if found.unread:
        many_lines.tell(found, here)
    records = {name: found.records[name] for name in (*RECORDS, LEDGER) if name in found.records}
    given = {"groups": found.groups, "month": here.month}
    return Causes(
        parts={name: _parts(found, record, name, here) for name, record in records.items() if here.difference(name)},
        classes=_classes(records, here.reference_kind),
        tells_classes={name: record.tells_classes for name, record in records.items()},
        unclassed={name: record.unclassed for name, record in records.items()},
        unpriced=sorted(found.unpriced.items()),
        other_models=_only_in_one(found, records, here),
        missing_days=_missing(
            {name: record.days for name, record in records.items() if name != LEDGER and not record.is_by_month}
        ),
        cache_saving=found.cache_saving,
        unallocated=_rows(UNALLOCATED, given)[0][0],
        largest=_largest(given),
        unread=found.unread,
    )


# The difference, taken apart ------------------------------------------------------------------------------------------
def _parts(found: Month, own: Record, name: str, here: ProviderMonth) -> Parts:
    mine, theirs, shared = _compared(found, own, here)
    lacking = _unpriced_on(found, name, here)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for place in mine.keys() | theirs.keys():
        here_mine, here_theirs = mine.get(place, {}), theirs.get(place, {})
        whole = _total_difference(here_mine, here_theirs)
        if place[0] not in shared:
            explained = {"missing_days": whole}
        elif place in lacking:
            explained = {"unpriced": whole}
        elif place[1] and not (here_mine and here_theirs):
            explained = {"other_models": whole}
        else:
            explained = _by_caches(here_mine, here_theirs)
        for cause, amount in explained.items():
            sums[cause] = EXACT.add(sums[cause], amount)
    return Parts(
        missing_days=None if found.days_untold and _days_differ(found, own, here) else sums["missing_days"],
        unpriced=sums.get("unpriced", None if lacking else Decimal(0)),
        cached_tokens=sums.get("cached_tokens"),
        other_models=sums["other_models"],
        entered=total(found.records[Kind.ENTERED].cells.values()) if name == LEDGER else Decimal(0),
        other=sums["other"],
    )


def _days_differ(found: Month, own: Record, here: ProviderMonth) -> bool:
    return own.days != found.records[here.reference_kind or ""].days


def _compared(found: Month, own: Record, here: ProviderMonth) -> tuple[ByPlace, ByPlace, set[date | None]]:
    """Return a record and the reference by day and model, and the days that both have.

    By day alone where one of them does not tell models, by month where one of them does not tell days.
    """
    reference = found.records[here.reference_kind or ""]
    nameless = any(cell.token_class in CLASSED and not cell.model for cell in (*own.cells, *reference.cells))
    by_model = not nameless and all(any(cell.model for cell in each.cells) for each in (own, reference))
    by_day = _tell_days(found, own, here)
    mine, theirs = (_by_day_and_model(each, by_day, by_model) for each in (own, reference))
    return mine, theirs, {None, *(own.days & reference.days)}


def _tell_days(found: Month, own: Record, here: ProviderMonth) -> bool:
    return not (own.is_by_month or found.records[here.reference_kind or ""].is_by_month)


def _unpriced_on(found: Month, name: str, here: ProviderMonth) -> set[Place]:
    """Return day and model of what a record, or the reference, has without a price."""
    by_day = _tell_days(found, found.records[name], here)
    unpriced = found.unpriced_on[name] | found.unpriced_on[here.reference_kind or ""]
    return {(day if by_day else None, model) for day, model in unpriced}


def _only_in_one(found: Month, records: Mapping[str, Record], here: ProviderMonth) -> list[str]:
    models = set()
    for name, record in records.items():
        if here.reference_kind and name != here.reference_kind:
            mine, theirs, shared = _compared(found, record, here)
            skipped = _unpriced_on(found, name, here)
            models |= {place[1] for place in (mine.keys() ^ theirs.keys()) - skipped if place[0] in shared}
    return sorted(models - {""})


def _by_day_and_model(record: Record, by_day: bool, by_model: bool) -> ByPlace:
    sums: dict[Place, ByClass] = defaultdict(lambda: defaultdict(Decimal))
    for cell, amount in record.cells.items():
        place = sums[cell.day if by_day else None, cell.model if by_model else ""]
        place[cell[2:]] = EXACT.add(place[cell[2:]], amount)
    return sums


def _difference(mine: ByClass, theirs: ByClass) -> ByClass:
    zero = Decimal(0)
    return {key: EXACT.subtract(mine.get(key, zero), theirs.get(key, zero)) for key in mine.keys() | theirs.keys()}


def _total_difference(mine: ByClass, theirs: ByClass) -> Decimal:
    return EXACT.subtract(total(mine.values()), total(theirs.values()))


def _by_caches(mine: ByClass, theirs: ByClass) -> dict[str, Decimal]:
    """Take apart what is left of a difference; caches are no cause where one of the two does not tell classes."""
    difference = _difference(mine, theirs)
    if any(token_class == UNTOLD for token_class, _batch in difference):
        return {"other": total(difference.values())}
    of_input, of_caches = (
        total(amount for key, amount in difference.items() if key[0] in classes) for classes in (PROMPT, CACHED)
    )
    classes = (*PROMPT, *CACHED) if of_input * of_caches < 0 else CACHED
    return {
        "cached_tokens": total(amount for key, amount in difference.items() if key[0] in classes),
        "other": total(amount for key, amount in difference.items() if key[0] not in classes),
    }


# What the records say -------------------------------------------------------------------------------------------------
def _classes(records: Mapping[str, Record], reference: str | None) -> list[ClassRow]:
    amounts = {name: record.by_class() for name, record in records.items()}
    tokens = {name: record.tokens for name, record in records.items()}
    keys = {key for sums in (*amounts.values(), *tokens.values()) for key in sums}
    compared = [
        name
        for name, record in records.items()
        if reference and name != reference and record.tells_classes and records[reference].tells_classes
    ]
    rows = []
    for token_class, batch in sorted(keys, key=lambda key: (key[0] not in CLASSED, key[1], CLASSES.index(key[0]))):
        key = (token_class, batch)
        differences = {}
        for name in compared:
            difference = _difference(amounts[name], amounts[reference or ""])
            differences |= {name: difference[key]} if key in difference else {}
        said = {name: sums[key] for name, sums in amounts.items() if key in sums}
        counted = {name: counts[key] for name, counts in tokens.items() if key in counts}
        rows.append(ClassRow(token_class, batch, said, counted, differences))
    return rows


def _missing(days: Mapping[str, Collection[date]]) -> dict[str, list[date]]:
    every = set().union(*days.values())
    return {name: sorted(every - set(own)) for name, own in days.items() if every - set(own)}


def _largest(given: Mapping[str, object]) -> dict[str, list[Item]]:
    largest: dict[str, list[Item]] = defaultdict(list)
    for kind, *item in _rows(LARGEST, given):
        if len(largest[kind]) < MOST_SHOWN:
            largest[kind].append(Item(*item))
    return dict(largest)


def _rows(query: str, given: Mapping[str, object]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
