"""The API with every room's router on it."""

from api.site import api
from money.api import router as money
from outcomes.api import router as outcomes

api.add_router("", money, tags=["Money"])
api.add_router("", outcomes, tags=["Outcomes"])

__all__ = ["api"]
