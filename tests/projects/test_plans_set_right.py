"""The migration that gave initiatives the dates of their plan in force, where another had been given before."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from projects.items import with_details
from projects.models import Initiative
from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db
MAY, JUNE, JULY = date(2027, 5, 1), date(2027, 6, 1), date(2027, 7, 1)
DATES = ("planned_prototype_on", "planned_pilot_on", "planned_production_on")


def initiative(dates, *plans: tuple[date, tuple[date | None, ...]]) -> Initiative:
    """Return an initiative that has these dates and has agreed on these plans, recorded one after the other."""
    made = InitiativeFactory(version=4, **dict(zip(DATES, dates, strict=True)))
    for day, planned in plans:
        made.plan_revisions.create(agreed_on=day, **dict(zip(DATES, planned, strict=True)))
    return made


def set_right() -> None:
    with connection.schema_editor() as editor:
        import_module("projects.migrations.0007_dates_of_the_plan_in_force").set_right(apps, editor)


def found(made: Initiative) -> tuple[object, ...]:
    made.refresh_from_db()
    return (*(getattr(made, name) for name in DATES), made.version)


def test_an_older_plan_entered_late_gives_way_to_the_one_in_force():
    older, newer = (date(2025, 1, 1), (None, None, MAY)), (date(2025, 3, 1), (MAY, None, JUNE))
    late = initiative((None, None, MAY), newer, older)
    on_one_day = initiative((None, None, MAY), older, (date(2025, 1, 1), (None, None, JULY)))
    set_right()
    assert found(late) == (MAY, None, JUNE, 5)
    assert found(on_one_day) == (None, None, JULY, 5)  # of two of one day the last recorded


def test_a_plan_of_a_day_to_come_gives_way_to_the_one_before_it_or_to_none():
    today = timezone.localdate()
    tomorrow = (today + timedelta(1), (None, None, JULY))
    replaced = initiative((None, None, JULY), (today, (None, JUNE, JUNE)), tomorrow)
    alone = initiative((None, None, JULY), tomorrow)
    set_right()
    assert found(replaced) == (None, JUNE, JUNE, 5)
    assert found(alone) == (None, None, None, 5)
    assert alone.plan_revisions.get().planned_production_on == JULY  # the history keeps it


def test_what_is_right_or_rests_on_no_plan_stays_as_it_is():
    right = initiative((None, None, MAY), (date(2025, 1, 1), (None, None, MAY)))
    without = initiative((None, None, MAY))
    set_right()
    assert found(right) == (None, None, MAY, 4)
    assert found(without) == (None, None, MAY, 4)


def test_an_item_tells_when_the_plan_in_force_was_agreed():
    today = timezone.localdate()
    planned = (None, None, MAY)
    made = initiative(planned, (today, planned), (today + timedelta(1), (None, None, JULY)))
    assert with_details(Initiative.objects.filter(pk=made.pk), today).get().plan_agreed_on == today
