"""Months of usage without a price are found without looking at all others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("costs", "0034_seats_and_own_machines")]

    operations = [
        migrations.AddIndex(
            model_name="usagemonth",
            index=models.Index(
                condition=models.Q(("unpriced", ""), _negated=True), fields=["month"], name="usage_month_unpriced"
            ),
        ),
    ]
