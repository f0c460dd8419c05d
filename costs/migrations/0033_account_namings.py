from django.db import connection, migrations, models

KEEP = """
INSERT INTO costs_accountnaming (source, vendor, account, name)
SELECT DISTINCT source, vendor, account, account_name FROM costs_chargegroup
WHERE kind = 'bill' AND account > '' AND account_name > ''
"""


def keep(apps, schema_editor):
    """Keep what accounts are called by now, for what named them is not known."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP)


class Migration(migrations.Migration):
    dependencies = [
        ("costs", "0032_usage_placed_on_is_there"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountNaming",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=200)),
                ("vendor", models.CharField(max_length=200)),
                ("account", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("import_id", models.BigIntegerField(db_index=True, null=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["account", "vendor", "source", "id"], name="account_naming_of")],
            },
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
