"""Which line is it? 128 bits that tell a line from others of the same group and day (see `CostLine`)."""

from __future__ import annotations

import hashlib

# Between the parts: a NUL stands in no text that is let in.
_BETWEEN = "\0"


def of_external_id(source: str, external_id: str) -> str:
    """Return the fingerprint (hex) of all versions of the line that a source calls `external_id`."""
    return _hash(f"external{_BETWEEN}{source}{_BETWEEN}{external_id}")


def of_content(amount: str, billed_on: str, invoice_ref: str, description: str) -> str:
    """Return the fingerprint (hex) of a row by what is not in its group and date; `amount` without trailing zeros."""
    return _hash(_BETWEEN.join((amount, billed_on, invoice_ref, description)))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
