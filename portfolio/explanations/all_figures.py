"""Every figure of a set, or of one initiative, by subject: each leads to its definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from portfolio.explanations.definition import Definition, Words
from portfolio.explanations.explain import Explanation, explained
from portfolio.explanations.left_out import LeftOut
from portfolio.explanations.texts.comparisons import COMPARISONS
from portfolio.explanations.texts.guidance import COHORTS
from portfolio.explanations.texts.initiative import OF_ONE
from portfolio.explanations.texts.portfolio import DEFINITIONS
from portfolio.facts.gathering import gather
from portfolio.figure import Figure
from portfolio.metrics import budgets
from portfolio.metrics.economics import economics
from portfolio.metrics.names import BUDGET
from portfolio.metrics.summary import summarise
from portfolio.selection.filters import Filters
from projects.models import Initiative

RETURN = (
    "realised_benefit", "validated_benefit", "net_benefit", "roi", "roi_pv", "bcr", "npv", "irr", "payback_months",
    "discounted_payback_months",
)  # fmt: skip


class Section(NamedTuple):
    """Figures of one subject, by the names of their definitions."""

    title: Words
    names: tuple[str, ...]


class Told(NamedTuple):
    """A section with its figures in words, and what all of them leave out alike."""

    title: Words
    figures: Sequence[Explanation]

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """What every figure of the section leaves out; nothing where one leaves out something else."""
        first = self.figures[0].left_out
        return first if all(each.left_out == first for each in self.figures) else ()


OF_SET = (
    Section(_("Prototypes"), ("prototypes", "reached_production", "failed", "in_flight")),
    Section(_("Guidance"), (*COHORTS, *COMPARISONS, "guidance_recorded_later")),
    Section(
        _("Does it reach production?"),
        ("production_rate", "production_rate_decided", "production_within", "median_days_to_production"),
    ),
    Section(
        _("Cost"),
        (
            "gross_cost", "recovered", "net_cost", "cost_reached", "cost_in_flight", "cost_sunk", "cost_no_prototype",
            "unallocated", "spend_without_outcome", "run_cost", "pending_lines",
        ),
    ),
    Section(_("Cost of a deployment"), ("cost_per_production", "direct_cost_per_production", "failure_adds")),
    Section(_("Budget"), BUDGET),
    Section(_("Return"), (*RETURN[:3], "paid_back", *RETURN[3:])),
    Section(_("From stage to stage"), ("stage_conversion", "stage_days")),
)  # fmt: skip
OF_ONE_INITIATIVE = (
    Section(_("Cost"), ("gross_cost", "recovered", "net_cost", "pending_lines")),
    Section(_("Budget"), BUDGET),
    Section(_("Return"), RETURN),
)


def all_of_set(filters: Filters, user: User | None, currency: str) -> list[Told]:
    """Return every figure of a set but its line of stages, whose steps are figures themselves."""
    found = summarise(gather(filters, user), currency)
    return _told(OF_SET, DEFINITIONS, found.__getitem__, currency)


def all_of_one(initiative: Initiative, filters: Filters, currency: str) -> list[Told]:
    """Return every figure of an initiative."""
    found = economics(initiative, filters.as_of, filters.rate)
    figures = found.figures | budgets.of_one(found).figures
    return _told(OF_ONE_INITIATIVE, OF_ONE, figures.__getitem__, currency)


def _told(
    sections: Sequence[Section], definitions: Mapping[str, Definition], figure: Callable[[str], Figure], currency: str
) -> list[Told]:
    return [
        Told(
            section.title,
            [
                explained(name, definitions, figure(name), currency)
                for key in section.names
                for name in _variants(key, definitions[key])
            ],
        )
        for section in sections
    ]


def _variants(key: str, definition: Definition) -> list[str]:
    return [f"{key}_{variant}" for variant in definition.variants] or [key]
