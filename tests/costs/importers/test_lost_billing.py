"""What somebody had said of a line's billing and a file's version does not: told, kept in restated.csv, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from costs import lines, totals
from costs.import_findings.restated import LOST_BILLING
from costs.models import CostLine
from costs.new_line import NewLine
from imports import jobs
from imports.models import Import, ImportReason
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_restated import HEADER, row
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
BILLED = date(2026, 4, 2)
LATER = date(2026, 12, 31)
LATER = date(2026, 12, 31)


def mark(amount: str, **said: Any) -> None:
    """Say of the line with this amount what a person may say of its billing."""
    (line,) = CostLine.objects.live().shown().filter(amount=Decimal(amount))
    lines.correct(None, line, replace(NewLine.of(line), **said))


def lost(job: Import) -> list[tuple[int, list[int]]]:
    return list(job.reasons.filter(text=LOST_BILLING).values_list("count", "lines"))


def recovered() -> Decimal:
    found = CostLine.objects.live().filter(group__recoverable=True, billed_on__lte=LATER)
    return sum((line.base_amount for line in found), Decimal(0))


SECOND, THIRD = ({"ResourceId": f"i-{number}", "BilledCost": f"{number}0"} for number in (2, 3))


@pytest.mark.parametrize(
    "said",
    [
        {"recoverable": True},
        {"recoverable": True, "billed_on": BILLED, "invoice_ref": "R-1"},
        {"invoice_ref": "R-1"},
    ],
    ids=["recoverable", "billed", "invoice"],
)
def test_a_bill_with_another_amount_tells_which_lines_lose_their_billing(said: dict[str, Any]) -> None:
    bring_in("focus", bill({}, SECOND, THIRD))
    mark("20", **said)
    before = recovered()
    job = bring_in("focus", bill({"BilledCost": "1.6"}, {**SECOND, "BilledCost": "21"}, THIRD))
    assert (job.rows_restated, lost(job)) == (2, [(1, [3])])
    kept = job.restated.get(line=3)
    assert (kept.before_billed_on, kept.before_invoice_ref) == (said.get("billed_on"), said.get("invoice_ref"))
    assert recovered() == 0
    jobs.revert(job, None)
    assert recovered() == before == (20 if "billed_on" in said else 0)
    assert not CostLine.objects.live().filter(amount=21).exists()


def test_what_says_the_same_keeps_its_billing_and_what_had_none_loses_nothing() -> None:
    bring_in("focus", bill({}, SECOND))
    mark("20", recoverable=True, billed_on=BILLED)
    same = bring_in("focus", bill({"BilledCost": "1.6"}, SECOND))
    assert (same.rows_restated, lost(same), recovered()) == (1, [], 20)


def test_other_tags_take_the_billing_as_well() -> None:
    bring_in("focus", bill(SECOND))
    mark("20", recoverable=True, billed_on=BILLED)
    moved = bring_in("focus", bill({**SECOND, "Tags": '{"app": "moved"}'}))
    assert lost(moved) == [(1, [2])]


def test_rows_with_an_external_id_lose_what_they_do_not_say_themselves() -> None:
    initiative = InitiativeFactory()
    header = HEADER.strip() + ",recoverable,billed_on,initiative\n"

    def told(amount: str, name: str, billing: str) -> str:
        return row(amount, name).strip() + f",{billing},{initiative.key}\n"

    bring_in("costs_csv", header + told("10", "A", ",") + told("20", "B", "true,") + told("30", "C", "true,2026-04-01"))
    mark("10", recoverable=True, billed_on=BILLED, invoice_ref="R-1")
    mark("20", billed_on=BILLED)
    assert recovered() == 60
    later = header + told("11", "A", ",") + told("21", "B", "true,2026-04-03") + told("31", "C", "true,2026-04-01")
    job = bring_in("costs_csv", later, dry_run=True)
    assert (job.rows_restated, lost(job), recovered()) == (3, [(1, [2])], 60)
    job = bring_in("costs_csv", later)
    assert (job.rows_restated, lost(job), recovered()) == (3, [(1, [2])], 52)


def test_the_report_leads_to_these_lines_and_to_what_was_said(client: Client) -> None:
    finance = UserFactory(finance=True)
    client.force_login(finance)
    bring_in("focus", bill({}, SECOND, THIRD))
    mark("20", recoverable=True, billed_on=BILLED, invoice_ref="=R-1")
    job = bring_in("focus", bill({"BilledCost": "1.6"}, {**SECOND, "BilledCost": "21"}, {**THIRD, "BilledCost": "31"}))
    remark = ImportReason.objects.get(text=LOST_BILLING)
    address = f"/costs/?import_id={job.pk}&amp;remark={remark.pk}"
    assert f'href="{address}"' in client.get(f"/imports/{job.pk}/").content.decode()
    shown = tight(client.get("/costs/", {"import_id": job.pk, "remark": remark.pk}).content.decode())
    assert "<b>1 line</b> comes to" in shown
    assert ("$21.00" in shown, "$31.00" in shown, "$1.60" in shown) == (True, False, False)
    # A remark of another import is no remark of this one.
    other = client.get("/costs/", {"import_id": job.pk - 1, "remark": remark.pk}).content.decode()
    assert "No cost line is like this." in other

    answer = client.get(f"/api/v1/imports/{job.pk}", headers=bearer(finance)).json()
    assert (answer["reasons"][LOST_BILLING], answer["rows"][LOST_BILLING]) == (1, [3])
    asked = {"import_id": job.pk, "remark": answer["remarks"][LOST_BILLING]}
    found = client.get("/api/v1/costs", asked, headers=bearer(finance)).json()
    assert (found["count"], [(each["amount"], each["line_number"]) for each in found["items"]]) == (1, [("21", 3)])
    file = client.get(f"/api/v1/imports/{job.pk}/restated.csv", headers=bearer(finance))
    text = b"".join(file.streaming_content).decode().splitlines()
    assert text[2] == "3,20,USD,20,2026-04-02,'=R-1,21,USD,21"

    jobs.revert(job, None)
    assert address not in client.get(f"/imports/{job.pk}/").content.decode()
    assert client.get(f"/api/v1/imports/{job.pk}", headers=bearer(finance)).json()["remarks"] == {}


TAGGED = {"Tags": '{"app": "b"}', "BilledCost": "20"}  # beside a row that differs from it in tags alone


@pytest.mark.parametrize(
    ("beside", "gross"),
    [
        ([{"BilledCost": "11"}], 31),
        ([{"BilledCost": "10", "InvoiceId": "INV-1"}], 30),
        ([{"BilledCost": "10"}, {"Tags": '{"app": "c"}', "BilledCost": "5"}], 35),
        ([], 20),
    ],
    ids=["another amount", "an invoice", "another row", "gone"],
)
def test_a_corrected_line_stays_when_only_a_row_beside_it_changes(beside: list[dict[str, str]], gross: int) -> None:
    bring_in("focus", bill({"BilledCost": "10"}, TAGGED))
    mark("20", recoverable=True, billed_on=BILLED)
    job = bring_in("focus", bill(*beside, TAGGED))
    assert (recovered(), lost(job)) == (20, [])
    assert totals.unallocated(LATER).gross == gross + (10 if not beside else 0)  # a row that is left out stays
    jobs.revert(job, None)
    assert (totals.unallocated(LATER).gross, recovered()) == (30, 20)


def test_a_corrected_line_goes_with_its_own_row_beside_one_that_stays() -> None:
    bring_in("focus", bill({"BilledCost": "10"}, TAGGED))
    mark("20", recoverable=True, billed_on=BILLED)
    job = bring_in("focus", bill({"BilledCost": "10"}, {**TAGGED, "BilledCost": "21"}))
    assert (totals.unallocated(LATER).gross, recovered(), lost(job)) == (31, 0, [(1, [3])])
    jobs.revert(job, None)
    assert (totals.unallocated(LATER).gross, recovered()) == (30, 20)
