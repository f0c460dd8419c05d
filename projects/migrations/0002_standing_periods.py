"""Where initiatives stood from when until when, kept beside their transitions; filled for those that are there."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# As `projects.periods` was when this table came.
LINE = ["proposed", "approved", "prototype", "pilot", "production"]
STAGES = [(name, name.capitalize()) for name in ["draft", *LINE, "declined", "stopped", "retired"]]
BEGUN = ["prototype", "pilot", "production"]
DAYS = ", ".join(f"max(first.effective_on) FILTER (WHERE first.to_stage = '{stage}')" for stage in LINE)
REASONS = ", ".join(
    f"max(first.unknown_reason) FILTER (WHERE first.to_stage = '{stage}' AND first.effective_on IS NULL)"
    for stage in LINE
)
# Of each step of the line: its days where both dates are known, -1 where it was in both stages but they are not;
# nothing for what passed one of them over, or was in the first again later.
STEPS = ", ".join(
    f"""CASE WHEN entered_on[{step + 1}] >= entered_on[{step}] THEN entered_on[{step + 1}] - entered_on[{step}]
        WHEN entered_on[{step + 1}] < entered_on[{step}] THEN NULL
        WHEN coalesce(entered_on[{step}]::text, entered_unknown[{step}]) IS NOT NULL
         AND coalesce(entered_on[{step + 1}]::text, entered_unknown[{step + 1}]) IS NOT NULL THEN -1 END"""
    for step in range(1, len(LINE))
)
NO_STEPS = ", ".join(["NULL::integer"] * (len(LINE) - 1))
FILL = f"""
WITH step AS (
    SELECT initiative_id, position, to_stage, effective_on, unknown_reason,
           coalesce(effective_on, known_by) AS day,
           min(coalesce(effective_on, known_by)) OVER (
               PARTITION BY initiative_id ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
           ) AS until,
           to_stage = ANY(%(line)s)
               AND row_number() OVER (PARTITION BY initiative_id, to_stage ORDER BY position) = 1 AS is_first
    FROM projects_transition
), period AS (
    SELECT step.initiative_id, step.day AS begins, coalesce(step.until, '9999-12-31'::date) AS ends, step.to_stage AS stage,
           step.effective_on AS stage_since, step.unknown_reason AS stage_unknown,
           coalesce(max(array_position(%(line)s, first.to_stage)), 0) AS furthest,
           ARRAY[{DAYS}] AS entered_on, ARRAY[{REASONS}] AS entered_unknown,
           coalesce(bool_or(first.to_stage = ANY(%(begun)s)), false) AS is_prototype,
           (array_agg(first.effective_on ORDER BY first.position)
               FILTER (WHERE first.to_stage = ANY(%(begun)s)))[1] AS started_on,
           coalesce((array_agg(first.unknown_reason ORDER BY first.position)
               FILTER (WHERE first.to_stage = ANY(%(begun)s)))[1], '') AS start_unknown,
           coalesce(bool_or(first.to_stage = 'production'), false) AS reached_production,
           max(first.effective_on) FILTER (WHERE first.to_stage = 'production') AS production_on,
           coalesce(max(first.unknown_reason) FILTER (WHERE first.to_stage = 'production'), '') AS production_unknown
    FROM step
    LEFT JOIN step AS first
        ON first.initiative_id = step.initiative_id AND first.is_first AND first.position <= step.position
    WHERE step.until IS NULL OR step.day < step.until
    GROUP BY step.initiative_id, step.position, step.day, step.until, step.to_stage, step.effective_on,
             step.unknown_reason
)
INSERT INTO projects_standingperiod (
    initiative_id, begins, ends, stage, stage_since, stage_unknown, furthest, entered_on, entered_unknown,
    is_prototype, started_on, start_unknown, reached_production, production_on, production_unknown, step_days, alike
)
SELECT period.*, nullif(ARRAY[{STEPS}], ARRAY[{NO_STEPS}]),
       concat_ws(' ', stage, furthest, is_prototype, started_on IS NULL, start_unknown, stage_since IS NULL,
                 stage_unknown, production_on IS NULL, production_unknown,
                 ARRAY[{STEPS}] = ARRAY[{NO_STEPS}])
FROM period
"""  # noqa: S608 - text of our own


def fill(_apps, schema_editor):
    """Work out the periods of the initiatives that were there before this table."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL, {"line": LINE, "begun": BEGUN})


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="StandingPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins", models.DateField()),
                ("ends", models.DateField(default=datetime.date.max)),
                ("stage", models.CharField(choices=STAGES, max_length=12)),
                ("stage_since", models.DateField(null=True)),
                ("stage_unknown", models.CharField(blank=True, max_length=20)),
                ("furthest", models.PositiveSmallIntegerField()),
                (
                    "entered_on",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateField(null=True), size=5),
                ),
                (
                    "entered_unknown",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20, null=True), size=5
                    ),
                ),
                ("is_prototype", models.BooleanField()),
                ("started_on", models.DateField(null=True)),
                ("start_unknown", models.CharField(blank=True, max_length=20)),
                ("reached_production", models.BooleanField()),
                ("production_on", models.DateField(null=True)),
                ("production_unknown", models.CharField(blank=True, max_length=20)),
                (
                    "step_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(null=True), null=True, size=4
                    ),
                ),
                ("alike", models.CharField(max_length=150)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.initiative"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("initiative", "begins"), name="standing_begins")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
