"""Families of corrected lines of bills: what only a correction changes is no part of them any more."""

from django.db import migrations
from django.db.models import Q


def renew(apps, _schema_editor):
    """Work families out anew, as this version of the product does. Groups as bills make them keep theirs."""
    from costs.groups import GroupKey

    groups = apps.get_model("costs", "ChargeGroup").objects
    corrected = Q(capex=True) | Q(recurring=True) | Q(recoverable=True)
    for group in groups.filter(corrected, family__isnull=False).iterator(chunk_size=2_000):
        groups.filter(pk=group.pk).update(family=GroupKey.of(group).family)


class Migration(migrations.Migration):
    dependencies = [("costs", "0013_notice_thresholds")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
