"""Families of groups whose bills name an invoice: the invoice is no part of them any more."""

from django.db import migrations


def renew(apps, _schema_editor):
    """Work families out anew, as this version of the product does: what is right for it is right for its rows."""
    from costs.groups import INVOICE, GroupKey

    groups = apps.get_model("costs", "ChargeGroup").objects
    for group in groups.filter(family__isnull=False, details__has_key=INVOICE).iterator(chunk_size=2_000):
        groups.filter(pk=group.pk).update(family=GroupKey.of(group).family)


class Migration(migrations.Migration):
    dependencies = [("costs", "0011_line_defaults")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
