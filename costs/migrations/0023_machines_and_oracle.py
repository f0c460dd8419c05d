"""Shipped rules of AI categories: Azure's GPU rule asks for machines, and Oracle has rules of its own."""

from django.db import migrations
from django.db.models import F

# It found "-nc1" in the name of a resource group, too: of storage, say.
AZURE_GPU = {"provider": "microsoft", "text": "[!a-z0-9]n[cdv][0-9]"}
AZURE_MACHINES = AZURE_GPU | {"service": "*virtual machine* | *kubernetes* | *batch*"}
ORACLE = "oracle* | oci"
SHIPPED = [
    (600, "inference", {"provider": ORACLE, "service": "*generative*ai*"}),
    (601, "gpu", {"provider": ORACLE, "service": "*compute*", "text": "[!a-z0-9]gpu"}),
    (602, "platform", {"provider": ORACLE, "service": "*data*science*"}),
]


def bring_up_rules(apps, schema_editor):
    """Limit the rule where nobody has changed it, add those for Oracle, and let a worker label what is there."""
    rule = apps.get_model("costs", "AiCategoryRule")
    rule.objects.filter(match=AZURE_GPU, ai_category="gpu").update(match=AZURE_MACHINES, version=F("version") + 1)
    rule.objects.bulk_create(
        rule(priority=priority, ai_category=category, match=match) for priority, category, match in SHIPPED
    )
    if apps.get_model("costs", "ChargeGroup").objects.exists():
        apps.get_model("costs", "AllocationRun").objects.create(about="labels")


class Migration(migrations.Migration):
    dependencies = [("costs", "0022_account_names")]

    operations = [migrations.RunPython(bring_up_rules, migrations.RunPython.noop)]
