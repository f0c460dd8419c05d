"""Outcomes, their dated terms, the readings taken of them, and the benefit that was worked out from those."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from display.numbers import decimals, money, smallest_unit
from money.fields import ExactDecimalField
from outcomes.querysets import MeasurementQuerySet, OutcomeQuerySet
from projects.models import Initiative

SHOWN_PLACES = 4  # of an amount per month, which may have 60 digits


class Direction(models.TextChoices):
    """Which way is better."""

    INCREASE = "increase", _("Increase")
    DECREASE = "decrease", _("Decrease")
    MAINTAIN = "maintain", _("Maintain")


class OutcomeKind(models.TextChoices):
    """What a reading is: a level on a day, or an amount over a period."""

    LEVEL = "level", _("Level")
    FLOW = "flow", _("Flow")


class BenefitType(models.TextChoices):
    """What sort of benefit the outcome brings."""

    CASH_RELEASING = "cash_releasing", _("Cash-releasing")
    EFFICIENCY = "efficiency", _("Efficiency")
    REVENUE = "revenue", _("Revenue")
    COST_AVOIDANCE = "cost_avoidance", _("Cost avoidance")
    RISK_REDUCTION = "risk_reduction", _("Risk reduction")
    NON_FINANCIAL = "non_financial", _("Non-financial")


class ReadingMethod(models.TextChoices):
    """How a reading came about."""

    OBSERVED = "observed", _("Observed")
    SAMPLED = "sampled", _("Sampled")
    ESTIMATED = "estimated", _("Estimated")


class ReadingState(models.TextChoices):
    """Whether finance has confirmed a reading."""

    SUBMITTED = "submitted", _("Submitted")
    VALIDATED = "validated", _("Validated")


class Outcome(models.Model):
    """What an initiative is to change: the metric that tells. Its values are dated and stand in `OutcomeTerms`."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="outcomes")
    metric = models.CharField(_("metric"), max_length=200)
    unit = models.CharField(_("unit"), max_length=200)
    kind = models.CharField(_("kind"), max_length=5, choices=OutcomeKind)
    agreed_on = models.DateField(_("agreed on"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    data_source = models.CharField(_("data source"), max_length=200, blank=True)
    # From this day on no reading is due and nothing that it brings counts.
    ended_on = models.DateField(_("no longer measured from"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.metric

    def holds_on(self, day: date) -> bool:
        """Tell whether it was agreed by a day, and has not ended by it."""
        return self.agreed_on <= day and not self.has_ended_by(day)

    def has_ended_by(self, day: date) -> bool:
        """Tell whether it is no longer measured on a day."""
        return self.ended_on is not None and self.ended_on <= day

    @property
    def is_flow(self) -> bool:
        """Tell whether readings are amounts over a period."""
        return self.kind == OutcomeKind.FLOW


class OutcomeTerms(models.Model):
    """The values of an outcome from a day on. Append-only: of two rows for the same day the last recorded holds.

    The first row has no `effective_on`: it holds from the start, also for readings from before the agreement.
    """

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="terms")
    effective_on = models.DateField(_("effective on"), null=True)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction)
    baseline = ExactDecimalField(_("baseline"), null=True)
    baseline_on = models.DateField(_("baseline date"), null=True)
    target = ExactDecimalField(_("target"), null=True)
    target_low = ExactDecimalField(_("lower bound"), null=True)
    target_high = ExactDecimalField(_("upper bound"), null=True)
    target_on = models.DateField(_("target date"), null=True)
    cadence_days = models.PositiveIntegerField(_("days between readings"), default=30)
    benefit_type = models.CharField(_("benefit type"), max_length=20, choices=BenefitType, blank=True)
    attribution = ExactDecimalField(_("attribution"), default=1)
    unit_value = ExactDecimalField(_("unit value"), null=True)
    unit_value_currency = models.CharField(_("currency"), max_length=3, blank=True)
    volume_per_month = ExactDecimalField(_("volume per month"), null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["outcome", models.F("effective_on").asc(nulls_first=True), "id"]
        constraints = [
            models.CheckConstraint(condition=Q(attribution__gte=0, attribution__lte=1), name="attribution_0_to_1"),
            models.CheckConstraint(condition=Q(cadence_days__gte=1), name="cadence_at_least_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome_id} {self.effective_on or ''}"

    @property
    def has_target(self) -> bool:
        """Tell whether there is something to reach (without it the outcome is an indicator)."""
        return self.target is not None or self.target_low is not None or self.target_high is not None

    @property
    def maintains(self) -> bool:
        """Tell whether it is to stay within bounds: that has neither one target nor a worth in money."""
        return self.direction == Direction.MAINTAIN

    @property
    def unit_price(self) -> str:
        """Return what a unit is worth, in the currency in which that was agreed, with every digit; "" for nothing."""
        if self.unit_value is None:
            return ""
        digits = max(decimals([self.unit_value]), decimals([smallest_unit(self.unit_value_currency)]))
        return money(self.unit_value, self.unit_value_currency, digits=digits)

    @property
    def is_complete(self) -> bool:
        """Tell whether baseline, target (or bounds) and target date are all there (METRICS.md §2, guided)."""
        return self.has_target and self.baseline is not None and self.target_on is not None


class Measurement(models.Model):
    """A reading. Never changed but for its validation; a correction withdraws it and adds another in its place."""

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="measurements")
    period_start = models.DateField(_("from"), null=True, blank=True)
    period_end = models.DateField(_("to"))
    value = ExactDecimalField(_("value"))
    # What is compared with baseline and target: the value; for a flow per month (METRICS.md §4, "latest").
    per_month = ExactDecimalField(editable=False)
    method = models.CharField(_("method"), max_length=10, choices=ReadingMethod, default=ReadingMethod.OBSERVED)
    evidence_url = models.CharField(_("evidence"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ReadingState, default=ReadingState.SUBMITTED)
    validated_at = models.DateTimeField(null=True, editable=False)
    validated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replaces")
    source_import_id = models.BigIntegerField(null=True, editable=False, db_index=True)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        ordering = ["outcome", "period_end", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_start__isnull=True) | Q(period_start__lte=models.F("period_end")),
                name="reading_period_in_order",
            )
        ]
        indexes = [
            models.Index(
                fields=["outcome", "-period_end", "-id"], condition=Q(withdrawn_at__isnull=True), name="reading_latest"
            ),
            models.Index(
                fields=["outcome"],
                condition=Q(withdrawn_at__isnull=True, state="submitted"),
                name="reading_to_validate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_end} {self.value}"

    @property
    def version(self) -> int:
        """Return 1 as it was recorded, 2 once it is validated: nothing else of it ever changes while it counts."""
        return 2 if self.state == ReadingState.VALIDATED else 1

    @property
    def shown_per_month(self) -> Decimal:
        """Return what is compared, as pages write it: a reading with its digits, a flow's amount with four decimals."""
        return self.value if self.period_start is None else round(self.per_month, SHOWN_PLACES)


class ReadingRate(models.Model):
    """The exchange rate that tells a reading's worth, fixed when it was first found: later ones change nothing."""

    measurement = models.ForeignKey(Measurement, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(max_length=3)
    rate = ExactDecimalField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measurement", "currency"], name="one_rate_per_reading")]

    def __str__(self) -> str:
        return f"{self.currency} {self.rate}"


class BenefitSegment(models.Model):
    """Days over which a reading brings the same amount a day (METRICS.md §4). Derived; rebuilt with every write.

    `validated`: worked out from validated readings alone. `per_day` and `amount` are null while the exchange rate is
    missing (pending). A level segment counts day by day from `counts_from` = its start; a flow one as a whole from
    `counts_from` = the end of its period.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="+", db_index=False)
    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="segments", db_index=False)
    measurement = models.ForeignKey(Measurement, on_delete=models.CASCADE, related_name="+")
    validated = models.BooleanField()
    is_flow = models.BooleanField()
    start_on = models.DateField()
    end_on = models.DateField()  # the first day that is not in it
    counts_from = models.DateField()
    per_day = ExactDecimalField(null=True)
    amount = ExactDecimalField(null=True)
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [
            models.Index(fields=["initiative", "validated", "start_on"], name="segment_initiative"),
            models.Index(fields=["validated", "end_on", "start_on"], name="segment_days"),
            models.Index(fields=["validated", "counts_from"], name="segment_counts_from"),
            models.Index(fields=["counts_from"], condition=Q(per_day__isnull=True), name="segment_pending"),
            models.Index(fields=["outcome"], name="segment_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.start_on} – {self.end_on}: {self.per_day}"


class BenefitMonth(models.Model):
    """Benefit of an initiative in a month, from its segments. Derived; rebuilt with every write.

    `spread`: flows lie over the days of their period (figures by month). `recognised`: flows lie on the day from which
    they count (totals to a date), and `cumulated` is their running sum, which holds from `month` until `until`.
    `entries`: how many segments `spread` something over it; where they come to nothing together, it has a benefit.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="+", db_index=False)
    validated = models.BooleanField()
    month = models.DateField()
    spread = ExactDecimalField()
    entries = models.IntegerField(db_default=0)
    recognised = ExactDecimalField()
    cumulated = ExactDecimalField()
    until = models.DateField()  # the next row's month, or the end of time

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["initiative", "validated", "month"], name="one_benefit_per_month")
        ]
        indexes = [models.Index(fields=["validated", "until", "month"], name="benefit_month_in_force")]

    def __str__(self) -> str:
        return f"{self.initiative_id} {self.month:%Y-%m}: {self.spread}"
