"""FOCUS bills: the published sample to its last digit, deliveries that overlap, say other amounts or other tags."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Sum
from django.test import Client

from accounts.errors import RuleError
from costs import lines, totals
from costs.importers.rounding import ROUNDED as ROUNDED_AMOUNTS
from costs.models import ChargeGroup, CostLine, GroupMonth, InitiativeMonth, PortfolioMonth
from imports import jobs, runner
from tests.costs.allocation.test_places import LATER, apply, cost_of, rule
from tests.costs.factories import new_line
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in
from tests.killing import kill_twice, taken_by

SAMPLE = "focus/focus_sample.csv"
EFFECTIVE = {"EffectiveCost": "amount", "BilledCost": None}
# shared/data/focus/README.md, computed there with `csv` and `Decimal`.
BILLED_SUM, EFFECTIVE_SUM = Decimal("20.52022672899"), Decimal("14.97651418586")
BY_PROVIDER = {
    "AWS": Decimal("18.00663861840"),
    "Microsoft": Decimal("1.97651418586"),
    "Oracle": Decimal("0.53707392473"),
}

ROW = {
    "ProviderName": "AWS",
    "BillingAccountId": "1",
    "SubAccountId": "11",
    "ServiceName": "Amazon EC2",
    "ServiceCategory": "Compute",
    "SkuId": "SKU",
    "ResourceId": "i-1",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargePeriodStart": "2026-03-05T10:00:00Z",
    "ChargePeriodEnd": "2026-03-05T11:00:00Z",
    "BilledCost": "1.5",
    "EffectiveCost": "1",
    "Tags": '{"app": "bot"}',
}


def bill(*changes: dict[str, str]) -> str:
    """Write a bill: a row for each dictionary of what differs from `ROW`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in (ROW, *changes) for name in row)))
    writer.writeheader()
    writer.writerows({**ROW, **change} for change in changes)
    return text.getvalue()


def live() -> list[tuple[str, Decimal]]:
    lines = CostLine.objects.live().select_related("group").order_by("amount")
    return [(line.group.tags.get("app", ""), line.amount) for line in lines]


@pytest.mark.django_db
def test_the_facts_of_the_sample_come_out_to_the_last_digit(shared_data: Path):
    job = bring_in("", (shared_data / SAMPLE).read_bytes())
    assert (job.format, job.state, job.rows_created, job.rows_rejected) == ("focus", "done", 1000, 0)
    assert job.amount_total == BILLED_SUM
    found = ChargeGroup.objects.values_list("vendor").annotate(gross=Sum("months__gross"))
    assert dict(found) == BY_PROVIDER
    ai = GroupMonth.objects.filter(group__service_category="AI and Machine Learning").aggregate(Sum("gross"))
    assert ai["gross__sum"] == Decimal("-0.15189756178")
    assert CostLine.objects.filter(amount__lt=0).count() == 13
    assert ChargeGroup.objects.exclude(account="").values("account").distinct().count() == 73
    assert CostLine.objects.filter(group__tags={}).count() == 289
    assert totals.unallocated(LATER).gross == BILLED_SUM


@pytest.mark.django_db
def test_the_command_gives_billed_and_effective_cost(shared_data: Path, tmp_path: Path, capsys):
    path = str(shared_data / SAMPLE)
    call_command("import_file", "focus", path)
    assert Decimal(json.loads(capsys.readouterr().out.splitlines()[-1])["amount_total"]) == BILLED_SUM
    mapping = tmp_path / "effective.json"
    mapping.write_text(json.dumps(EFFECTIVE))
    call_command("import_file", "focus", path, "--mapping", str(mapping))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert Decimal(said["amount_total"]) == EFFECTIVE_SUM
    # The same charges, so the other cost takes the place of the first: nothing is counted twice.
    assert totals.unallocated(LATER).gross == EFFECTIVE_SUM
    amounts = CostLine.objects.live().exclude(amount=0).values_list("amount", flat=True)
    assert min(abs(amount) for amount in amounts) == Decimal("0.00000000503")


