"""What of a file's amount is kept to compare only stands beside the amount: in the report, by API and by command."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client

from costs import totals
from costs.allocation.placements import EVER
from costs.models import AiCategory, AiCategoryRule, Kind, LedgerSource
from costs.reconciliation import sources as ledger_sources
from imports.models import Import
from imports.summary import summary
from tests.costs.allocation.test_places import LATER
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_provider_usage import price
from tests.costs.test_removal_api import caller
from tests.factories import UserFactory
from tests.imports.files import SAMPLES, bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
LOG = {"startTime": "2026-03-05T10:00:00Z", "custom_llm_provider": "AWS", "model": "m", "prompt_tokens": 1}
LOG |= {"completion_tokens": 0}


def log(*spent: str) -> Import:
    calls = [LOG | {"request_id": f"r-{number}", "spend": spend} for number, spend in enumerate(spent)]
    return bring_in("litellm_spend", json.dumps(calls))


def amounts(job: Import) -> tuple[str | None, str | None]:
    found = summary(job)
    return found["amount_total"], found["amount_compared"]


def test_of_a_bill_what_the_log_stands_for_is_compared_and_the_rest_counts(client: Client) -> None:
    AiCategoryRule.objects.create(priority=1, match={"service": "Tokens"}, ai_category=AiCategory.INFERENCE)
    assert amounts(log("4")) == ("4", None)
    tokens, machines = {"ServiceName": "Tokens", "BilledCost": "1.5"}, {"ServiceName": "EC2", "BilledCost": "7"}
    later = {"ChargePeriodStart": "2026-04-05T10:00:00Z", "ChargePeriodEnd": "2026-04-05T11:00:00Z"}
    first = bring_in("focus", bill(tokens, machines))
    assert amounts(first) == ("8.5", "1.5")
    # Rows that are there already, others of their month and those of a new one: 1.50 + 2 + 3, of 12.50 + 2 + 3 − 4.
    hour = {"ChargePeriodStart": "2026-03-05T11:00:00Z", "ChargePeriodEnd": "2026-03-05T12:00:00Z"}
    second = bring_in(
        "focus", bill(tokens, machines, tokens | hour | {"BilledCost": "2"}, tokens | later | {"BilledCost": "3"})
    )
    assert amounts(second) == ("13.5", "6.5")
    assert totals.unallocated(LATER).gross == 11  # 4 of the log, 7 of the machines
    told = caller(client, finance=True)("get", f"/imports/{second.pk}").json()
    assert (told["amount_total"], told["amount_compared"]) == ("13.5", "6.5")
    client.force_login(UserFactory(finance=True))
    page = tight(client.get(f"/imports/{second.pk}/").content.decode())
    assert "<dt>of it kept to compare only</dt><dd>$6.50</dd>" in page
    assert "kept to compare only</dt>" not in client.get(f"/imports/{log('4').pk}/").content.decode()


def test_where_rows_restate_what_is_compared_the_report_says_that_it_is_in_no_sum(client: Client) -> None:
    note = "What is kept to compare only is in these amounts too, and in no sum."
    finance = UserFactory(finance=True)
    client.force_login(finance)
    AiCategoryRule.objects.create(priority=1, match={"service": "Tokens"}, ai_category=AiCategory.INFERENCE)
    tokens = {"ServiceName": "Tokens"}
    bring_in("focus", bill(tokens | {"BilledCost": "1.5"}))
    counted = bring_in("focus", bill(tokens | {"BilledCost": "2.5"}))
    assert note not in client.get(f"/imports/{counted.pk}/").content.decode()
    log("4")
    ledger_sources.take(finance, LedgerSource.objects.get().provider, EVER, Kind.GATEWAY)
    compared = bring_in("focus", bill(tokens | {"BilledCost": "3.5"}))
    assert (compared.restated_difference, compared.amount_compared) == (1, Decimal("3.5"))
    assert note in client.get(f"/imports/{compared.pk}/").content.decode()


def test_of_usage_too() -> None:
    price("OpenAI", ("2", "1", "9", "9", "10"))
    assert amounts(bring_in("openai_costs", SAMPLES / "openai_costs.json")) == ("5.623456889012345678", None)
    for _time in range(2):  # what is there already is kept to compare as well
        assert amounts(bring_in("openai_usage", SAMPLES / "openai_usage.json")) == ("2.6", "2.6")
    assert totals.unallocated(LATER).gross == Decimal("5.623456889012345678")
