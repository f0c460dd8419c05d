"""What errors.csv cannot say by itself: rows that are told from others by nothing but their amount, or their number."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from costs import totals
from costs.models import CostLine, UsageLine
from costs.usage import lines as usage_lines
from projects.models import Initiative
from tests.costs.allocation.test_places import LATER
from tests.costs.importers.test_focus import bill, live
from tests.costs.importers.test_provider_usage import price
from tests.factories import UserFactory
from tests.imports.files import bring_in
from tests.imports.test_sent_back import errors, mended, written

pytestmark = pytest.mark.django_db
OTHER_AMOUNT = (
    "A charge that differs in its amount or its tags alone is there already. Mend the bill itself and send all of it."
)
TAKEN_FOR_IT = (
    "An equal charge is there already, and the row was taken for it. If it is another one, mend the bill itself and "
    "send all of it."
)
OTHER_COUNTS = (
    "Usage that differs in its counts alone is there already. Mend the file of the provider itself and send all of it."
)
USAGE_TAKEN_FOR_IT = (
    "Equal usage is there already, and the row was taken for it. If it is of another one, mend the file of the "
    "provider itself and send all of it."
)
AGENCY = "Department of Tests"
HEADER = [
    "2_use_case_name", "3_agency", "4_bureau", "11_purpose_benefits", "16_dev_stage",
    "18_date_initiated", "19_date_acq_dev_began", "20_date_implemented", "21_date_retired",
]  # fmt: skip


@pytest.fixture(autouse=True)
def finance(client: Client) -> None:
    client.force_login(UserFactory(finance=True))


def test_a_mended_charge_takes_no_other_out_of_the_ledger(client: Client) -> None:
    job = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "n/a"}))
    assert (job.rows_created, job.rows_rejected, job.amount_total) == (1, 1, 5)
    again = bring_in("", mended(client, job, "BilledCost", "7"))
    assert (again.rows_created, again.rows_unchanged, again.rows_rejected, again.amount_total) == (0, 0, 1, 0)
    assert [(row.line, row.column, row.translated) for row in again.rejected.all()] == [(2, "", OTHER_AMOUNT)]
    assert errors(client, again)[1][3:] == list(csv.reader(io.StringIO(bill({"BilledCost": "7"}))))[1]
    assert live() == [("bot", 5)]

    whole = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "7"}))
    assert (whole.rows_created, whole.rows_unchanged, whole.rows_restated) == (1, 1, 0)
    assert live() == [("bot", 5), ("bot", 7)]
    assert bring_in("", mended(client, job, "BilledCost", "5")).rows_unchanged == 1


def test_a_mended_charge_that_equals_another_is_said_to_be_taken_for_it(client: Client) -> None:
    job = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "n/a"}, {"BilledCost": "n/a", "SkuId": "other"}))
    text = mended(client, job, "BilledCost", "5")
    again = bring_in("", text)
    assert (again.rows_created, again.rows_unchanged, again.rows_rejected) == (1, 1, 0)
    assert [(str(reason), reason.lines) for reason in again.reasons.all()] == [(TAKEN_FOR_IT, [2])]
    assert live() == [("bot", 5), ("bot", 5)]
    twice = bring_in("", text)
    assert (twice.rows_unchanged, [reason.lines for reason in twice.reasons.all()]) == (2, [[2, 3]])
    whole = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "5"}, {"BilledCost": "5", "SkuId": "other"}))
    assert (whole.rows_created, whole.rows_unchanged, whole.reasons.count()) == (1, 2, 0)
    assert live() == [("bot", 5)] * 3


def usage(*counts: str) -> str:
    """Return a console's file of a day, one key and model: a row for each person."""
    rows = "".join(f"1767225600,1767312000,user-{at},key,model-a,{count}\n" for at, count in enumerate(counts))
    return f"start_time,end_time,user_id,api_key_id,model,input_tokens\n{rows}"


def tokens() -> list[int]:
    lines = UsageLine.objects.live().order_by("input_tokens")
    return list(lines.values_list("input_tokens", flat=True))


def test_mended_usage_takes_nobody_elses_out_of_the_ledger(client: Client) -> None:
    price("OpenAI", ("2", "1", "9", "9", "10"))
    job = bring_in("", usage("1000000", "x"))
    assert (job.format, job.rows_created, job.rows_rejected, job.amount_total) == ("openai_usage", 1, 1, 2)
    again = bring_in("", mended(client, job, "input_tokens", "500000"))
    assert (again.rows_created, again.rows_unchanged, again.rows_rejected, again.amount_total) == (0, 0, 1, 0)
    assert [(row.line, row.column, row.translated) for row in again.rejected.all()] == [(2, "", OTHER_COUNTS)]
    assert (tokens(), totals.unallocated(LATER).gross) == ([1_000_000], 2)
    sent_once_more = bring_in("", mended(client, again, "input_tokens", "500000"))
    assert (sent_once_more.rows_rejected, tokens()) == (1, [1_000_000])

    whole = bring_in("", usage("1000000", "500000"))
    assert (whole.rows_created, whole.rows_unchanged, whole.rows_restated) == (1, 1, 0)
    assert (tokens(), totals.unallocated(LATER).gross) == ([500_000, 1_000_000], 3)


