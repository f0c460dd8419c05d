"""The fields of an initiative that people write, and the checks that hold for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.errors import RuleError
from projects.dates import day_in_range
from projects.models import Hosting, Initiative, RiskTier

TITLES = ("title", "external_ref")
LONG_TEXTS = ("problem", "desired_outcome", "why_ai", "alternative_considered")
PLAN = ("planned_prototype_on", "planned_pilot_on", "planned_production_on")
CHOICES = {"hosting": Hosting, "risk_tier": RiskTier}
RELATED = ("business_unit", "owner", "sponsor")
LISTS = ("tags", "members")
COLUMNS = (*TITLES, *LONG_TEXTS, *PLAN, *CHOICES, *RELATED, "confidential")
LONGEST_TITLE = LONGEST_REFERENCE = 500
LONGEST_TEXT = 20_000


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values trimmed; RuleError names every field that does not hold."""
    clean = {name: _trimmed(name, value) for name, value in values.items()}
    errors = [(name, message) for name, value in clean.items() if (message := _fault(name, value))]
    if errors:
        raise RuleError(errors[0][1], errors[0][0], errors=errors)
    for name in PLAN:
        day_in_range(clean.get(name), name)
    return clean


def audit_value(initiative: Initiative, name: str) -> Any:
    """Return a field's value as the audit trail tells it: names instead of numbers."""
    value = getattr(initiative, name)
    if name in LISTS:
        return ", ".join(sorted(str(each) for each in value.all())) or None
    if value == "" or value is None:
        return None
    return value


def _trimmed(name: str, value: Any) -> Any:
    if name == "title":
        return " ".join(value.split())
    if name == "external_ref":
        return (value or "").strip() or None
    return value.strip() if name in LONG_TEXTS else value


def _fault(name: str, value: Any) -> str:
    if name == "title" and not value:
        return _("Give it a title.")
    if name in TITLES and value and len(value) > LONGEST_TITLE:
        return _("At most 500 characters.")
    if name in LONG_TEXTS and len(value) > LONGEST_TEXT:
        return _("At most 20,000 characters.")
    if name in CHOICES and value not in CHOICES[name].values:
        return _("Not one of the choices.")
    if isinstance(value, str) and "\x00" in value:
        return _("Holds a character that cannot be stored (NUL).")
    return ""
