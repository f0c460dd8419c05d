"""The shared worked example: every outcome figure of twenty initiatives, through the doors of this room."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from accounts.models import Role, User
from money.models import ExchangeRate
from outcomes import agreements, measurements
from outcomes.models import BenefitMonth
from outcomes.status import states
from outcomes.totals import benefit_by_initiative, benefit_by_month
from portfolio.facts.pending import pending_of_set
from projects.initiatives import create
from projects.transitions import move

pytestmark = pytest.mark.django_db

DATES = ("agreed_on", "baseline_on", "target_on", "period_start", "period_end")
AMOUNTS = ("baseline", "target", "target_low", "target_high", "attribution", "unit_value", "volume_per_month", "value")


def typed(row: dict, leave_out: tuple[str, ...]) -> dict:
    """Turn JSON texts into dates and exact amounts."""
    values = {name: value for name, value in row.items() if name not in leave_out}
    values |= {name: date.fromisoformat(values[name]) for name in DATES if name in values}
    return values | {name: Decimal(values[name]) for name in AMOUNTS if name in values}


@pytest.fixture(scope="module")
def portfolio(shared_data: Path) -> dict:
    return json.loads((shared_data / "worked-example" / "portfolio.json").read_text())


@pytest.fixture(scope="module")
def loaded(portfolio: dict, kept_for_the_module: None) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Put initiatives, their stages, outcomes and readings in place; return their ids."""
    admin = User.objects.create_user("admin@example.org", role=Role.ADMIN)
    ExchangeRate.objects.bulk_create(
        ExchangeRate(on=date.fromisoformat(r["on"]), currency=r["currency"], rate=Decimal(r["rate"]))
        for r in portfolio["rates"]
    )
    initiatives, outcomes = {}, {}
    for row in portfolio["initiatives"]:
        initiative = create(admin, title=row["title"], external_ref=row["external_ref"])
        initiatives[row["external_ref"]] = initiative.pk
        for stage, on in row["transitions"]:
            initiative.refresh_from_db()
            move(initiative, stage, date.fromisoformat(on), admin, rationale="history", override=True)
        for wanted in row["outcomes"]:
            outcome = agreements.agree(admin, initiative, **typed(wanted, ("measurements",)))
            outcomes[row["external_ref"], outcome.metric] = outcome.pk
            for reading in wanted["measurements"]:
                made = measurements.record(admin, outcome, **typed(reading, ("validated",)))
                if reading["validated"]:
                    measurements.validate(admin, [made])
    return initiatives, outcomes


def close(got: Decimal | None, want: str | None) -> bool:
    """The tolerance of the shared check."""
    if got is None or want is None:
        return got is None and want is None
    return abs(got - Decimal(want)) <= Decimal("0.000001") + abs(Decimal(want)) * Decimal("1e-8")


def test_every_outcome_figure_of_the_worked_example(shared_data, portfolio, loaded, django_assert_max_num_queries):
    expected = json.loads((shared_data / "worked-example" / "expected.json").read_text())
    as_of = date.fromisoformat(portfolio["as_of"])
    initiatives, outcomes = loaded

    with django_assert_max_num_queries(5):
        found = states(None, as_of)
    realised = benefit_by_initiative(None, as_of)
    validated = benefit_by_initiative(None, as_of, validated=True)
    wrong = []
    compared = 0
    for ref, want in expected["initiatives"].items():
        figures = [("realised_benefit", realised), ("validated_benefit", validated)]
        for name, got in figures:
            compared += 1
            if not close(got.get(initiatives[ref], Decimal(0)), want[name]):
                wrong.append((ref, name, got.get(initiatives[ref]), want[name]))
        for told in want["outcomes"]:
            state = found[outcomes[ref, told["metric"]]]
            compared += 2
            if not close(state.attainment, told["attainment"]) or state.status != told["status"]:
                wrong.append((ref, told, state.attainment, state.status))
    assert wrong == []
    assert compared == 2 * 20 + 2 * len(outcomes)
    assert close(sum(realised.values()), expected["realised_benefit"])
    assert close(sum(validated.values()), expected["validated_benefit"])
    assert pending_of_set(None, as_of).whole.readings == 0


def test_months_add_up_to_the_total_on_any_day(loaded):
    measured = set(BenefitMonth.objects.values_list("initiative_id", flat=True))
    assert measured
    for as_of in (date(2023, 10, 7), date(2024, 7, 1), date(2024, 9, 24), date(2025, 6, 30), date(2026, 6, 17)):
        for validated in (False, True):
            totals = benefit_by_initiative(None, as_of, validated)
            each = {pk: benefit_by_month([pk], as_of, validated) for pk in measured}
            by_month = {pk: months for pk, months in each.items() if months}
            for initiative, months in by_month.items():
                added = sum(map(Fraction, months.values()))
                assert abs(added - Fraction(totals.get(initiative, 0))) < Fraction(1, 10**30)
            assert {pk for pk, amount in totals.items() if amount} <= set(by_month)
            together = defaultdict(Fraction)
            for months in by_month.values():
                for month, amount in months.items():
                    together[month] += Fraction(amount)
                    assert month <= as_of
            by_all = benefit_by_month(None, as_of, validated)
            assert by_all.keys() == together.keys()
            assert all(abs(Fraction(by_all[month]) - together[month]) < Fraction(1, 10**30) for month in together)
