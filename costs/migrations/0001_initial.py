"""The tables of costs, budgets and their sums, and the categories that are shipped."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import money.fields

SHIPPED = ("tokens", "cloud", "hardware", "people", "licences", "services", "data", "other")


def ship_categories(apps, schema_editor):
    """Add the categories that every installation starts with (shared contract, API.md)."""
    category = apps.get_model("costs", "Category")
    category.objects.bulk_create(category(name=name, position=position) for position, name in enumerate(SHIPPED))


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("projects", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=40, unique=True, verbose_name="name")),
                ("label", models.CharField(blank=True, max_length=200, verbose_name="label")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="InitiativeDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "initiative_id",
                        "counted_on",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("initiative_id", models.BigIntegerField()),
                ("counted_on", models.DateField(db_index=True)),
                ("month", models.DateField()),
                ("entries", models.IntegerField()),
                ("gross", money.fields.ExactDecimalField()),
                ("recovered", money.fields.ExactDecimalField()),
            ],
        ),
        migrations.CreateModel(
            name="ChargeGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity", models.UUIDField(editable=False, unique=True)),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("capex", models.BooleanField(default=False, verbose_name="capital expenditure")),
                ("recurring", models.BooleanField(default=False, verbose_name="recurring")),
                ("recoverable", models.BooleanField(default=False, verbose_name="recoverable")),
                ("vendor", models.CharField(blank=True, max_length=200, verbose_name="vendor")),
                ("account", models.CharField(blank=True, max_length=200, verbose_name="account")),
                ("service", models.CharField(blank=True, max_length=200, verbose_name="service")),
                ("sku", models.CharField(blank=True, max_length=200, verbose_name="SKU")),
                ("region", models.CharField(blank=True, max_length=200, verbose_name="region")),
                ("resource", models.CharField(blank=True, max_length=500, verbose_name="resource")),
                ("tags", models.JSONField(default=dict, verbose_name="tags")),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charge_groups", to="costs.category"
                    ),
                ),
                (
                    "initiative",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charge_groups",
                        to="projects.initiative",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GroupMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("lines", models.IntegerField()),
                ("pending", models.IntegerField()),
                ("gross", money.fields.ExactDecimalField()),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="months",
                        to="costs.chargegroup",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InitiativeCumulated",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "initiative_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("initiative_id", models.BigIntegerField()),
                ("month", models.DateField()),
                ("until", models.DateField()),
                ("gross", money.fields.ExactDecimalField()),
                ("recovered", money.fields.ExactDecimalField()),
            ],
            options={
                "indexes": [models.Index(fields=["until", "month"], name="cost_cumulated_in_force")],
            },
        ),
        migrations.CreateModel(
            name="InitiativeMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "initiative_id",
                        "month",
                        "category_id",
                        "counted_month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("initiative_id", models.BigIntegerField()),
                ("month", models.DateField()),
                ("counted_month", models.DateField()),
                ("entries", models.IntegerField()),
                ("gross", money.fields.ExactDecimalField()),
                ("recovered", money.fields.ExactDecimalField()),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="costs.category",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PortfolioMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month",
                        "category_id",
                        "counted_month",
                        "allocated",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                ("counted_month", models.DateField()),
                ("allocated", models.BooleanField()),
                ("entries", models.IntegerField()),
                ("gross", money.fields.ExactDecimalField()),
                ("recovered", money.fields.ExactDecimalField()),
                (
                    "category",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="costs.category",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BudgetLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="month")),
                ("amount", money.fields.ExactDecimalField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("approved_on", models.DateField(verbose_name="approved on")),
                ("rate", money.fields.ExactDecimalField(null=True)),
                ("base_amount", money.fields.ExactDecimalField(null=True)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "initiative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budget_lines",
                        to="projects.initiative",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="costs.category",
                    ),
                ),
            ],
            options={
                "ordering": ["month", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("base_amount", None)), fields=["approved_on"], name="budget_pending"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="budget_month_is_its_first_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="CostLine",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id",
                        "incurred_on",
                        "fingerprint",
                        "occurrence",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("incurred_on", models.DateField(verbose_name="date")),
                ("fingerprint", models.UUIDField(editable=False)),
                ("occurrence", models.IntegerField(default=1, editable=False)),
                ("amount", money.fields.ExactDecimalField(verbose_name="amount")),
                ("rate", money.fields.ExactDecimalField(null=True)),
                ("base_amount", money.fields.ExactDecimalField(null=True)),
                ("billed_on", models.DateField(null=True, verbose_name="billed on")),
                ("external_id", models.CharField(max_length=200, null=True, verbose_name="external id")),
                ("invoice_ref", models.CharField(max_length=200, null=True, verbose_name="invoice")),
                ("description", models.TextField(null=True, verbose_name="description")),
                ("import_id", models.BigIntegerField(null=True)),
                ("line_number", models.IntegerField(null=True)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_correction", models.BooleanField(default=False)),
                (
                    "withdrawn",
                    models.CharField(
                        blank=True,
                        choices=[("deleted", "Deleted"), ("corrected", "Corrected"), ("restated", "Restated")],
                        max_length=10,
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by_import_id", models.BigIntegerField(null=True)),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="lines",
                        to="costs.chargegroup",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("base_amount", None), ("withdrawn_at", None)),
                        fields=["incurred_on"],
                        name="cost_line_pending",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["import_id"], name="cost_line_import", pages_per_range=32
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id__isnull", False)),
                        fields=("fingerprint", "occurrence"),
                        name="one_version_per_external_id",
                    )
                ],
            },
        ),
        migrations.RunPython(ship_categories, migrations.RunPython.noop),
    ]
