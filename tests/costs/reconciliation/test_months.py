"""The records of a provider beside each other: what they say, what explains it, and months that stay reconciled."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.changes import changing
from costs import lines, totals
from costs.allocation import places as allocation
from costs.allocation.placements import EVER
from costs.models import AllocationRule, ChargeGroup, CostLine, Kind, LedgerSource, Reconciliation, UsageLine
from costs.new_line import NewLine
from costs.prices import own_rows
from costs.prices.own_rows import NewPrice
from costs.pricing import Rate, Tokens
from costs.reconciliation import sources as ledger_sources
from costs.reconciliation.causes import Causes, Parts, causes
from costs.reconciliation.months import provider_month, provider_months
from costs.usage.lines import add as add_usage
from costs.usage.lines import remove as remove_usage
from costs.usage.rows import About, UsageRow
from display import numbers
from tests.costs.factories import add_line, add_rate
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
LATER = date(2026, 12, 31)


def record(kind: str, on: str, amount: str, vendor: str = "OpenAI", sku: str = "gpt", **fields):
    """Add a line as a record of some kind has it."""
    line = add_line(None, on, amount, vendor=vendor, source=f"{kind} {vendor} {sku} {amount} {on}", **fields)
    ChargeGroup.objects.filter(pk=line.group_id).update(kind=kind, sku=sku)
    return line


@pytest.fixture
def three_records():
    """OpenAI in March: 108 by our prices, 3 in the gateway's log, 100 billed; the ledger takes the bill."""
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("usage", "2026-03-03", "60")
    record("usage", "2026-03-04", "48")
    record("gateway", "2026-03-03", "3")
    record("bill", "2026-03-03", "70")
    record("bill", "2026-03-05", "30")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "bill")


def test_the_four_figures_and_their_differences_are_exact(three_records):
    (here,) = provider_months()
    assert (here.provider, here.month, here.state) == ("openai", MARCH, "open")
    assert here.figures == {"usage": "108", "gateway": "3", "bill": "100", "ledger": "100"}
    assert (here.difference("usage"), here.difference("gateway"), here.difference("bill")) == (8, -97, None)
    assert (here.factor("usage"), here.factor("gateway")) == (Decimal("1.08"), Decimal("0.03"))
    assert totals.unallocated(LATER).gross == 100


def test_the_ledger_can_take_another_record_from_a_month_on(three_records):
    record("usage", "2026-04-03", "5")
    ledger_sources.take(UserFactory(finance=True), "openai", date(2026, 4, 1), "usage")
    assert totals.unallocated(LATER).gross == 105
    assert provider_month("openai", MARCH).ledger == 100
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "usage")
    assert totals.unallocated(LATER).gross == 113


def test_causes_name_missing_days_and_what_is_unallocated(three_records):
    why = causes(provider_month("openai", MARCH))
    assert why.missing_days == {
        "usage": [date(2026, 3, 5)],
        "gateway": [date(2026, 3, 4), date(2026, 3, 5)],
        "bill": [date(2026, 3, 4)],
    }
    assert why.unallocated == 100
    assert [item[:2] for item in why.largest["bill"]] == [("gpt", Decimal(100))]


# Causes and classes, worked out by hand -------------------------------------------------------------------------------
MILLION = 1_000_000


def used(on: str, model: str, tokens: Tokens, **fields):
    """Add a line of usage."""
    add_usage(None, [UsageRow(About("api", "OpenAI", model), date.fromisoformat(on), tokens, **fields)])


def logged(on: str, model: str, tokens: Tokens, amount: str):
    """Add a line of a gateway's log."""
    about = About("litellm_spend", "OpenAI", model, kind=Kind.GATEWAY, currency="USD")
    add_usage(None, [UsageRow(about, date.fromisoformat(on), tokens, requests=1, amount=Decimal(amount))])


