"""The usage list: a page of lines, what they come to, and models without a price. Sums are read, lines only shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from django.db.models import Aggregate, Count, Max, Min, Q, Sum

from accounts.models import User
from costs.allocation import belonging
from costs.ledger.page import Key, LedgerPage, later
from costs.models import GroupMonth, Kind, UsageLine, UsageMonth
from costs.prices import library
from costs.pricing import Lack, Priced, Rate, TokenClass, price_of
from costs.querysets import groups_visible_to
from costs.reconciliation.sources import provider_of
from costs.unpriced import WITHOUT_PRICE
from costs.usage.filters import UsageFilters
from costs.usage.merge import CLASSES
from display import numbers
from money.exact import total

PER_PAGE = 50
RECORDS = (Kind.USAGE, Kind.GATEWAY)
SMALLEST = Decimal("0.0001")
EVERY_DIGIT = 60
MOST_COUNTED = 100_000  # lines that have to be looked at for it, such as those of a file
CLASS_FIELDS = dict(zip(TokenClass, CLASSES, strict=True))


@dataclass(frozen=True)
class Unpriced:
    """A model of which there are lines without a price, and why."""

    provider: str
    model: str
    lack: Lack
    lines: int
    first: date  # of months
    last: date

    def with_those_of(self, other: Unpriced) -> Unpriced:
        """Add lines of the same model that name its provider otherwise."""
        first, last = min(self.first, other.first), max(self.last, other.last)
        return replace(self, lines=self.lines + other.lines, first=first, last=last)


class UsageList:
    """The usage that filters keep and the person may see."""

    def __init__(self, filters: UsageFilters, user: User) -> None:
        self._filters = filters
        self._user = user
        self._lines = filters.keep(UsageLine.objects.live().visible_to(user))

    @cached_property
    def by_record(self) -> dict[str, dict[str, int]]:
        """For each kind of record: lines, those without a price, tokens by class; of an initiative, its share of them.

        Usage that we price stands first. A gateway logs the same calls, so the two are never added up.
        """
        if self._filters.by_line:
            return self._looked_at()
        counts = {"lines": Sum("lines"), "unpriced": Sum("lines", filter=WITHOUT_PRICE)}
        tokens = {f"sum_{name}": self._filters.sum_of(name) for name in CLASSES}
        months = UsageMonth.objects.filter(groups_visible_to(self._user), lines__gt=0)
        rows = self._filters.months(months.filter(WITHOUT_PRICE) if self._filters.unpriced else months).order_by()
        rows = rows.values("group__kind").annotate(**{f"sum_{name}": each for name, each in counts.items()}, **tokens)
        found = {row["group__kind"]: row for row in rows}
        return {kind: _told(found[kind], "sum_") for kind in RECORDS if kind in found}

    def _looked_at(self) -> dict[str, dict[str, int]]:
        """Tell the same of lines that no sum tells of, and of one more than `MOST_COUNTED` at most."""
        wanted: dict[str, Aggregate] = {}
        for kind in RECORDS:
            of_kind = Q(group__kind=kind)
            wanted[f"{kind}_lines"] = Count("occurrence", filter=of_kind)
            wanted[f"{kind}_unpriced"] = Count("occurrence", filter=of_kind & WITHOUT_PRICE)
            wanted |= {f"{kind}_{name}": self._filters.sum_of(name, of_kind) for name in CLASSES}
        found = self._lines.order_by()[: MOST_COUNTED + 1].aggregate(**wanted)
        return {kind: _told(found, f"{kind}_") for kind in RECORDS if found[f"{kind}_lines"]}

    @property
    def sums(self) -> dict[str, int]:
        """The sums of the first record there is; of what counts those of all records, of which none overlaps."""
        records = list(self.by_record.values()) or [_told({})]
        if self._filters.counted:
            return {name: sum(each[name] for each in records) for name in records[0]}
        return records[0]

    @property
    def cost(self) -> Decimal | None:
        """What these cost; None where none of it is in a sum of cost."""
        if self._filters.counted:
            return total(self.gross.values()) if self.gross else None
        return self.gross.get(next(iter(self.by_record), ""))

    @property
    def logged(self) -> dict[str, int] | None:
        """The sums of a gateway's log that stands beside usage that we price."""
        is_beside = len(self.by_record) > 1 and not self._filters.counted
        return self.by_record[Kind.GATEWAY] if is_beside else None

    @property
    def lines(self) -> int:
        """How many lines there are, of every record."""
        return sum(sums["lines"] for sums in self.by_record.values())

    @property
    def has_more(self) -> bool:
        """Tell whether there are more lines than were counted."""
        return self._filters.by_line and self.lines > MOST_COUNTED

    def count(self) -> int:
        """Count every line, also those of a file one by one."""
        return self._lines.count() if self._filters.by_line else self.lines

    @cached_property
    def gross(self) -> dict[str, Decimal]:
        """What each record cost in base currency, pending lines left out; nothing of what stands in no sum of cost."""
        if self._filters.by_line or self._filters.unpriced:
            return {}
        of_usage = Q(lines__gt=0, group__kind__in=RECORDS)
        months = self._filters.months(GroupMonth.objects.filter(of_usage, groups_visible_to(self._user)))
        found = months.order_by().values("group__kind").annotate(found=self._filters.sum_of("gross"))
        return {row["group__kind"]: row["found"] for row in found}

    def page(self, after: Key | None, size: int = PER_PAGE) -> LedgerPage[UsageLine]:
        """Return the lines that come after one, latest date first."""
        found = self._lines.filter(later(after, "occurred_on")) if after else self._lines
        rows = list(found.newest_first().shown()[: size + 1])
        shown = tell_usage(rows[:size])
        return LedgerPage(shown, shown[-1].key if len(rows) > size else None, after is None)


