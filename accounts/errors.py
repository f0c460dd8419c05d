"""The errors of the business rules."""

from __future__ import annotations

from django.utils.translation import gettext as _


class RuleError(Exception):
    """A rule says no: forms show it at `field`, the API answers `status` (422 invalid, 409 conflict).

    `errors` holds further (field, message) pairs where several fields are wrong at once.
    """

    def __init__(
        self,
        message: str,
        field: str | None = None,
        status: int = 422,
        errors: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status
        self.errors = errors if errors is not None else ([(field, message)] if field else [])


class StaleError(RuleError):
    """Somebody else has changed a thing since it was read."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this meanwhile. Look at it again."), status=412)