@pytest.fixture
def by_class():
    """Usage 38, gateway 36, bill 50.50.

    By our prices (2 input, 0.50 from a cache, 8 output; batch half of it): on the 3rd 10 M + 4 M cached + 1 M output
    is 20 + 2 + 8, on the 4th a batch of 2 M + 1 M is 2 + 4, on the 5th 1 M is 2; m2 has no price. The bill charges all
    14 M of the 3rd as input, 0.50 more for the output, and a day that usage does not have.
    """
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    rates = [Rate({"input": Decimal(2), "cached_input": Decimal("0.5"), "output": Decimal(8)})]
    rates.append(Rate({"input": Decimal(1), "output": Decimal(4)}, batch=True))
    own_rows.add(UserFactory(finance=True), NewPrice("OpenAI", "m1", date(2026, 1, 1), rates))
    used("2026-03-03", "m1", Tokens(input=10 * MILLION, cached_input=4 * MILLION, output=MILLION))
    used("2026-03-03", "m2", Tokens(input=MILLION))
    used("2026-03-04", "m1", Tokens(input=2 * MILLION, output=MILLION), batch=True)
    used("2026-03-05", "m1", Tokens(input=MILLION))
    logged("2026-03-03", "openai/m1-2026-01-31", Tokens(input=14 * MILLION, output=MILLION), "36")
    for on, sku, amount in (
        ("03", "m1, input", "28"), ("03", "m1, output", "8.5"), ("03", "m2, input", "3"),
        ("04", "m1, batch input", "2"), ("04", "m1, batch output", "4"), ("06", "m1, input", "5"),
    ):  # fmt: skip
        record("bill", f"2026-03-{on}", amount, sku=sku, category="tokens")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "bill")


def look() -> Causes:
    return causes(provider_month("openai", MARCH))


def test_causes_add_up_to_the_difference(by_class):
    here, why = provider_month("openai", MARCH), look()
    assert here.figures == {"usage": "38", "gateway": "36", "bill": "50.5", "ledger": "50.5"}
    # Usage: + 2 of the 5th, − 5 of the 6th; − 3 of m2; 22 − 28 of the prompt of the 3rd; 8 − 8.50 of its output.
    assert why.parts["usage"] == Parts(Decimal(-3), Decimal(-3), Decimal(-6), Decimal(0), Decimal(0), Decimal("-0.5"))
    # Gateway: − 6 − 5 of two days; one amount a call, so nothing is known of caches; − 3 of m2; 36 − 36.50.
    assert why.parts["gateway"] == Parts(Decimal(-11), Decimal(0), None, Decimal(-3), Decimal(0), Decimal("-0.5"))
    assert {name: parts.known for name, parts in why.parts.items()} == {
        name: here.difference(name) for name in ("usage", "gateway")
    }
    assert (why.unpriced, why.other_models) == ([("m2", 1)], ["m2"])
    assert why.cache_saving == 6  # 4 M × (2 − 0.50)
    assert (why.missing_days["usage"], why.missing_days["bill"]) == ([date(2026, 3, 6)], [date(2026, 3, 5)])


def test_money_and_tokens_by_class_add_up_to_each_record(by_class):
    rows = {(row.token_class, row.batch): row for row in look().classes}
    said = {key: (row.amounts.get("usage"), row.amounts.get("bill")) for key, row in rows.items()}
    assert said == {
        ("input", False): (22, 36),
        ("cached_input", False): (2, None),
        ("output", False): (8, Decimal("8.5")),
        ("input", True): (2, 2),
        ("output", True): (4, 4),
        ("untold", False): (None, None),
    }
    assert list(rows)[-1] == ("untold", False)
    assert rows["untold", False].amounts == {"gateway": 36}
    assert {key: row.differences.get("usage") for key, row in rows.items()} == {
        ("input", False): -14,
        ("cached_input", False): 2,
        ("output", False): Decimal("-0.5"),
        ("input", True): 0,
        ("output", True): 0,
        ("untold", False): None,
    }
    assert rows["input", False].tokens == {"usage": 12 * MILLION, "gateway": 14 * MILLION}
    assert rows["cached_input", False].tokens == {"usage": 4 * MILLION}


def test_where_no_cached_tokens_are_taken_for_input_only_their_own_classes_are_put_down_to_them():
    rates = [Rate({"input": Decimal(2), "cached_input": Decimal("0.5"), "output": Decimal(8)})]
    own_rows.add(UserFactory(finance=True), NewPrice("OpenAI", "m1", date(2026, 1, 1), rates))
    used("2026-03-03", "m1", Tokens(input=10 * MILLION, cached_input=4 * MILLION))
    record("bill", "2026-03-03", "21", sku="m1, input", category="tokens")
    record("bill", "2026-03-03", "2.4", sku="m1, cached input", category="tokens")
    # 2 − 2.40 of what came from caches, 20 − 21 of the rest
    assert look().parts["usage"] == Parts(Decimal(0), Decimal(0), Decimal("-0.4"), Decimal(0), Decimal(0), Decimal(-1))


