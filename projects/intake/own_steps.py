"""The steps that this room registers, and what each adds to "Ready for a decision?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.intake.forms import CheckForm, DataForm, NeedForm, TimelineForm, WhyForm, is_unmeasurable
from projects.intake.registry import Check, IntakeStep, register

LAST = "check"


def why_checks(typed: Mapping[str, Any]) -> list[Check]:
    """Problem, outcome and unit are what "why, and for whom" asks for."""
    said = [bool(str(typed.get(name, "")).strip()) for name in ("problem", "desired_outcome", "business_unit")]
    vague = is_unmeasurable(str(typed.get("desired_outcome", "")))
    state = "open" if not any(said) else "ok" if all(said) and not vague else "attention"
    return [Check(_("Why, and for whom"), state)]


def need_checks(typed: Mapping[str, Any]) -> list[Check]:
    """An alternative has been looked at."""
    said = str(typed.get("alternative_considered", "")).strip()
    return [Check(_("Alternative without AI"), "ok" if said else "open")]


def timeline_checks(typed: Mapping[str, Any]) -> list[Check]:
    """There is a date for production."""
    return [Check(_("Production date"), "ok" if typed.get("planned_production_on") else "open")]


#: In the order in which they are asked; other rooms' steps go between them.
STEPS = (
    IntakeStep(
        "why",
        _("Why, and for whom"),
        WhyForm,
        question=_("What is the problem, and for whom?"),
        checks=why_checks,
        about_initiative=True,
    ),
    IntakeStep(
        "need",
        _("Is AI needed?"),
        NeedForm,
        question=_("Is AI needed at all?"),
        checks=need_checks,
        about_initiative=True,
    ),
    IntakeStep(
        "timeline",
        _("Timeline"),
        TimelineForm,
        question=_("When should it stand where?"),
        checks=timeline_checks,
        about_initiative=True,
        template="projects/intake/_timeline.html",
    ),
    IntakeStep(
        "data",
        _("Data, hosting, risk"),
        DataForm,
        question=_("Where does it run, and what if it is wrong?"),
        about_initiative=True,
    ),
    IntakeStep(
        LAST,
        _("Check and send"),
        CheckForm,
        question=_("Is this what you want to say?"),
        template="projects/intake/_check.html",
    ),
)


def register_steps() -> None:
    """Register this room's steps."""
    for step in STEPS:
        register(step)
