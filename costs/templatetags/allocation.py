"""Template tags for allocation rules."""

from django import template

from costs.allocation.listing import label_of

register = template.Library()
register.filter(label_of)