def test_a_bill_that_names_no_model_is_compared_by_class(by_class):
    ChargeGroup.objects.filter(sku="m1, batch output").update(sku="", details={"ChargeDescription": "Batch output"})
    # What the bill charges for m2 cannot be told from the rest then: it is among the input, as all is.
    assert look().parts["usage"] == Parts(Decimal(-3), None, Decimal(-9), Decimal(0), Decimal(0), Decimal("-0.5"))


def test_a_bill_that_names_no_class_says_which_item_and_explains_the_rest():
    rates = [Rate({"input": Decimal(2), "cached_input": Decimal("0.5")})]
    own_rows.add(UserFactory(finance=True), NewPrice("OpenAI", "m1", date(2026, 1, 1), rates))
    used("2026-03-03", "m1", Tokens(input=MILLION, cached_input=2 * MILLION))
    record("bill", "2026-03-03", "5", sku="API usage")
    why = look()
    assert (why.tells_classes["bill"], why.unclassed["bill"]) == (False, "API usage")
    assert why.parts["usage"] == Parts(Decimal(0), Decimal(0), None, Decimal(0), Decimal(0), Decimal(-2))
    assert why.cache_saving == 3
    assert all(not row.differences for row in why.classes)


@pytest.mark.parametrize(
    ("billed", "said"),
    [
        ("5", "$2.00 less than the bill. The bill does not say why; up to $2.00 of it may be cached tokens."),
        ("7", "$4.00 less than the bill. The bill does not say why; up to $3.00 of it may be cached tokens."),
        ("1", "$2.00 more than the bill. The bill does not say why."),
    ],
)
def test_a_remainder_is_no_cause_where_a_record_does_not_state_all_of_them(client: Client, billed, said):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    rates = [Rate({"input": Decimal(2), "cached_input": Decimal("0.5")})]
    own_rows.add(UserFactory(finance=True), NewPrice("OpenAI", "m1", date(2026, 1, 1), rates))
    used("2026-03-03", "m1", Tokens(input=MILLION, cached_input=2 * MILLION))
    record("bill", "2026-03-03", billed, sku="API usage")
    client.force_login(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode())
    assert said in page and "largest cause" not in page
    assert "Not explained" in page and "Other prices" not in page


