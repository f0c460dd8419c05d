"""Families of corrected lines of bills: what only a correction changes is no part of them any more."""

from django.db import migrations
from django.db.models import Q

from costs.migrations._families import family


def renew(apps, _schema_editor):
    """Work families out anew. Groups as bills make them keep theirs."""
    groups = apps.get_model("costs", "ChargeGroup").objects
    corrected = Q(capex=True) | Q(recurring=True) | Q(recoverable=True)
    for group in groups.filter(corrected, family__isnull=False).iterator(chunk_size=2_000):
        groups.filter(pk=group.pk).update(family=family(group))


class Migration(migrations.Migration):
    dependencies = [("costs", "0013_notice_thresholds")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
