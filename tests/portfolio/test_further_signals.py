"""Signals that need more than a row: late readings, a path left, a long stay in a stage, a cost that has doubled.

By GET /portfolio/initiatives on 30 June 2025, worked out by hand.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import User
from projects import initiatives, transitions
from projects.models import Initiative
from tests.costs.factories import add_line
from tests.factories import UserFactory, bearer
from tests.outcomes.factories import make_outcome, read

pytestmark = pytest.mark.django_db
AS_OF = date(2025, 6, 30)


@pytest.fixture
def office() -> User:
    return UserFactory(portfolio=True)


def initiative(office: User, **stages: str) -> Initiative:
    made = initiatives.create(office, title="Triage")
    for stage, on in stages.items():
        transitions.move(made, stage, date.fromisoformat(on), office)
    return made


def signalled(client: Client, made: Initiative, user: User | None = None, as_of: date = AS_OF) -> set[str]:
    """Return those of the four that hold for an initiative."""
    query = {"as_of": as_of.isoformat()}
    rows = client.get("/api/v1/portfolio/initiatives", query, headers=bearer(user or UserFactory(admin=True))).json()
    (row,) = [row for row in rows["items"] if row["key"] == made.key]
    return set(row["signals"]) & {"overdue_measurement", "off_track", "stalled", "price_shock"}


def test_a_reading_is_overdue_after_one_and_a_half_times_its_cadence(client, office):
    made = initiative(office, proposed="2025-06-01")
    # Every 30 days: 45 days before the date is not late yet, 46 are.
    read(make_outcome(made), AS_OF - timedelta(days=45), 10)
    assert "overdue_measurement" not in signalled(client, made)
    assert "overdue_measurement" in signalled(client, made, as_of=AS_OF + timedelta(days=1))


def test_what_has_ended_asks_for_no_decision(client, office):
    made = initiative(office, proposed="2024-01-01", prototype="2024-02-01")
    read(make_outcome(made), date(2024, 6, 1), 10)
    assert "overdue_measurement" in signalled(client, made)
    transitions.move(made, "stopped", date(2025, 6, 1), office)
    assert signalled(client, made) == set()


@pytest.mark.parametrize(
    ("reading", "holds"),
    [
        # From 14 on 1 January to 7 on 31 December 2025: 180 of 364 days are 0.4945 of the way. Off track is below
        # 0.1945: 14 − 7 × 0.1945 = 12.6385.
        ("12.63", False),
        ("12.64", True),
    ],
)
def test_off_track_is_more_than_three_tenths_behind(client, office, reading, holds):
    made = initiative(office, proposed="2025-06-01")
    read(make_outcome(made), AS_OF, reading)
    assert ("off_track" in signalled(client, made)) == holds


def test_stalled_is_longer_in_a_stage_than_three_quarters_of_those_that_left_it_and_at_least_90_days(client, office):
    # Those that left "proposed" took 80, 100, 120 and 200 days: three quarters lie below 120 + 0.25 × 80 = 140.
    begun = date(2024, 1, 1)
    for days in (80, 100, 120, 200):
        initiative(office, proposed=str(begun), approved=str(begun + timedelta(days=days)))
    at_140, at_141 = (initiative(office, proposed=str(AS_OF - timedelta(days=days))) for days in (140, 141))
    assert (signalled(client, at_140), signalled(client, at_141)) == (set(), {"stalled"})
    # Those that left it after the date are not known of then.
    left_late = initiative(office, proposed="2024-01-01", approved="2025-07-01")
    assert signalled(client, left_late) == {"stalled"}
    assert signalled(client, at_141) == {"stalled"}


@pytest.mark.parametrize(("days", "holds"), [(89, False), (90, True)])
def test_nothing_stalls_before_90_days(client, office, days, holds):
    initiative(office, proposed="2024-01-01", approved="2024-01-11")  # after ten days
    made = initiative(office, proposed=str(AS_OF - timedelta(days=days)))
    assert ("stalled" in signalled(client, made)) == holds


def test_nothing_stalls_in_a_stage_that_none_has_left_or_since_an_unknown_day(client, office):
    alone = initiative(office, proposed="2020-01-01")
    assert signalled(client, alone) == set()
    initiative(office, proposed="2024-01-01", approved="2024-01-11")
    assert signalled(client, alone) == {"stalled"}
    transitions.redate(alone, alone.transitions.get().pk, None, None, known_by=date(2020, 1, 1))
    assert signalled(client, alone) == set()


def test_what_one_may_not_see_is_no_measure_for_what_one_sees(client, office):
    hidden = initiatives.create(office, title="Hidden", confidential=True)
    transitions.move(hidden, "proposed", date(2024, 1, 1), office)
    transitions.move(hidden, "approved", date(2024, 1, 11), office)
    made = initiative(office, proposed="2024-01-01")
    assert signalled(client, made) == {"stalled"}
    assert signalled(client, made, UserFactory()) == set()


@pytest.mark.parametrize(
    ("november", "may", "holds"),
    [("100", "199.99", False), ("100", "200", True), ("0", "200", False), ("-50", "200", False)],
)
def test_a_price_shock_is_twice_the_cost_of_six_months_earlier(client, office, november, may, holds):
    # June is not over on the 29th: the last full month is May, six months earlier is November.
    made = initiative(office, proposed="2025-06-01")
    if november != "0":
        add_line(made, "2024-11-30", november)
    add_line(made, "2025-05-01", may)
    add_line(made, "2025-06-02", "9999")
    add_line(made, "2024-12-01", "1")
    assert ("price_shock" in signalled(client, made)) == holds
