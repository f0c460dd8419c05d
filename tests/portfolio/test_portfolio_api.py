"""The portfolio over HTTP and on the command line: same body, refused input named, check values of calculators."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Role, User
from accounts.tokens import make
from portfolio.metrics.economics import economics
from portfolio.metrics.summary import summary as portfolio_summary
from portfolio.output.bodies import economics_body
from portfolio.selection.filters import Filters
from tests.costs.factories import add_line, on_day
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import make_flow, read

pytestmark = pytest.mark.django_db
FINANCE = {"rate": 0.1, "benefits": [0, 50, 60, 70, 200], "costs": [200, 0, 0, 0, 0]}


@pytest.fixture
def call(client):
    admin = User.objects.create_user("admin@example.com", role=Role.ADMIN)
    _row, token = make(admin, "test", None)

    def request(path, body=None):
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return client.get(f"/api/v1{path}", headers=headers)
        return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)

    return request


def test_the_command_prints_exactly_the_body_of_the_api(call):
    printed = StringIO()
    call_command("summary", as_of="2026-06-17", json=True, stdout=printed)
    assert json.loads(printed.getvalue()) == call("/portfolio/summary?as_of=2026-06-17").json()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/portfolio/summary?as_of=2026-02-30", "as_of"),
        ("/portfolio/funnel?tag=nobody", "tag"),
        ("/portfolio/initiatives?sort=luck", "sort"),
        ("/portfolio/trend?by=year", "by"),
        ("/portfolio/summary?rate=NaN", "rate"),
    ],
)
def test_what_cannot_be_read_is_named(call, path, field):
    answer = call(path)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_initiatives_are_sorted_and_paged(call):
    for title in ("Bravo", "Alpha", "Charlie"):
        call("/initiatives", {"title": title})
    first = call("/portfolio/initiatives?sort=-title&limit=2").json()
    assert ([item["title"] for item in first["items"]], first["count"]) == (["Charlie", "Bravo"], 3)
    call("/initiatives", {"title": "Delta"})  # comes before them all, and shifts nothing
    second = call(first["next"].partition("/api/v1")[2]).json()
    assert ([item["title"] for item in second["items"]], second["next"]) == (["Alpha"], None)


def test_the_list_and_the_trend_say_in_what_money_and_what_waits_for_a_rate(call):
    # One cost 7 in June and lacks two lines and a reading in EUR; the other has nothing.
    one, bare = (InitiativeFactory(title=title) for title in ("One", "Bare"))
    add_line(one, "2025-06-02", "7")
    for day in ("2025-06-03", "2025-06-04"):
        add_line(one, day, "10", currency="EUR")
    outcome = make_flow(one, unit_value_currency="EUR", agreed_on=date(2025, 1, 1))
    read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    listed = call("/portfolio/initiatives?as_of=2025-06-30").json()["items"]
    names = ("key", "currency", "gross_cost", "pending_lines", "pending_readings")
    assert [[item[name] for name in names] for item in listed] == [
        [one.key, "USD", "7", 2, 1],
        [bare.key, "USD", "0", 0, 0],
    ]
    trend = call("/portfolio/trend?as_of=2025-06-30").json()
    assert trend["currency"] == "USD"
    assert [(month["month"], month["net_cost"]) for month in trend["months"]] == [("2025-06", "7")]
    lines, readings = {"pending lines": 2}, {"pending readings": 1}
    assert trend["left_out"] == {
        "benefit": readings,
        "gross_cost": lines,
        "recovered": lines,
        "net_cost": lines,
        "net_benefit": lines | readings,
    }
    assert call("/portfolio/trend?as_of=2025-05-01").json()["left_out"] == {}


@pytest.mark.parametrize(("utilisation", "per_million"), [(1, 3.754), (0.3, 12.51), (0.1, 37.54)])
def test_self_hosted_tokens_give_the_check_values(call, utilisation, per_million):
    body = {"cost_per_hour": 2.5, "tokens_per_second": 185, "utilisation": utilisation}
    found = call("/calculators/self-hosted-tokens", body).json()
    assert found["per_million_tokens"] == pytest.approx(per_million, abs=0.005)
    assert found["per_thousand_tokens"] == pytest.approx(per_million / 1000, abs=0.000005)


def test_yearly_and_dated_flows(call):
    assert call("/calculators/finance", FINANCE).json()["npv"] == pytest.approx(84.236049450174)
    flows = [{"on": "2023-01-01", "amount": -1000}, {"on": "2024-01-01", "amount": "1200"}]
    assert call("/calculators/finance", {"rate": 0, "flows": flows}).json()["irr"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    "body",
    [
        {"rate": 0.1},
        FINANCE | {"flows": [{"on": "2024-01-01", "amount": 1}]},
        FINANCE | {"costs": [1]},
        FINANCE | {"benefits": [-1, 0, 0, 0, 0]},
        FINANCE | {"rate": -1},
        FINANCE | {"rate": "-0.999999999999999999", "benefits": [1] * 30, "costs": [1] * 30},
        FINANCE | {"surprise": 1},
    ],
)
def test_finance_refuses_what_it_cannot_work_out(call, body):
    assert call("/calculators/finance", body).status_code == 422


@pytest.mark.parametrize("initiatives", [1, 2])
def test_the_first_flow_is_a_benefit_that_another_cancels_out(initiatives, monkeypatch):
    on_day(monkeypatch, "2026-12-31")
    admin = UserFactory(admin=True)
    one = InitiativeFactory(owner=admin)
    other = one if initiatives == 1 else InitiativeFactory(owner=admin)
    good, bad = (make_flow(made, unit_value=Decimal(1), baseline=Decimal(0)) for made in (one, other))
    january = {"period_start": date(2025, 1, 1)}
    read(good, date(2025, 1, 31), 100, **january)
    read(bad, date(2025, 1, 31), -100, **january)
    read(good, date(2026, 12, 31), 1500, period_start=date(2026, 12, 1))
    add_line(one, "2025-12-31", "1000")
    figures = portfolio_summary(Filters(as_of=date(2026, 12, 31)), None).figures
    # From 31 January 2025: −1,000 ÷ 1.1^(334 ÷ 365) + 1,500 ÷ 1.1^(699 ÷ 365); from December 2025 it would be 363.64.
    assert figures["npv"].value == pytest.approx(Decimal("333.27"), abs=Decimal("0.005"))


def test_the_economics_have_every_figure_of_an_initiative(call):
    initiative = InitiativeFactory()
    add_line(initiative, "2026-06-01", "12.5")
    answer = call(f"/initiatives/{initiative.key}/economics?as_of=2026-06-17").json()
    body = economics_body(economics(initiative, date(2026, 6, 17)))
    assert answer == json.loads(json.dumps(body))
