"""Business units, initiatives, their plans, stages and pauses."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.querysets import HoldQuerySet, InitiativeQuerySet, PlanQuerySet
from projects.stages import LINE, Stage


def key_of(number: int) -> str:
    """Return the name of the initiative with a number, "AI-0001"."""
    return f"AI-{number:04d}"


class BusinessUnit(models.Model):
    """A node in the tree of units.

    `path` ("Claims / Motor") is what people call it, `lineage` ("/3/17/") the ids from the top down to it; who makes
    one writes both (`projects.units`, and `projects.bulk` many at once). A name may itself have the separator of paths
    in it, as an import brings it: what lies above a unit is told by its lineage, never by its path.
    """

    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.TextField(editable=False)
    lineage = models.TextField(editable=False, db_index=True)

    class Meta:
        verbose_name = _("business unit")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint("parent", Lower("name"), name="unit_name_without_case", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.path


class Tag(models.Model):
    """A free label."""

    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("tag")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_without_case")]

    def __str__(self) -> str:
        return self.name


class Hosting(models.TextChoices):
    """Where the model runs."""

    CLOUD_API = "cloud_api", _("Cloud API")
    CLOUD_GPU = "cloud_gpu", _("Cloud GPU")
    ON_PREM = "on_prem", _("On premises")
    SAAS = "saas", _("SaaS")
    MIXED = "mixed", _("Mixed")
    UNKNOWN = "unknown", _("Unknown")


class RiskTier(models.TextChoices):
    """How risky the use is, by the tiers of the EU AI Act."""

    MINIMAL = "minimal", _("Minimal")
    LIMITED = "limited", _("Limited")
    HIGH = "high", _("High")
    PROHIBITED = "prohibited", _("Prohibited")
    UNKNOWN = "unknown", _("Unknown")


class Initiative(models.Model):
    """An AI initiative: why it exists, who owns it, where it stands."""

    number = models.PositiveIntegerField(unique=True, editable=False)
    title = models.CharField(_("title"), max_length=500)
    problem = models.TextField(_("problem"), blank=True)
    desired_outcome = models.TextField(_("desired outcome"), blank=True)
    why_ai = models.TextField(_("why AI"), blank=True)
    alternative_considered = models.TextField(_("alternative considered"), blank=True)
    business_unit = models.ForeignKey(BusinessUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    tags = models.ManyToManyField(Tag, blank=True, related_name="+")
    hosting = models.CharField(_("hosting"), max_length=20, choices=Hosting, default=Hosting.UNKNOWN)
    risk_tier = models.CharField(_("risk tier"), max_length=20, choices=RiskTier, default=RiskTier.UNKNOWN)
    external_ref = models.CharField(_("external reference"), max_length=500, null=True, blank=True, unique=True)
    confidential = models.BooleanField(_("confidential"), default=False)
    # The plan in force; every agreed plan is kept in PlanRevision, and that of a date comes from there.
    planned_prototype_on = models.DateField(_("planned prototype"), null=True, blank=True)
    planned_pilot_on = models.DateField(_("planned pilot"), null=True, blank=True)
    planned_production_on = models.DateField(_("planned production"), null=True, blank=True)
    # The stage today (last transition in order); the stage at a date comes from the transitions.
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.DRAFT, editable=False, db_index=True)
    # True when it came by an import that carries no outcomes: then "no outcome" is not "aimless" (METRICS.md 2).
    outcomes_not_recorded = models.BooleanField(default=False, editable=False)
    source_import_id = models.BigIntegerField(null=True, editable=False, db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("initiative")
        ordering = ["-number"]
        indexes = [
            # What the portfolio reads of every initiative: its wide rows, full of texts, need not be opened for that.
            models.Index(fields=["id"], include=["outcomes_not_recorded"], name="initiative_in_portfolio")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def key(self) -> str:
        """The name that people use, "AI-0001"; it never repeats."""
        return key_of(self.number)

    @property
    def url(self) -> str:
        """The address of its first page; its other pages lie below."""
        return f"{reverse('projects:initiative-list')}{self.key}/"

    @property
    def history_url(self) -> str:
        """The address of its history."""
        return reverse("projects:initiative-history", args=[self.key])


class PlanRevision(models.Model):
    """A plan as it was agreed; a changed plan adds a row. The initiative has the dates of the one agreed last."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="plan_revisions")
    agreed_on = models.DateField(_("agreed on"))
    planned_prototype_on = models.DateField(_("planned prototype"), null=True)
    planned_pilot_on = models.DateField(_("planned pilot"), null=True)
    planned_production_on = models.DateField(_("planned production"), null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan revision")

    def __str__(self) -> str:
        return str(self.agreed_on)


class Transition(models.Model):
    """A step from one stage to another, in the order in which they happened.

    Its date is either `effective_on`, or unknown and then known to have happened by `known_by`.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="transitions")
    position = models.PositiveIntegerField()
    from_stage = models.CharField(max_length=12, choices=Stage)
    to_stage = models.CharField(max_length=12, choices=Stage)
    effective_on = models.DateField(_("effective on"), null=True)
    known_by = models.DateField(null=True)
    # Why the date is unknown ("absent", "unreadable", "year-only", "planned", "out of order", and "not known" where
    # people say so); "" when it is known.
    unknown_reason = models.CharField(max_length=20, blank=True)
    source_text = models.TextField(blank=True)
    rationale = models.TextField(_("rationale"), blank=True)
    override = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("transition")
        ordering = ["initiative", "position"]
        constraints = [
            models.UniqueConstraint(fields=["initiative", "position"], name="transition_position"),
            models.CheckConstraint(
                condition=models.Q(effective_on__isnull=False, known_by__isnull=True)
                | models.Q(effective_on__isnull=True, known_by__isnull=False),
                name="transition_date_known_or_known_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


#: The end of a period that has none yet.
OPEN = date.max


class StandingPeriod(models.Model):
    """Where an initiative stood from one day until before another: kept from its transitions by `projects.periods`.

    Dates are None where they are unknown; the `*_unknown` beside them then says why.
    """

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="+")
    begins = models.DateField()
    ends = models.DateField(default=OPEN)
    stage = models.CharField(max_length=12, choices=Stage)
    stage_since = models.DateField(null=True)
    stage_unknown = models.CharField(max_length=20, blank=True)
    # How many stages of the line it had entered or passed; per stage the date of its first entry (None: unknown, or
    # passed over), and why the date of a stage that it did enter is unknown.
    furthest = models.PositiveSmallIntegerField()
    entered_on = ArrayField(models.DateField(null=True), size=len(LINE))
    entered_unknown = ArrayField(models.CharField(max_length=20, null=True), size=len(LINE))
    is_prototype = models.BooleanField()
    started_on = models.DateField(null=True)
    start_unknown = models.CharField(max_length=20, blank=True)
    reached_production = models.BooleanField()
    production_on = models.DateField(null=True)
    production_unknown = models.CharField(max_length=20, blank=True)
    # How many days each step from one stage to the next took; -1 where a date is unknown, None where there was no step.
    step_days = ArrayField(models.IntegerField(null=True), size=len(LINE) - 1, null=True)
    # The same text where everything but the dates themselves is the same: sets are counted by it, not one by one.
    alike = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["initiative", "begins"], name="standing_begins")]

    def __str__(self) -> str:
        return f"{self.initiative_id} {self.stage} {self.begins}"


class Hold(models.Model):
    """A pause: a flag with its own interval, not a stage. `ended_on` is the first day that work goes on."""

    initiative = models.ForeignKey(Initiative, on_delete=models.CASCADE, related_name="holds")
    started_on = models.DateField(_("on hold since"))
    ended_on = models.DateField(_("until"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")

    def __str__(self) -> str:
        return f"{self.initiative_id} {self.started_on}"


class IntakeDraft(models.Model):
    """What a person typed, step by step, before it becomes an initiative, or changes one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="intake_drafts")
    # The one that it is to change, and how its fields stood when the person began (`projects.forms.typed_of`).
    initiative = models.ForeignKey(Initiative, null=True, on_delete=models.CASCADE, related_name="edits_begun")
    read = models.JSONField(default=dict)
    typed = models.JSONField(default=dict)
    step = models.CharField(max_length=40, blank=True)
    # The token of the page whose first autosave began it: what that page saves next is this draft's.
    begun_with = models.CharField(max_length=64, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("intake draft")
        constraints = [
            models.UniqueConstraint(fields=["user", "initiative"], name="one_edit_begun_by_a_person"),
            models.UniqueConstraint(fields=["user", "begun_with"], name="one_draft_begun_by_a_page"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.saved_at:%Y-%m-%d %H:%M}"
