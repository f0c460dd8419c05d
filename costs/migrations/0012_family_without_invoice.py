"""Families of groups whose bills name an invoice: the invoice is no part of them any more."""

from django.db import migrations

from costs.migrations._families import INVOICE, family


def renew(apps, _schema_editor):
    """Work families out anew."""
    groups = apps.get_model("costs", "ChargeGroup").objects
    for group in groups.filter(family__isnull=False, details__has_key=INVOICE).iterator(chunk_size=2_000):
        groups.filter(pk=group.pk).update(family=family(group))


class Migration(migrations.Migration):
    dependencies = [("costs", "0011_line_defaults")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
