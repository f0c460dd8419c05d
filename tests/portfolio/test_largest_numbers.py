"""The largest numbers that may be entered: every call and page that shows them answers, to the last digit."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.management import call_command

from accounts.models import User
from outcomes.models import Outcome
from portfolio.explanations.texts.portfolio import names
from portfolio.metrics.names import OF_FLOWS
from projects.models import Initiative
from tests.costs.factories import add_line
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.outcomes.factories import enter, make_outcome, read

pytestmark = pytest.mark.django_db
MOST = Decimal(99999999999999999999)  # 20 digits before the point
# A reading is in force for twice its cadence of 3,660 days, so from 2006 until January 2026:
# 7,320 days x value x unit value x volume x 12 / 365.25, and 7,320 x 12 / 365.25 = 351,360 / 1,461.
BENEFIT = Fraction(MOST) ** 3 * Fraction(351_360, 1_461)
QUERY = "as_of=2026-11-29&rate=-0.9"

OF_ONE = ("gross_cost", "net_cost", "realised_benefit", "validated_benefit", "net_benefit", "roi", *OF_FLOWS)


@pytest.fixture
def admin() -> User:
    return UserFactory(admin=True)


@pytest.fixture
def outcome(admin: User) -> Outcome:
    """From 0 to the most there is, worth that for each unit and volume; it cost 1."""
    made: Initiative = InitiativeFactory(owner=admin)
    enter(made, "prototype", date(2006, 1, 1))
    enter(made, "production", date(2006, 1, 1))
    add_line(made, "2006-01-01", "1")
    found = make_outcome(
        made, direction="increase", agreed_on=date(2006, 1, 1), baseline=Decimal(0), baseline_on=date(2006, 1, 1),
        target=MOST, target_on=date(2030, 1, 1), cadence_days=3660, unit_value=MOST, unit_value_currency="USD",
        volume_per_month=MOST,
    )  # fmt: skip
    read(found, date(2006, 1, 1), MOST)
    return found


def test_every_call_gives_them(client, admin, outcome):
    key = outcome.initiative.key
    calls = ("portfolio/summary", "portfolio/trend", "portfolio/initiatives", f"initiatives/{key}/economics")
    answers = [client.get(f"/api/v1/{call}?{QUERY}", headers=bearer(admin)) for call in calls]
    assert [answer.status_code for answer in answers] == [200] * 4
    whole, _trend, _listed, one = (answer.json() for answer in answers)
    for found in (whole, one):
        assert abs(Fraction(found["realised_benefit"]) / BENEFIT - 1) < Fraction(1, 10**58)  # a day's has 60 digits
        assert found["roi"] == pytest.approx(float(BENEFIT), rel=1e-12)
        assert Fraction(found["net_benefit"]) == Fraction(found["realised_benefit"]) - 1


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_shows_them(client, admin, outcome, language):
    client.force_login(admin)
    key = outcome.initiative.key
    pages = ["/", "/portfolio/decisions/", f"/initiatives/{key}/"]
    pages += [f"/portfolio/figures/{name}/" for name in names()]
    pages += [f"/initiatives/{key}/figures/{name}/" for name in OF_ONE]
    answers = {page: client.get(f"{page}?{QUERY}", headers={"accept-language": language}) for page in pages}
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}


def test_the_command_prints_them(outcome, capsys):
    call_command("summary", as_of="2026-11-29", json=True)
    assert json.loads(capsys.readouterr().out)["reasons"].get("roi") is None
