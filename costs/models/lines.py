"""What it cost: categories, charge groups and cost lines.

A bill has millions of lines but few distinct things that it is about. So what a line is about stands once in its
`ChargeGroup`, and `CostLine` is narrow: no surrogate key, no foreign-key checks, one unique index that serves look-up
and "the same file twice changes nothing" alike. Figures are read from sums (costs/models/sums.py), never from lines.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from costs.querysets import CostLineQuerySet
from money.fields import ExactDecimalField
from projects.models import Initiative

SHIPPED = {
    "tokens": _("Tokens"),
    "cloud": _("Cloud"),
    "hardware": _("Hardware"),
    "people": pgettext_lazy("cost category", "People"),
    "licences": _("Licences"),
    "services": _("Services"),
    "data": _("Data"),
    "other": _("Other"),
}


class Category(models.Model):
    """What kind of cost it is. Eight are shipped; an administrator adds, renames and retires them."""

    name = models.SlugField(pgettext_lazy("of a thing", "name"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return str(self.label or SHIPPED.get(self.name, self.name))


class Kind(models.TextChoices):
    """What kind of record lines come from. Of one provider and month only one of the last three counts."""

    ENTERED = "entered", _("Entered")
    BILL = "bill", _("Bill")
    GATEWAY = "gateway", _("Gateway log")
    USAGE = "usage", _("Usage, priced by us")


class ChargeGroup(models.Model):
    """What lines are about: everything that many of them have in common. `identity` is the hash of all of it."""

    identity = models.UUIDField(unique=True, editable=False)
    source = models.CharField(_("source"), max_length=200)
    # The initiative that the lines name; none: unallocated.
    initiative = models.ForeignKey(Initiative, null=True, on_delete=models.PROTECT, related_name="charge_groups")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="charge_groups")
    currency = models.CharField(_("currency"), max_length=3)
    capex = models.BooleanField(_("capital expenditure"), default=False)
    recurring = models.BooleanField(_("recurring"), default=False)
    recoverable = models.BooleanField(_("recoverable"), default=False)
    vendor = models.CharField(_("vendor"), max_length=200, blank=True)
    account = models.CharField(_("account"), max_length=200, blank=True)
    service = models.CharField(_("service"), max_length=200, blank=True)
    sku = models.CharField(_("SKU"), max_length=200, blank=True)
    region = models.CharField(_("region"), max_length=200, blank=True)
    resource = models.CharField(_("resource"), max_length=500, blank=True)
    tags = models.JSONField(_("tags"), default=dict)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ENTERED)
    # The provider's name of the account: a label that may change, no part of the identity.
    account_name = models.CharField(_("account name"), max_length=200, blank=True)
    service_category = models.CharField(_("service category"), max_length=200, blank=True)
    # The alias of the key that the calls were made with, never the key itself, and never a person.
    api_key = models.CharField(_("API key alias"), max_length=200, blank=True)
    # What else tells one charge from another (charge category, price id, description …), as its source calls it.
    details = models.JSONField(default=dict)
    # The hash of the identity without what a provider may change in a later delivery (tags): whose versions meet.
    family = models.UUIDField(null=True, editable=False, db_index=True)
    # What the money is for in AI terms; follows from rules (costs/ai/categories.py), no part of the identity.
    ai_category = models.CharField(_("AI category"), max_length=40, blank=True)

    class Meta:
        indexes = [
            # What bills call an account (costs/importers/account_names.py), without a look at its groups.
            models.Index(
                fields=["account", "vendor", "source", "account_name"],
                condition=Q(kind=Kind.BILL, account__gt=""),
                name="charge_group_account",
            )
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [str(self.category), self.vendor, self.service, self.currency]))


class Withdrawal(models.TextChoices):
    """Why a line no longer counts."""

    DELETED = "deleted", _("Deleted")
    CORRECTED = "corrected", _("Corrected")
    RESTATED = "restated", _("Restated")


_MOST_VERSIONS = 1_000_000  # of a line


class CostLine(models.Model):
    """One cost. It is never changed: a correction withdraws it and puts another in its place.

    `fingerprint` and `occurrence` tell which line it is, so that a file can be imported again:
    with an external id, the hash of source and external id, and the number of this version of it;
    of a bill, its charge period and its ordinal among equal rows of the file, and the number of this version of it;
    in a file without, the hash of the row's content, and its ordinal among equal rows of the file;
    entered by hand or by API without, a random number.
    """

    pk = models.CompositePrimaryKey("group_id", "incurred_on", "fingerprint", "occurrence")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="lines"
    )
    incurred_on = models.DateField(_("date"))
    fingerprint = models.UUIDField(editable=False)
    occurrence = models.IntegerField(default=1, db_default=1, editable=False)
    amount = ExactDecimalField(_("amount"))
    # In base currency, with the rate of the date, both fixed once known; null: pending, counted in no sum.
    rate = ExactDecimalField(null=True)
    base_amount = ExactDecimalField(null=True)
    billed_on = models.DateField(_("billed on"), null=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True)
    invoice_ref = models.CharField(_("invoice"), max_length=200, null=True)
    description = models.TextField(_("description"), null=True)
    import_id = models.BigIntegerField(null=True)
    line_number = models.IntegerField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now, db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # A person put it in place of another version; a later file is compared with what files said, not with this.
    is_correction = models.BooleanField(default=False, db_default=False)
    withdrawn = models.CharField(max_length=10, choices=Withdrawal, blank=True, default="", db_default="")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_import_id = models.BigIntegerField(null=True)

    objects = CostLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "occurrence"],
                condition=Q(external_id__isnull=False),
                name="one_version_per_external_id",
            )
        ]
        indexes = [
            models.Index(
                fields=["incurred_on"], condition=Q(base_amount=None, withdrawn_at=None), name="cost_line_pending"
            ),
            models.Index(
                fields=["group", "incurred_on"],
                condition=Q(base_amount=None, withdrawn_at=None),
                name="cost_line_pending_of_group",
            ),
            # An import's lines lie together: a few bytes per hundred pages find them, for its revert.
            BrinIndex(fields=["import_id"], name="cost_line_import", autosummarize=True, pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.incurred_on} {self.amount:f} {self.group.currency}"

    @property
    def key(self) -> str:
        """The line's name in an address: its primary key as one word."""
        return f"{self.group_id}-{self.incurred_on:%Y%m%d}-{self.fingerprint.hex}-{self.occurrence}"

    @property
    def version(self) -> int:
        """Number this version apart from any other that had its key: after a revert another import may bring one."""
        return (self.import_id or 0) * _MOST_VERSIONS + self.occurrence

    @property
    def is_pending(self) -> bool:
        """Tell whether it waits for an exchange rate, and so counts in no sum."""
        return self.base_amount is None