@pytest.mark.django_db
def test_the_same_bill_again_changes_nothing_and_a_revert_takes_everything_back(shared_data: Path):
    text = (shared_data / SAMPLE).read_bytes()
    first, again = bring_in("focus", text), bring_in("focus", text)
    assert (again.rows_created, again.rows_unchanged, again.amount_total) == (0, 1000, BILLED_SUM)
    jobs.revert(first, None)
    assert CostLine.objects.count() == 0
    for model in (GroupMonth, InitiativeMonth, PortfolioMonth):
        assert model.objects.aggregate(Sum("gross"))["gross__sum"] == 0
    assert bring_in("focus", text).rows_created == 1000


@pytest.mark.django_db
def test_allocation_rules_place_the_sample_and_lose_nothing(shared_data: Path):
    one, two, three = (InitiativeFactory() for _ in range(3))
    rule({"vendor": "Microsoft"}, one, priority=1)
    rule({"tag:environment": "dev"}, (two, "0.3"), one, three, priority=2)
    bring_in("focus", (shared_data / SAMPLE).read_bytes())
    placed = cost_of(one, two, three, None)
    assert sum(placed) == BILLED_SUM
    rows = list(csv.DictReader((shared_data / SAMPLE).open(newline="")))
    microsoft = sum(Decimal(row["BilledCost"]) for row in rows if row["ProviderName"] == "Microsoft")
    tags = [{} if row["Tags"] == "NULL" else json.loads(row["Tags"]) for row in rows]
    dev = sum(
        Decimal(row["BilledCost"])
        for row, named in zip(rows, tags, strict=True)
        if row["ProviderName"] != "Microsoft"
        and any(name.strip().lower() == "environment" and value == "dev" for name, value in named.items())
    )
    assert dev > 0
    assert placed[:3] == [microsoft + dev * Decimal("0.35"), dev * Decimal("0.3"), dev * Decimal("0.35")]
    apply()
    assert cost_of(one, two, three, None) == placed


@pytest.mark.django_db
def test_another_amount_restates_the_line_and_is_said():
    bring_in("focus", bill({}, {"ResourceId": "i-2", "BilledCost": "7"}))
    second = bring_in("focus", bill({"BilledCost": "1.75"}, {"ResourceId": "i-2", "BilledCost": "7"}))
    assert (second.rows_created, second.rows_unchanged) == (1, 1)
    assert [(reason.count, reason.lines) for reason in second.reasons.all()] == [(1, [2])]
    assert live() == [("bot", Decimal("1.75")), ("bot", Decimal(7))]
    assert totals.unallocated(LATER).gross == Decimal("8.75")
    jobs.revert(second, None)
    assert live() == [("bot", Decimal("1.5")), ("bot", Decimal(7))]
    assert totals.unallocated(LATER).gross == Decimal("8.5")


@pytest.mark.django_db
def test_other_tags_move_the_line_and_count_it_once():
    bring_in("focus", bill({}))
    second = bring_in("focus", bill({"Tags": '{"app": "search"}'}))
    assert live() == [("search", Decimal("1.5"))]
    assert totals.unallocated(LATER).gross == Decimal("1.5")
    assert bring_in("focus", bill({"Tags": '{"app": "search"}'})).rows_unchanged == 1
    jobs.revert(second, None)
    assert live() == [("bot", Decimal("1.5"))]
    bring_in("focus", bill({"Tags": '{"app": "search"}'}))
    bring_in("focus", bill({}))  # and back again
    assert live() == [("bot", Decimal("1.5"))]


@pytest.mark.django_db
def test_equal_rows_are_as_many_lines_as_the_file_has_and_overlaps_add_what_is_new():
    hour = {"ChargePeriodStart": "2026-03-05T11:00:00Z", "ChargePeriodEnd": "2026-03-05T12:00:00Z", "BilledCost": "2"}
    assert bring_in("focus", bill({}, {}, {"BilledCost": "-1"})).rows_created == 3
    overlapping = bring_in("focus", bill({}, {}, {"BilledCost": "-1"}, hour))
    assert (overlapping.rows_created, overlapping.rows_unchanged) == (1, 3)
    assert totals.unallocated(LATER).gross == Decimal(4)