@pytest.mark.parametrize(("month", "running"), [("2026-03", False), (f"{timezone.localdate():%Y-%m}", True)])
def test_a_month_that_still_runs_does_not_ask_to_be_accepted(client: Client, month, running):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("bill", f"{month}-01", "5")
    client.force_login(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:reconciliation", args=["openai", month])).content.decode())
    assert ("The month is still running; its figures will change." in page) is running
    assert (f'<button class="btn{" quiet" * running}" name="reconcile"') in page


def test_costs_entered_of_a_provider_are_a_cause_of_the_ledgers_difference(by_class):
    add_line(None, "2026-03-09", "7", vendor="OpenAI")
    assert look().parts["ledger"] == Parts(Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(7), Decimal(0))


def test_classes_of_long_prompts_and_other_currencies_add_up_to_what_was_priced():
    add_rate("2026-03-01", "EUR", "1.1")
    rates = [Rate({"input": Decimal(1), "output": Decimal(4)}), Rate({"input": Decimal(2), "output": Decimal(6)}, 200)]
    price = NewPrice("OpenAI", "m1", date(2026, 1, 1), rates, currency="EUR")
    own_rows.add(UserFactory(finance=True), price)
    used("2026-03-03", "m1", Tokens(input=400, output=10), requests=2)  # 200 each: no longer than 200
    used("2026-03-03", "m1", Tokens(input=402, output=10), requests=2)
    used("2026-03-03", "m1", Tokens(input=900, output=10), prompt_tokens=200)
    used("2026-03-03", "m1", Tokens(input=100, output=10), prompt_tokens=201)
    used("2026-03-03", "m1", Tokens(input=201, output=10))
    rows = {row.token_class: row.amounts["usage"] for row in look().classes}
    # (400 + 900) × 1 + (402 + 100 + 201) × 2 = 2,706 and 20 × 4 + 30 × 6 = 260 millionths of a euro
    assert rows == {"input": Decimal("0.0029766"), "output": Decimal("0.000286")}
    assert provider_month("openai", MARCH).amounts["usage"] == Decimal("0.0032626")


def test_the_page_and_the_api_take_the_difference_apart(client: Client, by_class):
    user = UserFactory(finance=True)
    client.force_login(user)
    page = client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode()
    for said in ("Where the difference comes from", "Cached tokens", "one amount for a call", "m2"):
        assert said in page
    item = Client().get("/api/v1/reconciliations/openai/2026-03", headers=bearer(user)).json()
    assert item["reference"] == "bill"
    assert item["causes"]["usage"] == {
        "missing_days": "-3", "unpriced": "-3", "cached_tokens": "-6", "other_models": "0", "entered": "0",
        "other": "-0.5",
    }  # fmt: skip
    assert item["causes"]["gateway"]["cached_tokens"] is None
    assert item["token_classes"][1] == {
        "token_class": "cached_input",
        "batch": False,
        "records": {"usage": {"amount": "2", "tokens": 4_000_000, "difference": "2"}},
    }
    assert (item["cache_saving"], item["unpriced_models"]) == ("6", [{"model": "m2", "lines": 1}])
    assert item["missing_days"]["usage"] == ["2026-03-06"]
    assert Client().get("/api/v1/reconciliations/x/2026-03", headers=bearer(user)).status_code == 404
    assert Client().get("/api/v1/reconciliations/openai/2026-03", headers=bearer(UserFactory())).status_code == 403


def test_names_of_one_provider_meet():
    record("bill", "2026-03-03", "10", vendor="Amazon Web Services")
    record("usage", "2026-03-03", "9", vendor="bedrock")
    (here,) = provider_months()
    assert (here.provider, here.figures["bill"], here.figures["usage"]) == ("aws", "10", "9")


def test_the_first_record_of_a_provider_counts_and_a_later_kind_is_kept_to_compare():
    bring_in("focus", bill({"ProviderName": "OpenAI"}))
    assert LedgerSource.objects.get().kind == Kind.BILL
    assert totals.unallocated(LATER).gross == Decimal("1.5")


def reconcile(client: Client, address: str, note: str):
    """Open the page and accept what it shows."""
    form = client.get(address).context["note"]
    return client.post(address, {"reconcile": "1", "note": note, "version": form["version"].value()})


def test_figures_that_nobody_has_seen_are_not_accepted(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    shown = client.get(address).context["note"]["version"].value()
    record("usage", "2026-03-09", "100")  # an import meanwhile
    late = client.post(address, {"reconcile": "1", "note": "Agreed with Ann.", "version": shown})
    assert (late.status_code, Reconciliation.objects.count()) == (422, 0)
    page = late.content.decode()
    assert "This month has changed since you opened this page." in page
    assert "$208.00" in page  # 108 and 100
    assert "Agreed with Ann." in page
    again = {"reconcile": "1", "note": "Agreed\r\nwith Ann.", "version": late.context["note"]["version"].value()}
    assert client.post(address, again).status_code == 302
    made = Reconciliation.objects.get()
    assert (made.figures["usage"], made.note) == ("208", "Agreed\nwith Ann.")


def test_lines_that_are_in_no_figure_open_a_reconciled_month_too(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    reconcile(client, address, "")
    figures = provider_month("openai", MARCH).figures
    record("bill", "2026-03-09", "7", currency="EUR")  # there is no rate
    add_usage(None, [UsageRow(About("a file", "OpenAI", "no-price"), date(2026, 3, 9), Tokens(1_000))])
    here = provider_month("openai", MARCH)
    assert (here.figures, here.state) == (figures, "reopened")
    # Five lines in three records, one that waits, one without a price.
    assert here.changed == [("lines", 5, 7), ("pending", 0, 1), ("unpriced", 0, 1)]
    page = client.get(address).content.decode()
    assert "Lines: 5 → 7" in page
    assert "Lines that wait for an exchange rate: 0 → 1" in page
    assert "Usage lines without a price: 0 → 1" in page


def correct(*pairs: tuple[CostLine, int]) -> None:
    """Correct the amounts of lines."""
    lines.correct_all(None, [(line, replace(NewLine.of(line), amount=Decimal(amount))) for line, amount in pairs])


def test_an_amount_that_moves_between_models_opens_a_month_of_which_every_sum_stays(client: Client, three_records):
    ChargeGroup.objects.filter(source__endswith="bill OpenAI gpt 30 2026-03-05").update(sku="mini")
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    reconcile(client, address, "")
    seen = provider_month("openai", MARCH)
    more, less = CostLine.objects.live().filter(group__kind="bill").shown().order_by("-amount")
    correct((more, 60), (less, 40))
    here = provider_month("openai", MARCH)
    assert (here.figures, here.lines, here.state) == (seen.figures, seen.lines, "reopened")
    assert [name for name, *_values in here.changed] == ["made_of"]
    said = "The sums are the same, but not the amounts or tokens of models, classes of tokens, services or accounts."
    assert said in client.get(address).content.decode()
    more, less = CostLine.objects.live().filter(group__kind="bill").shown().order_by("-amount")
    correct((more, 70), (less, 30))
    assert provider_month("openai", MARCH).state == "reconciled"  # as it was


def test_tokens_that_move_between_classes_open_a_month(client: Client, three_records):
    used("2026-03-09", "no-price", Tokens(1_000))
    client.force_login(UserFactory(finance=True))
    reconcile(client, reverse("costs:reconciliation", args=["openai", "2026-03"]), "")
    assert provider_month("openai", MARCH).state == "reconciled"
    remove_usage(None, UsageLine.objects.live().shown().get())
    used("2026-03-09", "no-price", Tokens(400, cached_input=600))
    here = provider_month("openai", MARCH)
    assert (here.state, [name for name, *_values in here.changed]) == ("reopened", ["made_of"])


def test_what_is_no_longer_unallocated_opens_a_month(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert provider_month("openai", MARCH).unallocated == look().unallocated == 100
    reconcile(client, address, "")
    rule = AllocationRule.objects.create(name="r", match={"vendor": "openai"})
    rule.parts.create(initiative=InitiativeFactory(), share=Decimal("0.6"))
    with changing(None):
        allocation.synchronise()
    here = provider_month("openai", MARCH)
    assert here.unallocated == look().unallocated == 40
    assert (here.state, here.changed) == ("reopened", [("unallocated", 100, 40)])
    assert "Unallocated: $100.00 → $40.00" in client.get(address).content.decode()


def test_a_month_that_was_reconciled_before_counts_were_kept_goes_by_its_figures(three_records):
    here = provider_month("openai", MARCH)
    Reconciliation.objects.create(
        provider="openai", month=MARCH, figures=here.figures, reconciled_at=timezone.now(), reconciled_by=None
    )
    assert provider_month("openai", MARCH).state == "reconciled"


def test_a_month_is_reconciled_until_a_figure_changes(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert reconcile(client, address, "Prices of March were late.").status_code == 302
    assert provider_month("openai", MARCH).state == "reconciled"
    record("gateway", "2026-03-09", "1")
    assert provider_month("openai", MARCH).state == "reopened"
    page = client.get(address).content.decode()
    day = numbers.day(timezone.localdate()).replace(" ", "\u00a0")
    assert f"It was reconciled on {day}; a figure has changed since." in page
    assert "Gateway log: $3.00 → $4.00" in page
    assert "Prices of March were late." in page
    reconcile(client, address, "")
    assert provider_month("openai", MARCH).state == "reconciled"
    assert Reconciliation.objects.count() == 1


def test_pages_say_what_the_records_say_with_a_bounded_number_of_queries(
    client: Client, three_records, django_assert_max_num_queries
):
    client.force_login(UserFactory(finance=True))
    with django_assert_max_num_queries(8):
        page = client.get(reverse("costs:reconciliations")).content.decode()
    assert "(1.08 × bill)" in page
    assert "<b>1 provider month</b> is waiting" in page
    with django_assert_max_num_queries(15):
        assert client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).status_code == 200


def test_the_headline_of_the_list_is_about_months_that_are_over(client: Client):
    def headline() -> str:
        page = tight(client.get(reverse("costs:reconciliations")).content.decode())
        return re.search("<h1>(.*?)</h1>", page, re.DOTALL)[1].strip()

    client.force_login(UserFactory(finance=True))
    record("bill", f"{timezone.localdate():%Y-%m}-01", "5")
    assert headline() == "No month of a provider's records is over yet."
    record("bill", "2026-03-03", "5")
    assert headline() == "<b>1 provider month</b> is waiting to be reconciled."
    reconcile(client, reverse("costs:reconciliation", args=["openai", "2026-03"]), "")
    assert headline() == "Every month that is over is reconciled."


@pytest.mark.parametrize(("language", "times"), [("en", "1.08×"), ("ja", "1.08倍")])
def test_ratios_are_said_as_the_language_says_times(client: Client, three_records, language, times):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    page = tight(client.get(address, headers={"Accept-Language": language}).content.decode())
    assert f">{times}</td>" in page  # usage priced by us 108, the bill 100


@pytest.mark.parametrize(("kind", "apart", "said"), [("usage", "$8", "more"), ("gateway", "$97", "less")])
def test_the_headline_says_whether_the_ledger_has_more_or_less(client: Client, three_records, kind, apart, said):
    client.force_login(UserFactory(finance=True))
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, kind)
    page = tight(client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode())
    assert f'The ledger has <b class="stop">{apart}</b> {said} than <b>OpenAI</b> charged in' in page


def test_the_headline_is_exact_to_the_unit_and_the_lead_says_how_our_prices_stand_to_the_bill(client: Client):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("usage", "2026-03-03", "2571.64")
    record("bill", "2026-03-03", "4587.79")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "usage")
    client.force_login(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode())
    assert 'The ledger has <b class="stop">$2,016</b> less than <b>OpenAI</b> charged in March\u00a02026.' in page
    assert "Our prices come to $2,016.15 less than the bill. The bill does not say why." in page
    assert re.search(r"</span>\s*OpenAI\s*<span>/</span>\s*March\u00a02026", page)
    assert '<td class="num" data-label="Usage, priced by us">$0.00</td>' in page  # of missing days: there are none


def test_a_month_with_a_record_is_known_for_one_without_asking_all_groups(three_records, django_assert_num_queries):
    add_line(None, "2026-03-09", "5", vendor="Acme")  # by hand, of which only all groups tell that there is no record
    with django_assert_num_queries(3):
        assert provider_month("openai", MARCH).ledger == 100
    with django_assert_num_queries(4):
        assert provider_month("acme", MARCH) is None


def test_without_a_bill_nobody_is_said_to_have_charged_anything(client: Client):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("gateway", "2026-03-03", "3")
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode()
    assert "There is no <b>OpenAI</b> bill for March\u00a02026." in page
    assert "charged in" not in page


def test_a_bill_that_waits_for_a_rate_is_not_passed_over_in_silence(client: Client):
    record("bill", "2026-03-03", "3", currency="EUR")
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:reconciliations")).content.decode()
    assert "1 line of a record waits for an exchange rate and is in no figure here." in page
    assert (figures_listed(), provider_month("openai", MARCH).lacks("bill")) == ([("openai", None, None)], "pending")
    assert ">pending<" in page
    page = client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode()
    assert "The <b>OpenAI</b> bill for March\u00a02026 is waiting for an exchange rate." in page


def test_a_gateways_log_that_waits_is_not_said_to_be_missing(client: Client):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="usage")
    record("usage", "2026-03-03", "5")
    record("gateway", "2026-03-03", "3", currency="EUR")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "usage")
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode()
    said = "There is no <b>OpenAI</b> bill for March\u00a02026, and the gateway's log is waiting for an exchange rate."
    assert said in page.replace("&#x27;", "'")
    assert "neither a bill" not in page and "there is none for this month" not in page
    assert page.count("Kept to compare") == 1
    assert reverse("money:rate-list") in page[page.index("Of the ledger") :]
    page = client.get(reverse("costs:reconciliations")).content.decode()
    assert ">pending<" in page and "1 line of a record waits for an exchange rate" in page
    record("gateway", "2026-03-04", "4")
    page = client.get(reverse("costs:reconciliation", args=["openai", "2026-03"])).content.decode()
    assert "waits for an exchange rate." not in page and "more than the gateway logged" in page.replace("\n", " ")


