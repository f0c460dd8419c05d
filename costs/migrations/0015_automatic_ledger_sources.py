"""Which ledger sources nobody decided: those from ever on, for a person decides from a month on."""

from datetime import date

from django.db import migrations, models


def mark(apps, _schema_editor):
    """Mark what imports have decided until now."""
    apps.get_model("costs", "LedgerSource").objects.filter(since=date(1900, 1, 1)).update(is_automatic=True)


class Migration(migrations.Migration):
    dependencies = [("costs", "0014_family_of_corrections")]
    operations = [
        migrations.AddField("ledgersource", "is_automatic", models.BooleanField(default=False)),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
