"""`{% can "cost.edit" initiative as allowed %}`: permissions in templates."""

from __future__ import annotations

from typing import Any

from django import template

from accounts import permissions

register = template.Library()


@register.simple_tag(takes_context=True)
def can(context: template.Context, action: str, obj: Any = None) -> bool:
    """Return whether the signed-in person may do this."""
    return permissions.can(context["request"].user, action, obj)
