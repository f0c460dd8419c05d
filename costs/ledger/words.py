"""What is said of a charge in the reader's words: what we or FOCUS have names for; all else as its bill says it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from costs.new_line import API, BY_HAND
from costs.registers.generated import ASSETS, LABOUR, RECURRING

Names = Mapping[str, str | Promise]

SOURCES: Names = {
    API: _("API"),
    BY_HAND: _("Entered by hand"),
    ASSETS: _("Register of own hardware"),
    LABOUR: _("Register of labour"),
    RECURRING: _("Register of recurring costs"),
    "focus": _("Cloud bill (FOCUS)"),  # costs/importers/focus.py
}
# What the register of hardware calls its services.
SERVICES: Names = {
    "depreciation": _("Depreciation"),
    "write-off": _("Write-off"),
    "energy": _("Energy"),
}
# Those of FOCUS, which bills write in English.
SERVICE_CATEGORIES: Names = {
    "ai and machine learning": _("AI and Machine Learning"),
    "analytics": _("Analytics"),
    "business applications": _("Business Applications"),
    "compute": _("Compute"),
    "databases": _("Databases"),
    "developer tools": _("Developer Tools"),
    "multicloud": _("Multicloud"),
    "identity": _("Identity"),
    "integration": _("Integration"),
    "internet of things": _("Internet of Things"),
    "management and governance": _("Management and Governance"),
    "media": _("Media"),
    "migration": _("Migration"),
    "mobile": _("Mobile"),
    "networking": _("Networking"),
    "other": _("Other"),
    "security": _("Security"),
    "storage": _("Storage"),
    "web": _("Web"),
}
_NAMES = {"source": SOURCES, "service": SERVICES, "service_category": SERVICE_CATEGORIES}


def in_words(field: str, value: str) -> str:
    """Return a value of a charge's field as people read it; people and bills write the same one with other capitals."""
    return str(_NAMES.get(field, {}).get(value.lower(), value))