@pytest.mark.django_db
def test_equal_rows_in_another_order_are_the_same_bill():
    amounts = [{"BilledCost": amount} for amount in ("5", "-1", "30", "4")]
    bring_in("focus", bill(*amounts))
    again = bring_in("focus", bill(*reversed(amounts)))
    assert (again.rows_created, again.rows_unchanged, again.reasons.count()) == (0, 4, 0)
    changed = bring_in("focus", bill({"BilledCost": "31"}, *amounts[:2], amounts[3]))
    assert (changed.rows_created, changed.rows_unchanged) == (1, 3)
    assert [amount for _, amount in live()] == [-1, 4, 5, 31]


@pytest.mark.django_db
@pytest.mark.parametrize("first", [{}, {"InvoiceId": ""}, {"InvoiceId": "NULL"}])
def test_the_invoice_that_a_closed_month_names_counts_nothing_twice(first: dict[str, str]):
    bring_in("focus", bill(first))
    closed = bring_in("focus", bill({"InvoiceId": "INV-1"}))
    assert (closed.rows_created, closed.reasons.get().lines) == (1, [2])
    assert (live(), totals.unallocated(LATER).gross) == ([("bot", Decimal("1.5"))], Decimal("1.5"))
    assert CostLine.objects.live().get().group.details["InvoiceId"] == "INV-1"
    jobs.revert(closed, None)
    assert (live(), totals.unallocated(LATER).gross) == ([("bot", Decimal("1.5"))], Decimal("1.5"))
    assert "InvoiceId" not in CostLine.objects.get().group.details


def families() -> list[uuid.UUID | None]:
    return list(ChargeGroup.objects.order_by("pk").values_list("family", flat=True))


@pytest.mark.django_db
def test_bills_from_before_that_was_so_know_their_invoice_s_relatives():
    bring_in("focus", bill({"InvoiceId": "INV-1"}, {"InvoiceId": "INV-1", "ResourceName": "漢字 “bot”"}))
    kept = families()
    ChargeGroup.objects.update(family=uuid.uuid4())  # as of a version that had the invoice in it
    import_module("costs.migrations.0012_family_without_invoice").renew(apps, None)
    assert families() == kept
    bring_in("focus", bill({}, {"ResourceName": "漢字 “bot”"}))
    assert totals.unallocated(LATER).gross == Decimal("3.0")


@pytest.mark.django_db
def test_an_older_delivery_does_not_count_beside_the_invoice():
    bring_in("focus", bill({"InvoiceId": "INV-1"}))
    bring_in("focus", bill({}))
    assert totals.unallocated(LATER).gross == Decimal("1.5")


@pytest.mark.django_db
def test_what_stands_on_two_invoices_is_owed_twice():
    bring_in("focus", bill({"InvoiceId": "INV-1"}))
    bring_in("focus", bill({"InvoiceId": "INV-2", "BilledCost": "2"}))
    assert [amount for _, amount in live()] == [Decimal("1.5"), 2]
    assert totals.unallocated(LATER).gross == Decimal("3.5")


@pytest.mark.django_db
def test_two_kinds_of_tags_in_one_file_are_two_lines():
    assert bring_in("focus", bill({}, {"Tags": "{}"})).rows_created == 2
    assert bring_in("focus", bill({}, {"Tags": "{}"})).rows_unchanged == 2
    assert totals.unallocated(LATER).gross == Decimal(3)


