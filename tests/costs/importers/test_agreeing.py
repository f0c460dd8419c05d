"""Rows without an external id that agree with earlier lines but for the amount: both count, and that is told."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from costs.import_findings import agreeing
from costs.models import CostLine, UsageLine
from imports import jobs
from imports.models import Import, ImportReason
from tests.costs.importers.test_usage_csv import HEADER as USAGE
from tests.costs.importers.test_usage_csv import row as used
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.imports.test_mapping import upload
from tests.markup import tight

pytestmark = pytest.mark.django_db
HEADER = "incurred_on,category,amount,currency,vendor,description,external_id\n"


def row(amount: str, vendor: str = "AWS", text: str = "", day: str = "2026-03-05", name: str = "") -> str:
    return f"{day},cloud,{amount},USD,{vendor},{text},{name}\n"


def told(job: Import, text: str = agreeing.AGREES) -> list[tuple[str, int, list[int]]]:
    return [(each.values["file"], each.count, each.lines) for each in job.reasons.filter(text=text).order_by("id")]


def called(job: Import, name: str) -> None:
    Import.objects.filter(pk=job.pk).update(file_name=name)


def test_a_corrected_amount_without_an_id_counts_beside_the_earlier_one_and_is_told() -> None:
    first = bring_in("costs_csv", HEADER + row("10") + row("20", "Azure") + row("30", text="disk"))
    called(first, "march.csv")
    assert told(first) == []
    text = HEADER + row("11") + row("20", "Azure") + row("31", text="disks") + row("32", day="2026-03-06") + row("33")
    tried = bring_in("costs_csv", text, dry_run=True)
    assert (tried.rows_created, told(tried)) == (4, [("march.csv", 2, [2, 6])])
    job = bring_in("costs_csv", text)
    assert (job.rows_created, job.rows_unchanged, job.rows_rejected) == (4, 1, 0)
    assert told(job) == [("march.csv", 2, [2, 6])]
    assert sum(CostLine.objects.live().values_list("amount", flat=True)) == 10 + 20 + 30 + 11 + 31 + 32 + 33


def test_what_the_file_has_too_is_no_earlier_line_that_was_corrected() -> None:
    """Of three equal rows two come again, beside one of another amount: it may be the third."""
    bring_in("costs_csv", HEADER + row("10") * 3)
    assert told(bring_in("costs_csv", HEADER + row("10") * 3 + row("11"))) == []
    assert told(bring_in("costs_csv", HEADER + row("10") * 2 + row("11") + row("12"))) == [("test.csv", 1, [5])]


def test_rows_with_an_id_and_lines_that_count_no_more_are_not_told() -> None:
    first = bring_in("costs_csv", HEADER + row("10") + row("20", name="A"))
    assert told(bring_in("costs_csv", HEADER + row("12", name="B") + row("21", name="A"))) == []
    jobs.revert(first, None)
    assert told(bring_in("costs_csv", HEADER + row("11"))) == []


def test_every_row_is_told_once_by_the_last_import_that_it_agrees_with() -> None:
    for number in range(1, 8):
        called(bring_in("costs_csv", HEADER + row(f"{number}", f"V{number}")), f"{number}.csv")
    called(bring_in("costs_csv", HEADER + row("70", "V7")), "8.csv")
    job = bring_in("costs_csv", HEADER + "".join(row(f"1{number}", f"V{number}") for number in range(1, 8)))
    assert told(job) == [
        ("8.csv", 1, [8]), ("6.csv", 1, [7]), ("5.csv", 1, [6]), ("4.csv", 1, [5]), ("3.csv", 1, [4]), ("…", 2, [2, 3]),
    ]  # fmt: skip


def test_a_file_that_meets_no_lines_asks_nothing_more() -> None:
    def asked(text: str) -> bool:
        with CaptureQueriesContext(connection) as queries:
            bring_in("costs_csv", text)
        return any("theirs AS MATERIALIZED" in query["sql"] for query in queries)

    assert not asked(HEADER + row("10") + row("10", name="A"))
    assert not asked(HEADER + row("10", day="2026-04-05") + row("11", name="A"))
    assert asked(HEADER + row("11"))
    assert not asked(HEADER + row("11"))  # nothing of it is new


def test_usage_with_other_counts_is_told_as_well() -> None:
    called(bring_in("usage_csv", USAGE + used(1_000) + used(2_000, model="o3-mini") + used(5, "A")), "usage.csv")
    text = USAGE + used(1_100) + used(2_000, model="o3-mini") + used(6, "A") + used(9, on="2026-11-04")
    tried = bring_in("usage_csv", text, dry_run=True)
    assert told(tried, agreeing.AGREES_IN_USAGE) == [("usage.csv", 1, [2])]
    job = bring_in("usage_csv", text)
    assert (job.rows_created, told(job, agreeing.AGREES_IN_USAGE)) == (3, [("usage.csv", 1, [2])])
    assert sorted(UsageLine.objects.live().values_list("input_tokens", flat=True)) == [6, 9, 1_000, 1_100, 2_000]


def test_the_report_leads_to_the_lines(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    bring_in("costs_csv", HEADER + row("10"))
    job = bring_in("costs_csv", HEADER + row("11") + row("12", "GCP"))
    remark = ImportReason.objects.get(text=agreeing.AGREES)
    assert (
        f'href="/costs/?import_id={job.pk}&amp;remark={remark.pk}"'
        in client.get(f"/imports/{job.pk}/").content.decode()
    )
    shown = tight(client.get("/costs/", {"import_id": job.pk, "remark": remark.pk}).content.decode())
    assert ("$11.00" in shown, "$12.00" in shown, "$10.00" in shown) == (True, False, False)

    bring_in("usage_csv", USAGE + used(1_000))
    job = bring_in("usage_csv", USAGE + used(1_100) + used(3_333, model="o3-mini"))
    remark = ImportReason.objects.get(text=agreeing.AGREES_IN_USAGE)
    address = f"/costs/usage/?import_id={job.pk}&amp;remark={remark.pk}"
    assert f'href="{address}"' in client.get(f"/imports/{job.pk}/").content.decode()
    shown = client.get("/costs/usage/", {"import_id": job.pk, "remark": remark.pk}).content.decode()
    assert ("1,100" in shown, "3,333" in shown) == (True, False)
    asked = {"import_id": job.pk, "remark": remark.pk}
    found = client.get("/api/v1/usage", asked, headers=bearer(User.objects.get())).json()
    assert [each["line_number"] for each in found["items"]] == [2]

    tried = bring_in("usage_csv", USAGE + used(1_200), dry_run=True)
    assert "&amp;remark=" not in client.get(f"/imports/{tried.pk}/").content.decode()


@pytest.mark.parametrize(
    ("format_name", "is_said"), [("costs_csv", True), ("usage_csv", True), ("initiatives_csv", False)]
)
def test_the_page_of_columns_says_what_a_missing_id_means(client: Client, format_name: str, is_said: bool) -> None:
    client.force_login(UserFactory(admin=True))
    page = client.get(upload(client), {"format": format_name}).content.decode()
    assert ("a row without one that says anything else than before is a new line" in page) is is_said
