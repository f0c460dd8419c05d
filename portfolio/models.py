"""Benchmarks: rates that others have published, each with what it measures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from display.numbers import SPACE, money_axis, number, percent_range, span
from money.fields import ExactDecimalField
from portfolio.guidance import Guidance


class ComparableWith(models.TextChoices):
    """The figure of ours that a benchmark may stand beside."""

    PRODUCTION_RATE = "production_rate", _("Production rate")
    COST = "cost", _("Cost")
    TIME = "time", _("Time to production")
    BENEFIT = "benefit", _("Benefit")
    NONE = "none", _("None of ours")


class Unit(models.TextChoices):
    """What a published figure is measured in."""

    SHARE = "share", _("per cent")
    DAYS = "days", _("days")
    MULTIPLE = "multiple", _("multiple")
    MONEY = "money", _("US dollars")


# The cohorts of ours that a benchmark may stand beside.
COHORTS = [(each.value, each.label) for each in Guidance if each is not Guidance.NOT_RECORDED]


class BenchmarkKind(models.TextChoices):
    """What sort of statement a benchmark is."""

    RATE_OF_PROJECTS = "rate of projects", _("Figure of projects")
    PRACTITIONER_ESTIMATE = "practitioner estimate", _("Practitioner's estimate")
    SHARE_OF_FIRMS = "share of firms or respondents", _("Share of firms or respondents")
    FORECAST = "forecast", _("Forecast")


# A share of firms or a forecast says nothing of how many prototypes get there.
NEVER_BESIDE_OURS = (BenchmarkKind.SHARE_OF_FIRMS, BenchmarkKind.FORECAST)

WORD_JOINER = "\u2060"
_UNITS = {"multiple": _("×"), "days": _(" days")}


def _dollars(ends: list[Decimal]) -> str:
    """Return an amount, or two with their unit once, on one line: "$5–20 M"."""
    first, *last = money_axis(ends, "USD")
    return span(first.partition(SPACE)[0], WORD_JOINER + last[0].removeprefix("$")) if last else first


class BenchmarkQuerySet(models.QuerySet["Benchmark"]):
    """Reads of benchmarks."""

    def in_use(self) -> BenchmarkQuerySet:
        """Keep what nobody has withdrawn."""
        return self.filter(is_withdrawn=False)

    def beside(self, figure: ComparableWith) -> BenchmarkQuerySet:
        """Keep what may stand beside a figure of ours."""
        return self.in_use().filter(comparable_with=figure)


class Benchmark(models.Model):
    """A published figure; `comparable_with` says beside which of ours it may stand. Its definition goes with it."""

    slug = models.SlugField(unique=True, null=True, editable=False)  # of what the product ships; null: one's own
    label = models.CharField(_("name"), max_length=200)
    low = ExactDecimalField(_("from"))
    high = ExactDecimalField(_("to"), null=True, blank=True)  # null: `low` is a lower bound
    unit = models.CharField(_("unit"), max_length=20, choices=Unit)
    comparable_with = models.CharField(_("comparable with"), max_length=20, choices=ComparableWith)
    cohort = models.CharField(_("beside the cohort"), max_length=20, choices=COHORTS, blank=True)
    kind = models.CharField(_("kind"), max_length=40, choices=BenchmarkKind)
    what_it_measures = models.TextField(_("what it measures"))
    population = models.TextField(_("of whom"), blank=True)
    source_title = models.CharField(_("source"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"))
    url = models.URLField(_("address"), max_length=500, blank=True)
    verified = models.BooleanField(_("read at the source"), default=False)
    note = models.TextField(_("note"), blank=True)
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)  # 1: as it was shipped or entered

    objects = BenchmarkQuerySet.as_manager()

    class Meta:
        ordering = ["comparable_with", "year", "slug", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(comparable_with="production_rate", kind__in=NEVER_BESIDE_OURS),
                name="benchmark_of_prototypes_beside_prototypes",
            ),
            models.CheckConstraint(
                condition=~Q(comparable_with="production_rate") | Q(unit="share"), name="benchmark_beside_a_rate_is_one"
            ),
            models.CheckConstraint(
                condition=Q(cohort="") | Q(comparable_with="production_rate"), name="benchmark_of_a_cohort_is_a_rate"
            ),
            models.CheckConstraint(condition=Q(high=None) | Q(high__gte=F("low")), name="benchmark_range_goes_up"),
            models.UniqueConstraint(
                fields=["cohort"],
                condition=~Q(cohort="") & Q(is_withdrawn=False),
                name="one_benchmark_beside_a_cohort",
            ),
        ]

    def __str__(self) -> str:
        return gettext(self.label)

    def clean(self) -> None:
        """Refuse a figure that is none, or that may not stand where it is meant to."""
        if isinstance(self.low, Decimal) and (wrong := dict(self._wrong())):
            raise ValidationError(wrong)

    def _wrong(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong, as (field, message)."""
        if self.low < 0:
            yield "low", _("Not below 0.")
        if self.high is not None and self.high < self.low:
            yield "high", _("At least as much as the lower end.")
        if self.comparable_with == ComparableWith.PRODUCTION_RATE:
            yield from self._no_rate()
        elif self.cohort:
            yield "cohort", _("Only what may stand beside the production rate stands beside a cohort.")

    def _no_rate(self) -> Iterator[tuple[str, str]]:
        """Yield why it may not stand beside our rate of prototypes."""
        if self.kind in NEVER_BESIDE_OURS:
            yield "comparable_with", _("A share of firms or a forecast never stands beside our rate of prototypes.")
        if self.unit != Unit.SHARE:
            yield "unit", _("Beside the production rate stands a share alone.")
        elif max(self.low, self.high or self.low) > 1:
            yield "low", _("A rate is at most 100\u202f%.")
        if other := self._other_of_cohort():
            said = gettext("“{label}” stands beside this cohort. Withdraw it, or take it off the cohort, first.")
            yield "cohort", said.format(label=other.label)

    def _other_of_cohort(self) -> Benchmark | None:
        if not self.cohort or self.is_withdrawn:
            return None
        return Benchmark.objects.in_use().filter(cohort=self.cohort).exclude(pk=self.pk).first()

    @property
    def shown(self) -> str:
        """The figure with its unit: "45–50 %", "244 days", "$5–20 M"; a lower bound alone says "at least"."""
        ends = [self.low] if self.high in (None, self.low) else [self.low, self.high]
        if self.unit == "share":
            text = percent_range(ends[0], ends[-1])
        elif self.unit == "money":
            text = _dollars(ends)
        else:
            text = (span(*map(number, ends)) if len(ends) > 1 else number(self.low)) + _UNITS[self.unit]
        return _("at least %(figure)s") % {"figure": text} if self.high is None else text
