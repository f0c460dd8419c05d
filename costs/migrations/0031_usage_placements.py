"""Where usage belongs whose cost is kept for comparison only: what is there gets its place when rules are applied."""

import django.db.models.deletion
from django.db import migrations, models

import money.fields


class Migration(migrations.Migration):
    dependencies = [
        ("costs", "0030_division_of_placements"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsagePlacement",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id",
                        "since",
                        "initiative_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("since", models.DateField()),
                ("until", models.DateField()),
                ("initiative_id", models.BigIntegerField(db_index=True)),
                ("share", money.fields.ExactDecimalField()),
                ("division", models.PositiveIntegerField(null=True)),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_placements",
                        to="costs.chargegroup",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="costs.allocationrule",
                    ),
                ),
            ],
        ),
    ]
