"""PostgreSQL's binary COPY format, for rows of equal width: a third of the server's work on a line is reading texts.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Numbers are sent in groups of four digits, as
many before the point as the largest of a block needs and as many after it as the column's digits do; PostgreSQL drops
the groups that are zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import polars as pl

HEAD, TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
MOST_GROUPS, DIGITS = 5, 4
_LARGEST = 9 * 10**18  # what fits a 64-bit integer, in units of the last digit
_NEGATIVE = 0x4000
_TYPES = {
    pl.Int64: np.dtype(">i8"),
    pl.Int32: np.dtype(">i4"),
    pl.Boolean: np.dtype("?"),
    pl.Date: np.dtype(">i4"),
    pl.Datetime: np.dtype(">i8"),
    pl.Binary: np.dtype("V16"),
    pl.Decimal: None,  # as wide as the largest of a block
}
_UNTIL_2000 = {pl.Date: 10_957, pl.Datetime: 946_684_800_000_000}  # days and microseconds from 1970 on
ROWS_AT_ONCE = 20_000


def fits(rows: pl.DataFrame) -> bool:
    """Tell whether rows can be sent so: columns of numbers and days without gaps, or with nothing in them."""
    return all(_empty(column) is not None or _column_fits(column) for column in rows)


def blocks(rows: pl.DataFrame) -> Iterator[bytes | bytearray]:
    """Yield rows that fit, as COPY takes them."""
    yield HEAD
    for start in range(0, rows.height, ROWS_AT_ONCE):
        yield _packed(rows.slice(start, ROWS_AT_ONCE))
    yield TAIL


def _empty(column: pl.Series) -> int | None:
    """Return the length of all fields where there is nothing in them: -1 for null, 0 for the empty text."""
    if column.null_count() == column.len():
        return -1
    return 0 if column.dtype == pl.String and (column == "").all() and not column.null_count() else None


def _column_fits(column: pl.Series) -> bool:
    if column.null_count() or column.dtype.base_type() not in _TYPES:
        return False
    if isinstance(column.dtype, pl.Decimal):
        after = _groups_after(column) * DIGITS
        return after <= (MOST_GROUPS - 1) * DIGITS and int(_largest(column)) < _LARGEST // 10**after
    return True


def _packed(rows: pl.DataFrame) -> bytearray:
    full: dict[int, np.ndarray] = {}
    for number, column in enumerate(rows):
        if _empty(column) is None:
            twin = next((earlier for earlier in full if _is_twin(column, rows[:, earlier])), None)
            full[number] = _values(column) if twin is None else full[twin]
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    for number in range(rows.width):
        fields.append((f"length {number}", ">i4"))
        fields += [(f"{number}", f"V{full[number].itemsize}")] if number in full else []
    row = np.zeros(1, np.dtype(fields))
    row["columns"] = rows.width
    for number, column in enumerate(rows):
        row[f"length {number}"] = full[number].itemsize if number in full else _empty(column)
    block = bytearray(row.tobytes()) * rows.height
    packed = np.frombuffer(block, row.dtype)
    for number, values in full.items():  # as bytes: numpy is slow with rows in rows
        packed[f"{number}"] = values.view(f"V{values.itemsize}")
    return block


def _is_twin(column: pl.Series, earlier: pl.Series) -> bool:
    """Tell whether amounts stand in two columns, as those in base currency do: they are the most work."""
    return isinstance(column.dtype, pl.Decimal) and column.dtype == earlier.dtype and column.equals(earlier)


def _values(column: pl.Series) -> np.ndarray:
    kind = column.dtype.base_type()
    if kind is pl.Decimal:
        return np.repeat(_numerics(column[:1]), column.len()) if column.min() == column.max() else _numerics(column)
    if kind is pl.Binary:
        return np.frombuffer(b"".join(column.to_list()), _TYPES[kind])
    plain = column.to_physical()
    return (plain - _UNTIL_2000[kind] if kind in _UNTIL_2000 else plain).to_numpy().astype(_TYPES[kind])


def _numerics(column: pl.Series) -> np.ndarray:
    after = _groups_after(column)
    groups = after + -(-len(str(int(_largest(column)))) // DIGITS)
    scaled = column.to_physical().cast(pl.Int64).to_numpy() * 10 ** (after * DIGITS - column.dtype.scale)
    packed = np.zeros(column.len(), _numeric(groups))
    packed["groups"], packed["weight"] = groups, groups - 1 - after
    packed["sign"] = np.where(scaled < 0, _NEGATIVE, 0)
    packed["scale"] = _places(scaled, after * DIGITS)
    rest = np.abs(scaled)
    for group in reversed(range(groups)):
        rest, packed["digits"][:, group] = np.divmod(rest, 10_000)
    return packed


def _numeric(groups: int) -> np.dtype:
    head = [("groups", ">i2"), ("weight", ">i2"), ("sign", ">u2"), ("scale", ">u2")]
    return np.dtype([*head, ("digits", ">i2", groups)])


def _largest(column: pl.Series) -> Decimal:
    return max(abs(column.min() or Decimal(0)), abs(column.max() or Decimal(0)))


def _groups_after(column: pl.Series) -> int:
    """Return how many groups of digits stand after the point."""
    return -(-column.dtype.scale // DIGITS)


def _places(scaled: np.ndarray, after: int) -> np.ndarray:
    """Return how many digits after the point say something."""
    places = np.full(scaled.shape, after)
    for digits in range(1, after + 1):
        places = np.where(scaled % 10**digits == 0, after - digits, places)
    return places