def test_mended_usage_that_equals_another_is_said_to_be_taken_for_it(client: Client) -> None:
    job = bring_in("", usage("100", "x", "x"))
    again = bring_in("", mended(client, job, "input_tokens", "100"))
    assert (again.rows_created, again.rows_unchanged, again.rows_rejected) == (1, 1, 0)
    assert (again.reasons.get(text=USAGE_TAKEN_FOR_IT).lines, tokens()) == ([2], [100, 100])
    whole = bring_in("", usage("100", "100", "100"))
    assert (whole.rows_created, whole.rows_unchanged, tokens()) == (1, 2, [100, 100, 100])
    assert not whole.reasons.filter(text=USAGE_TAKEN_FOR_IT).exists()


def test_usage_that_names_itself_is_restated_by_a_mended_row(client: Client) -> None:
    header = "occurred_on,provider,model,input_tokens,output_tokens,external_id\n"
    bring_in("usage_csv", f"{header}2026-01-05,OpenAI,a,100,0,one\n")
    job = bring_in("usage_csv", f"{header}2026-01-05,OpenAI,a,x,0,one\n")
    again = bring_in("", mended(client, job, "input_tokens", "200"))
    assert (again.rows_created, again.rows_restated, again.rows_rejected) == (1, 1, 0)
    assert tokens() == [200]


def test_mended_usage_comes_in_where_nothing_is_left_to_be_taken_for(client: Client) -> None:
    job = bring_in("", usage("100", "x"))
    usage_lines.remove(None, UsageLine.objects.live().get())
    again = bring_in("", mended(client, job, "input_tokens", "50"))
    assert (again.rows_created, again.rows_rejected, tokens()) == (1, 0, [50])


def test_a_mended_charge_with_other_tags_takes_no_other_out_of_the_ledger(client: Client) -> None:
    tags = {"Tags": '{"app": "chat"}'}
    job = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "n/a", **tags}))
    again = bring_in("", mended(client, job, "BilledCost", "7"))
    assert (again.rows_created, again.rows_rejected, str(again.reasons.get())) == (0, 1, OTHER_AMOUNT)
    assert live() == [("bot", 5)]
    bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "7", **tags}))
    assert live() == [("bot", 5), ("chat", 7)]


def test_mended_charges_that_differ_in_more_come_in_beside_those_that_do_not(client: Client) -> None:
    sku = {"SkuId": "other"}
    job = bring_in("focus", bill({"BilledCost": "5"}, {"BilledCost": "n/a"}, {"BilledCost": "n/a", **sku}))
    again = bring_in("", mended(client, job, "BilledCost", "7"))
    assert (again.rows_created, again.rows_rejected, again.amount_total) == (1, 1, 7)
    assert live() == [("bot", 5), ("bot", 7)]
    assert CostLine.objects.live().get(amount=7).group.sku == "other"
    third = bring_in("", mended(client, job, "BilledCost", "7"))
    assert (third.rows_unchanged, third.rows_rejected) == (1, 1)


def federal(*rows: tuple[str, str]) -> str:
    """Write an inventory: name and bureau of its use cases."""
    return written([HEADER, *([name, AGENCY, bureau, "", "Initiated", "", "", "", ""] for name, bureau in rows)])


def test_the_whole_mended_inventory_adds_the_record_that_was_rejected() -> None:
    long = "b" * 300
    job = bring_in("federal_ai_inventory", federal(("Chat", "A"), ("Chat", long), ("Chat", "C")))
    assert (job.rows_created, job.rows_rejected) == (2, 1)
    again = bring_in("federal_ai_inventory", federal(("Chat", "A"), ("Chat", "B"), ("Chat", "C")))
    assert (again.rows_created, again.rows_unchanged) == (1, 2)
    made = Initiative.objects.order_by("external_ref").values_list("external_ref", "business_unit__name")
    assert list(made) == [(f"{AGENCY} / Chat #{n}", unit) for n, unit in enumerate("ABC", start=1)]


def test_a_mended_record_whose_name_is_there_is_said_to_be(client: Client) -> None:
    job = bring_in("federal_ai_inventory", federal(("Chat", "A"), ("Chat", "b" * 300)))
    again = bring_in("federal_ai_inventory", mended(client, job, "4_bureau", "B"))
    assert (again.rows_created, again.rows_unchanged) == (0, 1)
    assert {str(reason): reason.lines for reason in again.reasons.all() if "name" in reason.text} == {
        "A record of this agency and name is there already. If it is another one, mend the file itself and send all "
        "of it.": [2]
    }


def test_a_row_that_is_rejected_late_makes_no_other_one_new() -> None:
    text = "title,owner_email\nPilot,\nPilot,nobody\nPilot,\n"
    job = bring_in("initiatives_csv", text)
    assert (job.rows_created, job.rows_rejected) == (2, 1)
    again = bring_in("initiatives_csv", text)
    assert (again.rows_created, again.rows_unchanged, again.rows_rejected) == (0, 2, 1)