def test_a_record_that_the_ledger_takes_and_that_is_not_there_is_said(client: Client):
    LedgerSource.objects.create(provider="openai", since=EVER, kind="bill")
    record("gateway", "2026-03-03", "3")
    ledger_sources.take(UserFactory(finance=True), "openai", EVER, "bill")
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    said = "The ledger takes the bill, and there is none for this month: what other records say is only kept to compare"
    page = client.get(address).content.decode()
    assert said in page
    assert (page.count("Would count"), page.count("Counted")) == (1, 0)
    record("bill", "2026-03-05", "30")
    page = client.get(address).content.decode()
    assert (page.count("Would count"), page.count("Counted")) == (0, 1)
    assert "there is none for this month" not in client.get(address).content.decode()


def test_a_month_whose_usage_has_no_price_is_listed_and_can_be_reconciled(client: Client):
    used("2026-03-09", "no-price", Tokens(input=1_000))
    used("2026-03-10", "no-price", Tokens(input=2_000))
    assert figures_listed() == [("openai", None, None)]
    here = provider_month("openai", MARCH)
    assert (here.name, here.lines, here.unpriced, here.ledger, here.lacks("usage")) == ("OpenAI", 2, 2, 0, "unpriced")
    client.force_login(UserFactory(finance=True))
    assert ">unpriced<" in client.get(reverse("costs:reconciliations")).content.decode()
    assert (
        reconcile(client, reverse("costs:reconciliation", args=["openai", "2026-03"]), "No price yet").status_code
        == 302
    )
    assert provider_month("openai", MARCH).state == "reconciled"


