"""Which way is better is dated, as baseline and target are: every row of terms takes over what its outcome says."""

from django.db import migrations, models

DIRECTIONS = [("increase", "Increase"), ("decrease", "Decrease"), ("maintain", "Maintain")]
TAKE_OVER = """
UPDATE outcomes_outcometerms AS terms SET direction = outcome.direction
FROM outcomes_outcome AS outcome WHERE outcome.id = terms.outcome_id
"""
GIVE_BACK = """
UPDATE outcomes_outcome AS outcome SET direction = (
    SELECT terms.direction FROM outcomes_outcometerms AS terms WHERE terms.outcome_id = outcome.id
    ORDER BY terms.effective_on DESC NULLS LAST, terms.id DESC LIMIT 1
)
"""


def direction(**options):
    return models.CharField(choices=DIRECTIONS, max_length=10, verbose_name="direction", **options)


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0001_initial")]

    operations = [
        migrations.AddField("outcometerms", "direction", direction(default="decrease"), preserve_default=False),
        migrations.AlterField("outcome", "direction", direction(null=True)),
        migrations.RunSQL(TAKE_OVER, GIVE_BACK),
        migrations.RemoveField("outcome", "direction"),
    ]
