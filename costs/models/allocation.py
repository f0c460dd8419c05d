"""Where the cost of charge groups belongs: rules, and the placements that follow from them."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costs.models.lines import Category, ChargeGroup, Kind
from costs.querysets import AllocationRuleQuerySet, AllocationRunQuerySet
from money.fields import ExactDecimalField
from projects.models import Initiative


class Method(models.TextChoices):
    """How a rule splits what its fixed shares leave over."""

    EQUAL = "equal", _("Equally")
    COST = "cost", _("By another cost")
    TOKENS = "tokens", _("By tokens used")


class AllocationRule(models.Model):
    """Which groups belong to which initiatives. The first rule in force that matches a group places it.

    `match` maps a field of the group (or `tag:NAME`) to a value or a glob (`*`, `?`), without case; all must match.
    One that is `named_by` such a field places a group on the initiative whose key or external reference stands there;
    where none does, the next rule is asked.
    A rule holds for whole months, as costs are closed by month.
    """

    name = models.CharField(_("name"), max_length=200)
    priority = models.PositiveIntegerField(_("priority"), default=100)
    match = models.JSONField(_("match"), default=dict)
    # The field (or `tag:NAME`) that says which initiative a group belongs to; empty: its parts say.
    named_by = models.TextField(_("named by"), blank=True, default="", db_default="")
    method = models.CharField(_("split"), max_length=10, choices=Method, default=Method.EQUAL)
    # With `Method.COST`: the category whose cost is the measure; none: all of the cost that does not itself follow use.
    measure = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(_("from month"), null=True, blank=True)
    until = models.DateField(_("until before month"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # How it divides: method, measure and shares. Each change of these is another number (`Placement.division`).
    division = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = AllocationRuleQuerySet.as_manager()

    class Meta:
        ordering = ["priority", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(since=None) | Q(since__day=1), name="rule_since_is_a_month"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__day=1), name="rule_until_is_a_month"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def divides(self) -> bool:
        """Tell whether several initiatives get a part of what its fixed shares leave over."""
        return sum(part.share is None for part in self.parts.all()) > 1


class AllocationPart(models.Model):
    """An initiative that a rule places cost on: with a fixed share of it, or (none) with a part of the rest."""

    rule = models.ForeignKey(AllocationRule, on_delete=models.CASCADE, related_name="parts")
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT, related_name="allocation_parts")
    share = ExactDecimalField(_("share"), null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "initiative"], name="initiative_once_in_a_rule"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=1), name="allocation_share_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative_id}: {self.share}"


# For SQL over lines or sums of groups, beside the group as `charge`: its placements on a day, and whose each of them is
# (0: nobody, -1: kept for comparison only).
PLACES_SQL = """LEFT JOIN costs_placement AS place
    ON place.group_id = {group} AND place.since <= {day} AND place.until > {day}"""
BELONGS_SQL = "coalesce(place.initiative_id, charge.initiative_id, 0)"


def _placed_on() -> models.GeneratedField:
    """Return what something is placed on, none where that is 0 or -1.

    In the database a foreign key, looked at when a write ends: an initiative that somebody withdraws while a bill that
    names it is read cannot go from under its cost.
    """
    return models.GeneratedField(
        expression=Case(When(initiative_id__gt=0, then=F("initiative_id"))),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )


class Placement(models.Model):
    """Where a group's cost dated from `since` to before `until` belongs: shares, which add up to exactly 1.

    Shares are finite decimals, so that an amount times its shares loses nothing: the parts of any sum add up to it. A
    group and day without a row: its own initiative, else unallocated. Written by costs/allocation/placements.py alone.
    """

    pk = models.CompositePrimaryKey("group_id", "since", "initiative_id")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="placements"
    )
    since = models.DateField()
    until = models.DateField()
    initiative_id = models.BigIntegerField(db_index=True)
    placed_on = _placed_on()
    share = ExactDecimalField()
    rule = models.ForeignKey(
        AllocationRule, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    # By which division of the rule, where that follows use: another one waits until somebody applies the rules. 0: by
    # one that was not kept yet.
    division = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            # Read where an initiative is deleted.
            models.Index(fields=["placed_on"], condition=Q(placed_on__isnull=False), name="placement_placed_on")
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.since:%Y-%m}: {self.share} of {self.initiative_id}"


class UsagePlacement(models.Model):
    """Where a group belongs whose cost is kept for comparison only: what was used was used all the same.

    As `Placement`, beside whose −1 it stands where a rule places the group; 0 without a rule: it counted once, and was
    unallocated. Read as to where its usage belongs, who may see it, and where its cost goes when that counts. Written
    by costs/allocation/placements.py alone.
    """

    pk = models.CompositePrimaryKey("group_id", "since", "initiative_id")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="usage_placements"
    )
    since = models.DateField()
    until = models.DateField()
    initiative_id = models.BigIntegerField(db_index=True)
    placed_on = _placed_on()
    share = ExactDecimalField()
    rule = models.ForeignKey(
        AllocationRule, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    division = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            # Read where an initiative is deleted.
            models.Index(fields=["placed_on"], condition=Q(placed_on__isnull=False), name="usage_placed_on")
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.since:%Y-%m}: {self.share} of {self.initiative_id}"


class AllocationRun(models.Model):
    """What somebody decided, brought to the cost that is there; while it is not finished: that it will be.

    Rules that were applied say what that moved. Rules, labels and rates follow what is decided when a worker takes them
    up; what the ledger takes is decided here, and holds from the end of the run on.
    """

    class About(models.TextChoices):
        """What was decided."""

        RULES = "rules"
        LABELS = "labels"
        LEDGER = "ledger"
        RATES = "rates"

    about = models.CharField(max_length=10, choices=About, default=About.RULES, db_default=About.RULES)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False, db_default=False)  # finished, and nothing of it was done
    # Failed, and asked for again or done at once since: no page tells of it any more.
    put_right = models.BooleanField(default=False, db_default=False)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Of what the ledger takes: as in `LedgerSource`.
    provider = models.CharField(max_length=200, default="", db_default="")
    since = models.DateField(null=True)
    kind = models.CharField(max_length=10, choices=Kind, default="", db_default="")
    # Of rules.
    lines = models.BigIntegerField(default=0)
    amount = ExactDecimalField(default=Decimal(0))  # in base currency
    allocated = models.BigIntegerField(default=0)  # lines that belonged to nobody before

    objects = AllocationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.asked_at):%Y-%m-%d %H:%M}: {self.lines}"

    @property
    def state(self) -> str:
        """Say how far it is."""
        if self.finished_at is None:
            return "queued"
        return "failed" if self.failed else "done"

    @property
    def has_moved(self) -> bool:
        """Tell whether it says what it moved, if anything: rules that were applied do."""
        return self.about == self.About.RULES and self.state == "done"


class LedgerSource(models.Model):
    """Which kind of record the ledger takes for a provider, from a month on; the other kinds are kept to compare.

    A bill has more than tokens: what else it charges counts whatever is taken (costs/reconciliation/sources.py).
    """

    provider = models.CharField(_("provider"), max_length=200)
    since = models.DateField(_("from month"))
    kind = models.CharField(_("the ledger takes"), max_length=10, choices=Kind)
    # Nobody decided, it was the first record of the provider: goes with its last line.
    is_automatic = models.BooleanField(default=False)

    class Meta:
        ordering = ["provider", "since"]
        constraints = [models.UniqueConstraint(fields=["provider", "since"], name="one_ledger_source_per_month")]

    def __str__(self) -> str:
        return f"{self.provider} {self.since:%Y-%m}: {self.kind}"