@pytest.mark.django_db
def test_times_in_every_spelling_are_the_same_moment():
    spellings = [
        ("2026-03-05 10:00:00", "2026-03-05 11:00:00"),
        ("2026-03-05T10:00:00+00:00", "2026-03-05T11:00:00+00:00"),
        ("2026-03-05T11:00:00+01:00", "2026-03-05T12:00:00+01:00"),
        ("2026-03-05T10:00:00.000Z", "2026-03-05T11:00:00.000Z"),
    ]
    bring_in("focus", bill({}))
    for starts, ends in spellings:
        job = bring_in("focus", bill({"ChargePeriodStart": starts, "ChargePeriodEnd": ends}))
        assert job.rows_unchanged == 1, (starts, [str(reason) for reason in job.reasons.all()])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"BillingCurrency": "XXX1"}, "BillingCurrency"),
        ({"BilledCost": "1e400"}, "amount"),
        ({"BilledCost": "NaN"}, "amount"),
        ({"BilledCost": ""}, "amount"),
        ({"ChargePeriodStart": "2026-02-30T00:00:00Z"}, "ChargePeriodStart"),
        ({"ChargePeriodStart": "0001-01-01T00:00:00+01:00"}, "ChargePeriodStart"),
        ({"ChargePeriodEnd": "yesterday"}, "ChargePeriodEnd"),
        ({"ChargePeriodEnd": "9999-12-31T23:59:59-05:00"}, "ChargePeriodEnd"),
        ({"ChargePeriodEnd": "2026-03-05T09:00:00Z"}, "ChargePeriodEnd"),
        ({"ProviderName": "NULL"}, "ProviderName"),
        ({"Tags": "{"}, "Tags"),
        ({"Tags": '{"a": {"b": 1}}'}, "Tags"),
    ],
)
def test_a_bad_row_is_rejected_with_its_column_and_the_good_ones_stay(change, column):
    job = bring_in("focus", bill(change, {"ResourceId": "i-2"}))
    assert (job.rows_created, job.rows_rejected) == (1, 1)
    assert job.rejected.get().column == column


@pytest.mark.django_db
def test_a_mapping_says_how_a_bill_writes_days_and_amounts():
    """As a spreadsheet with other habits saves it: "1.000" is a thousand there."""
    written = {"ChargePeriodStart": "1.9.2024 00:00", "ChargePeriodEnd": "2.9.2024 00:00"}
    text = bill({"BilledCost": "1.000", **written}, {"BilledCost": "2"}).replace("1.000", "1.000 ", 1)
    job = bring_in("focus", text, mapping={"reading": {"dates": "dmy", "decimals": "comma"}})
    assert (job.rows_created, job.amount_total) == (2, 1002)
    assert CostLine.objects.get(amount=1000).incurred_on == date(2024, 9, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["2026-03-05T11:00:00Z", "2026-03-05T11:00:00+00:00"])
def test_what_a_mapping_says_of_every_row_is_read_as_it_stands_whatever_the_row(ends):
    """The second time is none of the plain ones, so that its row is read by itself."""
    text = bill({"ChargePeriodEnd": ends}).replace("BilledCost", "ListCost")
    said = {"constants": {"amount": "1.000"}, "reading": {"decimals": "comma"}}
    job = bring_in("focus", text, mapping=said)
    assert (job.rows_created, job.amount_total) == (1, 1)


@pytest.mark.django_db
def test_exponents_and_many_digits_are_kept_exactly():
    bring_in("focus", bill({"BilledCost": "5.03E-9"}, {"ResourceId": "i-2", "BilledCost": "-0.000000000000000001"}))
    assert [amount for _, amount in live()] == [Decimal("-1E-18"), Decimal("5.03E-9")]


