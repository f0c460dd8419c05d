"""What formats have in common that make initiatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imports.pipeline import Importer, Reverted
from projects.bulk_revert import take_back

if TYPE_CHECKING:
    from accounts.changes import Change
    from imports.models import Import


class InitiativeImporter(Importer):
    """A format that makes initiatives."""

    @classmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back the initiatives that nobody has worked on since."""
        return take_back(job.pk, change)
