"""Shipped rules of AI categories: seats and people of a seller of tokens are no inference; own machines are GPU."""

from django.db import migrations

SELLERS = {"provider": "openai | anthropic | mistral* | cohere* | deepseek | groq | together*"}
SHIPPED = {"priority": 120, "ai_category": "inference", "is_active": True}
NARROWED = SELLERS | {"category": "!licences | !people"}
MACHINES = {"priority": 940, "ai_category": "gpu", "match": {"category": "hardware"}}


def bring_up_rules(apps, schema_editor):
    """Limit the rule where nobody has changed it, add one for hardware where none asks for it, and label anew."""
    rules = apps.get_model("costs", "AiCategoryRule").objects
    changed = rules.filter(**SHIPPED, match=SELLERS, version=1).update(match=NARROWED, version=2)
    if not rules.filter(match=MACHINES["match"]).exists():
        rules.create(**MACHINES)
        changed += 1
    if changed:
        _label_anew(apps)


def take_back(apps, schema_editor):
    """Give the rules back as they were, where nobody has changed them since."""
    rules = apps.get_model("costs", "AiCategoryRule").objects
    rules.filter(**SHIPPED, match=NARROWED, version=2).update(match=SELLERS, version=1)
    rules.filter(**MACHINES, is_active=True, version=1).delete()
    _label_anew(apps)


def _label_anew(apps):
    """Let a worker label what is there."""
    if apps.get_model("costs", "ChargeGroup").objects.exists():
        apps.get_model("costs", "AllocationRun").objects.create(about="labels")


class Migration(migrations.Migration):
    dependencies = [("costs", "0033_account_namings")]

    operations = [migrations.RunPython(bring_up_rules, take_back)]
