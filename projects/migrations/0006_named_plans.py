"""The history names the dates of a plan that was entered late."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0005_plans_at_a_date")]

    operations = [
        migrations.AlterField("planrevision", name, models.DateField(null=True, verbose_name=label))
        for name, label in (
            ("planned_prototype_on", "planned prototype"),
            ("planned_pilot_on", "planned pilot"),
            ("planned_production_on", "planned production"),
        )
    ]
