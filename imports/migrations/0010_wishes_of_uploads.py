from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0009_amount_compared"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="amount_column",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="upload",
            name="dry_run",
            field=models.BooleanField(default=False),
        ),
    ]
