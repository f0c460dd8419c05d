"""The migration that made an outcome's direction a term with a day: what was said before holds for every row."""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories import InitiativeFactory

pytestmark = pytest.mark.django_db
BEFORE, AFTER = ("outcomes", "0001_initial"), ("outcomes", "0002_dated_direction")


def migrated(target: tuple[str, str]):
    """Go to a migration; return the models as they were then."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    apps = executor.loader.project_state([target]).apps
    return apps.get_model("outcomes", "Outcome"), apps.get_model("outcomes", "OutcomeTerms")


def test_every_row_takes_over_the_direction_and_gives_back_that_of_the_last_day():
    initiative = InitiativeFactory()
    outcomes, terms = migrated(BEFORE)
    for direction in ("increase", "maintain"):
        made = outcomes.objects.create(
            initiative_id=initiative.pk,
            metric="m",
            unit="u",
            kind="level",
            direction=direction,
            agreed_on=date(2025, 1, 1),
        )
        for day in (date(2025, 3, 1), None):
            terms.objects.create(outcome=made, effective_on=day)
    outcomes, terms = migrated(AFTER)
    found = terms.objects.order_by("outcome_id", "effective_on").values_list("direction", flat=True)
    assert list(found) == ["increase", "increase", "maintain", "maintain"]
    terms.objects.filter(effective_on=date(2025, 3, 1)).update(direction="decrease")
    outcomes, terms = migrated(BEFORE)
    assert list(outcomes.objects.order_by("id").values_list("direction", flat=True)) == ["decrease", "decrease"]
    migrated(AFTER)
