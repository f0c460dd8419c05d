"""What the API takes and gives of exchange rates."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from api.fields import Body, Day, PastDay, Rate, ShortText
from api.pages import PageQuery


class RateIn(Body):
    """A rate to add."""

    on: PastDay
    currency: ShortText = Field(..., description="ISO 4217, upper case.", examples=["EUR"])
    rate: Rate = Field(..., description="Base currency per unit of this one.")


class RateOut(Schema):
    """A rate."""

    id: int
    on: Day
    currency: str
    rate: Rate
    recorded_at: datetime


class RateQuery(PageQuery):
    """Filters of the list."""

    currency: str | None = None
    on_from: Day | None = Field(None, description="The first day.")
    on_to: Day | None = Field(None, description="The last day.")
