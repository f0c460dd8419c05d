"""What the made-up initiatives cost: cost lines, budget lines and exchange rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portfolio.demo.cast import VENDORS, Purse
from portfolio.demo.sharing import GATEWAY, SEARCH, SERVICE
from portfolio.demo.stories import LANGUAGES, Story

# Categories that are billed every so many days; the others once a month.
EVERY_DAYS = {"tokens": 1, "cloud": 2}
# How much of its full monthly cost a category has in each stage.
PHASES = {
    "people": {
        "proposed": 0.06,
        "approved": 0.18,
        "prototype": 0.75,
        "pilot": 1.0,
        "production": 0.34,
    },
    "services": {"prototype": 0.8, "pilot": 1.0, "production": 0.1},
    "tokens": {"prototype": 0.22, "pilot": 0.55, "production": 1.0},
    "cloud": {"prototype": 0.4, "pilot": 0.75, "production": 1.0},
    "licences": {"prototype": 0.5, "pilot": 0.8, "production": 1.0},
    "data": {"prototype": 0.7, "pilot": 1.0, "production": 0.8},
    "other": {"prototype": 1.0, "pilot": 1.0, "production": 1.0},
}
FOREIGN = {"services": 0, "data": 1}
# What belongs to no initiative: its name in both languages, US dollars a month, the service that it is tagged with.
SHARED = (
    ("Shared gateway", "共用ゲートウェイ", 5200, ""),
    ("Platform support", "基盤サポート", 2900, "platform"),
    ("Model gateway", "モデルゲートウェイ", 1400, GATEWAY),
    ("Document search", "文書検索", 650, SEARCH),
)


def cost_rows(story: Story, purse: Purse, today: date) -> Iterator[dict[str, Any]]:
    """Yield the bills of one initiative: every day or two for tokens and cloud, monthly for the rest.

    What is in the registers (portfolio/demo/registers.py) is billed nowhere.
    """
    for category, monthly in story.monthly.items():
        if category in story.registered:
            continue
        days = _days(story, today, EVERY_DAYS[category]) if category in EVERY_DAYS else _month_ends(story, today)
        for day in days:
            phase = PHASES[category].get(stage_on(story, day), 0)
            amount = monthly * phase * story.overspend * wobble(story, category, day)
            if category in EVERY_DAYS:
                amount *= (0.35 if day.weekday() > 4 else 1.26) / 30.4
            if category == "tokens":
                amount *= token_price(story, day, today)
            if amount:
                yield _line(story, purse, category, day, amount, today)


def shared_rows(purse: Purse, today: date, language: str) -> Iterator[dict[str, Any]]:
    """Yield the bills that name no initiative, a month at a time: two that rules divide, two that belong to nobody."""
    for months in range(1, 35):
        day = _month_start(today, -months) + timedelta(days=4)
        for *names, amount, service in SHARED:
            yield {
                "initiative": None,
                "incurred_on": day,
                "category": "cloud",
                "amount": _money(amount * (1 + 0.02 * math.sin(months)) * float(purse.scale), 4),
                "currency": purse.base,
                "vendor": "Stratus Cloud",
                "description": names[LANGUAGES.index(language)],
                "recurring": True,
                "tags": {SERVICE: service} if service else None,
            }


def budget_rows(story: Story, purse: Purse, today: date) -> Iterator[dict[str, Any]]:
    """Yield monthly budget lines from the approval to a year after the planned production date.

    Guided initiatives had their budget before they began; partly guided ones got it three months late.
    """
    begun = story.stages.get("approved")
    if begun is None or story.planned_on is None:
        return
    approved_on = begun if story.guidance == "guided" else min(begun + timedelta(days=120), today)
    last = story.planned_on + timedelta(days=365)
    month = begun.replace(day=1)
    while month <= last:
        if story.hardware and story.started_on and month >= story.started_on.replace(day=1):
            yield _budget(month, "hardware", _hundreds(story.hardware / 50, purse), purse, approved_on)
        share = 1.0 if begun + timedelta(days=40) < month < story.planned_on else 0.55
        for category, monthly in story.monthly.items():
            amount = _hundreds(monthly * share, purse)
            if amount:
                yield _budget(month, category, amount, purse, approved_on)
        month = _month_start(month, 1)


def rate_rows(purse: Purse, today: date) -> Iterator[tuple[date, str, Decimal]]:
    """Yield a rate a week for each foreign currency over three and a quarter years."""
    first = today - timedelta(days=1190)
    for place, (code, typical) in enumerate(purse.others.items()):
        for week in range(171):
            drift = 1 + 0.035 * math.sin(week / 17 + place) + 0.008 * math.sin(week * 1.7 + place)
            yield (
                first + timedelta(days=7 * week),
                code,
                (typical * Decimal(f"{drift:.6f}")).quantize(Decimal("1e-6")),
            )


def stage_on(story: Story, day: date) -> str:
    """Return the stage on a day ("" before the first and after the end)."""
    entered = [(on, stage) for stage, on in story.stages.items() if on <= day]
    stage = max(entered)[1] if entered else ""
    return "" if stage in ("declined", "stopped", "retired") else stage


def wobble(story: Story, category: str, day: date) -> float:
    """Return a factor around 1 that is the same every time."""
    chance = (story.number * 7919 + day.toordinal() * 104729 + len(category) * 15485863) % 1000 / 1000
    return 0.9 + 0.2 * chance


def _days(story: Story, today: date, step: int) -> Iterator[date]:
    day = story.started_on or today
    last = min(story.ended_on or today, today - timedelta(days=1))
    while day <= last:
        yield day
        day += timedelta(days=step)


def _month_ends(story: Story, today: date) -> Iterator[date]:
    if not story.stages:
        return
    month = min(story.stages.values()).replace(day=1)
    while (end := _month_start(month, 1) - timedelta(days=1)) < today:
        yield end
        month = _month_start(month, 1)


def token_price(story: Story, day: date, today: date) -> float:
    """One vendor raised its price month by month: one that is over has all of it, six months before none."""
    months = (today.year - day.year) * 12 + today.month - day.month
    return 1 + (story.price_shock - 1) * min(max((6 - months) / 5, 0), 1)


def _line(story: Story, purse: Purse, category: str, day: date, amount: float, today: date) -> dict[str, Any]:
    currency, value = purse.base, amount * float(purse.scale)
    if category in FOREIGN:
        currency = list(purse.others)[FOREIGN[category]]
        value /= float(purse.others[currency])
    vendors = VENDORS[category]
    recovered = story.recoverable and category in EVERY_DAYS and day.day % 10 == 0
    billed_on = _month_start(day, 1) + timedelta(days=9)
    is_billed = recovered and billed_on <= today
    return {
        "initiative": story.number,
        "incurred_on": day,
        "category": category,
        "amount": _money(value, 6 if category in EVERY_DAYS else 2),
        "currency": currency,
        "vendor": vendors[story.number % len(vendors)],
        "recurring": category in ("licences", "tokens", "cloud"),
        "recoverable": bool(recovered),
        "billed_on": billed_on if is_billed else None,
        "invoice_ref": f"NG-{billed_on:%y%m}" if is_billed else "",
    }


def _budget(month: date, category: str, amount: float, purse: Purse, approved_on: date) -> dict[str, Any]:
    return {
        "month": month,
        "category": category,
        "amount": _money(amount, 0),
        "currency": purse.base,
        "approved_on": approved_on,
    }


def _hundreds(dollars: float, purse: Purse) -> float:
    """Return a round amount, round in dollars first: the same share of a budget is spent in every currency."""
    return round(round(dollars, -2) * float(purse.scale), -2)


def _month_start(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _money(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}f}")
