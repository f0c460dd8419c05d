"""`projects.standing` against a slow reference, for every order of known and unknown dates."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from projects import periods
from projects.models import Hold, Initiative, StandingPeriod, Transition
from projects.stages import MOVES, Stage
from projects.standing import ended_intervals, standing
from tests.factories import InitiativeFactory
from tests.projects import reference
from tests.projects.stood import failed, stood

FIRST = date(2024, 1, 1)


@st.composite
def histories(draw):
    """Moves that the line allows; each date is known (never before the last known one) or unknown with known_by."""
    stage, known, steps = "draft", FIRST, []
    for _ in range(draw(st.integers(0, 7))):
        to = str(draw(st.sampled_from(MOVES[stage])))
        if draw(st.booleans()):
            known += timedelta(draw(st.integers(0, 9)))
            step = {"to": to, "on": known, "known_by": None, "reason": ""}
        else:
            known_by = FIRST + timedelta(draw(st.integers(0, 40)))
            step = {"to": to, "on": None, "known_by": known_by, "reason": draw(st.sampled_from(["absent", "planned"]))}
        steps.append({"from": stage, **step})
        stage = to
    return steps


def keep(initiative: Initiative, steps: list[dict]) -> None:
    Transition.objects.bulk_create(
        Transition(
            initiative=initiative,
            position=place,
            from_stage=step["from"],
            to_stage=step["to"],
            effective_on=step["on"],
            known_by=step["known_by"],
            unknown_reason=step["reason"],
        )
        for place, step in enumerate(steps, start=1)
    )
    periods.rebuild([initiative.pk])


@pytest.mark.django_db
def test_the_migration_that_brought_the_periods_gives_an_installation_of_before_the_same_rows():
    jan, may, june = date(2025, 1, 1), date(2025, 5, 1), date(2025, 6, 30)
    moves = [
        [("draft", "proposed", jan), ("proposed", "pilot", may), ("pilot", "prototype", june)],
        [("draft", "proposed", jan), ("proposed", "approved", None), ("approved", "prototype", None)],
        [("draft", "proposed", jan), ("proposed", "approved", jan), ("approved", "prototype", may)],
        [("draft", "proposed", jan), ("proposed", "production", may), ("production", "retired", None)],
        [("draft", "proposed", may), ("proposed", "declined", june), ("declined", "proposed", june)],
        [],
    ]
    for steps in moves:
        told = [
            {"from": begun, "to": to, "on": on, "known_by": None if on else june, "reason": "" if on else "absent"}
            for begun, to, on in steps
        ]
        keep(InitiativeFactory(), told)
    columns = [field.attname for field in StandingPeriod._meta.fields if field.name != "id"]
    rows = StandingPeriod.objects.order_by("initiative", "begins").values_list(*columns)
    kept = list(rows)
    StandingPeriod.objects.all().delete()
    with connection.schema_editor() as editor:
        import_module("projects.migrations.0002_standing_periods").fill(apps, editor)
    assert len(kept) == 12
    assert list(rows.all()) == kept


@pytest.mark.django_db
@settings(max_examples=60)
@given(st.lists(histories(), min_size=1, max_size=4), st.integers(-2, 60))
def test_standing_is_what_the_definition_says_on_every_day(many, days):
    as_of = FIRST + timedelta(days)
    made = {}
    for steps in many:
        initiative = InitiativeFactory(owner=None)
        keep(initiative, steps)
        made[initiative.pk] = steps
    found = {row.id: row for row in standing(list(made), as_of)}
    periods_of = {period.initiative_id: period for period in stood(list(made), as_of)}
    assert set(found) == set(made)
    for pk, steps in made.items():
        expected, period = reference.standing(steps, as_of), periods_of[pk]
        assert found[pk].entered == expected.pop("entered")
        for name in ("stage", "stage_since", "production_on"):
            assert getattr(found[pk], name) == expected[name], name
        assert failed(period) == expected.pop("failed")
        for name, value in expected.items():
            assert getattr(period, name) == value, name


@pytest.mark.django_db
@settings(max_examples=40)
@given(histories())
def test_ended_intervals_hold_exactly_the_days_in_an_end(steps):
    initiative = InitiativeFactory(owner=None)
    keep(initiative, steps)
    intervals = ended_intervals([initiative.pk]).get(initiative.pk, [])
    for day in (FIRST + timedelta(n) for n in range(-1, 80)):
        inside = any(begun <= day and (until is None or day < until) for begun, until in intervals)
        assert inside == reference.ended_on(steps, day), day


@pytest.mark.django_db
def test_one_query_whatever_the_number(django_assert_num_queries):
    ids = [InitiativeFactory(owner=None).pk for _ in range(5)]
    with django_assert_num_queries(1):
        standing(ids, FIRST)
    with django_assert_num_queries(1):
        assert [row.id for row in standing(None, FIRST)] == ids
    with django_assert_num_queries(1):
        assert standing([], FIRST) == []


@pytest.mark.django_db
def test_an_unknown_step_before_a_known_one_has_happened_and_its_date_is_not_invented():
    initiative = InitiativeFactory()
    keep(
        initiative,
        [
            {"from": "draft", "to": "prototype", "on": None, "known_by": date(2024, 12, 31), "reason": "absent"},
            {"from": "prototype", "to": "production", "on": date(2024, 3, 1), "known_by": None, "reason": ""},
        ],
    )
    (row,), (period,) = (each([initiative.pk], date(2024, 6, 1)) for each in (standing, stood))
    assert (period.is_prototype, period.started_on, period.start_unknown) == (True, None, "absent")
    assert (row.stage, row.production_on) == ("production", date(2024, 3, 1))
    assert row.entered == {
        "proposed": None,
        "approved": None,
        "prototype": None,
        "pilot": None,
        "production": date(2024, 3, 1),
    }
    assert row.entered_unknown == {"prototype": "absent"}


@pytest.mark.django_db
def test_a_hold_counts_from_its_first_day_to_the_day_before_work_goes_on():
    initiative = InitiativeFactory()
    Hold.objects.create(initiative=initiative, started_on=date(2024, 3, 1), ended_on=date(2024, 3, 5))
    held = [day for day in range(1, 10) if standing([initiative.pk], date(2024, 3, day))[0].on_hold]
    assert held == [1, 2, 3, 4]
    assert not standing([initiative.pk], date(2024, 2, 29))[0].on_hold


@pytest.mark.django_db
def test_a_stopped_one_that_is_reopened_is_in_flight_again():
    initiative = InitiativeFactory()
    days = [("draft", "prototype", 1), ("prototype", "stopped", 5), ("stopped", "prototype", 9)]
    keep(
        initiative,
        [{"from": f, "to": t, "on": date(2024, 3, d), "known_by": None, "reason": ""} for f, t, d in days],
    )
    assert failed(stood([initiative.pk], date(2024, 3, 6))[0])
    (again,) = stood([initiative.pk], date(2024, 3, 9))
    assert (failed(again), again.stage, again.started_on) == (False, Stage.PROTOTYPE, date(2024, 3, 1))
    assert ended_intervals([initiative.pk]) == {initiative.pk: [(date(2024, 3, 5), date(2024, 3, 9))]}
