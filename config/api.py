"""The API with every room's router on it."""

from api.site import api
from money.api import router as money

api.add_router("", money, tags=["Money"])

__all__ = ["api"]