def test_every_month_that_is_listed_can_be_reconciled(client: Client, three_records):
    add_line(None, "2026-04-03", "5", vendor="OpenAI")  # by hand, in a month without any record
    add_line(None, "2026-04-03", "5", vendor="Acme")  # of no provider
    finance = UserFactory(finance=True)
    client.force_login(finance)
    assert [(each.provider, each.month.month) for each in provider_months()] == [("openai", 4), ("openai", 3)]
    address = reverse("costs:reconciliation", args=["openai", "2026-04"])
    assert client.get("/api/v1/reconciliations/openai/2026-04", headers=bearer(finance)).json()["ledger"] == "5"
    assert reconcile(client, address, "").status_code == 302
    assert [each.state for each in provider_months()] == ["reconciled", "open"]
    assert provider_month("acme", date(2026, 4, 1)) is None


def figures_listed():
    """Return provider, usage and bill of every month."""
    return [(each.provider, each.amounts.get("usage"), each.amounts.get("bill")) for each in provider_months()]


def test_nothing_to_compare_says_what_to_do(client: Client):
    client.force_login(UserFactory(finance=True))
    assert "Nothing to compare" in client.get(reverse("costs:reconciliations")).content.decode()


@pytest.mark.parametrize("address", [("nobody", "2026-03"), ("openai", "2026-13"), ("openai", "x")])
def test_what_is_not_there_is_not_found(client: Client, three_records, address):
    client.force_login(UserFactory(finance=True))
    assert client.get(reverse("costs:reconciliation", args=address)).status_code == 404


