"""The worked example through the API: every call and every figure of `push_portfolio.py`, without a running server."""

import json
from decimal import Decimal

import pytest

from accounts.models import Role, User
from accounts.tokens import make

pytestmark = pytest.mark.django_db
INITIATIVE = [
    "title",
    "external_ref",
    "business_unit",
    "problem",
    "desired_outcome",
    "planned_production_on",
    "plan_agreed_on",
]
OUTCOME = [
    "metric",
    "unit",
    "direction",
    "kind",
    "agreed_on",
    "baseline",
    "baseline_on",
    "target",
    "target_low",
    "target_high",
    "target_on",
    "cadence_days",
    "benefit_type",
    "attribution",
    "unit_value",
    "unit_value_currency",
    "volume_per_month",
]
READING = ["period_start", "period_end", "value", "method"]


@pytest.fixture
def call(client):
    """Return a caller of the API that is an administrator."""
    admin = User.objects.create_user("admin@example.com", role=Role.ADMIN)
    _row, token = make(admin, "test", None)
    headers = {"Authorization": f"Bearer {token}"}

    def request(method, path, body=None):
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        answer = getattr(client, method.lower())(f"/api/v1{path}", headers=headers, **sent)
        assert answer.status_code in (200, 201), (method, path, body, answer.content[:600])
        return answer.json()

    return request


def given(row, names):
    return {name: row[name] for name in names if row.get(name) is not None}


def push(call, portfolio):
    """Enter the portfolio as the script does; return the keys by reference and the outcomes' ids."""
    for rate in portfolio["rates"]:
        call("POST", "/exchange-rates", rate)
    keys, outcomes = {}, {}
    for row in portfolio["initiatives"]:
        key = keys[row["external_ref"]] = call("POST", "/initiatives", given(row, INITIATIVE))["key"]
        for stage, on in row["transitions"]:
            move = {"to_stage": stage, "effective_on": on, "rationale": "history", "override": True}
            call("POST", f"/initiatives/{key}/transitions", move)
        for outcome in row["outcomes"]:
            outcomes[row["external_ref"], outcome["metric"]] = push_outcome(call, key, outcome)
        for budget in row["budgets"]:
            call("POST", "/budgets", budget | {"initiative": key})
        if row["costs"]:
            call("POST", "/costs", [cost | {"initiative": key} for cost in row["costs"]])
    if portfolio["unallocated"]:
        call("POST", "/costs", [cost | {"initiative": None} for cost in portfolio["unallocated"]])
    return keys, outcomes


def push_outcome(call, key, outcome):
    made = call("POST", f"/initiatives/{key}/outcomes", given(outcome, OUTCOME))
    for row in outcome["measurements"]:
        reading = call("POST", f"/outcomes/{made['id']}/measurements", given(row, READING))
        if row.get("validated"):
            call("POST", f"/measurements/{reading['id']}/validate", {})
    return made["id"]


def differences(where, got, want):
    """Yield what differs; a number may differ by the script's tolerance."""
    if isinstance(want, dict):
        for key, value in want.items():
            yield from differences(
                f"{where}.{key}", got.get(key, "missing") if isinstance(got, dict) else "missing", value
            )
    elif want is None or got is None or isinstance(got, dict | list):
        if got is not want:
            yield f"{where}: got {got}, want {want}"
    elif not equal(got, want):
        yield f"{where}: got {got}, want {want}"


def equal(got, want):
    try:
        near = Decimal("0.000001") + abs(Decimal(str(want))) * Decimal("1e-8")
        return abs(Decimal(str(got)) - Decimal(str(want))) <= near
    except ArithmeticError:
        return got == want


def test_every_figure_of_the_worked_example(call, shared_data):
    folder = shared_data / "worked-example"
    portfolio, expected = (json.loads((folder / f"{name}.json").read_text()) for name in ("portfolio", "expected"))
    keys, outcomes = push(call, portfolio)
    at = f"?as_of={portfolio['as_of']}"
    each = expected.pop("initiatives")
    within = {months: {"value": value} for months, value in expected.pop("production_within").items()}
    wrong = list(
        differences("summary", call("GET", f"/portfolio/summary{at}"), expected | {"production_within": within})
    )
    for reference, want in each.items():
        key, wanted_outcomes = keys[reference], want.pop("outcomes")
        item = call("GET", f"/initiatives/{key}{at}")
        stands = {name: want.pop(name) for name in ("stage", "guidance")}
        wrong += differences(reference, item, stands)
        wrong += differences(f"{reference}.economics", call("GET", f"/initiatives/{key}/economics{at}"), want)
        for wanted in wanted_outcomes:
            found = call("GET", f"/outcomes/{outcomes[reference, wanted['metric']]}{at}")
            wrong += differences(f"{reference}.{wanted['metric']}", found, wanted)
    assert wrong == []
