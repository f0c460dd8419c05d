"""The sums of usage are told apart by why there is no price; they are added up anew from the lines."""

import django.db.models.deletion
from django.db import migrations, models

COUNTED = (
    "requests",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)
SUMS = f"""
INSERT INTO costs_usagemonth (group_id, month, unpriced, lines, {", ".join(COUNTED)})
SELECT group_id, date_trunc('month', occurred_on::timestamp)::date, {{unpriced}}, count(*),
       {", ".join(f"coalesce(sum({name}), 0)" for name in COUNTED)}
FROM costs_usageline WHERE withdrawn_at IS NULL GROUP BY {{by}}
"""  # noqa: S608 - our own names
NOW = SUMS.format(unpriced="unpriced", by="1, 2, 3")
BEFORE = SUMS.format(unpriced="count(*) FILTER (WHERE unpriced <> '')", by="1, 2")


class Migration(migrations.Migration):
    dependencies = [("costs", "0028_valuing_runs")]
    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, BEFORE),
        migrations.DeleteModel("UsageMonth"),
        migrations.CreateModel(
            name="UsageMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "month", "unpriced", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("unpriced", models.CharField(max_length=20)),
                ("lines", models.IntegerField()),
                *((name, models.BigIntegerField()) for name in COUNTED),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_months",
                        to="costs.chargegroup",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(NOW, migrations.RunSQL.noop),
    ]
