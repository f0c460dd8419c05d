"""What formats have in common that make cost lines."""

from __future__ import annotations

from accounts.changes import Change
from costs import initiative_history
from costs.bulk import merge
from imports.models import Import
from imports.pipeline import Importer, Reverted


class LedgerImporter(Importer):
    """A format that makes cost lines through `costs.bulk`."""

    lines_page = "costs:ledger"

    @classmethod
    def revert(cls, job: Import, change: Change) -> Reverted:
        """Take back the lines that this import created; what it restated counts again, corrections by hand stay."""
        with initiative_history.recording_import(change, job.pk, "revert"):
            taken = merge.revert(job.pk)
        return Reverted(removed=taken.removed, kept=taken.corrected)