def test_the_links_of_a_month_lead_to_all_names_of_the_provider_and_to_no_other(client: Client):
    record("bill", "2026-03-03", "10", vendor="Amazon Web Services")
    record("bill", "2026-03-04", "5", vendor="AWS")
    record("bill", "2026-03-04", "7", vendor="Acme")
    record("usage", "2026-03-04", "4", vendor="bedrock")
    for vendor in ("bedrock", "Acme"):
        add_usage(None, [UsageRow(About("a file", vendor, "no-price"), date(2026, 3, 9), Tokens(1_000))])
    finance = UserFactory(finance=True)
    client.force_login(finance)
    page = client.get(reverse("costs:reconciliation", args=["aws", "2026-03"])).content.decode()
    (ledger,) = re.findall(r'href="([^"]+)">\s*Show the lines', page)
    lines = client.get(html.unescape(ledger)).context
    assert (lines["sums"].gross, lines["sums"].lines, lines["has_more"]) == (19, 3, True)
    (usage,) = re.findall(r'href="([^"]+)">no-price<', page)
    assert client.get(html.unescape(usage)).context["sums"]["lines"] == 1
    reading = Client().get("/api/v1/costs?provider=bedrock", headers=bearer(finance)).json()
    assert sorted(item["amount"] for item in reading["items"]) == ["10", "4", "5"]
    nobody = client.get(reverse("costs:ledger"), {"provider": "anthropc"})
    assert (nobody.status_code, nobody.context["sums"].lines) == (200, 0)
    none = Client().get("/api/v1/costs?provider=anthropc", headers=bearer(finance))
    assert (none.status_code, none.json()["items"]) == (200, [])


