"""Which line is it? 128 bits that tell a line from others of the same group and day (see `CostLine`).

Of a line with an external id: the hash of its source and that id. Of a row without: the hash of what it says besides
group and day, or that itself where it says no more than a short amount, as most rows do: no hash tells it better.
"""

from __future__ import annotations

from hashlib import blake2b

import polars as pl

BYTES = 16
# Between the parts: a NUL stands in no text that is let in.
_BETWEEN = "\0"
_CONTENT = ("amount", "billed_on", "invoice_ref", "description")


def of_external_id(source: str, external_id: str) -> str:
    """Return the fingerprint (hex) of all versions of the line that a source calls `external_id`."""
    return _hash(f"external{_BETWEEN}{source}{_BETWEEN}{external_id}").hex()


def of_content(rows: pl.DataFrame) -> pl.Series:
    """Return the fingerprints of rows by what is not in their group and date; `amount` without trailing zeros."""
    is_itself = pl.all_horizontal(pl.col(_CONTENT[1:]).is_null()) & (pl.col("amount").str.len_bytes() <= BYTES)
    says_no_more = rows.select(is_itself).to_series()
    itself = rows["amount"].str.pad_end(BYTES, _BETWEEN).cast(pl.Binary).alias("fingerprint")
    if says_no_more.all():
        return itself
    content = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in _CONTENT], separator=_BETWEEN)
    hashes = [_hash(text) for text in rows.filter(~says_no_more).select(content).to_series()]
    return itself.scatter((~says_no_more).arg_true(), pl.Series(hashes, dtype=pl.Binary))


def of_external_ids(rows: pl.DataFrame) -> pl.Series:
    """Return the fingerprints of rows by `source` and `external_id`."""
    hashes = [bytes.fromhex(of_external_id(*row)) for row in rows.select("source", "external_id").iter_rows()]
    return pl.Series("fingerprint", hashes, dtype=pl.Binary)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=BYTES).digest()
