from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("costs", "0019_failed_runs_put_right"),
    ]

    operations = [
        migrations.AddField(
            model_name="category",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
