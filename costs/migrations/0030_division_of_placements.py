"""Placements by use know by which division of their rule they were made: what was changed since waits to be applied.

What is there is of the rule as it is now, unless the trail says that it was deleted, or its shares were changed, since
rules were last applied. That stays as it is until they are, as nothing tells by what it was divided; whether use did,
the method of then tells.
"""

from django.db import migrations, models

KNOWN = """
WITH told AS (
    SELECT object_id AS rule_id,
           bool_or(action = 'delete' OR changes ?| array['split', 'method', 'measure']) AS is_other,
           (array_agg(changes -> 'method' ->> 0 ORDER BY id) FILTER (WHERE changes ? 'method'))[1] AS method
    FROM accounts_auditentry
    WHERE object_type = 'costs.allocationrule' AND action IN ('edit', 'delete')
      AND at > coalesce(
          (SELECT max(finished_at) FROM costs_allocationrun WHERE about = 'rules' AND NOT failed), '-infinity'
      )
    GROUP BY object_id
)
UPDATE costs_placement AS place SET division = CASE WHEN told.is_other THEN 0 ELSE 1 END
FROM (SELECT DISTINCT rule_id FROM costs_placement) AS placed
LEFT JOIN costs_allocationrule AS rule ON rule.id = placed.rule_id
LEFT JOIN told ON told.rule_id = placed.rule_id
WHERE place.rule_id = placed.rule_id AND coalesce(told.method, rule.method) <> 'equal'
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
