"""The line of stages and the moves between them (METRICS.md §1, API.md "Stage moves")."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where an initiative stands."""

    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    PROTOTYPE = "prototype", _("Prototype")
    PILOT = "pilot", _("Pilot")
    PRODUCTION = "production", _("Production")
    DECLINED = "declined", _("Declined")
    STOPPED = "stopped", _("Stopped")
    RETIRED = "retired", _("Retired")


LINE = (Stage.PROPOSED, Stage.APPROVED, Stage.PROTOTYPE, Stage.PILOT, Stage.PRODUCTION)
ENDS = (Stage.DECLINED, Stage.STOPPED, Stage.RETIRED)
NOT_APPROVED = (Stage.DRAFT, Stage.PROPOSED, Stage.DECLINED)
PROTOTYPE_OR_LATER = (Stage.PROTOTYPE, Stage.PILOT, Stage.PRODUCTION)

MOVES: dict[str, tuple[Stage, ...]] = {
    Stage.DRAFT: (Stage.PROPOSED,),
    Stage.PROPOSED: (Stage.APPROVED, Stage.PROTOTYPE, Stage.PILOT, Stage.PRODUCTION, Stage.DECLINED),
    Stage.APPROVED: (Stage.PROTOTYPE, Stage.PILOT, Stage.PRODUCTION, Stage.DECLINED),
    Stage.PROTOTYPE: (Stage.PILOT, Stage.PRODUCTION, Stage.STOPPED),
    Stage.PILOT: (Stage.PRODUCTION, Stage.PROTOTYPE, Stage.STOPPED),
    Stage.PRODUCTION: (Stage.PROTOTYPE, Stage.PILOT, Stage.RETIRED),
    Stage.DECLINED: (Stage.PROPOSED,),
    Stage.STOPPED: (Stage.PROTOTYPE, Stage.PILOT),
    Stage.RETIRED: (Stage.PRODUCTION,),
}


def may_move(from_stage: str, to_stage: str) -> bool:
    """Tell whether a move is allowed at all (gates are another matter)."""
    return to_stage in MOVES[from_stage]
