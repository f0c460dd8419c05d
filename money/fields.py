"""A model field for exact amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class ExactDecimalField(models.Field):
    """PostgreSQL `numeric` without precision: keeps every digit of its source. Values are `Decimal`."""

    description = "Exact decimal number"

    def db_type(self, connection: Any) -> str:
        """Return the column type."""
        return "numeric"

    def to_python(self, value: Any) -> Decimal | None:
        """Return a Decimal; floats are refused because they have already lost digits."""
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, float):
            raise TypeError("A float has already lost digits; pass a Decimal or text.")
        return Decimal(value)

    def get_prep_value(self, value: Any) -> Decimal | None:
        """Prepare a value for the database (expressions pass through)."""
        value = super().get_prep_value(value)
        return value if value is None or hasattr(value, "resolve_expression") else self.to_python(value)
