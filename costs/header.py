"""What this room adds to the top of an initiative's pages."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import can
from projects.hooks import HeaderAction
from projects.models import Initiative


def log_action(initiative: Initiative, user: User) -> HeaderAction | None:
    """Lead to the form for a cost, on the Costs tab."""
    if not can(user, "cost.edit", initiative):
        return None
    return HeaderAction(_("Log a cost"), reverse("costs:initiative", args=[initiative.key]) + "#record")
