"""Lines that wait for an exchange rate are found by group and month, and such months among all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("costs", "0026_placed_on_is_there")]
    operations = [
        migrations.AddIndex(
            model_name="costline",
            index=models.Index(
                condition=models.Q(("base_amount", None), ("withdrawn_at", None)),
                fields=["group", "incurred_on"],
                name="cost_line_pending_of_group",
            ),
        ),
        migrations.AddIndex(
            model_name="groupmonth",
            index=models.Index(
                condition=models.Q(("pending__gt", 0)), fields=["month"], name="cost_group_month_pending"
            ),
        ),
    ]
