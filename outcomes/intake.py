"""The second question of the intake: what will be different, and how people will know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import refusals
from accounts.errors import RuleError
from accounts.models import User
from outcomes import agreements, rules
from outcomes.forms import OutcomeForm
from outcomes.models import Outcome, OutcomeTerms
from outcomes.wording import metric_warning
from projects.intake import Check, IntakeStep
from projects.models import Initiative

ASKED = (
    "metric",
    "unit",
    "direction",
    "kind",
    "baseline",
    "baseline_on",
    "target",
    "target_low",
    "target_high",
    "target_on",
    "unit_value",
    "unit_value_currency",
    "volume_per_month",
)
PRESET = ("direction", "kind", "unit_value_currency")


class OutcomeStepForm(OutcomeForm):
    """The questions about an outcome that matter before a decision; the rest has its defaults."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in set(self.fields) - {*ASKED, "heeded"}:
            del self.fields[name]
        for name in ("metric", "unit", "direction", "kind"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Hold what is filled in against the rules; nothing filled in is an answer too."""
        cleaned = super().clean()
        typed = [name for name in ASKED if name not in PRESET and cleaned.get(name) not in (None, "")]
        if typed and "metric" not in (*typed, *self.errors):
            self.add_error("metric", _("Say what is measured, or leave all of this page empty."))
        if typed and not self.errors:
            fields = outcome_fields(cleaned)
            outcome = Outcome(**{name: fields[name] for name in agreements.IDENTITY if name in fields})
            outcome.agreed_on = timezone.localdate()
            try:
                rules.check_identity(outcome)
                rules.check_terms(outcome, OutcomeTerms(**{n: fields[n] for n in agreements.VALUES if n in fields}))
            except RuleError as error:
                refusals.show(self, error)
        return cleaned


def outcome_fields(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the outcome that this step describes."""
    fields = {name: cleaned.get(name) for name in ASKED}
    if fields["unit_value"] is None:
        fields["unit_value_currency"] = ""
    return fields


def create(initiative: Initiative, cleaned: dict[str, Any], actor: User) -> Outcome | None:
    """Agree the outcome that was described, if any."""
    return agreements.agree(actor, initiative, **outcome_fields(cleaned)) if cleaned.get("metric") else None


def checks(typed: Mapping[str, Any]) -> Sequence[Check]:
    """Say whether there is something to measure, and from where to where."""
    metric = str(typed.get("metric") or "").strip()
    ends = ("baseline", "target_on", "target" if typed.get("direction") != "maintain" else "target_low")
    vague = bool(metric) and metric_warning(metric) is not None
    return [
        Check(_("Baseline and target"), "ok" if all(typed.get(name) for name in ends) else "open"),
        Check(_("Outcome can be measured"), "attention" if vague else "ok" if metric else "open"),
    ]


STEP = IntakeStep(
    slug="outcome",
    title=_("Outcome"),
    form_class=OutcomeStepForm,
    create=create,
    question=_("What will be different, and how will you know?"),
    checks=checks,
    template="outcomes/_outcome_step.html",
)
