"""Placements by use know by which division of their rule they were made: what was changed since waits to be applied.

What is there is of the rule as it is now, unless the trail says that its shares have been changed since rules were last
applied. That stays as it is until they are, as nothing tells by what it was divided.
"""

from django.db import migrations, models

KNOWN = """
UPDATE costs_placement AS place SET division = CASE WHEN EXISTS (
    SELECT FROM accounts_auditentry AS told
    WHERE told.object_type = 'costs.allocationrule' AND told.object_id = rule.id AND told.action = 'edit'
      AND told.changes ?| array['split', 'method', 'measure']
      AND told.at > coalesce(
          (SELECT max(finished_at) FROM costs_allocationrun WHERE about = 'rules' AND NOT failed), '-infinity'
      )
) THEN 0 ELSE 1 END
FROM costs_allocationrule AS rule
WHERE rule.id = place.rule_id AND rule.method <> 'equal'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_entry_by_token"),
        ("costs", "0029_usage_without_price"),
    ]
    operations = [
        migrations.AddField(
            "allocationrule",
            "division",
            models.PositiveIntegerField(default=1, db_default=1, editable=False),
        ),
        migrations.AddField("placement", "division", models.PositiveIntegerField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
