from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0011_parts"),
    ]

    operations = [
        migrations.AddField(
            model_name="importreason",
            name="leads_to_lines",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="restatedrow",
            name="before_billed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="restatedrow",
            name="before_invoice_ref",
            field=models.CharField(max_length=200, null=True),
        ),
    ]
