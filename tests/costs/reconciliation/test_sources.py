"""Which record of a provider counts: for tokens one of several, whatever came first; what a revert gives back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import User
from costs import lines, totals
from costs.ai import categories as ai_categories
from costs.allocation.placements import EVER
from costs.importers.bills import COMPARED
from costs.models import AiCategoryRule, CostLine, LedgerSource, UsageLine
from costs.reconciliation import sources as ledger_sources
from costs.reconciliation.causes import causes
from costs.reconciliation.forms import LedgerSourceForm
from costs.reconciliation.months import provider_month
from costs.usage import lines as usage_lines
from imports import jobs
from imports.models import Import
from tests.costs.importers.test_focus import SAMPLE, bill
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
LATER = date(2026, 12, 31)
BEDROCK = {"ServiceName": "Amazon Bedrock", "SkuId": "USE1-Claude3Sonnet-output-tokens", "BilledCost": "4"}


@pytest.fixture
def finance() -> User:
    return UserFactory(finance=True)


def call(provider: str, spend: str, on: str = "2026-03-05") -> str:
    """Write a gateway's log of one call."""
    row = {"request_id": f"{provider} {on}", "startTime": f"{on}T10:00:00Z", "spend": float(spend), "model": "m"}
    return json.dumps([row | {"prompt_tokens": 1, "completion_tokens": 1, "custom_llm_provider": provider}])


def counted() -> Decimal:
    """Return what counts."""
    return totals.unallocated(LATER).gross


def remarks(job: Import) -> list[str]:
    """Return what the report says."""
    return [str(reason) for reason in job.reasons.all()]


def decided() -> list[tuple[str, str]]:
    """Return what the ledger takes, by provider."""
    return list(LedgerSource.objects.values_list("provider", "kind"))


def test_a_log_that_was_taken_back_decides_nothing() -> None:
    log = bring_in("litellm_spend", call("aws", "3"))
    assert decided() == [("aws", "gateway")]
    jobs.revert(log, None)
    assert decided() == []
    bring_in("focus", bill(BEDROCK))
    assert (counted(), decided()) == (4, [("aws", "bill")])


def test_the_bill_counts_from_the_revert_of_the_log_that_came_first() -> None:
    log = bring_in("litellm_spend", call("aws", "3"))
    bring_in("focus", bill(BEDROCK))
    assert counted() == 3
    jobs.revert(log, None)
    assert (counted(), decided()) == (4, [("aws", "bill")])


def test_a_record_whose_groups_are_there_already_is_decided_like_a_new_one() -> None:
    jobs.revert(bring_in("focus", bill(BEDROCK)), None)
    jobs.revert(bring_in("litellm_spend", call("aws", "3")), None)
    bring_in("litellm_spend", call("aws", "3"))
    assert (counted(), decided()) == (3, [("aws", "gateway")])
    bring_in("focus", bill(BEDROCK))
    assert counted() == 3


def test_the_log_counts_from_the_deletion_of_the_last_line_of_the_bill_that_came_first(finance: User) -> None:
    bring_in("focus", bill(BEDROCK))
    bring_in("litellm_spend", call("aws", "3"))
    assert counted() == 4
    lines.remove(finance, CostLine.objects.live().shown().get(group__kind="bill"))
    assert (counted(), decided()) == (3, [("aws", "gateway")])


def test_the_bill_counts_from_the_deletion_of_the_last_line_of_the_log_that_came_first(finance: User) -> None:
    bring_in("litellm_spend", call("aws", "3"))
    bring_in("focus", bill(BEDROCK))
    assert counted() == 3
    usage_lines.remove(finance, UsageLine.objects.live().get())
    assert (counted(), decided()) == (4, [("aws", "bill")])


def test_a_deletion_looks_through_all_groups_only_where_the_last_line_of_a_record_went(finance: User) -> None:
    bring_in("focus", bill(BEDROCK, BEDROCK | {"BilledCost": "7", "ResourceId": "another"}))
    for on in ("2026-03-05", "2026-03-06"):
        bring_in("litellm_spend", call("openai", "3", on))

    def look(remove: Callable[..., None], line: CostLine | UsageLine) -> bool:
        with CaptureQueriesContext(connection) as asked:
            remove(finance, line)
        return any('SELECT DISTINCT "costs_chargegroup"."vendor"' in each["sql"] for each in asked)

    for remove, found in (
        (lines.remove, CostLine.objects.live().shown().filter(group__kind="bill")),
        (usage_lines.remove, UsageLine.objects.live()),
    ):
        assert [look(remove, line) for line in found] == [False, True]
    assert decided() == []


