"""The steps in which an initiative is changed: those of the intake that are about it, and a last look."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.intake.forms import StepForm, WhyForm
from projects.intake.own_steps import LAST, STEPS
from projects.intake.registry import IntakeStep


class WhyAndWhoForm(WhyForm):
    """Why, for whom, and who answers for it."""

    owner_email = forms.EmailField(
        label=_("Who answers for it?"), help_text=_("The owner’s e-mail address."), required=False, max_length=200
    )
    field_order = ("title", "problem", "desired_outcome", "business_unit", "owner_email", "sponsor_email")


class SaveForm(StepForm):
    """The last look asks nothing."""


_WHY, *_OTHERS, _LAST = STEPS
EDIT_STEPS: tuple[IntakeStep, ...] = (
    replace(_WHY, form_class=WhyAndWhoForm),
    *_OTHERS,
    IntakeStep(
        LAST,
        _("Check and save"),
        SaveForm,
        question=_("Is this what you want to change?"),
        template="projects/intake/_changes.html",
    ),
)
