"""Cost in columns of FOCUS 1.2: a row per charge, month and initiative, in base currency; allocation in x_ columns.

Columns of the specification that this product does not keep (list price, quantities …) are left out, none is made up.
A charge keeps one cost, billed or effective as the import was told: both columns show it.

Of a charge that is hidden from the reader in part (costs/explorer/sums.py) nothing is told but what counts: such parts
stand together by month, initiative and category, so that the file adds up to the explorer.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import User
from api.decimals import shortest
from costs.explorer.dimensions import Level
from costs.explorer.question import Question
from costs.explorer.sums import JOINS, conditions, find_later, given, hidden_from, source, whose
from costs.importers.focus import ONLY_SUB, SOURCE
from display.spreadsheets import Echo, neutral
from money.months import next_month
from projects.models import key_of

CHUNK = 2_000
HEADER = (
    "BilledCost", "EffectiveCost", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart",
    "ChargePeriodEnd", "BillingAccountId", "SubAccountId", "SubAccountName", "ProviderName", "PublisherName",
    "InvoiceIssuerName", "InvoiceId", "ChargeCategory", "ChargeClass", "ChargeDescription", "PricingCategory",
    "CommitmentDiscountId", "ConsumedUnit", "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "RegionId",
    "ResourceId", "Tags", "x_Initiative", "x_InitiativeTitle", "x_BusinessUnit", "x_Hosting", "x_Stage",
    "x_AllocatedShare", "x_CostCategory", "x_AiCategory", "x_ApiKey", "x_RecordKind", "x_Source",
)  # fmt: skip
# FOCUS allows these; whatever else a source says is none of them.
SERVICE_CATEGORIES = {
    "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
    "Identity", "Integration", "Internet of Things", "Management and Governance", "Media", "Migration", "Mobile",
    "Multicloud", "Networking", "Other", "Security", "Storage", "Web",
}  # fmt: skip
CHARGE_CATEGORIES = {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}  # likewise
_FROM_DETAILS = (
    "PublisherName", "InvoiceIssuerName", "InvoiceId", "ChargeClass", "ChargeDescription", "PricingCategory",
    "CommitmentDiscountId", "ConsumedUnit", "SkuPriceId",
)  # fmt: skip
_ROWS = """
SELECT fact.month, sum(fact.gross), charge.id IS NOT NULL, max(coalesce(place.share, 1)), max(initiative.number),
       max(initiative.title), max(unit.path), max(initiative.hosting), max(coalesce(stage.stage, 'draft')),
       max(category.name), charge.ai_category, charge.kind, charge.source, charge.vendor, charge.account,
       charge.account_name, charge.service, charge.service_category, charge.sku, charge.api_key, charge.region,
       charge.resource, charge.tags, charge.details
FROM {source} {joins} JOIN costs_category AS category ON category.id = fact.category_id
WHERE {conditions}
GROUP BY fact.month, charge.id, fact.initiative_id, fact.category_id HAVING sum(fact.gross) <> 0
ORDER BY fact.month, charge.id, fact.initiative_id, fact.category_id
"""


def as_csv(question: Question, user: User, currency: str) -> Iterator[str]:
    """Yield the file line by line, as the database gives the rows."""
    asked, hidden = whose(question.filters, user), hidden_from(user)
    query = _ROWS.format(
        source=source(Level.GROUP, find_later(question), hidden),
        joins=" ".join(JOINS.values()),
        conditions=" AND ".join(conditions(question.filters, asked)),
    )
    writer = csv.writer(Echo())
    yield writer.writerow(HEADER)
    with connection.chunked_cursor() as cursor:
        cursor.itersize = CHUNK
        cursor.execute(query, given(question, asked, hidden))
        for row in cursor:
            values = _values(row, currency)
            yield writer.writerow([_cell(values[name]) for name in HEADER])


def _values(row: tuple[Any, ...], currency: str) -> dict[str, Any]:
    month, gross, is_told, share, number, title, unit, hosting, stage, category, *about = row
    return {
        **dict.fromkeys(HEADER, ""),
        **_of_cost(month, gross, currency),
        "x_Initiative": key_of(number) if number else "",
        "x_InitiativeTitle": title or "",
        "x_BusinessUnit": unit or "",
        "x_Hosting": hosting or "",
        "x_Stage": stage if number else "",
        "x_CostCategory": category,
        **(_of_charge(about) | {"x_AllocatedShare": share.normalize()} if is_told else {}),
    }


def _of_cost(month: date, gross: Decimal, currency: str) -> dict[str, Any]:
    begins, ends = _moment(month), _moment(next_month(month))
    return {
        **dict.fromkeys(("BilledCost", "EffectiveCost"), gross),
        **dict.fromkeys(("BillingPeriodStart", "ChargePeriodStart"), begins),
        **dict.fromkeys(("BillingPeriodEnd", "ChargePeriodEnd"), ends),
        "BillingCurrency": currency,
    }


def _of_charge(about: Sequence[Any]) -> dict[str, Any]:
    ai, kind, origin, vendor, account, account_name, service, service_category, sku, *rest = about
    api_key, region, resource, tags, details = rest
    details = details if isinstance(details, dict) else json.loads(details)
    tags = tags if isinstance(tags, str) else json.dumps(tags, ensure_ascii=False, sort_keys=True)
    return {
        **{name: details.get(name, "") for name in _FROM_DETAILS},
        "ChargeCategory": category if (category := details.get("ChargeCategory")) in CHARGE_CATEGORIES else "Usage",
        **_accounts(origin, account, account_name, details),
        "ProviderName": vendor,
        "ServiceCategory": service_category if service_category in SERVICE_CATEGORIES else "Other",
        "ServiceName": service,
        "SkuId": sku,
        "RegionId": region,
        "ResourceId": resource,
        "Tags": tags,
        "x_AiCategory": ai,
        "x_ApiKey": api_key,
        "x_RecordKind": kind,
        "x_Source": origin,
    }


def _accounts(origin: str, account: str, account_name: str, details: Mapping[str, str]) -> dict[str, str]:
    """Return the account as its bill had it.

    Of a bill in FOCUS the billing account is kept beside a sub-account, and else stands in its place or equals it,
    where the bill has one: only a sub-account has a name. What other sources call an account lies below a billing
    account that they do not tell.
    """
    if origin != SOURCE or ONLY_SUB in details:
        return {"BillingAccountId": "", "SubAccountId": account, "SubAccountName": account_name}
    billing = details.get("BillingAccountId", "")
    return {
        "BillingAccountId": billing or account,
        "SubAccountId": account if billing or account_name else "",
        "SubAccountName": account_name,
    }


def _moment(day: date) -> str:
    return f"{day:%Y-%m-%d}T00:00:00Z"


def _cell(value: Any) -> str:
    return shortest(value) if isinstance(value, Decimal) else neutral(str(value))
