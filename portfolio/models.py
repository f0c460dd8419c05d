"""Benchmarks: rates that others have published, each with what it measures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from display.numbers import number, percent_range
from money.fields import ExactDecimalField


class ComparableWith(models.TextChoices):
    """The figure of ours that a benchmark may stand beside."""

    PRODUCTION_RATE = "production_rate", _("Production rate")
    COST = "cost", _("Cost")
    TIME = "time", _("Time to production")
    BENEFIT = "benefit", _("Benefit")
    NONE = "none", _("None of ours")


class Kind(models.TextChoices):
    """What sort of statement a benchmark is."""

    RATE_OF_PROJECTS = "rate of projects", _("Rate of projects")
    PRACTITIONER_ESTIMATE = "practitioner estimate", _("Practitioner's estimate")
    SHARE_OF_FIRMS = "share of firms or respondents", _("Share of firms or respondents")
    FORECAST = "forecast", _("Forecast")


# A share of firms or a forecast says nothing of how many prototypes get there.
NEVER_BESIDE_OURS = (Kind.SHARE_OF_FIRMS, Kind.FORECAST)

_UNITS = {"multiple": " ×", "days": _(" days"), "money": " USD"}


class Benchmark(models.Model):
    """A published figure; `comparable_with` says beside which of ours it may stand. Its definition goes with it."""

    slug = models.SlugField(unique=True)
    label = models.CharField(_("name"), max_length=200)
    low = ExactDecimalField(_("from"))
    high = ExactDecimalField(_("to"), null=True, blank=True)  # null: `low` is a lower bound
    unit = models.CharField(_("unit"), max_length=20)
    comparable_with = models.CharField(_("comparable with"), max_length=20, choices=ComparableWith)
    kind = models.CharField(_("kind"), max_length=40, choices=Kind)
    what_it_measures = models.TextField(_("what it measures"))
    population = models.TextField(_("of whom"), blank=True)
    source_title = models.CharField(_("source"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"))
    url = models.URLField(_("address"), max_length=500, blank=True)
    verified = models.BooleanField(_("read at the source"), default=False)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["comparable_with", "year", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(comparable_with="production_rate", kind__in=NEVER_BESIDE_OURS),
                name="benchmark_of_prototypes_beside_prototypes",
            )
        ]

    def __str__(self) -> str:
        return gettext(self.label)

    @property
    def shown(self) -> str:
        """The figure with its unit: "45–50 %", "244 days"; a lower bound alone says "from"."""
        ends = [self.low] if self.high in (None, self.low) else [self.low, self.high]
        if self.unit == "share":
            text = percent_range(ends[0], ends[-1])
        else:
            text = "–".join(number(end) for end in ends) + _UNITS[self.unit]
        return _("from %(figure)s") % {"figure": text} if self.high is None else text