@pytest.mark.django_db(transaction=True)
def test_a_killed_delivery_that_restates_what_rules_have_placed_leaves_it_as_it_was_or_ends_like_a_clean_one():
    one, two, count = InitiativeFactory(), InitiativeFactory(), 4_000
    rule({"resource": "i-?"}, one)  # ten of fifty
    rule({"vendor": "aws", "resource": "i-?5"}, (one, "0.25"), (two, "0.75"))  # four more
    before, after = (
        [
            {"ResourceId": f"i-{number % 50}", "BilledCost": f"{first}{number}.{number:04d}"} | _hour(number // 50)
            for number in range(count)
        ]
        for first in ("", "1")
    )
    bring_in("focus", bill(*before))
    text = bill(*after).encode()
    clean = taken_by("focus", [text])
    job = jobs.submit(None, format_name="focus", chunks=[text], file_name="bill")

    def look() -> None:
        stands = {"running": before, "done": after}[job.state]
        assert cost_of(one, two, None) == placed(stands)
        assert CostLine.objects.live().count() == count

    kill_twice(job, clean, look)
    runner.run(job.pk)
    job.refresh_from_db()
    look()
    assert (job.state, job.rows_created) == ("done", count)
    assert CostLine.objects.filter(withdrawn="restated").count() == count
    months = PortfolioMonth.objects.values_list("allocated").annotate(gross=Sum("gross"))
    assert dict(months) == {True: sum(placed(after)[:2]), False: placed(after)[2]}


def placed(rows: list[dict[str, str]]) -> list[Decimal]:
    """Add up what the two rules place on the first and second initiative, and what is left."""
    one = two = left = Decimal(0)
    for row in rows:
        cost, number = Decimal(row["BilledCost"]), row["ResourceId"].removeprefix("i-")
        if len(number) == 1:
            one += cost
        elif number.endswith("5"):
            one, two = one + cost / 4, two + cost * 3 / 4
        else:
            left += cost
    return [one, two, left]


def _hour(number: int) -> dict[str, str]:
    day, hour = divmod(number, 24)
    starts = f"2026-03-{day + 1:02d}T{hour:02d}:00:00Z"
    return {"ChargePeriodStart": starts, "ChargePeriodEnd": f"2026-03-{day + 1:02d}T{hour:02d}:59:59Z"}


@pytest.mark.django_db
def test_a_corrected_line_stays_corrected_until_a_delivery_says_another_amount():
    bring_in("focus", bill({}))
    lines.correct(None, CostLine.objects.shown().get(), new_line(None, "2026-03-05", "1.2", vendor="AWS"))
    assert bring_in("focus", bill({})).rows_unchanged == 1
    assert totals.unallocated(LATER).gross == Decimal("1.2")
    bring_in("focus", bill({"BilledCost": "1.9"}))
    assert [amount for _, amount in live()] == [Decimal("1.9")]
    assert totals.unallocated(LATER).gross == Decimal("1.9")


@pytest.mark.django_db
def test_the_day_of_a_bill_s_line_stays():
    bring_in("focus", bill({}))
    with pytest.raises(RuleError):
        lines.correct(None, CostLine.objects.shown().get(), new_line(None, "2026-03-06", "1.5", vendor="AWS"))


def correct(**fields: bool) -> None:
    """Say 12 instead of what the only line says, and what else is given."""
    lines.correct(None, CostLine.objects.live().get(), new_line(None, "2026-03-05", "12", vendor="AWS", **fields))


@pytest.mark.django_db
@pytest.mark.parametrize("flag", ["capex", "recurring", "recoverable"])
def test_a_delivery_takes_the_place_of_a_correction_that_says_what_bills_do_not(flag: str):
    bring_in("focus", bill({"BilledCost": "10"}))
    correct(**{flag: True})
    second = bring_in("focus", bill({"BilledCost": "15"}))
    assert [amount for _, amount in live()] == [15]
    assert totals.unallocated(LATER).gross == 15  # not 12 + 15
    jobs.revert(second, None)
    assert [amount for _, amount in live()] == [12]
    assert totals.unallocated(LATER).gross == 12


@pytest.mark.django_db
def test_corrections_from_before_that_was_so_know_their_relatives():
    bring_in("focus", bill({"BilledCost": "10"}))
    correct(recoverable=True)
    kept = families()
    ChargeGroup.objects.filter(recoverable=True).update(family=uuid.uuid4())  # as of a version that had it in the hash
    import_module("costs.migrations.0014_family_of_corrections").renew(apps, None)
    assert families() == kept
    bring_in("focus", bill({"BilledCost": "15"}))
    assert totals.unallocated(LATER).gross == 15


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"vendor": "Amazon"}, {"vendor": "AWS", "currency": "EUR"}])
def test_vendor_and_currency_of_a_bill_s_line_stay(change: dict[str, str]):
    bring_in("focus", bill({}))
    with pytest.raises(RuleError) as refused:
        lines.correct(None, CostLine.objects.shown().get(), new_line(None, "2026-03-05", "1.5", **change))
    assert refused.value.field == list(change)[-1]
    assert totals.unallocated(LATER).gross == Decimal("1.5")


SEARCH = {"Tags": '{"app": "search"}'}


