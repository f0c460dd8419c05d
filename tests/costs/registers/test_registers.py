"""Lines that follow from registers: what they come to, and that the ledger follows every change and nothing else."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.changes import data_version
from accounts.errors import RuleError
from accounts.models import AuditEntry
from costs import generators, lines, tasks, totals
from costs.ledger import billing
from costs.ledger.filters import Filters
from costs.models import AssetShare, CostLine, DayRate, EnergyPrice, RecurringAmount
from costs.new_line import NewLine
from costs.registers import entries as register_entries
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from tests.costs.factories import add_asset, add_line, add_rate, add_recurring, add_role, category, on_day, share
from tests.factories import InitiativeFactory, UserFactory, bearer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mid_april(monkeypatch):
    """It is 15 April 2026: three months have ended this year."""
    on_day(monkeypatch, "2026-04-15")


def ledger() -> list[tuple[str, str, str, str]]:
    """Return the live lines: day, initiative, what, amount."""
    found = CostLine.objects.live().shown().order_by("incurred_on", "external_id")
    return [
        (f"{line.incurred_on:%m-%d}", line.group.initiative.title if line.group.initiative else "-",
         line.group.service or line.description, f"{line.amount.normalize():f}")
        for line in found
    ]  # fmt: skip


def gross(initiative, on: date = date(2026, 12, 31)) -> Decimal:
    return totals.gross_by_initiative([initiative.pk], on).get(initiative.pk, Decimal(0))


# Own hardware -----------------------------------------------------------------------------------------------------
def test_a_month_of_an_asset_goes_to_its_initiatives_by_share_and_the_rest_to_none():
    one, two = InitiativeFactory(title="One"), InitiativeFactory(title="Two")
    add_asset([(one, "0.5"), (two, "0.3", "2026-02", "2026-02")])
    # 36,000 over 36 months is 1,000 a month; Two has its share in February alone.
    assert ledger() == [
        ("01-31", "-", "depreciation", "500"), ("01-31", "One", "depreciation", "500"),
        ("02-28", "-", "depreciation", "200"), ("02-28", "One", "depreciation", "500"),
        ("02-28", "Two", "depreciation", "300"),
        ("03-31", "-", "depreciation", "500"), ("03-31", "One", "depreciation", "500"),
    ]  # fmt: skip
    assert (gross(one), gross(two)) == (1_500, 300)
    line = CostLine.objects.get(group__initiative=two)
    assert (line.group.capex, line.group.recurring, line.group.category.name) == (True, True, "hardware")


def test_energy_is_power_times_hours_at_the_price_of_the_day_and_no_capital_expenditure():
    one = InitiativeFactory(title="One")
    register_entries.set_energy_price(None, EnergyPrice(since=date(2026, 2, 1), amount=Decimal("0.20"), currency="USD"))
    register_entries.set_energy_price(
        None, EnergyPrice(since=date(2026, 3, 31), amount=Decimal("0.25"), currency="USD")
    )
    add_asset([(one, "1")], power_kw=Decimal(2))
    energy = [each for each in ledger() if each[2] == "energy"]
    # January has no price: it is left out, not priced 0. 28 × 24 × 2 × 0.20 and 31 × 24 × 2 × 0.25.
    assert energy == [("02-28", "One", "energy", "268.8"), ("03-31", "One", "energy", "372")]
    line = CostLine.objects.filter(group__service="energy").latest("incurred_on")
    assert not line.group.capex
    assert line.description == "GPU server: 1,488 kWh × 0.25 USD/kWh"


def test_a_sold_asset_is_written_off_for_those_who_bear_it_that_month():
    one = InitiativeFactory(title="One")
    add_asset([(one, "0.5")], retired_on=date(2026, 3, 20), proceeds=Decimal(30_000))
    assert [each for each in ledger() if each[2] == "write-off"] == [
        ("03-20", "-", "write-off", "2000"), ("03-20", "One", "write-off", "2000"),
    ]  # fmt: skip


def test_a_change_restates_only_what_it_changes_and_keeps_the_old_version():
    one, two = InitiativeFactory(title="One"), InitiativeFactory(title="Two")
    asset = add_asset([(one, "1")])
    shares = [share(AssetShare, one, "1", "", "2026-01"), share(AssetShare, two, "1", "2026-02")]
    register_entries.save(None, asset, {}, {"shares": shares}, version=1)
    assert [each[:2] for each in ledger()] == [("01-31", "One"), ("02-28", "Two"), ("03-31", "Two")]
    assert CostLine.objects.count() == 5
    register_entries.save(None, asset, {"price": Decimal(72_000)}, {}, version=2)
    assert (gross(one), gross(two)) == (2_000, 4_000)
    january = CostLine.objects.filter(incurred_on="2026-01-31").order_by("occurrence")
    assert [(line.occurrence, line.withdrawn, line.amount) for line in january] == [
        (1, "restated", 1_000),
        (2, "", 2_000),
    ]


def test_an_asset_that_is_deleted_leaves_no_cost():
    one = InitiativeFactory()
    asset = add_asset([(one, "1")])
    register_entries.delete(None, asset, 1)
    assert ledger() == []
    assert gross(one) == 0
    assert CostLine.objects.filter(withdrawn="deleted").count() == 3


def test_what_comes_back_is_a_new_version():
    asset = add_asset()
    register_entries.save(None, asset, {"in_service_on": date(2026, 3, 1)}, {})
    register_entries.save(None, asset, {"in_service_on": date(2026, 1, 10)}, {})
    january = CostLine.objects.filter(incurred_on="2026-01-31").order_by("occurrence")
    assert [(line.occurrence, line.withdrawn) for line in january] == [(1, "deleted"), (2, "")]
    assert totals.gross_by_initiative(None, date(2026, 12, 31)) == {}


# People -----------------------------------------------------------------------------------------------------------
def test_days_cost_the_rate_in_force_on_the_last_day_of_their_month():
    one, role = InitiativeFactory(title="One"), add_role()
    march = NewDays(one, role, date(2026, 3, 1), Decimal("12.5"))
    labour_days.set_all(None, [march, march._replace(month=date(2026, 4, 1))])
    # April has not ended, so its days are not in the ledger yet.
    assert ledger() == [("03-31", "One", "Engineer: 12.5 × 800", "10000")]
    rates = [
        DayRate(since=date(2026, 1, 1), amount=Decimal(800)),
        DayRate(since=date(2026, 3, 20), amount=Decimal(900)),
    ]
    register_entries.save(None, role, {}, {"rates": rates})
    assert ledger() == [("03-31", "One", "Engineer: 12.5 × 900", "11250")]


def test_days_before_the_first_rate_are_not_priced_0():
    one, role = InitiativeFactory(), add_role()
    labour_days.set_all(None, [NewDays(one, role, date(2025, 12, 1), Decimal(3))])
    assert CostLine.objects.count() == 0


def test_days_are_said_anew_and_0_takes_them_away():
    one, role = InitiativeFactory(), add_role()
    february = NewDays(one, role, date(2026, 2, 1), Decimal(4))
    assert labour_days.set_all(None, [february]) == 1
    assert labour_days.set_all(None, [february]) == 0
    labour_days.set_all(None, [february._replace(days=Decimal(5))])
    assert gross(one) == 4_000
    labour_days.set_all(None, [february._replace(days=Decimal(0))])
    assert gross(one) == 0


def test_days_of_one_initiative_leave_those_of_another_alone():
    one, two, role = InitiativeFactory(title="One"), InitiativeFactory(title="Two"), add_role()
    first = NewDays(one, role, date(2026, 2, 1), Decimal(4))
    labour_days.set_all(None, [first, first._replace(initiative=two)])
    labour_days.set_all(None, [first._replace(days=Decimal(1))])
    assert ledger() == [("02-28", "One", "Engineer: 1 × 800", "800"), ("02-28", "Two", "Engineer: 4 × 800", "3200")]


def test_days_of_several_roles_are_told_in_the_history_of_each():
    one, two = InitiativeFactory(), InitiativeFactory()
    engineer, lawyer = add_role(), add_role("Lawyer")
    first = NewDays(one, engineer, date(2026, 2, 1), Decimal(4))
    labour_days.set_all(None, [first, first._replace(initiative=two), NewDays(two, lawyer, first.month, Decimal(1))])
    told = AuditEntry.objects.filter(action="generate", object_type="costs.labourrole")
    assert set(told.values_list("object_id", "initiative_id")) == {
        *((engineer.pk, each) for each in (None, one.pk, two.pk)),
        *((lawyer.pk, each) for each in (None, two.pk)),
    }


def test_a_role_with_days_cannot_be_deleted():
    role = add_role()
    labour_days.set_all(None, [NewDays(InitiativeFactory(), role, date(2026, 2, 1), Decimal(4))])
    with pytest.raises(RuleError, match="Days are recorded"):
        register_entries.delete(None, role, 1)
    assert gross(InitiativeFactory()) == 0


# Licences ---------------------------------------------------------------------------------------------------------
def test_a_yearly_licence_is_spread_over_its_months():
    one = InitiativeFactory(title="One")
    add_recurring([(one, "1")])
    assert [(day, amount) for day, _who, _what, amount in ledger()] == [
        ("01-01", "100"), ("02-01", "100"), ("03-01", "100"), ("04-01", "100"),
    ]  # fmt: skip


def test_or_stands_whole_on_the_day_it_is_due():
    one = InitiativeFactory(title="One")
    add_recurring([(one, "1")], spread=False, every_months=3)
    assert ledger() == [("01-01", "One", "Licences", "1200"), ("04-01", "One", "Licences", "1200")]


def test_prices_and_ends_are_dated():
    one = InitiativeFactory(title="One")
    dated = [(date(2026, 1, 1), Decimal(100)), (date(2026, 2, 15), Decimal(130))]
    cost = add_recurring([(one, "1")], dated, every_months=1, starts_on=date(2026, 1, 10))
    assert [each[3] for each in ledger()] == ["100", "100", "130", "130"]
    register_entries.save(None, cost, {"ends_on": date(2026, 3, 9)}, {})
    assert [each[3] for each in ledger()] == ["100", "100"]


def test_a_year_that_has_begun_counts_in_full():
    add_recurring(ends_on=date(2026, 2, 1))
    assert len(ledger()) == 4


# The ledger -------------------------------------------------------------------------------------------------------
def test_every_day_brings_what_is_due_once(monkeypatch):
    one = InitiativeFactory()
    add_asset([(one, "1")])
    add_recurring([(one, "1")])
    assert tasks.generate_lines() == 0
    on_day(monkeypatch, "2026-05-01")
    assert tasks.generate_lines() == 2  # the depreciation of April, and May of the licence
    assert tasks.generate_lines() == 0
    assert gross(one) == 4_000 + 500


def test_nothing_else_is_touched():
    one = InitiativeFactory(title="One")
    by_hand = add_line(one, "2026-01-31", "7")
    asset = add_asset([(one, "1")])
    other = add_asset([(one, "1")], name="Other")
    before = list(CostLine.objects.filter(group__resource=f"asset:{other.pk}").values_list("pk", flat=True))
    register_entries.save(None, asset, {"name": "Renamed"}, {})
    assert (
        list(CostLine.objects.live().filter(group__resource=f"asset:{other.pk}").values_list("pk", flat=True)) == before
    )
    assert CostLine.objects.live().filter(pk=by_hand.pk).exists()


def test_generated_lines_are_changed_in_their_register_alone():
    asset = add_asset([(InitiativeFactory(), "1")])
    line = CostLine.objects.filter(group__resource=f"asset:{asset.pk}").earliest("incurred_on")
    as_it_is = NewLine(
        line.group.initiative, line.incurred_on, category("hardware"), Decimal(1), "USD", capex=True, recurring=True
    )
    with pytest.raises(RuleError, match="change it there") as refused:
        lines.correct(None, line, as_it_is)
    assert refused.value.status == 409
    with pytest.raises(RuleError, match="change it there"):
        lines.remove(None, line)


def test_a_foreign_currency_waits_for_its_rate_like_any_line():
    one = InitiativeFactory()
    add_asset([(one, "1")], currency="EUR")
    assert gross(one) == 0
    add_rate("2026-01-31", "EUR", "1.1")
    assert gross(one) == 1_100
    assert generators.synchronise().changed == 0


def test_a_daily_run_leaves_kept_pages_where_it_changes_nothing(monkeypatch):
    add_asset([(InitiativeFactory(), "1")])
    before = data_version()
    assert generators.synchronise().changed == 0
    assert data_version() == before
    on_day(monkeypatch, "2026-05-01")  # April has ended
    assert generators.synchronise().changed == 1
    assert data_version().number == before.number + 1


def test_the_number_of_queries_does_not_grow_with_the_lines():
    one = InitiativeFactory()
    for months in (36, 12):
        add_asset([(one, "0.5")], life_months=months, in_service_on=date(2020, 1, 1), purchased_on=date(2020, 1, 1))
    with CaptureQueriesContext(
        connection,
    ) as before:
        generators.synchronise()
    for _ in range(5):
        add_asset([(one, "0.5")], in_service_on=date(2016, 1, 1), purchased_on=date(2016, 1, 1))
    with CaptureQueriesContext(connection) as after:
        generators.synchronise()
    assert len(after) == len(before)


def test_a_save_that_changes_nothing_writes_nothing():
    asset = add_asset()
    entries = AuditEntry.objects.count()
    assert register_entries.save(UserFactory(), asset, {"name": asset.name}, {}).version == 1
    assert AuditEntry.objects.count() == entries


def test_an_old_version_is_refused():
    asset = add_asset()
    register_entries.save(None, asset, {"name": "New"}, {}, version=1)
    with pytest.raises(register_entries.StaleError):
        register_entries.save(None, asset, {"name": "Newer"}, {}, version=1)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"salvage": Decimal(36_001)}, "salvage"),
        ({"price": Decimal(0)}, "price"),
        ({"life_months": 0}, "life_months"),
        ({"in_service_on": date(2026, 1, 1)}, "in_service_on"),
        ({"retired_on": date(2026, 1, 1)}, "retired_on"),
        ({"proceeds": Decimal(1)}, "retired_on"),
        ({"hours_per_month": Decimal(745)}, "hours_per_month"),
    ],
)
def test_an_asset_that_cannot_be_is_refused_at_its_field(values, field):
    with pytest.raises(RuleError) as refused:
        add_asset(**values)
    assert refused.value.errors[0][0] == field


@pytest.mark.parametrize(
    "shares",
    [
        [("one", "0.7"), ("two", "0.4", "2027-01")],
        [("one", "0.2"), ("one", "0.2", "2026-05", "2026-06")],
        [("one", "1.01")],
        [("one", "0.2", "2026-05", "2026-04")],
    ],
)
def test_shares_that_cannot_be_are_refused(shares):
    known = {name: InitiativeFactory() for name in ("one", "two")}
    with pytest.raises(RuleError) as refused:
        add_asset([(known[name], *rest) for name, *rest in shares])
    assert refused.value.field == "shares"
    assert CostLine.objects.count() == 0


def test_a_licence_needs_an_amount_from_its_first_day_on():
    with pytest.raises(RuleError) as refused:
        add_recurring(by_day=[(date(2026, 1, 2), Decimal(5))])
    assert refused.value.field == "amounts"
    cost = add_recurring()
    with pytest.raises(RuleError):
        register_entries.save(None, cost, {}, {"amounts": []})
    twice = [RecurringAmount(since=date(2026, 1, 1), amount=Decimal(n)) for n in (1, 2)]
    with pytest.raises(RuleError):
        register_entries.save(None, cost, {}, {"amounts": twice})


# Billing on -------------------------------------------------------------------------------------------------------
def test_billing_stays_with_a_line_that_its_register_restates():
    one = InitiativeFactory()
    cost = add_recurring([(one, "1")], recoverable=True)
    billed = list(CostLine.objects.live().filter(incurred_on__lt="2026-03-01"))
    assert billing.bill(None, billed, date(2026, 4, 1), "INV-7") == 2
    assert generators.synchronise().changed == 0
    register_entries.save(None, cost, {}, {"amounts": [RecurringAmount(since=date(2026, 1, 1), amount=Decimal(2_400))]})
    found = CostLine.objects.live().order_by("incurred_on").values_list("amount", "billed_on", "invoice_ref")
    paid = (200, date(2026, 4, 1), "INV-7")
    assert list(found) == [paid, paid, (200, None, None), (200, None, None)]
    sums = billing.recovery(Filters(), UserFactory(finance=True), date(2026, 4, 15))
    assert (sums.gross, sums.recovered, sums.open, sums.pending) == (800, 400, 400, 0)
    assert totals.flows_by_initiative([one.pk], date(2026, 4, 15))[one.pk].recovered == 400


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ({"ends_on": "2026-01-01"}, {"ends_on": None}),
        ({"recoverable": False}, {"recoverable": True}),
        ({"shares": []}, None),
    ],
)
def test_billing_is_there_again_with_a_line_that_comes_back_to_its_register(client, away, back):
    one = InitiativeFactory()
    cost, headers = add_recurring([(one, "1")], recoverable=True, every_months=1), bearer(UserFactory(finance=True))

    def send(method, path, body, **more):
        answer = getattr(client, method)(f"/api/v1{path}", body, "application/json", headers=headers | more)
        assert answer.status_code == 200
        return answer.json()

    def change(body):
        version = send("patch", address, body, **{"If-Match": f'"{seen["version"]}"'})["version"]
        seen["version"] = version

    address = f"/recurring-costs/{cost.pk}"
    seen = client.get(f"/api/v1{address}", headers=headers).json()
    shares = {"shares": seen["shares"]}
    live = CostLine.objects.live().order_by("incurred_on")
    first = [line.key for line in live.filter(incurred_on__lt="2026-04-01")]
    send("post", "/costs/billed", {"lines": first, "billed_on": "2026-04-01", "invoice_ref": "INV-7"})
    mistake = live.get(incurred_on__month=3)  # which stays one
    assert client.delete(f"/api/v1/costs/billed/{mistake.key}", headers=headers).status_code == 204
    for _twice in range(2):
        change(away)
        assert not live.filter(group__recoverable=True, billed_on__isnull=False, group__initiative=one)[1:]
        change(back or shares)
        paid, open_line = (date(2026, 4, 1), "INV-7"), (None, None)
        assert list(live.values_list("billed_on", "invoice_ref")) == [paid, paid, open_line, open_line]
    assert generators.synchronise().changed == 0


def test_many_lines_are_billed_in_a_bounded_number_of_queries():
    one = InitiativeFactory()
    chosen = [add_line(one, "2026-01-02", str(number), recoverable=True) for number in range(1, 21)]
    with CaptureQueriesContext(connection) as queries:
        assert billing.bill(UserFactory(finance=True), chosen, date(2026, 2, 1), "INV-1") == 20
    assert len(queries) <= 14
    assert billing.bill(None, list(CostLine.objects.live()), date(2026, 2, 1), "INV-1") == 0
    assert [(i.invoice_ref, i.lines, i.amount) for i in billing.invoices(Filters(), UserFactory(admin=True))] == [
        ("INV-1", 20, 210)
    ]
    assert billing.bill(None, list(CostLine.objects.live()), None, "") == 20
    assert billing.recovery(Filters(), UserFactory(admin=True), date(2026, 4, 15)).recovered == 0


# Rates that came later --------------------------------------------------------------------------------------------
def bases() -> list[str]:
    """Return the base amounts of the live lines by day, then by amount."""
    found = CostLine.objects.live().order_by("incurred_on", "base_amount")
    return [f"{line.base_amount.normalize():f}" for line in found]


def test_billing_leaves_each_line_the_rate_that_it_has():
    one = InitiativeFactory()
    add_rate("2026-01-30", "EUR", "1.10")
    first = add_line(one, "2026-01-31", "100", currency="EUR", recoverable=True)
    add_rate("2026-01-31", "EUR", "1.20")
    second = add_line(one, "2026-01-31", "100", currency="EUR", recoverable=True)
    assert billing.bill(None, [first, second], date(2026, 3, 1), "INV-8") == 2
    # 100 × 1.10, the rate of the 30th, which was the last one when it was entered; 100 × 1.20, that of the day itself.
    assert bases() == ["110", "120"]
    assert gross(one) == 230


def test_a_correction_of_the_day_is_valued_at_the_rate_of_that_day():
    one = InitiativeFactory()
    add_rate("2026-01-30", "EUR", "1.10")
    line = add_line(one, "2026-01-31", "100", currency="EUR")
    add_rate("2026-01-31", "EUR", "1.20")
    moved = lines.correct(None, line, replace(NewLine.of(line), incurred_on=date(2026, 2, 1)))
    assert (moved.rate, moved.base_amount) == (Decimal("1.20"), 120)


def test_an_entry_that_is_renamed_keeps_its_months_at_the_rates_they_have():
    one = InitiativeFactory()
    add_rate("2026-01-30", "EUR", "1.10")
    add_rate("2026-02-28", "EUR", "1.15")
    add_rate("2026-03-31", "EUR", "1.25")
    asset = add_asset([(one, "1")], currency="EUR")
    add_rate("2026-01-31", "EUR", "1.20")
    register_entries.save(None, asset, {"name": "Renamed"}, {})
    assert CostLine.objects.live().filter(description__startswith="Renamed").count() == 3
    # 36,000 over 36 months is 1,000 a month: × 1.10, 1.15 and 1.25, and no January at 1.20.
    assert bases() == ["1100", "1150", "1250"]
    assert gross(one) == 3_500
