"""Words on their colour: stage, guidance, status. The word always stands there; the colour only helps."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext_lazy

MEANINGS = ("", "guided", "partly", "aimless", "cost", "benefit", "stop")

STAGES: dict[str, tuple[str | Promise, str]] = {
    "draft": (pgettext_lazy("stage", "Draft"), ""),
    "proposed": (pgettext_lazy("stage", "Proposed"), ""),
    "approved": (pgettext_lazy("stage", "Approved"), ""),
    "prototype": (pgettext_lazy("stage", "Prototype"), "cost"),
    "pilot": (pgettext_lazy("stage", "Pilot"), "cost"),
    "production": (pgettext_lazy("stage", "Production"), "guided"),
    "declined": (pgettext_lazy("stage", "Declined"), ""),
    "stopped": (pgettext_lazy("stage", "Stopped"), "stop"),
    "retired": (pgettext_lazy("stage", "Retired"), ""),
    "on_hold": (pgettext_lazy("stage", "On hold"), "partly"),
}
GUIDANCE: dict[str, tuple[str | Promise, str]] = {
    "guided": (pgettext_lazy("guidance", "Guided"), "guided"),
    "partly_guided": (pgettext_lazy("guidance", "Partly guided"), "partly"),
    "aimless": (pgettext_lazy("guidance", "Aimless"), "aimless"),
    "not_recorded": (pgettext_lazy("guidance", "Not recorded"), ""),
}
STATUSES: dict[str, tuple[str | Promise, str]] = {
    "met": (pgettext_lazy("status", "Met"), "benefit"),
    "on_track": (pgettext_lazy("status", "On track"), "benefit"),
    "at_risk": (pgettext_lazy("status", "At risk"), "partly"),
    "off_track": (pgettext_lazy("status", "Off track"), "stop"),
    "overdue": (pgettext_lazy("status", "Overdue"), "stop"),
    "not_measured": (pgettext_lazy("status", "Not measured"), ""),
}


def tag(word: str | Promise, meaning: str = "") -> SafeString:
    """Return a word on its colour."""
    if meaning not in MEANINGS:
        raise ValueError(f"unknown meaning {meaning!r}, one of {', '.join(MEANINGS[1:])}")
    return (
        format_html('<span class="tag {}">{}</span>', meaning, word)
        if meaning
        else format_html('<span class="tag">{}</span>', word)
    )


def stage(name: str) -> SafeString:
    """Return the badge of a stage."""
    return tag(*STAGES[name])


def guidance(name: str | None) -> SafeString:
    """Return the badge of a guidance cohort; what is no prototype has none."""
    return tag(*GUIDANCE[name]) if name else mark_safe("")


def status(name: str | None) -> SafeString:
    """Return the badge of an outcome's status; an indicator has none."""
    return tag(*STATUSES[name]) if name else mark_safe("")
