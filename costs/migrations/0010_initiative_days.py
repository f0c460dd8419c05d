"""Days of a month in one row: what an import of bills writes for them, and the index they need, is a thirtieth."""

import django.contrib.postgres.fields
from django.db import migrations, models

import money.fields

FILL = """
INSERT INTO costs_initiativedays (counted_month, initiative_id, month, entries, gross, recovered)
SELECT key.counted_month, key.initiative_id, key.month, array_agg(kept.entries ORDER BY day),
       array_agg(kept.gross ORDER BY day), array_agg(kept.recovered ORDER BY day)
FROM (
    SELECT DISTINCT date_trunc('month', counted_on::timestamp)::date AS counted_month, initiative_id, month
    FROM costs_initiativeday
) AS key
CROSS JOIN generate_series(0, 30) AS day
LEFT JOIN costs_initiativeday AS kept
    ON kept.initiative_id = key.initiative_id AND kept.month = key.month AND kept.counted_on = key.counted_month + day
    AND kept.counted_on < (key.counted_month + interval '1 month')::date
GROUP BY 1, 2, 3
"""
UNFILL = """
INSERT INTO costs_initiativeday (initiative_id, counted_on, month, entries, gross, recovered)
SELECT initiative_id, counted_month + (day - 1)::int, month, of_day.entries, of_day.gross, of_day.recovered
FROM costs_initiativedays
CROSS JOIN LATERAL unnest(entries, gross, recovered) WITH ORDINALITY AS of_day (entries, gross, recovered, day)
WHERE of_day.entries IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("costs", "0009_usage")]

    operations = [
        migrations.CreateModel(
            name="InitiativeDays",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "counted_month",
                        "initiative_id",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("counted_month", models.DateField()),
                ("initiative_id", models.BigIntegerField()),
                ("month", models.DateField()),
                (
                    "entries",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(null=True), size=None),
                ),
                (
                    "gross",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=money.fields.ExactDecimalField(null=True), size=None
                    ),
                ),
                (
                    "recovered",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=money.fields.ExactDecimalField(null=True), size=None
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, UNFILL),
        migrations.DeleteModel(name="InitiativeDay"),
    ]
