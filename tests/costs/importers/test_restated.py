"""What an import restates: how many rows, what counted before, what does now, on the page, by API, by the command."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from costs import lines, rollups
from costs.models import CostLine
from imports import jobs
from imports.models import Import, RestatedRow
from tests.costs.factories import add_rate
from tests.costs.importers.test_focus import bill
from tests.costs.importers.test_provider_usage import price
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
HEADER = "incurred_on,category,amount,currency,external_id\n"
USAGE = "occurred_on,provider,model,input_tokens,output_tokens,external_id\n"
PENDING = '<td class="num"><span class="tag partly">pending</span></td>'
MORE = "+\u2060$2.50"


@pytest.fixture
def finance(client: Client) -> User:
    user = UserFactory(finance=True)
    client.force_login(user)
    return user


def row(amount: str, name: str, currency: str = "USD", day: str = "2026-03-05") -> str:
    return f"{day},cloud,{amount},{currency},{name}\n"


def told(job: Import) -> tuple[int, Decimal, Decimal, Decimal, int]:
    return job.rows_restated, job.restated_before, job.restated_now, job.restated_difference, job.restated_pending


def rows(job: Import) -> list[tuple[int, str, str]]:
    return [
        (each.line, f"{each.before_amount} {each.before_currency}", f"{each.now_amount} {each.now_currency}")
        for each in job.restated.all()
    ]


def test_rows_under_an_external_id_are_told_with_both_amounts() -> None:
    first = bring_in("costs_csv", HEADER + row("10.10", "A") + row("5", "B") + row("7", "C"))
    assert (told(first), rows(first)) == ((0, 0, 0, 0, 0), [])
    job = bring_in(
        "costs_csv", HEADER + row("3", "D") + row("5", "B") + row("12.000000000000000001", "A") + row("-1", "C")
    )
    assert (job.rows_created, job.rows_unchanged, job.rows_new) == (3, 1, 1)
    # 10.10 + 7 counted, 12.000000000000000001 − 1 does now.
    assert told(job) == (
        2, Decimal("17.1"), Decimal("11.000000000000000001"), Decimal("-6.099999999999999999"), 0,
    )  # fmt: skip
    assert rows(job) == [(4, "10.1 USD", "12.000000000000000001 USD"), (5, "7 USD", "-1 USD")]


def test_rows_of_a_bill_are_told_with_both_amounts() -> None:
    bring_in("focus", bill({}, {"ResourceId": "i-2", "BilledCost": "7"}))
    job = bring_in(
        "focus", bill({"BilledCost": "1.75"}, {"ResourceId": "i-2", "BilledCost": "7"}, {"ResourceId": "i-3"})
    )
    assert (job.rows_new, job.rows_unchanged, told(job)) == (
        1, 1, (1, Decimal("1.5"), Decimal("1.75"), Decimal("0.25"), 0),
    )  # fmt: skip
    assert rows(job) == [(2, "1.5 USD", "1.75 USD")]


def test_a_line_whose_tags_split_it_is_told_once() -> None:
    bring_in("focus", bill({"BilledCost": "10"}))
    job = bring_in(
        "focus", bill({"BilledCost": "6", "Tags": '{"app": "a"}'}, {"BilledCost": "4", "Tags": '{"app": "b"}'})
    )
    assert told(job) == (2, 10, 10, 0, 0)
    assert rows(job) == [(2, "10 USD", "6 USD"), (3, "None None", "4 USD")]


TAGGED = {"Tags": '{"app": "a"}', "BilledCost": "5"}


@pytest.mark.parametrize("beside", [TAGGED, {"InvoiceId": "INV-1", "BilledCost": "5"}], ids=["tags", "invoice"])
def test_a_new_charge_beside_a_restated_one_is_created(beside: dict[str, str]) -> None:
    bring_in("focus", bill({"Tags": "", "BilledCost": "10"}))
    job = bring_in("focus", bill({"Tags": "", "BilledCost": "12"}, {"Tags": "", **beside}))
    assert (job.rows_created, job.rows_new) == (2, 1)
    assert (told(job), rows(job)) == ((1, 10, 12, 2, 0), [(2, "10 USD", "12 USD")])
    again = bring_in("focus", bill({"Tags": "", "BilledCost": "12"}, {"Tags": "", **beside, "BilledCost": "6"}))
    assert (told(again), rows(again)) == ((1, 5, 6, 1, 0), [(3, "5 USD", "6 USD")])


@pytest.mark.parametrize("again", [{"BilledCost": "12"}, {"BilledCost": "12", "Tags": "{}"}], ids=["amount", "tags"])
def test_a_charge_that_somebody_deleted_comes_again_in_the_place_of_nothing(again: dict[str, str]) -> None:
    """As rows under an external id do: it was there, and what it adds counts anew."""
    bring_in("costs_csv", HEADER + row("10", "A"))
    bring_in("focus", bill({"BilledCost": "10"}))
    for line in CostLine.objects.live():
        lines.remove(None, line)
    for job in (bring_in("costs_csv", HEADER + row("12", "A")), bring_in("focus", bill(again))):
        assert (job.rows_created, told(job)) == (1, (1, 0, 12, 12, 0))
        assert rows(job) == [(2, "None None", "12 USD")]


def test_what_stands_on_another_invoice_is_not_restated() -> None:
    bring_in("focus", bill({}))
    bring_in("focus", bill({"InvoiceId": "INV-1"}))
    job = bring_in("focus", bill({"InvoiceId": "INV-2", "BilledCost": "3"}, {"InvoiceId": "INV-1", "BilledCost": "2"}))
    assert (told(job), rows(job)) == ((1, Decimal("1.5"), 2, Decimal("0.5"), 0), [(3, "1.5 USD", "2 USD")])


def test_another_price_of_usage_is_told_with_both_costs() -> None:
    price("OpenAI", ("2", "1", "9", "9", "10"))
    bring_in("usage_csv", USAGE + "2026-01-05,OpenAI,model-a,500000,0,U-1\n")
    job = bring_in("usage_csv", USAGE + "2026-01-05,OpenAI,model-a,250000,0,U-1\n")
    assert (told(job)[:4], rows(job)) == ((1, 1, Decimal("0.5"), Decimal("-0.5")), [(2, "1 USD", "0.5 USD")])


def test_what_waits_for_a_rate_is_in_no_sum_and_said(finance: User, client: Client) -> None:
    add_rate("2026-03-05", "EUR", "2")
    bring_in("costs_csv", HEADER + row("10", "A", "EUR") + row("3", "B", "CHF") + row("1", "C"))
    job = bring_in("costs_csv", HEADER + row("11", "A", "EUR") + row("4", "B", "CHF") + row("6", "C", "CHF"))
    assert told(job) == (3, 21, 22, 1, 2)
    page = tight(client.get(f"/imports/{job.pk}/").content.decode())
    assert "2 of them have an amount without an exchange rate for their day; those amounts are in no sum." in page
    assert page.count(PENDING) == 2


def test_a_rate_that_comes_while_the_file_is_read_is_told_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in("costs_csv", HEADER + row("10", "A") + row("3", "B"))
    lock = rollups.lock

    def locked() -> None:
        monkeypatch.undo()
        add_rate("2026-03-04", "CHF", "2")
        lock()

    monkeypatch.setattr(rollups, "lock", locked)  # which an import takes when it has read its file
    job = bring_in("costs_csv", HEADER + row("12", "A", "CHF") + row("4", "B", "SEK"))
    assert (job.amount_total, told(job), rows(job)) == (
        24, (2, 13, 24, 11, 1), [(2, "10 USD", "12 CHF"), (3, "3 USD", "4 SEK")],
    )  # fmt: skip
    assert [line.base_amount for line in CostLine.objects.live().order_by("amount")] == [None, 24]


def test_page_api_and_command_say_the_same(finance: User, client: Client, tmp_path: Path, capsys: Any) -> None:
    bring_in("costs_csv", HEADER + row("10", "A") + row("5", "B"))
    text = HEADER + row("12.5", "A") + row("5", "B") + row("1", "C")
    tried = bring_in("costs_csv", text, dry_run=True)
    assert (told(tried), rows(tried)) == ((1, 10, Decimal("12.5"), Decimal("2.5"), 0), [(2, "10 USD", "12.5 USD")])
    page = tight(client.get(f"/imports/{tried.pk}/").content.decode())
    assert "<b>1 would be created</b>. 1 would be restated. 1 is there already. Nothing was changed.</h1>" in page
    assert not CostLine.objects.exclude(withdrawn="").exists()

    path = tmp_path / "costs.csv"
    path.write_text(text)
    call_command("import_file", "costs_csv", str(path))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    api = client.get(f"/api/v1/imports/{said['id']}", headers=bearer(finance)).json()
    for body in (said, api):
        assert (body["rows_created"], body["rows_restated"], body["rows_unchanged"]) == (2, 1, 1)
        assert body["restated"] == {"before": "10", "now": "12.5", "difference": "2.5", "pending": 0}

    page = tight(client.get(f"/imports/{said['id']}/").content.decode())
    assert "Of 3 rows, <b>1 was created</b>. 1 was restated. 1 was there already.</h1>" in page
    assert "<dt>Created</dt><dd>1</dd><dt>Restated</dt><dd>1</dd><dt>Unchanged</dt><dd>1</dd>" in page
    assert f"<dt>Before</dt><dd>$10.00</dd><dt>Now</dt><dd>$12.50</dd><dt>Difference</dt><dd>{MORE}</dd>" in page
    amounts = "".join(f'<td class="num">{amount}</td>' for amount in ("$10.00", "$12.50", MORE))
    assert f'<th scope="row" class="num">2</th>{amounts}' in page
    assert "What the file leaves open" not in page
    before = "before_amount,before_currency,before_base,before_billed_on,before_invoice_ref"
    header = f"line,{before},now_amount,now_currency,now_base"
    lines = f"{header}\r\n2,10,USD,10,,,12.5,USD,12.5\r\n"
    for address, mark in (("/imports", "\ufeff"), ("/api/v1/imports", "")):
        answer = client.get(f"{address}/{said['id']}/restated.csv", headers=bearer(finance))
        assert b"".join(answer.streaming_content).decode() == mark + lines

    User.objects.update(language="ja")
    page = tight(client.get(f"/imports/{said['id']}/").content.decode())
    assert "3行のうち<b>1行を作成</b>しました。1行を再計上しました。1行は登録済みでした。</h1>" in page


def test_a_page_shows_the_first_rows_and_the_file_has_all(finance: User, client: Client) -> None:
    bring_in("costs_csv", HEADER + "".join(row("1", f"E{number}") for number in range(51)))
    with CaptureQueriesContext(connection) as few:
        bring_in("costs_csv", HEADER + row("2", "E0"))
    with CaptureQueriesContext(connection) as many:
        job = bring_in("costs_csv", HEADER + "".join(row("3", f"E{number}") for number in range(51)))
    assert len(many) == len(few)
    assert told(job) == (51, 52, 153, 101, 0)
    page = tight(client.get(f"/imports/{job.pk}/").content.decode())
    assert page.count('<th scope="row" class="num">') == 50
    assert "The first 50 are shown." in page
    lines = b"".join(client.get(f"/imports/{job.pk}/restated.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert (len(lines), lines[1], lines[51]) == (52, "2,2,USD,2,,,3,USD,3", "52,1,USD,1,,,3,USD,3")


def test_what_is_taken_back_still_tells_what_it_restated(finance: User, client: Client) -> None:
    bring_in("costs_csv", HEADER + row("10", "A"))
    job = bring_in("costs_csv", HEADER + row("12", "A"))
    jobs.revert(job, finance)
    job.refresh_from_db()
    assert (job.state, told(job)[:3], RestatedRow.objects.count()) == ("reverted", (1, 10, 12), 1)
    assert client.get(f"/imports/{job.pk}/").status_code == 200


def test_a_row_in_another_currency_than_before_keeps_both(finance: User) -> None:
    bring_in("costs_csv", HEADER + row("10", "A"))
    add_rate("2026-03-05", "EUR", "2")
    job = bring_in("costs_csv", HEADER + row("10", "A", "EUR"))
    assert (told(job), rows(job)) == ((1, 10, 20, 10, 0), [(2, "10 USD", "10 EUR")])
