"""A provider's month is taken apart from its sums where days cannot matter, and within bounds where they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from costs import lines as lines_of
from costs.models import Kind, LedgerSource, UsageMonth
from costs.pricing import Tokens
from costs.reconciliation import lines
from costs.reconciliation.causes import Causes, Parts, causes
from costs.reconciliation.months import provider_month
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.costs.factories import add_line, new_line
from tests.costs.importers.test_focus import bill
from tests.costs.lines_read import lines_read
from tests.costs.prices.test_book import add as add_price
from tests.costs.reconciliation.test_monthly_charges import of_day
from tests.costs.reconciliation.test_months import MARCH, MILLION, logged
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
ZERO = Decimal(0)
MACHINES = [of_day("BoxUsage", "7", day) for day in range(1, 31)]


def look(provider: str = "openai") -> tuple[Causes, int]:
    here, before = provider_month(provider, MARCH), lines_read()
    return causes(here), lines_read() - before


def test_no_line_of_a_bill_is_read_that_nothing_is_compared_with():
    tokens = [of_day("m1, input", "2", day) for day in range(1, 31)]
    bring_in("focus", bill(*MACHINES, *tokens))
    add_line(None, "2026-03-05", "4", vendor="OpenAI")
    why, read = look()
    assert read == 0
    assert why.parts == {"ledger": Parts(ZERO, ZERO, ZERO, ZERO, Decimal(4), ZERO)}
    assert {row.token_class: row.amounts["bill"] for row in why.classes} == {"input": 60, "untold": 210}
    assert why.unclassed["bill"] == "BoxUsage"
    assert why.missing_days == {}


def test_beside_tokens_what_else_a_bill_charges_is_of_no_day_and_is_not_read(monkeypatch):
    monkeypatch.setattr(lines, "MOST_READ", 6)  # three of the bill are for tokens, three calls are of the log
    LedgerSource.objects.create(provider="aws", since=date(2026, 1, 1), kind="bill")
    tokens = [of_day("m1, input", "2", day) for day in range(2, 5)]
    about = About("litellm_spend", "bedrock", "m1", kind=Kind.GATEWAY, currency="USD")
    calls = [UsageRow(about, date(2026, 3, day), Tokens(input=MILLION), amount=Decimal(2)) for day in (2, 3, 6)]
    usage_lines.add(None, calls)
    bring_in("focus", bill(*(row | {"ProviderName": "AWS", "ServiceName": "EC2"} for row in (*MACHINES, *tokens))))
    why, _read = look("aws")
    assert why.unread == 0
    # The log has nothing on the 4th and the bill no tokens on the 6th; machines are on no day of the log.
    assert why.parts["gateway"] == Parts(ZERO, ZERO, None, ZERO, ZERO, Decimal(-210))
    assert why.missing_days == {"bill": [date(2026, 3, 6)], "gateway": [date(2026, 3, 4)]}


def test_usage_of_a_model_with_and_without_a_price_is_read_once():
    add_price("m1", "2", provider="openai")
    row = UsageRow(About("test", "openai", "m1"), date(2026, 3, 2), Tokens(input=MILLION))
    usage_lines.add(None, [row, replace(row, batch=True), replace(row, tokens=Tokens(cached_input=9))])
    assert UsageMonth.objects.count() == 3  # a price, none for batches, none for what was cached
    (charges,) = lines._charges(provider_month("openai", MARCH))
    assert (charges.lines, charges.used, len(charges.groups), charges.gross) == (1, 3, 1, 2)
    assert look()[0].unpriced == [("m1", 2)]


def test_of_more_lines_than_may_be_read_sums_tell_and_that_is_said(monkeypatch, client: Client):
    monkeypatch.setattr(lines, "MOST_READ", 5)
    bring_in("focus", bill(*MACHINES))
    logged("2026-03-02", "m1", Tokens(input=MILLION), "2")
    # Lines of others, as any ledger has: among few the planner reads all of them.
    lines_of.add(None, [new_line(None, "2026-03-20", "1", vendor=f"Elsewhere {number}") for number in range(100)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE costs_costline, costs_usageline, costs_chargegroup")
        cursor.execute("SET LOCAL enable_seqscan = off")  # as with many
    why, read = look()
    assert (why.unread, read < 5) == (31, True)
    assert why.parts == {"gateway": Parts(None, ZERO, None, ZERO, ZERO, Decimal(-208))}
    assert [item[:2] for item in why.largest["bill"]] == [("BoxUsage", 210)]
    finance = UserFactory(finance=True)
    client.force_login(finance)
    page = client.get("/costs/reconciliation/openai/2026-03/").content.decode()
    assert "31 lines would have to be read to tell everything, and at most 5 are." in page
    answer = client.get("/api/v1/reconciliations/openai/2026-03", headers=bearer(finance))
    assert (answer.status_code, answer.json()["unread_lines"]) == (200, 31)
    assert answer.json()["causes"]["gateway"]["missing_days"] is None
    assert answer["ETag"]
