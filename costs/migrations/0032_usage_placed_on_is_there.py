"""What is placed while it is kept for comparison is placed on an initiative that is there, as cost is (0026)."""

from django.db import migrations, models
from django.db.models import Case, F, Q, When

# Not of what is there: where an initiative went from under it, applying the rules puts it elsewhere.
REFER = """
ALTER TABLE costs_usageplacement ADD CONSTRAINT usage_placed_on_is_there FOREIGN KEY (placed_on)
    REFERENCES projects_initiative (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
REFER_NO_MORE = "ALTER TABLE costs_usageplacement DROP CONSTRAINT usage_placed_on_is_there"


class Migration(migrations.Migration):
    dependencies = [
        ("costs", "0031_usage_placements"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="usageplacement",
            name="placed_on",
            field=models.GeneratedField(
                db_persist=True,
                expression=Case(When(initiative_id__gt=0, then=F("initiative_id"))),
                output_field=models.BigIntegerField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="usageplacement",
            index=models.Index(condition=Q(placed_on__isnull=False), fields=["placed_on"], name="usage_placed_on"),
        ),
        migrations.RunSQL(REFER, REFER_NO_MORE),
    ]
