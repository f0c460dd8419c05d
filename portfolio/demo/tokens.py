"""Tokens of the made-up insurer's teams: what two providers bill, what was metered, what the gateway logged.

The three agree but for what happens in such companies. Two months ago the gateway, just updated, took cached tokens
for other input until the 12th, and one provider sent a credit late. Last month the meter stood still for a day, a model
came of which nobody had entered a price, and a team's export told no cached tokens any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from costs.pricing import Rate, TokenClass, Tokens
from money.months import next_month

MONTHS: Final = 3  # before the running one
CORVID, TESSEL = "Corvid AI", "Tessel"
# A team's account at the providers → which of the initiatives that use models it works for; the last one for none.
TEAMS: Final = {"claims-assistants": 2, "service-desk": 3, "sandbox": 0}
CLAIMS, DESK, SANDBOX = TEAMS
PREVIEW = "corvid-voice-preview"
METER_DOWN, PREVIEW_FROM, EXPORT_CHANGED, GATEWAY_FIXED = 17, 20, 22, 12  # days of the month
CREDIT = Decimal("-38.50")


@dataclass(frozen=True)
class Model:
    """A model: tokens of a working day at the claims team (input, of caches, output), and prices of a million each."""

    name: str
    provider: str
    tokens: tuple[int, int, int]
    prices: tuple[str, str, str] | None
    batch: bool = False  # the claims team sends it batches at night, at half the price

    @property
    def rates(self) -> list[Rate]:
        """Its rows of the price book; none where nobody has entered them."""
        if self.prices is None:
            return []
        full = dict(zip(USED, map(Decimal, self.prices), strict=True))
        return [Rate(full), Rate({each: price / 2 for each, price in full.items()}, batch=True)]


USED: Final = (TokenClass.INPUT, TokenClass.CACHED_INPUT, TokenClass.OUTPUT)
WORDS: Final = dict(zip(USED, ("input", "cached input", "output"), strict=True))
MODELS: Final = (
    Model("corvid-large", CORVID, (4_300_000, 6_800_000, 920_000), ("3", "0.3", "15")),
    Model("corvid-small", CORVID, (6_100_000, 2_400_000, 1_500_000), ("0.8", "0.08", "4")),
    Model(PREVIEW, CORVID, (900_000, 0, 310_000), None),
    Model("tessel-pro", TESSEL, (2_600_000, 1_900_000, 640_000), ("2", "0.5", "8")),
    Model("tessel-mini", TESSEL, (8_800_000, 0, 2_100_000), ("0.15", "0.075", "0.6"), batch=True),
)
PREVIEW_CHARGED: Final = dict(zip(USED, map(Decimal, ("5", "0.5", "20")), strict=True))
SHARE_OF_TEAM: Final = {CLAIMS: 1.0, DESK: 0.7, SANDBOX: 0.14}


@dataclass(frozen=True)
class Call:
    """What a team sent to a model on a day."""

    day: date
    team: str
    model: Model
    tokens: Tokens
    requests: int

    @property
    def charges(self) -> dict[TokenClass, Decimal]:
        """What the provider charges for it, by class."""
        rates = self.model.rates
        prices = rates[self.model.batch].prices if rates else PREVIEW_CHARGED
        counts = {each: Decimal(getattr(self.tokens, each)) for each in USED}
        return {each: (count * prices[each] / 1_000_000).normalize() for each, count in counts.items() if count}


def first_month(today: date) -> date:
    """Return the month from which on the gateway is used."""
    return next_month(today.replace(day=1), -MONTHS)


def calls(today: date) -> Iterator[Call]:
    """Yield what was sent, day by day until yesterday."""
    day, last_month = first_month(today), next_month(today.replace(day=1), -1)
    while day < today:
        for place, model in enumerate(MODELS):
            for team, share in SHARE_OF_TEAM.items():
                preview = model.name == PREVIEW
                if preview and (team != SANDBOX or day < last_month.replace(day=PREVIEW_FROM)):
                    continue
                if model.batch and team == DESK:
                    continue
                size = share * _busy(day, place + len(team), today) * (6 if preview else 1)
                counts = (round(each * size / 100) * 100 for each in model.tokens)
                tokens = Tokens(**dict(zip(map(str, USED), counts, strict=True)))
                yield Call(day, team, model, tokens, max(tokens.prompt // 5_200, 1))
        day += timedelta(days=1)


def bill_rows(today: date) -> Iterator[dict[str, Any]]:
    """Yield the bills of the months that have ended, as FOCUS has them."""
    for call in calls(today):
        if call.day < today.replace(day=1):
            for token_class, amount in call.charges.items():
                words = f"{'batch ' if call.model.batch else ''}{WORDS[token_class]}"
                yield _charge(call.model.provider, call.team, f"{call.model.name}, {words}", call.day, amount)


def late_rows(today: date) -> Iterator[dict[str, Any]]:
    """Yield what came after a month had been reconciled: a credit."""
    day = next_month(today.replace(day=1), -1) - timedelta(days=1)
    yield _charge(TESSEL, DESK, "Service credit", day, CREDIT, "Credit")


def usage_rows(today: date) -> Iterator[dict[str, Any]]:
    """Yield what was metered, as our own table of usage has it; the input counts the whole prompt."""
    last_month = next_month(today.replace(day=1), -1)
    for call in calls(today):
        if call.model.provider == CORVID and call.day == last_month.replace(day=METER_DOWN):
            continue
        cached = call.tokens.cached_input
        if call.team == CLAIMS and call.day >= last_month.replace(day=EXPORT_CHANGED):
            cached = 0
        yield {
            "occurred_on": call.day,
            "provider": call.model.provider,
            "model": call.model.name,
            "input_tokens": call.tokens.prompt,
            "cached_input_tokens": cached,
            "output_tokens": call.tokens.output,
            "requests": call.requests,
            "batch": str(call.model.batch).lower(),
            "account": call.team,
            "source": "meter",
        }


def logged(today: date) -> Iterator[tuple[Call, Tokens, Decimal]]:
    """Yield what the gateway logged, with its tokens and what it says they cost; batches do not pass through it."""
    changed = next_month(today.replace(day=1), -2)
    for call in calls(today):
        if call.model.batch or call.model.name == PREVIEW:
            continue
        tokens, prices = call.tokens, call.model.rates[0].prices
        if changed <= call.day < changed.replace(day=GATEWAY_FIXED):
            tokens = Tokens(input=tokens.prompt, output=tokens.output)
        amount = sum(Decimal(getattr(tokens, each)) * prices[each] for each in USED) / 1_000_000
        yield call, tokens, amount.normalize()


def _charge(provider: str, team: str, sku: str, day: date, amount: Decimal, category: str = "Usage") -> dict[str, Any]:
    return {
        "ProviderName": provider,
        "BillingAccountId": "northgate",
        "SubAccountId": team,
        "ServiceName": f"{provider} API",
        "ServiceCategory": "AI and Machine Learning",
        "SkuId": sku,
        "ChargeCategory": category,
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        "BillingCurrency": "USD",
        "BilledCost": f"{amount:f}",
        "Tags": json.dumps({"service": team}),
    }


def _busy(day: date, salt: int, today: date) -> float:
    """Return how busy a day is, around 1, the same every time: weekends are quiet, and each month has more to do."""
    chance = (day.toordinal() * 7919 + salt * 104729) % 1000 / 1000
    growth = 1 + 0.06 * ((day - first_month(today)).days / 30.4)
    return (0.3 if day.weekday() > 4 else 1.0) * growth * (0.88 + 0.24 * chance)
