"""Tokens used, what they cost by which row of the price book, and pricing a period anew."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costs.models.lines import ChargeGroup, Withdrawal
from costs.models.prices import TokenPrice
from costs.pricing import Tokens
from costs.querysets import UsageLineQuerySet
from money.fields import ExactDecimalField


class UsageLine(models.Model):
    """Tokens used, as their source tells it. It is never changed: what is priced anew is a new version of it.

    A line that has a price has one cost line with the same key. `fingerprint` tells which line it is: with an external
    id the hash of source and external id; of a row of a file its content and its ordinal among equal rows; by API
    without, a random number. `occurrence` is the number of the version. Of whose calls they were nothing is kept:
    there is no figure by person.
    """

    pk = models.CompositePrimaryKey("group_id", "occurred_on", "fingerprint", "occurrence")
    group = models.ForeignKey(
        ChargeGroup, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="usage_lines"
    )
    occurred_on = models.DateField(_("date"))
    fingerprint = models.UUIDField(editable=False)
    occurrence = models.IntegerField(default=1, editable=False)
    # The hash of what the source said, so that another saying is noticed.
    content = models.UUIDField(editable=False)
    external_id = models.CharField(_("external id"), max_length=200, null=True)
    requests = models.BigIntegerField(_("requests"), null=True)
    batch = models.BooleanField(_("batch"), default=False)
    # The length of a prompt, where the source tells it and not only how many tokens there were in all.
    prompt_tokens = models.BigIntegerField(null=True)
    # By class: a token is in exactly one of them. `input_tokens` were neither read from a cache nor written to one.
    input_tokens = models.BigIntegerField(_("input"))
    cached_input_tokens = models.BigIntegerField(_("cached input"), default=0)
    cache_write_5m_tokens = models.BigIntegerField(_("cache write, 5 minutes"), default=0)
    cache_write_1h_tokens = models.BigIntegerField(_("cache write, 1 hour"), default=0)
    output_tokens = models.BigIntegerField(_("output"))
    # The row that priced it, or that lacks a price for it; null: none, or the source itself says what it cost.
    price = models.ForeignKey(TokenPrice, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    amount = ExactDecimalField(_("amount"), null=True)  # in the currency of the group; null: unpriced
    unpriced = models.CharField(max_length=20, blank=True)  # why: a `costs.pricing.Lack`
    import_id = models.BigIntegerField(null=True)
    line_number = models.IntegerField(null=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn = models.CharField(max_length=10, choices=Withdrawal, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_import_id = models.BigIntegerField(null=True)

    objects = UsageLineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint", "occurrence"], name="usage_version_once")]
        indexes = [
            models.Index(
                fields=["occurred_on", "group_id", "fingerprint", "occurrence"],
                condition=Q(withdrawn_at=None),
                name="usage_line_by_day",
            ),
            models.Index(fields=["group_id"], condition=Q(withdrawn_at=None) & ~Q(unpriced=""), name="usage_unpriced"),
            BrinIndex(fields=["import_id"], name="usage_line_import", autosummarize=True, pages_per_range=32),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_on} {self.group.vendor} {self.group.sku}"

    @property
    def key(self) -> str:
        """The line's name in an address, which is that of its cost line."""
        return f"{self.group_id}-{self.occurred_on:%Y%m%d}-{self.fingerprint.hex}-{self.occurrence}"

    @property
    def tokens(self) -> Tokens:
        """How many tokens of each class."""
        return Tokens(
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_5m_tokens,
            self.cache_write_1h_tokens,
            self.output_tokens,
        )


class Repricing(models.Model):
    """The usage of a period priced anew: first worked out and shown, then, if somebody says so, applied."""

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", _("Being worked out")
        READY = "ready", _("Worked out")
        APPLYING = "applying", _("Being applied")
        DONE = "done", _("Applied")
        FAILED = "failed", _("Failed")
        STALE = "stale", _("Overtaken")  # prices or usage have changed since it was worked out

    since = models.DateField(_("from"))
    until = models.DateField(_("until before"))
    provider = models.CharField(_("provider"), max_length=200, blank=True)  # as `provider_of` names it; "": all
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    # What would change: provider, model, currencies before and after ("": unpriced), lines, amounts as text.
    differences = models.JSONField(default=list)
    lines = models.BigIntegerField(default=0)  # looked at
    # The hash of every line that changes and its new amount: what is applied is what was shown.
    digest = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)  # at what it is about now
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.since} – {self.until} {self.provider}".strip()

    @property
    def is_under_way(self) -> bool:
        """Tell whether a worker has it, or will."""
        return self.state in (self.State.QUEUED, self.State.APPLYING)

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.until - timedelta(days=1)

    @property
    def changed(self) -> int:
        """How many lines get another amount, or one at all."""
        return sum(each["lines"] for each in self.differences)
