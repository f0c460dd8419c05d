"""`{% once %}`: the token of a form that makes something, see `accounts.once`. Every template has it."""

from __future__ import annotations

import secrets

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.once import FIELD

register = template.Library()


@register.simple_tag(takes_context=True)
def once(context: template.Context, kept: bool = True) -> SafeString:
    """Return the hidden field; a form that is shown again keeps its token, unless it was taken (`kept=False`)."""
    token = (kept and context["request"].POST.get(FIELD)) or secrets.token_urlsafe(16)
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token)
