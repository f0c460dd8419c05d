"""Chance, and the market that it makes: what random portfolios are drawn from. See `random_portfolios`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from accounts.models import User
from money import ledger
from tests.acceptance import reference as ref

FIRST, LAST = date(2022, 1, 1), date(2024, 6, 30)
BASE, FOREIGN = "USD", ("EUR", "JPY")
OLDEST_RATE = timedelta(days=10)


@dataclass
class Made:
    """An initiative (or an outcome) in both worlds."""

    row: Any
    twin: Any


class Chance:
    """Draws days and amounts, enters exchange rates, and values in the twins what waited for them."""

    def __init__(self, seed: int, admin: User) -> None:
        self.random, self.admin = Random(seed), admin
        self.rates: dict[tuple[str, date], Fraction] = {}
        self.waiting: list[tuple[Any, Decimal, str, date]] = []  # lines and budgets: amount, currency, day of the rate
        self.outcomes: list[tuple[Made, Made]] = []  # initiative, outcome

    def day(self, first: date = FIRST, last: date = LAST) -> date:
        """Return a day; month ends and leap days come often."""
        found = first + timedelta(days=self.random.randint(0, max((last - first).days, 0)))
        edge = self.random.choice([found, found, found.replace(day=1), found.replace(day=1) - ref.DAY])
        return edge if first <= edge <= last else found

    def chance(self, share: float) -> bool:
        """Return true so often."""
        return self.random.random() < share

    def amount(self, most: int = 1000, places: int = 2) -> Decimal:
        """Return an amount; sometimes none, sometimes a credit."""
        number = self.random.choice([self.random.randint(1, most * 10**places)] * 8 + [0, -most * 10 ** (places - 1)])
        return Decimal(number).scaleb(-places)

    def currency(self) -> str:
        """Return the base currency half of the time."""
        return self.random.choice([BASE, BASE, *FOREIGN])

    def rate(self) -> None:
        """Add the rate of a day."""
        currency, on = self.random.choice(FOREIGN), self.day()
        if (currency, on) not in self.rates:
            value = Decimal(self.random.randint(1, 30000)).scaleb(-4)
            ledger.add(self.admin, ledger.NewRate(on, currency, value))
            self.rates[currency, on] = Fraction(value)

    def rate_on(self, currency: str, day: date) -> Fraction | None:
        """Return the last rate that is at most ten days old."""
        if currency == BASE:
            return Fraction(1)
        days = [on for known, on in self.rates if known == currency and day - OLDEST_RATE <= on <= day]
        return self.rates[currency, max(days)] if days else None

    def settle(self) -> None:
        """Value what waits for a rate; what has one keeps it."""
        waiting, self.waiting = self.waiting, []
        for item, amount, currency, day in waiting:
            rate = self.rate_on(currency, day)
            if rate is None:
                self.waiting.append((item, amount, currency, day))
            else:
                item.base = Fraction(amount) * rate
        for _, made in self.outcomes:
            outcome = made.twin
            days = [date.min, *(on for rows in outcome.values.values() for on, _ in rows)]
            needed = {outcome.at("currency", day) for day in days if outcome.at("unit_value", day) is not None}
            for reading in outcome.readings:
                for currency in needed - set(reading.rates):
                    if (rate := self.rate_on(currency, reading.end)) is not None:
                        reading.rates[currency] = rate
