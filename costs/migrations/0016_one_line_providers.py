"""Names of providers of more than one line, or with more blanks than one, as they are folded since: in one line."""

from django.db import migrations

KEPT = (("LedgerSource", "since"), ("Reconciliation", "month"))
# Those names of several words under which another provider is kept.
ALIASES = {
    "amazon web services": "aws",
    "amazon web services, inc.": "aws",
    "microsoft azure": "microsoft",
    "google cloud": "google",
}


def fold(apps, _schema_editor):
    """Write them so; a row stays as it is where its month has one of the new name already."""
    for model, month in KEPT:
        rows = apps.get_model("costs", model).objects
        taken = set(rows.values_list("provider", month))
        for pk, provider, on in rows.order_by("pk").values_list("pk", "provider", month):
            name = " ".join(provider.split()).casefold()
            name = ALIASES.get(name, name)
            if (name, on) not in taken:
                taken.add((name, on))
                rows.filter(pk=pk).update(provider=name)


class Migration(migrations.Migration):
    dependencies = [("costs", "0015_automatic_ledger_sources")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop, elidable=True)]
