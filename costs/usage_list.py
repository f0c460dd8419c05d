"""The usage list: a page of lines, what they come to, and models without a price. Sums are read, lines only shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, partial

from django.db.models import Count, Max, Min, Q, Sum

from accounts.models import User
from costs import belonging
from costs.ledger import Key, LedgerPage, later
from costs.models import GroupMonth, Kind, UsageLine, UsageMonth
from costs.pricing import Lack, Priced, Rate, TokenClass, price_of
from costs.querysets import groups_visible_to
from costs.usage_filters import UsageFilters
from costs.usage_merge import CLASSES
from display import numbers

PER_PAGE = 50
SMALLEST = Decimal("0.0001")
CLASS_FIELDS = dict(zip(TokenClass, CLASSES, strict=True))


@dataclass(frozen=True)
class Unpriced:
    """A model of which there are lines without a price, and why."""

    provider: str
    model: str
    lack: Lack
    lines: int
    first: date
    last: date

    @property
    def first_month(self) -> date:
        """The first day of the first month it occurs in: from then on a price is needed."""
        return self.first.replace(day=1)


class UsageList:
    """The usage that filters keep and the person may see."""

    def __init__(self, filters: UsageFilters, user: User) -> None:
        self._filters = filters
        self._user = user
        self._lines = filters.keep(UsageLine.objects.live().visible_to(user))

    @cached_property
    def sums(self) -> dict[str, int]:
        """Count of lines, of those without a price, and of tokens by class: of an initiative, its share of them."""
        tokens = {name: self._filters.sum_of(name) for name in CLASSES}
        if self._filters.by_line:
            counts = {"lines": Count("occurrence"), "unpriced": Count("occurrence", filter=~Q(unpriced=""))}
            found = self._lines.order_by().aggregate(**counts, **tokens)
        else:
            months = self._filters.months(UsageMonth.objects.filter(groups_visible_to(self._user))).order_by()
            found = months.aggregate(lines=Sum("lines"), unpriced=Sum("unpriced"), **tokens)
        sums = {name: round(value or 0) for name, value in found.items()}
        return sums | {"tokens": sum(sums[name] for name in CLASSES)}

    @cached_property
    def gross(self) -> Decimal | None:
        """What it cost in base currency, pending lines left out; None where that stands in no sum, or nothing did."""
        if self._filters.by_line:
            return None
        of_usage = Q(lines__gt=0, group__kind__in=(Kind.USAGE, Kind.GATEWAY))
        months = self._filters.months(GroupMonth.objects.filter(of_usage, groups_visible_to(self._user)))
        found: Decimal | None = months.order_by().aggregate(found=self._filters.sum_of("gross"))["found"]
        return found

    def page(self, after: Key | None, size: int = PER_PAGE) -> LedgerPage[UsageLine]:
        """Return the lines that come after one, latest date first."""
        found = self._lines.filter(later(after, "occurred_on")) if after else self._lines
        rows = list(found.newest_first().shown()[: size + 1])
        shown = tell_usage(rows[:size])
        return LedgerPage(shown, shown[-1].key if len(rows) > size else None, after is None)


def tell_usage(lines: list[UsageLine]) -> list[UsageLine]:
    """Note on each line where it belongs (`belonging.tell_places`)."""
    belonging.tell_places(lines, [line.occurred_on for line in lines])
    return lines


def unpriced(user: User) -> list[Unpriced]:
    """Return the models that have lines without a price, most lines first; one query."""
    lines = UsageLine.objects.live().visible_to(user).exclude(unpriced="").order_by()
    counted = {"lines": Count("occurrence"), "first": Min("occurred_on"), "last": Max("occurred_on")}
    rows = lines.values("group__vendor", "group__sku", "unpriced").annotate(**counted)
    found = [
        Unpriced(
            row["group__vendor"], row["group__sku"], Lack(row["unpriced"]), row["lines"], row["first"], row["last"]
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (-each.lines, each.provider, each.model))


def amount_of(line: UsageLine) -> str:
    """Return an amount as the list shows it, on four decimals; one that is smaller by its first digits, never as 0."""
    if line.amount is None:
        return ""
    small = 0 < abs(line.amount) < SMALLEST
    show = numbers.money_significant if small else partial(numbers.money, digits=4)
    return show(line.amount, line.group.currency)


def rate_of(line: UsageLine) -> Rate | None:
    """Return the rate that a line was priced by; None where it has none, or its source said what it cost."""
    if line.price is None or line.amount is None:
        return None
    found = price_of(
        line.tokens, line.price.row, batch=line.batch, requests=line.requests, prompt_tokens=line.prompt_tokens
    )
    return found.rate if isinstance(found, Priced) else None
