from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("costs", "0027_waiting_lines_by_group")]
    operations = [
        migrations.AlterField(
            model_name="allocationrun",
            name="about",
            field=models.CharField(
                choices=[("rules", "Rules"), ("labels", "Labels"), ("ledger", "Ledger"), ("rates", "Rates")],
                db_default="rules",
                default="rules",
                max_length=10,
            ),
        ),
    ]
