"""What rows of the registers have in common: their cost is borne by shares, and nobody may bear the rest."""

from __future__ import annotations

from decimal import Decimal

from costs.models import Share
from money.exact import EXACT, total


class Borne:
    """A row whose cost initiatives bear by shares; `shares` are those that hold today."""

    shares: list[Share]

    @property
    def unshared(self) -> Decimal:
        """The share that no initiative bears today."""
        return EXACT.subtract(Decimal(1), total(share.share for share in self.shares))
