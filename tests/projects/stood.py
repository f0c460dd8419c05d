"""Where initiatives stood on a day, by the periods kept of it: what the portfolio counts by, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from projects.models import Initiative, StandingPeriod
from projects.stages import Stage


def stood(ids: Sequence[int] | None, as_of: date) -> list[StandingPeriod]:
    """Return the period of the day of each of these initiatives (None: all); a draft where it has none."""
    found = {each.initiative_id: each for each in StandingPeriod.objects.filter(begins__lte=as_of, ends__gt=as_of)}
    every = Initiative.objects.order_by("pk").values_list("pk", flat=True) if ids is None else ids
    return [found.get(pk) or _draft(pk) for pk in every]


def failed(period: StandingPeriod) -> bool:
    """Tell whether it was stopped (and not re-opened) without ever reaching production."""
    return period.stage == Stage.STOPPED and not period.reached_production


def _draft(pk: int) -> StandingPeriod:
    return StandingPeriod(initiative_id=pk, stage=Stage.DRAFT, furthest=0, is_prototype=False, reached_production=False)