def test_a_provider_may_have_a_slash_in_its_name(client: Client):
    record("bill", "2026-03-03", "70", vendor="N/A")
    finance = UserFactory(finance=True)
    client.force_login(finance)
    page = client.get(reverse("costs:reconciliations"))
    assert 'href="/costs/reconciliation/n/a/2026-03/"' in page.content.decode()
    assert "N/A" in client.get("/costs/reconciliation/n/a/2026-03/").content.decode()
    address, headers = "/api/v1/reconciliations/n/a/2026-03", bearer(finance)
    assert client.get(address, headers=headers).json()["bill"] == "70"
    done = client.post(address, {"note": "fine"}, headers=headers, content_type="application/json")
    assert (done.status_code, done.json()["state"]) == (200, "reconciled")


def test_a_provider_of_two_lines_in_a_file_is_one_of_one_line(client: Client):
    record("bill", "2026-03-03", "70", vendor="Acme\nCloud")
    record("usage", "2026-03-03", "60", vendor="acme cloud")
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:reconciliations")).content.decode()
    assert 'href="/costs/reconciliation/acme%20cloud/2026-03/"' in page
    here = provider_month("acme cloud", MARCH)
    assert (here.amounts["usage"], here.amounts["bill"]) == (60, 70)


def test_an_unknown_record_is_refused_and_changes_nothing(client: Client, three_records):
    client.force_login(UserFactory(finance=True))
    address = reverse("costs:reconciliation", args=["openai", "2026-03"])
    assert client.post(address, {"take": "1", "kind": "entered"}).status_code == 422
    assert LedgerSource.objects.get().kind == "bill"


@pytest.mark.parametrize(
    ("role", "status"), [("contributor", 403), ("portfolio", 403), ("executive", 403), ("admin", 200)]
)
def test_only_finance_and_administrators_reconcile(client: Client, role, status):
    user = UserFactory(role=role)
    client.force_login(user)
    assert client.get(reverse("costs:reconciliations")).status_code == status
    assert Client().get("/api/v1/reconciliations", headers=bearer(user)).status_code == status


def test_the_api_lists_and_reconciles(client: Client, three_records):
    headers = bearer(UserFactory(finance=True))
    record("bill", "2026-04-03", "5", vendor="Acme")
    first = client.get("/api/v1/reconciliations?limit=1", headers=headers).json()
    assert (first["count"], [each["provider"] for each in first["items"]]) == (2, ["acme"])
    last = client.get(first["next"], headers=headers).json()
    (item,) = last["items"]
    assert (last["count"], last["next"], item["currency"]) == (2, None, "USD")
    assert (item["usage"], item["gateway"], item["bill"], item["ledger"]) == ("108", "3", "100", "100")
    done = client.post(
        "/api/v1/reconciliations/openai/2026-03", {"note": "fine"}, headers=headers, content_type="application/json"
    )
    assert (done.status_code, done.json()["state"]) == (200, "reconciled")
    missing = client.post("/api/v1/reconciliations/x/2026-03", {}, headers=headers, content_type="application/json")
    assert missing.status_code == 404


def test_the_api_accepts_what_was_read_if_it_is_told_that(client: Client, three_records):
    headers, address = bearer(UserFactory(finance=True)), "/api/v1/reconciliations/openai/2026-03"
    read = client.get(address, headers=headers)
    assert (read.json()["lines"], read.json()["pending_lines"], read.json()["unpriced_lines"]) == (5, 0, 0)
    record("usage", "2026-03-09", "100")
    sent = {"data": {"note": "fine"}, "content_type": "application/json"}
    assert client.post(address, headers=headers | {"If-Match": read["ETag"]}, **sent).status_code == 412
    now = client.get(address, headers=headers)["ETag"]
    assert client.post(address, headers=headers | {"If-Match": now}, **sent).status_code == 200
