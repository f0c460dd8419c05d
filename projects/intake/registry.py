"""The steps of the intake, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django import forms
from django.utils.functional import Promise

if TYPE_CHECKING:
    from accounts.models import User
    from projects.models import Initiative


@dataclass(frozen=True)
class Check:
    """A line of "Ready for a decision?": ok, attention (said, but it will be asked about) or open (nothing yet)."""

    label: str | Promise
    state: Literal["ok", "attention", "open"]


def _nothing(initiative: Initiative, cleaned: dict[str, Any], actor: User) -> None:
    """Most steps of this room only fill in the initiative itself."""


def _no_checks(typed: Mapping[str, Any]) -> Sequence[Check]:
    return ()


@dataclass(frozen=True)
class IntakeStep:
    """A question of the intake.

    `title` stands in the rail, `question` is the page's title. `create` runs when the intake is sent, in the
    transaction that makes the initiative, with the form's cleaned data. `form_class(data=None, initial=…)` is a plain
    Django form whose fields' names are this step's own; it may offer `warnings` (display.fields.SoftWarning) once it
    is bound. `checks` gets what was typed in this step and returns its lines of "Ready for a decision?".
    `template` shows the form's fields; without one they stand below each other.
    """

    slug: str
    title: str | Promise
    form_class: type[forms.BaseForm]
    create: Callable[[Initiative, dict[str, Any], User], Any] = _nothing
    question: str | Promise = ""
    checks: Callable[[Mapping[str, Any]], Sequence[Check]] = _no_checks
    template: str = "projects/intake/_fields.html"
    # Whether its fields are those of the initiative itself, named as `initiatives.create` names them.
    about_initiative: bool = False
    # What one has to be allowed to be asked it, and to have its checks; "": nothing more than to begin an initiative.
    permission: str = ""


steps: list[IntakeStep] = []


def register(step: IntakeStep, after: str | None = None) -> None:
    """Add a step after another one (None: at the end); a second of the same name replaces the first."""
    known = [each.slug for each in steps]
    if step.slug in known:
        steps[known.index(step.slug)] = step
    else:
        steps.insert(known.index(after) + 1 if after else len(steps), step)
