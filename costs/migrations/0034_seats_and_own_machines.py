"""Shipped rules of AI categories: seats and people of a seller of tokens are no inference; own machines are GPU."""

from django.db import migrations
from django.db.models import Max

SELLERS = {"provider": "openai | anthropic | mistral* | cohere* | deepseek | groq | together*"}
SHIPPED = {"priority": 120, "ai_category": "inference", "is_active": True}
NARROWED = SELLERS | {"category": "!licences | !people"}
MACHINES = {"ai_category": "gpu", "match": {"category": "hardware"}}
FIRST, LAST = 940, 1_000_000  # priorities: the last is the greatest that a form takes
OR, NOT = "|", "!"


def bring_up_rules(apps, schema_editor):
    """Limit the rule where nobody has changed it, add one for hardware where none asks for it, and label anew.

    It is asked behind all that are there: somebody's own rule for what no other knows stays before it.
    """
    rules = apps.get_model("costs", "AiCategoryRule").objects
    changed = rules.filter(**SHIPPED, match=SELLERS, version=1).update(match=NARROWED, version=2)
    if not rules.filter(match=MACHINES["match"]).exists():
        last = rules.aggregate(last=Max("priority"))["last"] or 0
        rules.create(**MACHINES, priority=FIRST if last <= FIRST else min(last + 1, LAST))
        changed += 1
    if changed:
        _label_anew(apps)


def take_back(apps, schema_editor):
    """Give the rules back as they were, where nobody has changed them since; of others what the code before can read.

    The one for hardware is that which nobody made: of any other the audit trail tells who.
    """
    rules = apps.get_model("costs", "AiCategoryRule").objects
    rules.filter(**SHIPPED, match=NARROWED, version=2).update(match=SELLERS, version=1)
    made = apps.get_model("accounts", "AuditEntry").objects.filter(
        object_type="costs.aicategoryrule", action="create", object_id__isnull=False
    )
    shipped = rules.filter(**MACHINES, priority__gte=FIRST, is_active=True, version=1)
    shipped.exclude(pk__in=made.values("object_id")).delete()
    for rule in rules.all():
        match = _without_refusals(rule.match)
        if match and match != rule.match:
            rules.filter(pk=rule.pk).update(match=match, version=rule.version + 1)
    _label_anew(apps)


def _without_refusals(match):
    """Return conditions without what must not stand there, which the code before would look for as it is written."""
    left = {}
    for name, globs in match.items():
        parts = [part.strip() for part in globs.split(OR)]
        wanted = [part for part in parts if not part.startswith(NOT)]
        if wanted == parts:
            left[name] = globs
        elif wanted:
            left[name] = f" {OR} ".join(wanted)
    return left


def _label_anew(apps):
    """Let a worker label what is there."""
    if apps.get_model("costs", "ChargeGroup").objects.exists():
        apps.get_model("costs", "AllocationRun").objects.create(about="labels")


class Migration(migrations.Migration):
    dependencies = [("costs", "0033_account_namings"), ("accounts", "0001_initial")]

    operations = [migrations.RunPython(bring_up_rules, take_back)]
