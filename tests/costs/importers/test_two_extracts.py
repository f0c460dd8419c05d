"""Two extracts of one bill that are cut by tag: the second takes the place of the first, and its report says so."""

from __future__ import annotations

import pytest

from costs import lines, totals
from costs.import_findings.restated import LOST_BILLING
from costs.models import CostLine
from imports import jobs
from imports.models import Import
from tests.costs.allocation.test_places import LATER
from tests.costs.factories import new_line
from tests.costs.importers.test_focus import bill
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
OTHER_TAGS = "The bill was here with other tags, and those lines no longer count."
BOT, SEARCH = {"Tags": '{"app": "bot"}', "ResourceId": ""}, {"Tags": '{"app": "search"}', "ResourceId": ""}


def said(job: Import) -> dict[str, tuple[int, list[int]]]:
    found = job.reasons.filter(is_restatement=False)
    return {str(each).split(" If they are")[0]: (each.count, each.lines) for each in found}


def test_the_second_extract_says_how_many_lines_went_and_where() -> None:
    other_hour = {"ChargePeriodStart": "2026-03-05T11:00:00Z", "ChargePeriodEnd": "2026-03-05T12:00:00Z"}
    first = bring_in("focus", bill(BOT | {"BilledCost": "1.5"}, BOT | other_hour | {"BilledCost": "2"}))
    assert said(first) == {}
    second = bring_in(
        "focus",
        bill(
            SEARCH | {"BilledCost": "7"},
            SEARCH | other_hour | {"BilledCost": "3"},
            SEARCH | {"SkuId": "other", "BilledCost": "5"},
        ),
    )
    assert totals.unallocated(LATER).gross == 15  # 7 + 3 + 5: what was 3.50 with other tags has gone
    assert said(second) == {OTHER_TAGS: (2, [2, 3])}
    jobs.revert(second, None)
    assert totals.unallocated(LATER).gross == 3.5
    # In one file both count.
    both = bring_in("focus", bill(BOT | {"BilledCost": "1.5"}, BOT | other_hour | {"BilledCost": "2"}, SEARCH))
    assert (said(both), totals.unallocated(LATER).gross) == ({}, 5)


def test_another_amount_an_invoice_or_a_correction_by_hand_is_not_taken_for_other_tags() -> None:
    bring_in("focus", bill({}))
    assert said(bring_in("focus", bill({"BilledCost": "2"}))) == {}
    assert said(bring_in("focus", bill({"BilledCost": "2", "InvoiceId": "I-1"}))) == {}
    line = CostLine.objects.live().get()
    lines.correct(None, line, new_line(None, "2026-03-05", "3", vendor="AWS", recoverable=True))
    job = bring_in("focus", bill({"BilledCost": "4", "InvoiceId": "I-1"}))
    assert (said(job), totals.unallocated(LATER).gross) == ({LOST_BILLING: (1, [2])}, 4)


def test_the_invoice_of_a_closed_month_is_not_taken_for_other_tags() -> None:
    open_month = bill(BOT | {"BilledCost": "2"}, SEARCH | {"BilledCost": "3"})
    bring_in("focus", open_month)
    number = {"InvoiceId": "I-1"}
    closed = bring_in("focus", bill(BOT | number | {"BilledCost": "2"}, SEARCH | number | {"BilledCost": "3"}))
    assert (said(closed), closed.rows_restated, totals.unallocated(LATER).gross) == ({}, 2, 5)
    told = closed.restated.order_by("line").values_list("line", "before_amount", "now_amount")
    assert list(told) == [(2, 2, 2), (3, 3, 3)]

    # Somebody deletes one of the two: the version that it had replaced goes with it when the import is taken back.
    lines.remove(None, CostLine.objects.live().get(amount=3))
    jobs.revert(closed, None)
    assert totals.unallocated(LATER).gross == 2
    assert bring_in("focus", open_month).rows_unchanged == 2
