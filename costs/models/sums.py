"""Sums, kept right by `costs.rollups` in the transaction of every write; figures are read from them.

`month` is the month that an amount belongs to: of a cost its date's, of a recovery the one it was billed on.
`counted_month`, and there the day, say from when on it counts: a recovery needs both its line's date and the billing to
have passed. They differ from `month` only where something was billed on before its date. `entries` counts what went
in, so that a month whose costs add up to nothing differs from a month without any. No foreign-key checks: an import
writes a hundred thousand of these rows, and they are derived from rows that were checked.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from costs.models.lines import Category, ChargeGroup
from money.fields import ExactDecimalField

# In the sums, instead of an initiative's id: cost that belongs to none. A null could not be part of a primary key.
UNALLOCATED = 0
# In placements, in the same way: kept for comparison only, counted in no sum but that of its group.
NOT_COUNTED = -1


class GroupMonth(models.Model):
    """Charge group × month, pending lines apart: what an allocation rule would move."""

    pk = models.CompositePrimaryKey("group_id", "month")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="months"
    )
    month = models.DateField()
    lines = models.IntegerField()
    pending = models.IntegerField()
    gross = ExactDecimalField()

    class Meta:
        indexes = [models.Index(fields=["month"], condition=models.Q(pending__gt=0), name="cost_group_month_pending")]

    def __str__(self) -> str:
        return f"{self.group_id} {self.month:%Y-%m}"


class InitiativeMonth(models.Model):
    """Initiative × month × category."""

    pk = models.CompositePrimaryKey("initiative_id", "month", "category_id", "counted_month")
    initiative_id = models.BigIntegerField()
    month = models.DateField()
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    counted_month = models.DateField()
    entries = models.IntegerField()
    gross = ExactDecimalField()
    recovered = ExactDecimalField()

    def __str__(self) -> str:
        return f"{self.initiative_id} {self.month:%Y-%m}"


class InitiativeCumulated(models.Model):
    """Initiative: sums up to and including a month; they hold for every month before `until`, the next row's."""

    pk = models.CompositePrimaryKey("initiative_id", "month")
    initiative_id = models.BigIntegerField()
    month = models.DateField()
    until = models.DateField()
    gross = ExactDecimalField()
    recovered = ExactDecimalField()

    class Meta:
        indexes = [models.Index(fields=["until", "month"], name="cost_cumulated_in_force")]

    def __str__(self) -> str:
        return f"{self.initiative_id} to {self.month:%Y-%m}"


class InitiativeDays(models.Model):
    """Initiative × month, day by day, for dates inside a month: what counts from its 1st, 2nd, … 31st on, or null.

    One row in place of up to thirty-one: a file of bills brings something for most initiatives on most days.
    `recovered` is empty in most months, those in which nothing is.
    """

    pk = models.CompositePrimaryKey("counted_month", "initiative_id", "month")
    counted_month = models.DateField()
    initiative_id = models.BigIntegerField()
    month = models.DateField()
    entries = ArrayField(models.IntegerField(null=True))
    gross = ArrayField(ExactDecimalField(null=True))
    recovered = ArrayField(ExactDecimalField(null=True))

    def __str__(self) -> str:
        return f"{self.initiative_id} in {self.counted_month:%Y-%m}"


class PortfolioMonth(models.Model):
    """Everything × month × category, what belongs to an initiative apart from what is unallocated."""

    pk = models.CompositePrimaryKey("month", "category_id", "counted_month", "allocated")
    month = models.DateField()
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    counted_month = models.DateField()
    allocated = models.BooleanField()
    entries = models.IntegerField()
    gross = ExactDecimalField()
    recovered = ExactDecimalField()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class UsageMonth(models.Model):
    """Charge group × month × why there is no price: the tokens that were used, by class.

    Tokens that no usage line tells of are not here.
    """

    pk = models.CompositePrimaryKey("group_id", "month", "unpriced")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="usage_months"
    )
    month = models.DateField()
    unpriced = models.CharField(max_length=20)  # as in `UsageLine`; "": they have a price
    lines = models.IntegerField()
    requests = models.BigIntegerField()
    input_tokens = models.BigIntegerField()  # those that were not read from a cache
    cached_input_tokens = models.BigIntegerField()
    cache_write_5m_tokens = models.BigIntegerField()
    cache_write_1h_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["month"], condition=~models.Q(unpriced=""), name="usage_month_unpriced")]

    def __str__(self) -> str:
        return f"{self.group_id} {self.month:%Y-%m}"
