"""Initiatives have the dates of the plan in force: an older plan entered late, or one agreed on a day that is yet to
come, had given them its own, before both were kept beside it or refused."""

from django.db import migrations
from django.utils import timezone

# As `projects.plans.in_force` was: of the plans agreed by today the last agreed, then the last recorded. One that is yet
# to come into force is none today. Dates of which no plan is kept are left as they are.
SET_RIGHT = """
UPDATE projects_initiative AS initiative
SET planned_prototype_on = plan.planned_prototype_on, planned_pilot_on = plan.planned_pilot_on,
    planned_production_on = plan.planned_production_on, version = initiative.version + 1, updated_at = now()
FROM (
    SELECT DISTINCT ON (revision.initiative_id) revision.initiative_id, in_force.planned_prototype_on,
           in_force.planned_pilot_on, in_force.planned_production_on
    FROM projects_planrevision AS revision
    LEFT JOIN projects_planrevision AS in_force
        ON in_force.initiative_id = revision.initiative_id AND in_force.agreed_on <= %(today)s
    ORDER BY revision.initiative_id, in_force.agreed_on DESC NULLS LAST, in_force.recorded_at DESC, in_force.id DESC
) AS plan
WHERE plan.initiative_id = initiative.id
  AND (initiative.planned_prototype_on, initiative.planned_pilot_on, initiative.planned_production_on)
      IS DISTINCT FROM (plan.planned_prototype_on, plan.planned_pilot_on, plan.planned_production_on)
"""


def set_right(_apps, schema_editor):
    """Give initiatives the dates of their plan in force; a change begun of one is told that it has changed."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SET_RIGHT, {"today": timezone.localdate()})


class Migration(migrations.Migration):
    dependencies = [("projects", "0006_named_plans")]

    operations = [migrations.RunPython(set_right, migrations.RunPython.noop, elidable=True)]
