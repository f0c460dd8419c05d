"""The portfolio reads plans from their revisions, and no longer from the initiative."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_edits_begun")]

    operations = [
        migrations.RemoveIndex(model_name="initiative", name="initiative_in_portfolio"),
        migrations.AddIndex(
            model_name="initiative",
            index=models.Index(fields=["id"], include=("outcomes_not_recorded",), name="initiative_in_portfolio"),
        ),
    ]
