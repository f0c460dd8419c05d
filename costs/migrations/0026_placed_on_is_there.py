"""What cost is placed on is there: a foreign key, as `initiative_id` cannot be one with its 0 and -1."""

from django.db import migrations, models
from django.db.models import Case, F, Q, When

# Not of what is there: where cost lies on an initiative that went, applying the rules puts it elsewhere.
REFER = """
ALTER TABLE costs_placement ADD CONSTRAINT placed_on_is_there FOREIGN KEY (placed_on)
    REFERENCES projects_initiative (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
REFER_NO_MORE = "ALTER TABLE costs_placement DROP CONSTRAINT placed_on_is_there"


class Migration(migrations.Migration):
    dependencies = [
        ("costs", "0025_names_of_providers"),
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="placement",
            name="placed_on",
            field=models.GeneratedField(
                db_persist=True,
                expression=Case(When(initiative_id__gt=0, then=F("initiative_id"))),
                output_field=models.BigIntegerField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="placement",
            index=models.Index(condition=Q(placed_on__isnull=False), fields=["placed_on"], name="placement_placed_on"),
        ),
        migrations.RunSQL(REFER, REFER_NO_MORE),
    ]