@pytest.mark.django_db
@pytest.mark.parametrize("later", ["bot", "search"])
def test_a_revert_gives_each_version_the_fate_of_the_one_in_its_own_group(later: str):
    """Two rows that differ in tags alone, 10 and 20, then 11 and 21, then one of them 33: the middle is taken back."""
    bring_in("focus", bill({"BilledCost": "10"}, {**SEARCH, "BilledCost": "20"}))
    middle = bring_in("focus", bill({"BilledCost": "11"}, {**SEARCH, "BilledCost": "21"}))
    third = {"bot": ("33", "21"), "search": ("11", "33")}[later]
    bring_in("focus", bill({"BilledCost": third[0]}, {**SEARCH, "BilledCost": third[1]}))
    jobs.revert(middle, None)
    # The one that the last delivery restated stays restated; the other one counts as the first delivery has it.
    expected = {"bot": [("search", 20), ("bot", 33)], "search": [("bot", 10), ("search", 33)]}[later]
    assert live() == expected
    assert totals.unallocated(LATER).gross == sum(amount for _, amount in expected)


@pytest.mark.django_db
@pytest.mark.parametrize("other_first", [True, False])
def test_a_version_whose_tags_have_changed_takes_the_fate_of_the_one_with_other_tags(other_first: bool):
    """The row of 20 comes as 21 with other tags beside the one of 10, then 11, then 33: its own successor still counts.

    Groups are numbered as they are made, so they are made in both orders.
    """
    moved = {"Tags": '{"app": "moved"}'}
    if other_first:  # makes its group, and leaves no line
        jobs.revert(bring_in("focus", bill(moved)), None)
    bring_in("focus", bill({"BilledCost": "10"}, {**SEARCH, "BilledCost": "20"}))
    middle = bring_in("focus", bill({"BilledCost": "11"}, {**moved, "BilledCost": "21"}))
    assert live() == [("bot", 11), ("moved", 21)]
    bring_in("focus", bill({"BilledCost": "33"}, {**moved, "BilledCost": "21"}))
    jobs.revert(middle, None)
    assert live() == [("search", 20), ("bot", 33)]
    assert totals.unallocated(LATER).gross == 53


ROUNDED = {
    "2.9999999999999997e-06": "0.000003",  # as Python writes 0.3 * 1e-5
    "0." + "1" * 19: "0." + "1" * 18,
    "1." + "1" * 18 + "6": "1." + "1" * 17 + "2",
    "-0.1" + "0" * 17 + "1": "-0.1",
    "1,000.1" + "0" * 17 + "1": "1000.1",
    "10000000000000000000.1234567890123456784": "10000000000000000000.123456789012345678",
    "1e-300": "0",
    "-4e-19": "0",
}


@pytest.mark.django_db
@pytest.mark.parametrize(("written", "kept"), ROUNDED.items())
def test_digits_past_the_18th_after_the_point_are_rounded_off_and_told(written: str, kept: str):
    """No cost goes for digits that nobody is billed."""
    exact = {"ResourceId": "i-2", "BilledCost": "0.123456789012345678"}
    text = bill(exact, {"BilledCost": written}, {"ResourceId": "i-3", "BilledCost": "2.5e-06"})
    job = bring_in("focus", text)
    assert (job.rows_created, job.rows_rejected) == (3, 0)
    amounts = dict(CostLine.objects.values_list("group__resource", "amount"))
    assert amounts == {"i-1": Decimal(kept), "i-2": Decimal(exact["BilledCost"]), "i-3": Decimal("0.0000025")}
    (told,) = job.reasons.filter(text=ROUNDED_AMOUNTS)
    assert (told.count, told.lines, told.values) == (1, [3], {"values": f"3: {written}"})
    again = bring_in("focus", bill(exact, {"BilledCost": kept}, {"ResourceId": "i-3", "BilledCost": "0.0000025"}))
    assert (again.rows_unchanged, again.reasons.filter(text=ROUNDED_AMOUNTS).count()) == (3, 0)


