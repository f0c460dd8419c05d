"""Own hardware: what was bought, how long it serves, and what power costs."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from costs.models.dated import DatedAmount, Share, SharedEntry
from money.fields import ExactDecimalField


class Asset(SharedEntry):
    """Hardware of one's own, written down in a straight line over its life (costs/registers/depreciation.py)."""

    price = ExactDecimalField(_("price"))
    salvage = ExactDecimalField(_("salvage value"), default=0)
    purchased_on = models.DateField(_("purchased on"))
    in_service_on = models.DateField(_("in service on"))
    life_months = models.PositiveSmallIntegerField(_("life in months"))
    retired_on = models.DateField(_("sold or scrapped on"), null=True, blank=True)
    # What it was sold for; 0: scrapped. Counts from the day of retirement.
    proceeds = ExactDecimalField(_("sold for"), default=0)
    # What it draws on average while it is on, in kilowatts; none: its energy is not counted here.
    power_kw = ExactDecimalField(_("power in kW"), null=True, blank=True)
    # How many hours a month it is on; none: every hour.
    hours_per_month = ExactDecimalField(_("hours per month"), null=True, blank=True)

    class Meta:
        ordering = ["in_service_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(salvage__gte=0, salvage__lte=F("price"), life_months__gte=1),
                name="asset_can_be_written_down",
            ),
            models.CheckConstraint(
                condition=Q(retired_on=None) | Q(retired_on__gte=F("in_service_on")), name="asset_serves_before_it_goes"
            ),
        ]


class AssetShare(Share):
    """What part of an asset's cost an initiative bears."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="shares")


class EnergyPrice(DatedAmount):
    """What a kilowatt-hour costs from a day on."""

    currency = models.CharField(_("currency"), max_length=3)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta(DatedAmount.Meta):
        constraints = [models.UniqueConstraint(fields=["since"], name="one_energy_price_per_day")]
