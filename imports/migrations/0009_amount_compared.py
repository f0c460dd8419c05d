from django.db import migrations

import money.fields


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0008_header"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="amount_compared",
            field=money.fields.ExactDecimalField(null=True),
        ),
    ]
