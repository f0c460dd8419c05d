"""The pages of the registers and of recoverable costs, as people use them."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from costs.ledger import billing_views
from costs.models import Asset, ChargeGroup, CostLine, EnergyPrice, LabourDays, LabourRole, RecurringCost
from costs.registers import entries as register_entries
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from tests.costs.allocation.test_places import apply, rule
from tests.costs.factories import add_asset, add_line, add_recurring, add_role, amounts, on_day
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import bring_in
from tests.markup import tight, untied

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mid_april(monkeypatch):
    """It is 15 April 2026."""
    on_day(monkeypatch, "2026-04-15")


@pytest.fixture
def finance(client: Client) -> Client:
    """Signed in as finance."""
    client.force_login(UserFactory(finance=True))
    return client


def rows(name: str, *given: dict[str, str]) -> dict[str, str]:
    """Return the rows of a form as it sends them."""
    return {f"{name}-{number}-{field}": text for number, row in enumerate(given) for field, text in row.items()}


def share(initiative, part="100", first="", last="") -> dict[str, str]:
    return {"initiative": initiative.key, "share": part, "first_month": first, "last_month": last}


ASSET = {
    "name": "GPU server", "currency": "USD", "price": "36,000", "purchased_on": "2026-01-05",
    "in_service_on": "2026-01-10", "life_months": "36",
}  # fmt: skip
LICENCE = {
    "name": "Editor", "currency": "USD", "category": "licences", "every_months": "12", "starts_on": "2026-01-01",
    "spread": "on",
}  # fmt: skip

LISTS_OF_COST = ("/costs/", "/costs/?unallocated=on", "/costs/unallocated/", "/costs/explore/?rows=vendor")


def test_hardware_is_registered_and_shown_with_book_value_and_years(finance):
    one = InitiativeFactory()
    sent = finance.post("/costs/assets/new/", ASSET | rows("shares", share(one, "40")))
    asset = Asset.objects.get()
    assert sent.url == f"/costs/assets/{asset.pk}/"
    shown = finance.get("/costs/assets/")
    row = shown.context["page"].object_list[0]
    assert (row.book_value, row.monthly, row.unshared) == (33_000, 1_000, Decimal("0.6"))
    assert shown.context["worth"] == 33_000
    figures = re.findall(r'fig-value"> ?([^<]+?) ?<', tight(shown.content.decode()))
    assert figures == ["$36,000", "$1,000", "$0"]  # the price is new; what it is worth the first line says
    detail = finance.get(sent.url)
    assert [tuple(year) for year in detail.context["years"]] == [
        (2026, 12, 12_000, 24_000), (2027, 12, 12_000, 12_000), (2028, 12, 12_000, 0),
    ]  # fmt: skip
    assert detail.context["so_far"] == [(one, 1_200), (None, 1_800)]


def test_what_an_entry_has_cost_whom_follows_the_rules_of_allocation(finance):
    one, two = InitiativeFactory(), InitiativeFactory()
    asset = add_asset([(one, "0.4")])
    rule({"source": "asset-register"}, (two, "0.25"))
    apply()
    page = finance.get(f"/costs/assets/{asset.pk}/")
    # 3,000 by now: 40 % of it named, a quarter of the rest by the rule.
    assert page.context["so_far"] == [(one, 1_200), (two, 450), (None, 1_350)]
    assert f'{two.key}</span> {two.title}</th><td class="num">$450.00' in tight(page.content.decode())
    cost = add_recurring(currency="EUR")  # there is no rate
    rule({"source": "recurring-register"}, (one, "0.5"), (two, "0.5"))
    apply()
    page = finance.get(f"/costs/recurring/{cost.pk}/")
    assert page.context["pending"] == 4  # months, each once


def test_what_nobody_bears_is_a_row_and_cost_so_far_adds_up(finance):
    second, first = InitiativeFactory(), InitiativeFactory()
    asset = add_asset(shares=[(first, "0.7"), (second, "0.2")])
    page = tight(finance.get(f"/costs/assets/{asset.pk}/").content.decode())
    bears = page[page.index("Who bears it</h2>") :]
    assert "10\u202f%" in bears and "what nobody bears today" in bears
    assert bears.count("from the start") == bears.count("to the end") == 2
    so_far = page[page.index("Cost so far</h2>") : page.index("Who bears it</h2>")]
    assert so_far.index(first.key) < so_far.index(second.key) < so_far.index("Unallocated")
    assert "$3,000.00" in so_far[so_far.index("<tfoot>") :]
    assert "unallocated 10\u202f%" in tight(finance.get("/costs/assets/").content.decode())


def test_energy_prices_stand_on_their_decimals_with_their_currency(finance):
    for since, amount in (("2026-01-01", "0.22"), ("2026-02-01", "0.2185")):
        EnergyPrice.objects.create(since=date.fromisoformat(since), amount=Decimal(amount), currency="USD")
    add_asset()
    page = finance.get("/costs/assets/").content.decode()
    assert "$0.2200" in page and "$0.2185" in page


def test_bad_hardware_is_said_at_its_field_and_stays_typed(finance):
    bad = ASSET | {"salvage": "40000", "life_months": "x"} | rows("shares", {"initiative": "AI-9", "share": "lots"})
    answer = finance.post("/costs/assets/new/", bad)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Enter a whole number." in text
    assert "There is no such initiative." in text
    assert 'value="lots"' in text
    over = finance.post("/costs/assets/new/", ASSET | {"salvage": "40000"} | rows("shares", {}))
    assert "The salvage value lies between 0 and the price." in over.content.decode()
    assert Asset.objects.count() == 0


def test_a_share_stands_below_its_head_with_what_its_key_is_called(finance):
    asset = add_asset([(InitiativeFactory(title="Claims triage"), "1")])
    page = tight(finance.get(f"/costs/assets/{asset.pk}/edit/").content.decode())
    assert '<small class="called">Claims triage</small>' in page
    assert '<th scope="col" class="num">Share, %</th>' in page
    (typed,) = re.findall(r'<input[^>]*name="shares-0-share"[^>]*>', page)
    assert 'class="num"' in typed


def test_emptying_a_row_takes_the_share_out(finance):
    one = InitiativeFactory()
    asset = add_asset([(one, "1")])
    blank = dict.fromkeys(("initiative", "share", "first_month", "last_month"), "")
    finance.post(f"/costs/assets/{asset.pk}/edit/", ASSET | {"version": "1"} | rows("shares", blank))
    assert set(CostLine.objects.live().values_list("group__initiative", flat=True)) == {None}


def test_a_form_takes_every_row_that_its_page_lets_in(finance):
    days = [date(2026, 1, 1) + timedelta(days=at) for at in range(200)]
    amounts = rows("amounts", *({"since": f"{day}", "amount": "12"} for day in days))
    sent = finance.post("/costs/recurring/new/", LICENCE | amounts | rows("shares", {}))
    assert sent.status_code == 302
    made = RecurringCost.objects.get()
    assert made.amounts.count() == 200
    page = tight(finance.get(f"/costs/recurring/{made.pk}/edit/").content.decode())
    assert page.count('data-sheet data-most="200"') == 2
    assert "At most 200 rows go in at once" in page
    assert 'name="amounts-199-since"' in page
    assert 'name="amounts-200-since"' not in page


def test_days_by_month_let_in_a_hundred_new_rows(finance):
    role = add_role()
    assert 'data-sheet data-most="100"' in tight(finance.get("/costs/labour/?year=2026").content.decode())
    labour_days.set_all(None, [NewDays(InitiativeFactory(), role, date(2026, 1, 1), Decimal(2))])
    assert 'data-sheet data-most="101"' in tight(finance.get("/costs/labour/?year=2026").content.decode())


def test_an_old_form_is_refused(finance):
    asset = add_asset()
    form = ASSET | {"version": "1", "name": "First"} | rows("shares", {})
    finance.post(f"/costs/assets/{asset.pk}/edit/", form)
    answer = finance.post(f"/costs/assets/{asset.pk}/edit/", form | {"name": "Second"})
    assert answer.status_code == 422
    assert "Somebody else has changed this meanwhile." in answer.content.decode()
    assert Asset.objects.get().name == "First"


def test_deleting_hardware_takes_its_lines(finance):
    asset = add_asset()
    finance.post(f"/costs/assets/{asset.pk}/edit/", {"delete": "1", "version": "1"})
    assert not Asset.objects.exists()
    assert not CostLine.objects.live().exists()


def test_an_entry_is_deleted_at_the_version_that_the_page_has_shown(finance):
    asset, cost, role = add_asset(), add_recurring(), add_role()
    pages = {
        f"/costs/assets/{asset.pk}/edit/": asset,
        f"/costs/recurring/{cost.pk}/edit/": cost,
        f"/costs/labour/roles/{role.pk}/": role,
    }
    for page, entry in pages.items():
        assert 'name="version" value="1"' in finance.get(page).content.decode()
        register_entries.save(None, entry, {"name": "Theirs"}, {}, 1)
        for version in ("1", ""):
            refused = finance.post(page, {"delete": "1", "version": version}, follow=True).content.decode()
            assert "Somebody else has changed this meanwhile." in refused
            assert 'name="version" value="2"' in refused
        assert type(entry).objects.get().name == "Theirs"
        finance.post(page, {"delete": "1", "version": "2"})
        assert not type(entry).objects.exists()


def test_energy_prices_are_entered_and_taken_back_on_the_page(finance):
    add_asset(power_kw=Decimal(1))
    assert "No energy price holds today" in finance.get("/costs/assets/").content.decode()
    finance.post("/costs/assets/", {"since": "2026-01-01", "amount": "0.25", "currency": "USD"})
    # 22 days of January, all of February and March: (22 + 28 + 31) × 24 × 0.25
    energy = CostLine.objects.live().filter(group__service="energy")
    assert sum(line.amount for line in energy) == 486
    assert finance.post("/costs/assets/", {"since": "", "amount": "x", "currency": "USD"}).status_code == 422
    finance.post("/costs/assets/", {"remove": f"{EnergyPrice.objects.get().pk}.1"})
    assert not energy.all().exists()
    assert EnergyPrice.objects.count() == 0


@pytest.mark.parametrize(
    ("since", "gone", "said"),
    [
        (None, None, "10 months without"),  # January to October are over; November is not
        ("2026-03-31", None, "2 months without"),  # March has the price of its last day
        ("2026-02-01", None, "1 month without"),
        ("2026-01-31", None, ""),
        ("2026-12-01", "2026-02-03", "2 months without"),
    ],
)
def test_months_that_served_before_the_first_energy_price_are_counted(finance, monkeypatch, since, gone, said):
    on_day(monkeypatch, "2026-11-20")
    end = {"retired_on": date.fromisoformat(gone)} if gone else {}
    asset = add_asset(power_kw=Decimal(2), **end)
    add_asset(name="Rack")  # without power
    if since:
        price = EnergyPrice(since=date.fromisoformat(since), amount=Decimal("0.2"), currency="USD")
        register_entries.set_energy_price(None, price)
    for address in ("/costs/assets/", f"/costs/assets/{asset.pk}/"):
        page = tight(finance.get(address).content.decode())
        assert page.count(f"{said} an energy price" if said else "without an energy price") == bool(said)


def test_an_energy_price_of_somebody_else_is_not_overwritten_or_deleted_unseen(finance):
    typed = {"since": "2026-01-01", "amount": "0.25", "currency": "USD"}
    finance.post("/costs/assets/", typed)
    price = EnergyPrice.objects.get()
    assert f'name="remove" value="{price.pk}.1"' in finance.get("/costs/assets/").content.decode()
    mine = typed | {"amount": "0.40"}
    answer = finance.post("/costs/assets/", mine)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "From this day on it is 0.25 USD already. Save again to put yours in its place." in text
    assert 'value="0.40"' in text and f'name="instead_of" value="{price.pk}.1"' in text
    register_entries.set_energy_price(None, EnergyPrice(since=price.since, amount=Decimal("0.3"), currency="USD"))
    again = finance.post("/costs/assets/", mine | {"instead_of": f"{price.pk}.1"})  # of what it was before
    assert "it is 0.3 USD already" in again.content.decode()
    refused = finance.post("/costs/assets/", {"remove": f"{price.pk}.1"}, follow=True).content.decode()
    assert "Somebody else has changed this meanwhile." in refused
    assert EnergyPrice.objects.get().amount == Decimal("0.3")
    assert finance.post("/costs/assets/", {"remove": "2026-01-01"}).status_code == 404
    assert finance.post("/costs/assets/", mine | {"instead_of": f"{price.pk}.2"}).status_code == 302
    assert EnergyPrice.objects.get().amount == Decimal("0.4")


def test_a_licence_is_registered_with_an_amount_from_its_first_day(finance):
    one = InitiativeFactory()
    form = LICENCE | rows("amounts", {"since": "", "amount": "1200"}) | rows("shares", share(one))
    answer = finance.post("/costs/recurring/new/", form)
    cost = RecurringCost.objects.get()
    assert answer.url == f"/costs/recurring/{cost.pk}/"
    listed = finance.get("/costs/recurring/")
    assert (listed.context["count"], listed.context["monthly"]) == (1, 100)
    answer = finance.get(answer.url)
    row = answer.context["row"]
    assert (row.next_due, row.amount) == (date(2027, 1, 1), 1_200)
    assert "<b>1 recurring cost</b> comes to" in tight(listed.content.decode())


def test_a_recurring_cost_says_what_is_due_next_and_its_amounts_latest_first(finance, monkeypatch):
    on_day(monkeypatch, "2026-11-20")
    cost = add_recurring(by_day=amounts(d20260101="100", d20261201="120"), name="Assistant", every_months=1)
    page = tight(finance.get(f"/costs/recurring/{cost.pk}/").content.decode()).replace("\u00a0", " ")
    assert '<h1><b class="cost">$120.00</b> for Assistant is due on <b>1 December 2026</b>.</h1>' in page
    assert page.index("1 Dec 2026</th>") < page.index("1 Jan 2026 <")
    assert '1 Jan 2026 <span class="tag">now</span></th>' in page


def test_a_licence_without_an_amount_is_refused(finance):
    answer = finance.post("/costs/recurring/new/", LICENCE | rows("amounts", {}) | rows("shares", {}))
    assert answer.status_code == 422
    assert "An amount is needed." in answer.content.decode()


def test_costs_that_have_ended_are_left_out_until_asked_for(finance):
    add_recurring(name="Old thing", ends_on=date(2026, 2, 1), every_months=1)
    assert "Old thing" not in finance.get("/costs/recurring/").content.decode()
    assert "Old thing" in finance.get("/costs/recurring/?show=all").content.decode()


@pytest.mark.parametrize(("today", "monthly"), [("2026-11-20", 100), ("2026-12-31", 100), ("2027-01-01", 0)])
def test_a_spread_payment_counts_on_after_the_end_and_is_listed_until_then(finance, monkeypatch, today, monthly):
    on_day(monkeypatch, today)
    # 1,200 were due on 1 January for the months to December; the later amount was never due.
    cost = add_recurring(by_day=amounts(d20260101="1200", d20260301="2400"), name="Old", ends_on=date(2026, 2, 1))
    listed, page = finance.get("/costs/recurring/"), finance.get(f"/costs/recurring/{cost.pk}/")
    row = page.context["row"]
    assert (row.monthly, row.amount, row.has_ended) == (monthly, 1_200, not monthly)
    assert row.holding_since == date(2026, 1, 1)
    assert (listed.context["count"], listed.context["monthly"], listed.context["ended"]) == (
        (1, 100, 0) if monthly else (0, 0, 1)
    )
    said = "Nothing more is due for Old; it counts on until <b>December 2026</b>, with"
    texts = [tight(each.content.decode()).replace("\u00a0", " ") for each in (listed, page)]
    assert ("Nothing more is due; it counts on until December 2026." in texts[0]) is bool(monthly)
    assert (said in texts[1]) is bool(monthly)
    assert ("Old ended on 1 February 2026." in texts[1]) is (not monthly)


@pytest.mark.parametrize(
    ("today", "monthly", "until"),
    [("2026-12-31", 100, date(2026, 12, 31)), ("2027-01-05", 0, None), ("2027-01-15", 0, None)],
)
def test_a_spread_payment_counts_to_its_last_month_though_the_cost_ends_later(
    finance, monkeypatch, today, monthly, until
):
    on_day(monkeypatch, today)
    # 1,200 of 15 January 2026 count in its twelve months; what ends on 14 January 2027 costs nothing in that month.
    terms = {"starts_on": date(2026, 1, 15), "ends_on": date(2027, 1, 14), "every_months": 12}
    cost = add_recurring(by_day=amounts(d20260115="1200"), name="Old", **terms)
    listed, page = finance.get("/costs/recurring/?show=all"), finance.get(f"/costs/recurring/{cost.pk}/")
    row = page.context["row"]
    assert (row.monthly, row.counts_until, row.has_ended) == (monthly, until, today == "2027-01-15")
    assert listed.context["monthly"] == monthly
    assert ("it counts on until" in page.content.decode()) is bool(monthly)


def test_a_payment_that_is_not_spread_ends_on_its_day(finance, monkeypatch):
    on_day(monkeypatch, "2026-02-02")
    cost = add_recurring(ends_on=date(2026, 2, 1), spread=False)
    row = finance.get(f"/costs/recurring/{cost.pk}/").context["row"]
    assert (row.has_ended, row.counts_until, row.monthly) == (True, None, 0)


def test_roles_have_dated_rates(finance):
    form = {"name": "Engineer", "currency": "USD"} | rows(
        "rates", {"since": "2026-01-01", "amount": "800"}, {"since": "2027-01-01", "amount": "850"}
    )
    assert finance.post("/costs/labour/roles/new/", form).status_code == 302
    ((role, rate, rates),) = finance.get("/costs/labour/roles/").context["rows"]
    assert (role.name, rate, len(rates)) == ("Engineer", 800, 2)
    assert finance.post("/costs/labour/roles/new/", form | {"name": "ENGINEER"}).status_code == 422


def test_days_are_typed_into_the_grid(finance):
    one, role = InitiativeFactory(), add_role()
    new = {
        "new-0-initiative": one.key.lower(),
        "new-0-role": str(role.pk),
        "new-0-2026.02.days": "3",
        "new-0-2026.03.days": "2.5",
    }
    assert finance.post("/costs/labour/?year=2026", new).status_code == 302
    page = finance.get("/costs/labour/?year=2026")
    (row,) = page.context["grid"].rows
    assert (row.total, row.cost) == (Decimal("5.5"), 4_400)
    name = f"{one.pk}-{role.pk}"
    finance.post(
        "/costs/labour/?year=2026", {f"was-{name}": row.was, f"{name}-2026.02.days": "", f"{name}-2026.03.days": "4"}
    )
    assert list(LabourDays.objects.values_list("month", "days")) == [(date(2026, 3, 1), 4)]


def test_what_is_wrong_in_the_grid_is_said_and_nothing_is_saved(finance):
    new = {"new-0-initiative": "AI-9", "new-0-role": "", "new-0-2026.02.days": "minus"}
    add_role()
    answer = finance.post("/costs/labour/?year=2026", new)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "There is no such initiative." in text and "Which role?" in text and 'value="minus"' in text


def test_a_cell_that_somebody_else_changed_is_not_overwritten_unseen(finance):
    one, role = InitiativeFactory(), add_role()
    february = NewDays(one, role, date(2026, 2, 1), Decimal(3))
    labour_days.set_all(None, [february])
    name = f"{one.pk}-{role.pk}"
    was = finance.get("/costs/labour/?year=2026").context["grid"].rows[0].was
    labour_days.set_all(None, [february._replace(days=Decimal(4))])
    answer = finance.post("/costs/labour/?year=2026", {f"was-{name}": was, f"{name}-2026.02.days": "5"})
    assert "Somebody else has made this 4 meanwhile" in answer.content.decode()
    again = {f"was-{name}": answer.context["grid"].rows[0].was, f"{name}-2026.02.days": "5"}
    assert finance.post("/costs/labour/?year=2026", again).status_code == 302
    assert LabourDays.objects.get().days == 5


def test_labour_says_what_it_has_cost_so_far_and_of_what(finance):
    initiative = InitiativeFactory(title="Roof check")
    role = add_role()
    labour_days.set_all(None, [NewDays(initiative, role, date(2026, 3, 1), Decimal(2))])
    page = tight(finance.get("/costs/labour/?year=2026").content.decode())
    assert 'In 2026, <b>2 days</b> recorded here have cost <b class="cost">$1,600</b> so far.' in page
    assert '<span class="soft clip">Roof check</span>' in page


def test_days_of_one_initiative_are_said_to_be_its_own(finance):
    roof, other, role = InitiativeFactory(title="Roof check"), InitiativeFactory(title="Other"), add_role()
    given = [NewDays(each, role, date(2026, 3, 1), Decimal(days)) for each, days in ((roof, 2), (other, 5))]
    labour_days.set_all(None, given)

    def said(name: str, year: str = "2026") -> str:
        page = tight(finance.get("/costs/labour/", {"year": year, "initiative": name}).content.decode())
        return page[page.index("<h1>") + 4 : page.index("</h1>")].strip()

    cost = '<b class="cost">$1,600</b>'
    assert said(roof.key) == f"In 2026, <b>2 days</b> of work on “Roof check” have cost {cost} so far."
    assert said(roof.key, "2025") == "No days of work on “Roof check” are recorded for 2025."
    assert said("AI-O001") == "No initiative that you see is called “AI-O001”."


def test_where_a_filter_keeps_nothing_that_is_said_and_taken_off(client):
    client.force_login(UserFactory(executive=True))
    days = tight(client.get("/costs/labour/?year=2026&initiative=AI-O001").content.decode())
    assert "No days are like this" in days
    assert '<a class="btn" href="?year=2026">Clear</a>' in days
    add_line(InitiativeFactory(), "2026-03-06", "100", recoverable=True)
    for show in ("", "show=billed&"):
        page = tight(client.get(f"/costs/recoverable/?{show}vendor=Nobody").content.decode())
        assert "No line of this list is like this" in page
        assert "Nothing to bill" not in page and "Nothing is billed on yet" not in page


def test_who_may_not_record_is_not_told_to_record_above(client):
    initiative = InitiativeFactory()
    for user, told in ((UserFactory(executive=True), False), (initiative.owner, True)):
        client.force_login(user)
        page = client.get(f"/initiatives/{initiative.key}/costs/").content.decode()
        assert ("Record the first cost above" in page, "Costs stand here once somebody" in page) == (told, not told)


def test_the_heading_counts_days_of_months_that_are_over_and_the_foot_sums_all(finance, monkeypatch):
    on_day(monkeypatch, "2026-11-29")
    one, other, role = InitiativeFactory(), InitiativeFactory(), add_role()
    labour_days.set_all(
        None,
        [
            NewDays(one, role, date(2026, 3, 1), Decimal("2.5")),
            NewDays(other, role, date(2026, 3, 1), Decimal(4)),
            NewDays(one, role, date(2026, 11, 1), Decimal(8)),
        ],
    )
    page = tight(finance.get("/costs/labour/?year=2026").content.decode())
    # 6.5 days at $800; November is not over
    assert 'In 2026, <b>6.5 days</b> recorded here have cost <b class="cost">$5,200</b> so far.' in page
    assert "<h2>Days by month, 2026</h2>" in page
    assert '<th scope="col" class="num nowrap">Mar</th>' in page
    on_their_points = ("10.5", "4.0", "6.5", "8.0", "14.5")
    assert [page.count(f'<td class="num total">{each}</td>') for each in on_their_points] == [1] * 5
    assert page.count('<td class="num total">$11,600</td>') == 1  # 14.5 × 800


def test_roles_say_between_which_rates_a_day_of_work_lies(finance):
    assert "What does a day of work cost?" in finance.get("/costs/labour/roles/").content.decode()
    add_role()
    assert "A day of work costs <b>$800</b>." in tight(finance.get("/costs/labour/roles/").content.decode())
    add_role("Analyst", [(date(2026, 1, 1), Decimal(635))])
    page = tight(finance.get("/costs/labour/roles/").content.decode())
    assert "A day of work costs <b>$635</b> to <b>$800</b>." in page
    add_role("Berater", currency="EUR")
    assert "What does a day of work cost?" in finance.get("/costs/labour/roles/").content.decode()


def test_every_form_of_a_register_leads_back_and_deletes_in_a_card_of_its_own(finance):
    asset = add_asset(name="Rack")
    page = tight(finance.get(f"/costs/assets/{asset.pk}/edit/").content.decode())
    crumb = page[page.index('class="crumb') : page.index("<h1>")]
    assert [crumb.index(each) for each in (">Costs<", ">Own hardware<", ">Rack<")] == sorted(
        crumb.index(each) for each in (">Costs<", ">Own hardware<", ">Rack<")
    )
    assert page.index("Cancel") < page.index("Deleting is for what") < page.index('name="delete"')
    assert page.count('name="version"') == 2


def test_a_new_row_does_not_overwrite_days_that_stand_in_another(finance):
    one, role = InitiativeFactory(), add_role()
    labour_days.set_all(None, [NewDays(one, role, date(2026, 2, 1), Decimal(3))])
    new = {"new-0-initiative": one.key, "new-0-role": str(role.pk), "new-0-2026.02.days": "5"}
    answer = finance.post("/costs/labour/?year=2026", new | {"new-0-2026.03.days": "1"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f"{one.key}, Engineer, 2026-02: 3 days stand there by now. Nothing is saved." in text
    assert 'value="5"' in text
    assert [(row.month, row.days) for row in LabourDays.objects.all()] == [(date(2026, 2, 1), 3)]
    assert finance.post("/costs/labour/?year=2026", new | {"new-0-2026.02.days": "3"}).status_code == 302


def carried(answer) -> dict[str, str]:
    """Return what the page says that its reader was told of."""
    return dict(re.findall(r'name="(told-[^"]+)" value="([^"]*)"', answer.content.decode()))


def test_a_new_row_takes_the_place_of_days_that_its_reader_was_told_of(finance):
    """Of an initiative behind the filter: its days stand in no row of the page."""
    one, other, role = InitiativeFactory(), InitiativeFactory(), add_role()
    february = NewDays(one, role, date(2026, 2, 1), Decimal(3))
    labour_days.set_all(None, [february])
    address = f"/costs/labour/?year=2026&initiative={other.key}"
    new = {"new-0-initiative": one.key, "new-0-role": str(role.pk), "new-0-2026.02.days": "5"}
    assert carried(finance.post(address, new)) == {f"told-{one.pk}-{role.pk}-2026.02": "3"}

    # What is told goes along while something else is corrected, and says nothing of what has changed again since.
    told = carried(finance.post(address, new))
    wrong = finance.post(address, new | told | {"new-0-2026.03.days": "minus"})
    assert (wrong.status_code, carried(wrong)) == (422, told)
    assert 'aria-invalid="true" aria-describedby="new-0-wrong"' in (page := wrong.content.decode())
    assert untied(page) == []
    labour_days.set_all(None, [february._replace(days=Decimal("3.5"))])
    refused = finance.post(address, new | told)
    assert "2026-02: 3.5 days stand there by now." in refused.content.decode()

    assert finance.post(address, new | carried(refused)).status_code == 302
    assert [(row.initiative, row.days) for row in LabourDays.objects.all()] == [(one, 5)]


def test_what_was_told_of_one_initiative_says_nothing_of_another(finance):
    one, other, role = InitiativeFactory(), InitiativeFactory(), add_role()
    for initiative in (one, other):
        labour_days.set_all(None, [NewDays(initiative, role, date(2026, 2, 1), Decimal(3))])
    new = {"new-0-initiative": one.key, "new-0-role": str(role.pk), "new-0-2026.02.days": "5"}
    told = carried(finance.post("/costs/labour/?year=2026", new))
    assert told
    assert finance.post("/costs/labour/?year=2026", new | told | {"new-0-initiative": other.key}).status_code == 422
    made_up = dict.fromkeys(told, "3 or so")
    assert finance.post("/costs/labour/?year=2026", new | made_up).status_code == 422
    assert set(LabourDays.objects.values_list("days", flat=True)) == {3}


def test_days_that_change_between_reading_and_saving_are_not_lost(finance, monkeypatch):
    one, role = InitiativeFactory(), add_role()
    february = NewDays(one, role, date(2026, 2, 1), Decimal(3))
    labour_days.set_all(None, [february])
    name, save = f"{one.pk}-{role.pk}", labour_days.set_all

    def just_after_somebody_else(actor, rows):
        save(None, [february._replace(days=Decimal(4))])
        return save(actor, rows)

    monkeypatch.setattr(labour_days, "set_all", just_after_somebody_else)
    answer = finance.post("/costs/labour/?year=2026", {f"was-{name}": "|3", f"{name}-2026.02.days": "5"})
    assert (answer.status_code, LabourDays.objects.get().days) == (422, 4)
    assert "2026-02: 4 days stand there by now." in answer.content.decode()


def test_days_are_pasted_from_a_list(finance):
    one = InitiativeFactory()
    add_role()
    cells = f"Initiative\tRole\tMonth\tDays\n{one.key}\tengineer\t2026-02\t3\n{one.key.lower()}\tPilot\t2026-03\t1"
    answer = finance.post("/costs/labour/", {"cells": cells})
    assert "There is no such role. There are: Engineer." in answer.content.decode()
    good = cells.replace("Pilot", "Engineer")
    assert finance.post("/costs/labour/", {"cells": good}).status_code == 200
    assert finance.post("/costs/labour/", {"cells": good, "save": "1"}).status_code == 302
    assert LabourDays.objects.count() == 2


def test_contributors_enter_days_of_their_own_initiatives_and_read_the_rest(client):
    me = UserFactory()
    mine, other, role = InitiativeFactory(owner=me), InitiativeFactory(), add_role()
    labour_days.set_all(None, [NewDays(one, role, date(2026, 2, 1), Decimal(3)) for one in (mine, other)])
    client.force_login(me)
    page = client.get("/costs/labour/?year=2026")
    assert [row.may_edit for row in page.context["grid"].rows] == [True, False]
    name = f"{other.pk}-{role.pk}"
    client.post("/costs/labour/?year=2026", {f"was-{name}": "", f"{name}-2026.02.days": "9"})
    assert LabourDays.objects.get(initiative=other).days == 3
    new = {"new-0-initiative": other.key, "new-0-role": str(role.pk), "new-0-2026.04.days": "1"}
    assert client.post("/costs/labour/?year=2026", new).status_code == 422


def test_what_is_shared_with_a_confidential_initiative_is_not_shown_to_strangers(client):
    secret = InitiativeFactory(confidential=True, title="Project Whisper")
    asset = add_asset([(secret, "0.1")], name="Hush box", vendor="Hush Ltd")
    cost = add_recurring([(secret, "0.5")], name="Hush tool", vendor="Hush Ltd")
    role = add_role()
    labour_days.set_all(None, [NewDays(secret, role, date(2026, 2, 1), Decimal(3))])
    client.force_login(UserFactory())
    for page in ("assets", "recurring", "labour", "recoverable"):
        text = client.get(f"/costs/{page}/").content.decode()
        assert "Hush" not in text and "Whisper" not in text and secret.key not in text
    assert client.get(f"/costs/assets/{asset.pk}/").status_code == 404
    assert client.get(f"/costs/recurring/{cost.pk}/").status_code == 404
    for page in LISTS_OF_COST:  # nor are the lines of what is left over, which belong to nobody
        assert "Hush" not in client.get(page).content.decode()
    assert client.get("/api/v1/costs", headers=bearer(UserFactory())).json()["count"] == 0
    client.force_login(secret.owner)
    assert client.get(f"/costs/assets/{asset.pk}/").status_code == 200
    for page in LISTS_OF_COST:
        assert "Hush" in client.get(page).content.decode(), page


def test_a_strangers_own_part_of_what_is_shared_with_a_confidential_initiative_is_theirs_to_see(client):
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    add_recurring([(seen, "0.5"), (secret, "0.2")], name="Tool", vendor="Acme")
    add_recurring([(seen, "0.5")], name="Other", vendor="Open")
    client.force_login(seen.owner)
    found = client.get("/costs/").context["page"].lines
    assert {(line.group.vendor, line.group.initiative) for line in found} == {
        ("Acme", seen), ("Open", seen), ("Open", None),
    }  # fmt: skip


def test_selected_lines_are_billed_on_and_counted_as_recovered(finance):
    one = InitiativeFactory()
    first = add_line(one, "2026-01-02", "100", recoverable=True)
    second = add_line(one, "2026-02-02", "50", recoverable=True)
    add_line(one, "2026-03-02", "7")
    page = finance.get("/costs/recoverable/")
    assert (page.context["recovery"].gross, page.context["sums"].lines) == (150, 2)
    sent = {"bill": "1", "line": [first.key], "billed_on": "2026-04-01", "invoice_ref": "INV-7"}
    assert finance.post("/costs/recoverable/", sent).status_code == 302
    billed = finance.get("/costs/recoverable/?show=billed")
    assert [tuple(invoice) for invoice in billed.context["invoices"]] == [("INV-7", date(2026, 4, 1), 1, 100)]
    recovery = billed.context["recovery"]
    assert (recovery.recovered, recovery.open) == (100, 50)
    csv = b"".join(finance.get(billed.context["export"]).streaming_content).decode()
    assert "INV-7" in csv and csv.count("\n") == 2
    rest = {"bill": "1", "all": "1", "billed_on": "2026-04-02", "invoice_ref": ""}
    assert finance.post("/costs/recoverable/", rest).status_code == 302
    assert CostLine.objects.live().get(incurred_on=second.incurred_on).billed_on == date(2026, 4, 2)
    back = finance.get("/costs/recoverable/?show=billed").context["page"].lines
    finance.post("/costs/recoverable/?show=billed", {"unbill": "1", "line": [line.key for line in back]})
    assert finance.get("/costs/recoverable/").context["recovery"].recovered == 0


def test_a_line_may_be_billed_on_a_day_to_come_and_counts_as_come_back_from_then_on(finance, monkeypatch):
    line = add_line(InitiativeFactory(), "2026-01-02", "100", recoverable=True)
    sent = {"bill": "1", "line": [line.key], "billed_on": "2026-04-16", "invoice_ref": "INV-7"}
    assert finance.post("/costs/recoverable/", sent).status_code == 302
    assert finance.get("/costs/recoverable/").context["sums"].lines == 0
    for day, recovered in (("2026-04-15", 0), ("2026-04-16", 100)):
        on_day(monkeypatch, day)
        shown = finance.get("/costs/recoverable/?show=billed").context
        assert (shown["sums"].lines, shown["recovery"].recovered, shown["recovery"].open) == (
            1, recovered, 100 - recovered,
        )  # fmt: skip


def test_the_invoice_of_recoverable_costs_is_that_by_which_they_were_billed_on(finance):
    bring_in("focus", bill({"InvoiceId": "X", "BilledCost": "8"}))
    ChargeGroup.objects.update(recoverable=True)
    line = CostLine.objects.live().get()
    sent = {"bill": "1", "line": [line.key], "billed_on": "2026-04-01", "invoice_ref": "Y"}
    assert finance.post("/costs/recoverable/", sent).status_code == 302
    for asked, kept in (("y", 1), ("X", 0)):
        shown = finance.get(f"/costs/recoverable/?show=billed&invoice_ref={asked}")
        found = shown.context
        assert (found["sums"].lines, len(found["invoices"]), found["recovery"].gross) == (kept, kept, 8 * kept)
        assert len(finance.get(found["export"]).getvalue().splitlines()) == 1 + kept
        assert re.search(r'<a href="/costs/recoverable/">\s*Not billed yet', shown.content.decode())
        asked_by_api = {"invoice_ref": asked, "own_invoice": True}
        by_api = Client().get("/api/v1/costs", asked_by_api, headers=bearer(UserFactory(finance=True)))
        assert len(by_api.json()["items"]) == kept
    assert finance.get("/costs/?invoice_ref=X").context["sums"].lines == 1


def test_lines_that_say_the_same_on_other_days_are_counted_each(finance):
    one = InitiativeFactory()
    rule({"vendor": "acme"}, (one, "0.5"), InitiativeFactory())
    head = "incurred_on,category,amount,currency,vendor,recoverable,billed_on,invoice_ref\n"
    months = ("2026-01-05", "2026-02-05", "2026-03-05")
    text = "".join(f"{day},cloud,100,USD,Acme,true,2026-04-01,INV-1\n" for day in months)
    assert bring_in("costs_csv", head + text + text.replace("USD", "EUR").replace("INV-1", "INV-2")).rows_created == 6
    for only, half in (("", 1), (f"&initiative={one.key}", 2)):  # half of each line is the initiative's
        shown = finance.get(f"/costs/recoverable/?show=billed{only}").context
        assert sorted(tuple(each) for each in shown["invoices"]) == [
            ("INV-1", date(2026, 4, 1), 3, 300 / half), ("INV-2", date(2026, 4, 1), 3, None),
        ]  # fmt: skip
        assert shown["recovery"].pending == 3


def test_all_of_the_list_is_all_that_one_may_change_also_behind_newer_lines_of_others(client, monkeypatch):
    monkeypatch.setattr(billing_views, "MOST_AT_ONCE", 2)
    me, other = UserFactory(), InitiativeFactory()
    mine = InitiativeFactory(owner=me)
    own = [add_line(mine, "2026-01-02", amount, recoverable=True) for amount in ("100", "50")]
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        add_line(other, day, "7", recoverable=True)
    client.force_login(me)
    assert "All of this list: 2 lines" in tight(client.get("/costs/recoverable/").content.decode())
    sent = {"bill": "1", "all": "1", "billed_on": "2026-04-02", "invoice_ref": "INV-9"}
    assert client.post("/costs/recoverable/", sent).status_code == 302
    billed = CostLine.objects.live().filter(billed_on=date(2026, 4, 2))
    assert sorted(line.group.initiative_id for line in billed) == [mine.pk] * len(own)
    add_line(mine, "2026-01-03", "1", recoverable=True)
    for line in own:
        add_line(mine, "2026-01-04", line.amount, recoverable=True)
    answer = client.post("/costs/recoverable/", sent)
    assert answer.status_code == 422
    assert "At most 1,000 lines at once." in answer.content.decode()


def test_who_may_bill_nothing_of_a_list_is_offered_nothing(client):
    me = UserFactory()
    add_line(InitiativeFactory(), "2026-01-02", "100", recoverable=True)
    client.force_login(me)
    shown = client.get("/costs/recoverable/").content.decode()
    assert "$100.00" in shown
    assert not [name for name in ("All of this list", 'name="billed_on"', 'name="bill"') if name in shown]
    add_line(InitiativeFactory(owner=me), "2026-01-03", "50", recoverable=True)
    shown = tight(client.get("/costs/recoverable/").content.decode())
    assert "All of this list: 1 line<" in shown and 'name="bill"' in shown


def test_billing_without_a_day_or_without_lines_is_refused(finance):
    line = add_line(InitiativeFactory(), "2026-01-02", "100", recoverable=True)
    assert finance.post("/costs/recoverable/", {"bill": "1", "line": [line.key], "billed_on": ""}).status_code == 422
    answer = finance.post("/costs/recoverable/", {"bill": "1", "billed_on": "2026-01-03"})
    assert answer.status_code == 422 and "Choose the lines." in answer.content.decode()


def test_a_generated_line_leads_to_its_register(finance):
    asset = add_asset()
    line = CostLine.objects.live().first()
    text = finance.get(f"/costs/lines/{line.key}/").content.decode()
    assert f"/costs/assets/{asset.pk}/" in text and "Correct this line" not in text
    finance.post(f"/costs/lines/{line.key}/delete/")
    assert CostLine.objects.live().filter(pk=line.pk).exists()


def test_the_part_of_a_register_says_which_part_of_its_description_it_is(finance):
    one, whole = InitiativeFactory(), InitiativeFactory()
    register_entries.set_energy_price(None, EnergyPrice(since=date(2026, 1, 1), amount=Decimal("0.25"), currency="USD"))
    add_asset([(one, "0.125")], power_kw=Decimal(2))
    add_asset([(whole, "1")], name="Workstation")
    ledger = tight(finance.get("/costs/").content.decode())
    # 1,488 × 0.25 = 372, of which the initiative bears an eighth.
    said = "12.5\u202f% of GPU server: 1,488 kWh × 0.25 USD/kWh"
    assert ledger.count(said) == 1 and "87.5\u202f% of GPU server: 1,488 kWh × 0.25 USD/kWh" in ledger
    assert "Workstation" in ledger and "of Workstation" not in ledger
    assert said in tight(finance.get(f"/initiatives/{one.key}/costs/").content.decode())
    line = CostLine.objects.live().get(group__service="energy", group__initiative=one, incurred_on="2026-03-31")
    page = tight(finance.get(f"/costs/lines/{line.key}/").content.decode())
    assert f"<dd>{said}</dd>" in page
    assert re.sub(r"<[^>]*>", "", re.search(r"<h1>.*?</h1>", page)[0]) == "Hardware cost $46.50 on 31\xa0March\xa02026."


def test_an_unknown_or_reserved_source_cannot_bring_lines_of_a_register(finance):
    body = {
        "incurred_on": "2026-01-05",
        "category": "cloud",
        "amount": "5",
        "currency": "USD",
        "source": "Asset-Register",
    }
    answer = finance.post("/api/v1/costs", body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "source"


QUERIES = {
    "/costs/assets/": 12,
    "/costs/recurring/": 9,
    "/costs/labour/?year=2026": 12,
    "/costs/labour/roles/": 7,
    "/costs/recoverable/": 11,
    "/costs/recoverable/?show=billed": 10,
}


def test_pages_do_not_ask_more_for_more_rows(finance):
    role = add_role()
    for _ in range(12):
        one = InitiativeFactory()
        add_asset([(one, "1")], power_kw=Decimal(1))
        add_recurring([(one, "1")], recoverable=True)
        add_line(one, "2026-01-02", "5", recoverable=True, billed_on="2026-02-01")
        labour_days.set_all(None, [NewDays(one, role, date(2026, 2, 1), Decimal(3))])
    for address, most in QUERIES.items():
        finance.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert finance.get(address).status_code == 200
        assert len(queries) <= most, (address, [query["sql"][:150] for query in queries])
    assert LabourRole.objects.count() == 1


@pytest.mark.parametrize("starts", [1, 4])
def test_a_line_of_days_opens_them_in_their_fiscal_year(finance, starts):
    Organisation.objects.create(base_currency="USD", fiscal_year_start=starts)
    labour_days.set_all(None, [NewDays(InitiativeFactory(), add_role(), date(2026, 2, 1), Decimal(3))])
    page = finance.get(f"/costs/lines/{CostLine.objects.get().key}/").content.decode()
    (register,) = re.findall(r'href="([^"]+)">Open the register', page)
    rows = finance.get(unescape(register)).context["grid"].rows
    assert "3" in [cell.text for row in rows for cell in row.cells]
