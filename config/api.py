"""The API with every room's router on it."""

from api.site import api
from money.api import router as money
from outcomes.api import router as outcomes
from portfolio.api import router as portfolio
from projects.api import router as projects

for name, router in {
    "Initiatives": projects,
    "Outcomes": outcomes,
    "Money": money,
    "Portfolio": portfolio,
}.items():
    api.add_router("", router, tags=[name])

__all__ = ["api"]
