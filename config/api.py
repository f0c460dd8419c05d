"""The API with every room's router on it."""

from api.audit import router as audit
from api.site import api
from costs.api import router as costs
from costs.reconciliation.api import router as reconciliation
from imports.api import router as imports
from money.api import router as money
from outcomes.api import router as outcomes
from outcomes.readings_api import router as readings
from portfolio.api import router as portfolio
from projects.api import router as projects

outcomes.add_router("", readings)  # one that is corrected, beside those of an outcome
for name, router in {
    "Initiatives": projects,
    "Outcomes": outcomes,
    "Costs": costs,
    "Reconciliation": reconciliation,
    "Money": money,
    "Imports": imports,
    "Portfolio": portfolio,
    "Audit": audit,
}.items():
    api.add_router("", router, tags=[name])

__all__ = ["api"]
