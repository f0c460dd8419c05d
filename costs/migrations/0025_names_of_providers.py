"""Names of providers as they are folded since: by their words, and by more of the names that they have besides."""

from collections import defaultdict

from django.db import migrations

from costs.reconciliation.sources import provider_of  # what is kept has to be named as this does it now

LIKELY = ("bill", "gateway", "usage")


def fold(apps, _schema_editor):
    """Name all that is kept so, and let a worker bring what that decides to the cost that is there."""
    model = {name: apps.get_model("costs", name) for name in ("LedgerSource", "LibraryOff", "AllocationRun")}
    for name in ("Repricing", "AllocationRun"):
        for row in apps.get_model("costs", name).objects.exclude(provider=""):
            apps.get_model("costs", name).objects.filter(pk=row.pk).update(provider=provider_of(row.provider))
    off = {provider_of(each) for each in model["LibraryOff"].objects.values_list("pk", flat=True)}
    model["LibraryOff"].objects.exclude(pk__in=off).delete()
    model["LibraryOff"].objects.bulk_create([model["LibraryOff"](each) for each in off], ignore_conflicts=True)
    _fold_reconciliations(apps.get_model("costs", "Reconciliation").objects)
    for provider in _joined(model["LedgerSource"].objects):
        last = model["LedgerSource"].objects.filter(provider=provider).latest("since")
        model["AllocationRun"].objects.create(about="ledger", provider=provider, since=last.since, kind=last.kind)
    if apps.get_model("costs", "ChargeGroup").objects.exists():
        model["AllocationRun"].objects.create(about="labels")


def _fold_reconciliations(rows):
    """A row stays as it is where its month has one of the new name already."""
    taken = set(rows.values_list("provider", "month"))
    for pk, provider, month in rows.order_by("pk").values_list("pk", "provider", "month"):
        name = provider_of(provider)
        if (name, month) not in taken:
            taken.add((name, month))
            rows.filter(pk=pk).update(provider=name)


def _joined(rows):
    """Name what the ledger takes; return providers of which several turn out to be one.

    Of several decisions for the same month that of a person holds, else the one for the likeliest kind of record.
    """
    named, found = defaultdict(list), defaultdict(set)
    for row in rows.all():
        named[provider_of(row.provider), row.since].append(row)
        found[provider_of(row.provider)].add(row.provider)
    for (provider, _since), same in named.items():
        held, *others = sorted(same, key=lambda row: (row.is_automatic, LIKELY.index(row.kind)))
        rows.filter(pk__in=[row.pk for row in others]).delete()
        rows.filter(pk=held.pk).update(provider=provider)
    return sorted(provider for provider, names in found.items() if len(names) > 1)


class Migration(migrations.Migration):
    dependencies = [("costs", "0024_allocation_named_by")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop, elidable=True)]
