from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0010_wishes_of_uploads"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="parts",
            field=models.JSONField(default=list),
        ),
    ]