def test_a_delivery_that_restates_looks_through_all_groups_only_where_the_last_line_of_a_record_went() -> None:
    both = json.loads(call("aws", "3")) + json.loads(call("aws", "5", "2026-03-06"))
    bring_in("litellm_spend", json.dumps(both))

    def look(rows: list[dict[str, str]]) -> bool:
        with CaptureQueriesContext(connection) as asked:
            bring_in("litellm_spend", json.dumps(rows))
        return any('SELECT DISTINCT "costs_chargegroup"."vendor"' in each["sql"] for each in asked)

    moved = [each | {"custom_llm_provider": "openai"} for each in both]
    assert (look([both[0] | {"spend": "4"}]), counted()) == (False, 9)
    assert (look(moved[:1]), sorted(decided())) == (False, [("aws", "gateway"), ("openai", "gateway")])
    assert (look(moved[1:]), decided(), counted()) == (True, [("openai", "gateway")], 8)


def test_a_record_that_comes_after_the_last_line_of_another_was_deleted_counts(finance: User) -> None:
    bring_in("litellm_spend", call("aws", "3"))
    usage_lines.remove(finance, UsageLine.objects.live().get())
    assert decided() == []
    bring_in("focus", bill(BEDROCK))
    assert (counted(), decided()) == (4, [("aws", "bill")])


def test_the_bill_counts_from_the_delivery_that_says_the_last_line_of_the_log_was_of_another_provider() -> None:
    bring_in("litellm_spend", call("aws", "3"))
    bring_in("focus", bill(BEDROCK))
    (restated,) = json.loads(call("aws", "3"))
    bring_in("litellm_spend", json.dumps([restated | {"custom_llm_provider": "openai"}]))
    assert (counted(), sorted(decided())) == (7, [("aws", "bill"), ("openai", "gateway")])


def test_a_revert_leaves_what_another_file_decided_as_well_and_what_a_person_did() -> None:
    first = bring_in("litellm_spend", call("aws", "3"))
    second = bring_in("litellm_spend", call("aws", "5", "2026-03-06"))
    bring_in("focus", bill(BEDROCK))
    jobs.revert(first, None)
    assert (counted(), decided()) == (5, [("aws", "gateway")])
    ledger_sources.take(UserFactory(finance=True), "aws", EVER, "gateway")
    jobs.revert(second, None)
    assert (counted(), decided()) == (0, [("aws", "gateway")])


def test_a_log_of_tokens_stands_for_no_machines_and_the_report_says_what_is_compared() -> None:
    bring_in("litellm_spend", call("bedrock", "3"))
    job = bring_in("focus", bill({"BilledCost": "10"}, BEDROCK))
    # The machine of 10 and the log of 3; the 4 for the same tokens are on the bill too.
    assert counted() == 13
    assert [text for text in remarks(job) if "of the tokens of AWS" in text]
    here = provider_month("aws", date(2026, 3, 1))
    assert here.figures == {"usage": None, "gateway": "3", "bill": "14", "ledger": "13"}
    # What explains it still adds up to the difference.
    assert {name: parts.known for name, parts in causes(here).parts.items()} == {"gateway": -11, "ledger": -1}
    ledger_sources.take(UserFactory(finance=True), "aws", EVER, "bill")
    assert counted() == 14


def test_one_call_through_a_gateway_leaves_the_published_bill_as_it_is(shared_data: Path) -> None:
    bring_in("litellm_spend", call("bedrock", "3"))
    job = bring_in("focus", (shared_data / SAMPLE).read_bytes())
    # shared/data/focus/README.md: 20.52022672899. AWS charges there for machines, storage and the like, for no tokens.
    assert job.amount_total == Decimal("20.52022672899")
    assert counted() == Decimal("23.52022672899")
    assert not [text for text in remarks(job) if "compare" in text]


def test_a_label_that_says_that_a_bill_is_for_tokens_moves_it() -> None:
    bring_in("litellm_spend", call("bedrock", "3"))
    bring_in("focus", bill({"BilledCost": "10"}))
    assert counted() == 13
    rule = AiCategoryRule(priority=1, match={"service": "Amazon EC2"}, ai_category="inference")
    ai_categories.save(None, rule)
    assert counted() == 3
    ai_categories.remove(None, rule, rule.version)
    assert counted() == 13


def test_usage_that_is_compared_only_says_so() -> None:
    bring_in("focus", bill(BEDROCK))
    job = bring_in("litellm_spend", call("bedrock", "3"))
    assert counted() == 4
    assert [text for text in remarks(job) if "of the tokens of bedrock" in text]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_kept_to_compare_names_the_choice_as_the_month_s_page_does(language: str):
    with translation.override(language):
        assert str(LedgerSourceForm.base_fields["kind"].label).lower() in translation.gettext(COMPARED).lower()
