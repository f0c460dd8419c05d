"""The page of an outcome's benefit: what it adds up, each piece with the terms and the rate it was worked out with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from money import ledger
from outcomes import agreements
from outcomes.models import Outcome
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_flow, read

pytestmark = pytest.mark.django_db
EARLY, LATE = (date(2025, 3, 1), date(2025, 3, 31)), (date(2025, 4, 1), date(2025, 4, 30))


@pytest.fixture
def shown(client):
    client.force_login(UserFactory(admin=True))

    def get(outcome: Outcome, query: str = ""):
        answer = client.get(
            f"/outcomes/{outcome.pk}/figures/realised_benefit/{query}", headers={"accept-language": "en"}
        )
        assert answer.status_code == 200
        return answer.context["explained"]

    return get


def flow(**fields) -> Outcome:
    initiative = InitiativeFactory()
    enter(initiative, "production", date(2025, 1, 1))
    return make_flow(initiative, **fields)


def month(outcome: Outcome, period: tuple[date, date], value: int) -> None:
    read(outcome, period[1], value, period_start=period[0])


def from_april(outcome: Outcome, unit_value: Decimal | None) -> None:
    admin = UserFactory(admin=True)
    agreements.revise(
        outcome, version=outcome.version, actor=admin, effective_on=date(2025, 4, 1), unit_value=unit_value
    )


def test_each_piece_has_the_terms_of_its_time_and_the_formula_names_what_differs(shown):
    outcome = flow(attribution=Decimal("0.125"))
    month(outcome, EARLY, 10)  # 10 hours × 60 × 12.5 % = 75
    agreements.revise(
        outcome,
        version=outcome.version,
        actor=UserFactory(admin=True),
        effective_on=date(2025, 4, 1),
        unit_value=Decimal(80),
    )
    month(outcome, LATE, 10)  # 10 hours × 80 × 12.5 % = 100
    explained = shown(outcome)
    assert explained.formula.replace("\u00a0", " ") == (
        "Σ (reading − 0 hours a month × months) × unit value × 12.5\u202f% over 2 readings = $175.00"
    )
    assert [(piece.working, piece.amount) for piece in explained.pieces] == [
        ("(10 − 0 × 1) × $80.00 × 12.5\u202f%", Decimal(100)),
        ("(10 − 0 × 1) × $60.00 × 12.5\u202f%", Decimal(75)),
    ]


def test_a_unit_value_in_another_currency_has_its_rate_beside_it(shown):
    ledger.add_all(UserFactory(finance=True), [ledger.NewRate(EARLY[1], "EUR", Decimal("1.1"))])
    outcome = flow(unit_value_currency="EUR")
    month(outcome, EARLY, 10)  # 10 × 60 EUR × 1.1 = 660
    explained = shown(outcome)
    assert explained.formula.replace("\u00a0", " ") == (
        "Σ (reading − 0 hours a month × months) × €60.00 × 100\u202f% × 1.1 over 1 reading = $660.00"
    )
    assert [piece.working for piece in explained.pieces] == ["(10 − 0 × 1) × €60.00 × 100\u202f% × 1.1"]


def test_what_was_worth_money_once_is_still_counted_and_shown(shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    agreements.revise(
        outcome, version=outcome.version, actor=UserFactory(admin=True), effective_on=date(2025, 4, 1), unit_value=None
    )
    explained = shown(outcome)
    assert explained.value == "$600.00"
    assert [piece.working for piece in explained.pieces] == ["(10 − 0 × 1) × $60.00 × 100\u202f%"]


def test_it_is_that_of_the_day_that_was_asked_for(client, shown):
    outcome = flow()
    month(outcome, EARLY, 10)
    month(outcome, LATE, 10)
    assert (shown(outcome).value, shown(outcome, "?as_of=2025-04-15").value) == ("$1,200.00", "$600.00")
    for none in ("2025-02-30", "9999-12-31", "2025-W25-3", "20250415"):
        assert client.get(f"/outcomes/{outcome.pk}/figures/realised_benefit/?as_of={none}").status_code == 404
