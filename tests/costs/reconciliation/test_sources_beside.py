"""Two writes about one provider beside each other: what counts is decided by the one that ends first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from costs import rollups, totals
from costs.models import LedgerSource
from costs.pricing import Tokens
from costs.reconciliation.sources import provider_of
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.costs.importers.test_focus import bill
from tests.costs.test_ai_categories import group
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db(transaction=True)


def add_usage() -> None:
    """Add usage in a request of its own, which waits for nobody for long."""
    row = UsageRow(About("test", "openai", "gpt-4o"), date(2026, 3, 3), Tokens(2_000_000, 0), 1)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            usage_lines.add(None, [row])
    finally:
        connection.close()


def test_a_write_that_ends_does_not_wait_for_one_that_reads_its_file_still():
    with transaction.atomic():
        group("OpenAI", "GPT")  # a bill makes its groups while it reads its file, and takes the lock at its end
        assert not LedgerSource.objects.exists()
        with ThreadPoolExecutor(1) as beside:
            beside.submit(add_usage).result()
        rollups.lock()
    assert list(LedgerSource.objects.values_list("provider", "kind")) == [("openai", "usage")]


def test_what_is_decided_while_a_file_is_read_holds_for_what_is_in_it(monkeypatch):
    settled = LedgerSource.objects.all()

    def another_ends_first() -> None:
        monkeypatch.setattr(rollups, "lock", lock)
        LedgerSource.objects.create(provider=provider_of("AWS"), since=date(1900, 1, 1), kind="gateway")
        lock()

    lock = rollups.lock
    monkeypatch.setattr(rollups, "lock", another_ends_first)
    bring_in("focus", bill({"ServiceName": "Amazon Bedrock", "BilledCost": "4"}, {"BilledCost": "10"}))
    assert list(settled.values_list("provider", "kind")) == [("aws", "gateway")]
    assert totals.unallocated(date(2026, 12, 31)).gross == 10  # of the bill what is for no tokens
