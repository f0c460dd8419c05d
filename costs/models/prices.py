"""The price book: what tokens cost, by provider, model and date."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costs.pricing import PriceRow, Rate, TokenClass
from costs.querysets import TokenPriceQuerySet
from money.fields import ExactDecimalField


class TokenPrice(models.Model):
    """What the tokens of a model cost from a day on. Never changed; an own row gets an end at most.

    Either an own row, whose model is a value or a glob (`*`, `?`); or a row of the library as it was when it priced a
    usage line, kept by value: a new version of the library re-values nothing.
    """

    provider = models.CharField(_("provider"), max_length=200)
    model = models.CharField(_("model"), max_length=200)
    # Of a library's row: the day it names, if any.
    since = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(_("until before"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source_url = models.URLField(_("source"), max_length=500, blank=True)
    library_version = models.CharField(max_length=40, blank=True)
    # The hash of a library's row, so that it is kept once.
    identity = models.UUIDField(null=True, unique=True, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TokenPriceQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "model", "-since", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=models.F("since")), name="price_ends_after"),
            models.CheckConstraint(
                condition=Q(library_version="", identity=None, since__isnull=False)
                | ~Q(library_version="") & Q(identity__isnull=False),
                name="price_is_own_or_the_librarys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"

    @property
    def is_own(self) -> bool:
        """Tell whether people entered it."""
        return not self.library_version

    @property
    def row(self) -> PriceRow:
        """The prices as `costs.pricing` reckons with them; fetch `rates` beforehand."""
        return PriceRow(self.currency, tuple(rate.rate for rate in self.rates.all()))


class TokenRate(models.Model):
    """Prices per million tokens of a price row: for batch calls apart, for prompts over so many tokens apart."""

    price = models.ForeignKey(TokenPrice, on_delete=models.CASCADE, related_name="rates")
    batch = models.BooleanField(_("batch"), default=False)
    over = models.PositiveBigIntegerField(_("prompts over"), default=0)
    # One for each TokenClass, by its name; null: no price, which is not a price of 0.
    input = ExactDecimalField(_("input"), null=True)
    cached_input = ExactDecimalField(_("cached input"), null=True)
    cache_write_5m = ExactDecimalField(_("cache write, 5 minutes"), null=True)
    cache_write_1h = ExactDecimalField(_("cache write, 1 hour"), null=True)
    output = ExactDecimalField(_("output"), null=True)

    class Meta:
        ordering = ["batch", "over"]
        constraints = [models.UniqueConstraint(fields=["price", "batch", "over"], name="one_rate_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.price_id} {self.batch} {self.over}"

    @property
    def rate(self) -> Rate:
        """The prices as `costs.pricing` reckons with them."""
        prices: dict[TokenClass, Decimal | None] = {each: getattr(self, each) for each in TokenClass}
        return Rate({each: price for each, price in prices.items() if price is not None}, self.over, self.batch)

    @classmethod
    def of(cls, price: TokenPrice, rate: Rate) -> TokenRate:
        """Return a rate as it goes into the database."""
        return cls(
            price=price, batch=rate.batch, over=rate.over, **{str(each): rate.prices.get(each) for each in TokenClass}
        )


class LibraryOff(models.Model):
    """A provider (as `provider_of` names it) whose prices are not taken from the library."""

    provider = models.CharField(max_length=200, primary_key=True)

    def __str__(self) -> str:
        return self.provider
