"""Says in a report that the ledger takes an imported record now instead of usage that the API had sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_noop

from costs import rollups
from costs.reconciliation import sources as ledger_sources
from imports.pipeline import Reason, Report

TAKEN_OVER = gettext_noop(
    "Until now the ledger took the usage of {provider} that was sent by API. It takes the record of this file instead, "
    "in all months, and that usage is kept to compare only. A month’s page under Costs → Reconciliation changes that, "
    "with “the ledger takes”."
)


@contextmanager
def told(report: Report) -> Iterator[None]:
    """Tell what the end of an import, which is inside, has changed about what the ledger takes."""
    rollups.lock()  # so that nobody else changes it meanwhile
    before = ledger_sources.known()
    yield
    for provider in before.decided_otherwise(ledger_sources.known()):
        report.note(1, Reason(TAKEN_OVER, provider=provider))
