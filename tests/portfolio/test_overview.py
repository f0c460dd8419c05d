"""The overview of an initiative: what its chart and its cards say of cost and benefit; amounts added up by hand."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from tests.costs.factories import add_line, on_day
from tests.factories import InitiativeFactory, UserFactory
from tests.outcomes.factories import enter, make_flow, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def initiative(monkeypatch):
    """In production since 1 June 2025; it is 31 January 2026."""
    on_day(monkeypatch, "2026-01-31")
    made = InitiativeFactory(owner=UserFactory(admin=True))
    enter(made, "prototype", date(2025, 1, 1))
    enter(made, "production", date(2025, 6, 1))
    return made


@pytest.fixture
def overview(client, initiative):
    """Return the words of the page."""

    def get():
        client.force_login(initiative.owner)
        answer = client.get(f"/initiatives/{initiative.key}/", headers={"accept-language": "en"})
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))

    return get


def saved(initiative, month: date, hours, **fields):
    """Record hours saved in a month, worth 10 each."""
    outcome = make_flow(initiative, unit_value=Decimal(10), **fields)
    return read(outcome, month.replace(day=28), hours, period_start=month)


@pytest.mark.parametrize("how", [{"recoverable": True, "billed_on": "2025-02-10"}, {}])
def test_all_of_the_cost_is_recovered_or_credited(initiative, overview, how):
    # −100 in January, +100 in February: the running total is back at zero then.
    add_line(initiative, "2025-01-10", "100", **how)
    if not how:
        add_line(initiative, "2025-02-10", "-100")
    saved(initiative, date(2025, 3, 1), 1)
    assert "Measured benefit caught up with cost in February 2025" in overview()


def test_the_title_names_the_month_of_the_payback(initiative, overview):
    # Running total: January 50 − 10 = 40, March −960, December 1,040: below zero from March to December.
    outcome = make_flow(initiative, unit_value=Decimal(10))
    read(outcome, date(2025, 1, 31), 5, period_start=date(2025, 1, 1))
    read(outcome, date(2025, 12, 31), 200, period_start=date(2025, 12, 1))
    add_line(initiative, "2025-01-10", "10")
    add_line(initiative, "2025-03-10", "1000")
    assert "Measured benefit caught up with cost in December 2025" in overview()