def _told(row: Mapping[str, Any], prefix: str = "") -> dict[str, int]:
    sums = {name: round(row.get(f"{prefix}{name}") or 0) for name in ("lines", "unpriced", *CLASSES)}
    return sums | {"tokens": sum(sums[name] for name in CLASSES)}


def tell_usage(lines: list[UsageLine]) -> list[UsageLine]:
    """Note on each line where it belongs (`belonging.tell_usage_places`), and whether its price leaves a fee out."""
    belonging.tell_usage_places(lines, [line.occurred_on for line in lines])
    for line in lines:
        listed = line.price if line.price and not line.price.is_own else None
        line.has_request_fee = listed and library.has_request_fee(listed.provider, listed.model, line.occurred_on)
    return lines


def unpriced(user: User) -> list[Unpriced]:
    """Return the models that have lines without a price, most lines first; one query.

    Names of one provider are one, as they are to its prices, and called as most of the lines call it.
    """
    months = UsageMonth.objects.filter(groups_visible_to(user), WITHOUT_PRICE, lines__gt=0).order_by()
    rows = months.values("group__vendor", "group__sku", "unpriced")
    rows = rows.annotate(count=Sum("lines"), first=Min("month"), last=Max("month"))
    found: dict[tuple[str, str, Lack], Unpriced] = {}
    for row in rows.order_by("-count", "group__vendor"):
        lack, counts = Lack(row["unpriced"]), (row["count"], row["first"], row["last"])
        key = (provider_of(row["group__vendor"]), row["group__sku"], lack)
        each = Unpriced(row["group__vendor"], row["group__sku"], lack, *counts)
        found[key] = found[key].with_those_of(each) if key in found else each
    return sorted(found.values(), key=lambda each: (-each.lines, each.provider, each.model))


def amount_of(line: UsageLine) -> str:
    """Return an amount as the list shows it, on four decimals; one that is smaller by its first digits, never as 0."""
    if line.amount is None:
        return ""
    small = 0 < abs(line.amount) < SMALLEST
    show = numbers.money_significant if small else partial(numbers.money, digits=4)
    return show(line.amount, line.group.currency)


def exact_amount(line: UsageLine) -> str:
    """Return an amount with every digit it has, in whole cents at least, as the page of one line shows it."""
    if line.amount is None:
        return ""
    return numbers.money_significant(line.amount, line.group.currency, digits=EVERY_DIGIT)


def rate_of(line: UsageLine) -> Rate | None:
    """Return the rate that a line was priced by; None where it has none, or its source said what it cost."""
    if line.price is None or line.amount is None:
        return None
    found = price_of(
        line.tokens, line.price.row, batch=line.batch, requests=line.requests, prompt_tokens=line.prompt_tokens
    )
    return found.rate if isinstance(found, Priced) else None
