"""How many segments bring something in a month: two that cancel out are a benefit all the same."""

from django.db import migrations, models

COUNTED = """
UPDATE outcomes_benefitmonth AS kept SET entries = found.entries
FROM (
    SELECT initiative_id, validated, start::date AS month, count(*) AS entries
    FROM outcomes_benefitsegment
    CROSS JOIN LATERAL generate_series(
        date_trunc('month', start_on::timestamp), end_on::timestamp - interval '1 day', interval '1 month') AS start
    WHERE per_day <> 0
    GROUP BY initiative_id, validated, month
) AS found
WHERE kept.initiative_id = found.initiative_id AND kept.validated = found.validated AND kept.month = found.month
"""


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0002_dated_direction")]

    operations = [
        migrations.AddField("benefitmonth", "entries", models.IntegerField(db_default=0)),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
    ]