@pytest.mark.django_db
def test_of_many_rounded_amounts_the_first_are_quoted_and_the_report_leads_to_all(client: Client):
    client.force_login(UserFactory(finance=True))
    small = "2.9999999999999997e-06"
    rows = [{"ResourceId": f"i-{number}", "BilledCost": small} for number in range(7)]
    rejected = {"ResourceId": "i-8", "BilledCost": small, "ChargePeriodEnd": "x"}
    job = bring_in("focus", bill({"ResourceId": "i-9"}, *rows, rejected))
    assert (job.rows_created, job.rows_rejected) == (8, 1)
    (told,) = job.reasons.filter(text=ROUNDED_AMOUNTS)
    assert (told.count, told.lines) == (7, [3, 4, 5, 6, 7, 8, 9])
    assert told.values["values"] == "; ".join(f"{line}: {small}" for line in range(3, 8)) + "; …"
    page = client.get("/costs/", {"import_id": job.pk, "remark": told.pk}).content.decode()
    assert "<b>7 lines</b> come to" in page


@pytest.mark.django_db
def test_a_rounded_amount_of_a_delivery_is_quoted_by_its_file_and_the_line_of_that():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("part-1.csv", bill({"ResourceId": "i-1"}, {"ResourceId": "i-2"}))
        archive.writestr("part-2.csv", bill({"ResourceId": "i-3", "BilledCost": "0." + "1" * 19}))
    job = bring_in("focus", content.getvalue())
    (told,) = job.reasons.filter(text=ROUNDED_AMOUNTS)
    assert told.values == {"values": "part-2.csv:2: 0." + "1" * 19}


@pytest.mark.django_db
@pytest.mark.parametrize("amount", ["1e21", "9" * 20 + "." + "9" * 19, "0." + "1" * 99, "nan", "1.234,5"])
def test_what_is_no_amount_of_ours_once_it_is_rounded_is_refused(amount: str):
    job = bring_in("focus", bill({"BilledCost": amount}))
    assert (job.rows_created, job.rows_rejected, job.rejected.get().column) == (0, 1, "amount")


@pytest.mark.django_db
def test_costs_that_people_write_are_not_rounded():
    text = "incurred_on,category,amount,currency\n2026-03-05,cloud,2.9999999999999997e-06,USD\n"
    assert bring_in("costs_csv", text).rows_rejected == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.003627500000000000000000000000000000", "0.0036275"),
        ("-0.1000000000000000000", "-0.1"),
        ("1.0000000000000000000", "1"),
        ("-1,234.50000000000000000000", "-1234.5"),
        ("0.00000000000000000000", "0"),
        ("-0.00000000000000000000", "0"),
        ("10000000000000000000.12345678901234567800", "10000000000000000000.123456789012345678"),
    ],
)
def test_zeros_after_the_18th_place_say_nothing(written: str, meant: str):
    job = bring_in("focus", bill({"BilledCost": written}))
    assert (job.rows_created, [amount for _, amount in live()]) == (1, [Decimal(meant)])
    assert bring_in("focus", bill({"BilledCost": meant})).rows_unchanged == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ('{"team": "ops", "baz": true, "off": false}', {"team": "ops", "baz": "true", "off": "false"}),
        ('{"k": null, "n": 1.50, "big": 12345678901234567890}', {"n": "1.50", "big": "12345678901234567890"}),
        (json.dumps({"long": "x" * 256}), {"long": "x" * 256}),
    ],
)
def test_tags_are_all_that_focus_allows(tags: str, kept: dict[str, str]):
    job = bring_in("focus", bill({"Tags": tags}))
    assert (job.rows_created, job.rows_rejected, ChargeGroup.objects.get().tags) == (1, 0, kept)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tags", "why"),
    [
        (r'{"k": "\ud800"}', "The row has half of a character (a surrogate without its pair)."),
        (r'{"\u0000": "v"}', "The row has a NUL character."),
        ('{"k": {"v": 1}}', "Tags are a JSON object of texts, numbers, true, false and null."),
        pytest.param("[" * 200_000, "The JSON in this cell is nested too deeply.", id="deep"),
        pytest.param(json.dumps({"k": "x" * 513}), "The text is longer than 512 characters.", id="long"),
    ],
)
def test_tags_that_cannot_be_kept_reject_their_row_alone(tags: str, why: str):
    job = bring_in("focus", bill({"Tags": tags}, {}))
    assert (job.state, job.rows_created, job.rows_rejected) == ("done", 1, 1)
    assert (job.rejected.get().column, str(job.reasons.get())) == ("Tags", why)
