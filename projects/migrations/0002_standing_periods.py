"""Where initiatives stood from when until when, kept beside their transitions; filled for those that are there."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import projects.stages


def fill(apps, schema_editor):
    """Work out the periods of the initiatives that were there before this table."""
    ids = list(apps.get_model("projects", "Initiative").objects.values_list("pk", flat=True))
    if ids:
        from projects import periods

        periods.fill(ids)


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
                ("stage", models.CharField(choices=projects.stages.Stage.choices, max_length=12)),
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
