"""What a calculator of the API is asked: the bodies of its requests."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Len

from api.fields import Amount, Body, Day

MOST_FLOWS, MOST_YEARS = 1_000, 200


class TokensBody(Body):
    """What a machine costs and does."""

    cost_per_hour: Amount
    tokens_per_second: Amount
    utilisation: Amount


class FlowBody(Body):
    """Money on a day: in above 0, out below."""

    on: Day
    amount: Amount


class FinanceBody(Body):
    """Either dated flows, or benefits and costs by year."""

    rate: Amount
    flows: Annotated[list[FlowBody], Len(1, MOST_FLOWS)] | None = None
    benefits: Annotated[list[Amount], Len(1, MOST_YEARS)] | None = None
    costs: Annotated[list[Amount], Len(1, MOST_YEARS)] | None = None
