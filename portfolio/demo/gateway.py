"""Brings the tokens of the made-up insurer in, as finance would: prices, rules, bills, usage, a log, months reconciled.

Every step looks whether it was done already, so that a loading that was ended goes on where it stopped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from accounts.changes import changing
from accounts.models import Organisation, User
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.models import Kind, Reconciliation, TokenPrice
from costs.prices import own_rows
from costs.prices.own_rows import NewPrice
from costs.reconciliation.months import provider_month, reconcile
from costs.usage.lines import UsageBulk
from costs.usage.rows import About, UsageRow
from imports import jobs, runner
from imports.models import Import, State
from money import ledger
from money.models import ExchangeRate
from money.months import next_month
from portfolio.demo import tokens
from portfolio.demo.cast import purse
from portfolio.demo.sharing import uses_models
from portfolio.demo.stories import Story
from projects.models import Initiative

CURRENCY = "USD"
MENDED = 2  # months ago
RATE_EVERY = timedelta(days=7)
BILL, USAGE, CREDIT = "model-providers-focus.csv", "token-usage.csv", "tessel-credit-focus.csv"
# The last file that is brought in: with it everything is there.
LAST = CREDIT
RULE_NAMES = {
    tokens.CLAIMS: {"en": "Claims assistants, 60 to 40", "ja": "損害サービスのアシスタント（60対40）"},
    tokens.DESK: {"en": "Service desk, in equal parts", "ja": "サービスデスク（均等）"},
}
NOTES = {
    "fine": {
        "en": "Bill, meter and gateway agree.",
        "ja": "請求書・計測値・ゲートウェイのログは一致しています。",
    },
    "gateway": {
        "en": "After its update the gateway took cached tokens for other input until the 12th; the platform team has "
        "mended it. Bill and meter agree, the bill holds.",
        "ja": "ゲートウェイの更新後、12日までキャッシュ分が通常の入力として計算されていました（基盤チームが修正済み）。"
        "請求書と計測値は一致しており、請求書を採用します。",
    },
    "batches": {
        "en": "Batches do not pass through the gateway: that is what its log lacks. Bill and meter agree.",
        "ja": "バッチはゲートウェイを通らないため、その分ログが少なくなっています。請求書と計測値は一致しています。",
    },
}


def load(finance: User, told: list[Story], language: str, today: date) -> int:
    """Bring in what is not there yet; return how many cost lines that made."""
    with changing(None):
        _rates(finance, today)
        _prices(finance, today)
        _rules(finance, told, language)
    made = _import(finance, BILL, "focus", tokens.bill_rows, today)
    made += _import(finance, USAGE, "usage_csv", tokens.usage_rows, today)
    made += _log(today)
    _reconcile(finance, language, today)
    return made + _import(finance, CREDIT, "focus", tokens.late_rows, today)


def _rates(finance: User, today: date) -> None:
    """The providers bill in dollars: an organisation that counts in another currency needs their rate."""
    money = purse(Organisation.current().base_currency)
    if CURRENCY in (money.base, *money.others):
        return
    known = set(ExchangeRate.objects.filter(currency=CURRENCY).values_list("on", flat=True))
    on, rates = tokens.first_month(today) - RATE_EVERY, []
    while on <= today:
        if on not in known:
            drift = Decimal(1 + (on.toordinal() * 7919 % 100 - 50) / 5_000)
            rates.append(ledger.NewRate(on, CURRENCY, (money.scale * drift).quantize(Decimal("0.0001"))))
        on += RATE_EVERY
    ledger.add_all(finance, rates)


def _prices(finance: User, today: date) -> None:
    for model in tokens.MODELS:
        if model.rates and not TokenPrice.objects.own().filter(model=model.name).exists():
            since = tokens.first_month(today)
            own_rows.add(finance, NewPrice(model.provider, model.name, since, model.rates, CURRENCY))


def _rules(finance: User, told: list[Story], language: str) -> None:
    """One rule for each team but the sandbox, which belongs to nobody."""
    numbers = [story.number for story in told if uses_models(story)]
    by_ref = {row.external_ref: row for row in Initiative.objects.filter(external_ref__startswith="demo-")}
    users = [by_ref[f"demo-{number:03d}"] for number in numbers]
    shares: list[Decimal | None] = [Decimal("0.6"), Decimal("0.4")]
    parts = {
        tokens.CLAIMS: tuple(zip(users, shares, strict=False)),
        tokens.DESK: tuple((one, None) for one in users[2:5]),
    }
    for team, split in parts.items():
        match = {"account": team}
        if not allocation_rules.AllocationRule.objects.filter(match=match).exists():
            allocation_rules.create(finance, Terms(match, split, name=RULE_NAMES[team][language]))


def _import(
    finance: User, name: str, format_name: str, rows: Callable[[date], Iterable[Mapping[str, Any]]], today: date
) -> int:
    if Import.objects.filter(file_name=name, state=State.DONE).exists():
        return 0
    job = jobs.submit(finance, format_name=format_name, chunks=[_csv(list(rows(today)))], file_name=name)
    runner.run(job.pk)
    job.refresh_from_db()
    if job.state != State.DONE or job.rows_rejected:
        raise RuntimeError(f"The demonstration's {name} was not imported: {job.state}, {job.reasons}")
    return job.rows_created


def _log(today: date) -> int:
    """Keep what the gateway logged, a line for each day, team and model."""
    with changing(None):
        bulk = UsageBulk(None)
        bulk.add([_logged(*each) for each in tokens.logged(today)])
        return bulk.finish().created


def _logged(call: tokens.Call, counts: tokens.Tokens, amount: Decimal) -> UsageRow:
    about = About(
        source="gateway", kind=Kind.GATEWAY, currency=CURRENCY, provider=call.model.provider, model=call.model.name,
        account=call.team, api_key=call.team,
    )  # fmt: skip
    name = f"{call.day}/{call.team}/{call.model.name}"
    return UsageRow(about, call.day, counts, call.requests, external_id=name, amount=amount)


def _reconcile(finance: User, language: str, today: date) -> None:
    for provider in (tokens.CORVID, tokens.TESSEL):
        for back in range(tokens.MONTHS, 1, -1):
            here = provider_month(provider.casefold(), next_month(today.replace(day=1), -back))
            if here and not Reconciliation.objects.filter(provider=here.provider, month=here.month).exists():
                reconcile(finance, here, NOTES[_note(provider, back)][language])


def _note(provider: str, back: int) -> str:
    if provider == tokens.TESSEL:
        return "batches"
    return "gateway" if back == MENDED else "fine"


def _csv(rows: list[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
