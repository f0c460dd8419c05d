"""What the rows of a file have in common makes a charge group; it is read once for every combination of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from costs.groups import GroupKey, find_or_make
from costs.importers.account_names import AccountNames
from imports.cells import CellError
from imports.frames import WHITE_SPACE

MOST = 200_000
_SEEDS = {"hash": 0, "check": 1}


class Combinations:
    """Finds the groups of rows by the cells that they share. `read` makes a key of such cells or raises `CellError`."""

    def __init__(self, read: Callable[[Mapping[str, str]], GroupKey], names: AccountNames | None = None) -> None:
        self._read = read
        self._names = names
        self._known: pl.DataFrame | None = None

    def of(self, cells: pl.DataFrame) -> tuple[pl.Series, dict[int, GroupKey]]:
        """Return each row's `group_id` (null: cells that cannot be taken), and the groups that rows name first, by id.

        The frames of a file have the same columns. A row is looked up by its hash and held against another hash of it:
        as certain as a group's own identity, and a tenth of what the cells would take.
        """
        if self._known is None:
            self._known = _known(_hashed(cells.clear()), [])
        hashed = _hashed(cells)
        found = self._look_up(hashed)
        new = cells.filter(found.is_null()).unique(maintain_order=self._names is not None)
        groups = self._learn(new) if new.height else {}
        return (self._look_up(hashed) if groups else found), groups

    def _look_up(self, hashed: pl.DataFrame) -> pl.Series:
        looked_up = hashed.join(self._known, on="hash", how="left", maintain_order="left", suffix=" known")
        is_same = pl.col("check") == pl.col("check known")
        return looked_up.select(pl.when(is_same).then(pl.col("group_id")).alias("group_id"))["group_id"]

    def _learn(self, new: pl.DataFrame) -> dict[int, GroupKey]:
        read: list[GroupKey | None] = []
        for row in new.select(pl.all().str.strip_chars(WHITE_SPACE)).iter_rows(named=True):
            try:
                read.append(self._read(row))
            except CellError:
                read.append(None)
        made = find_or_make({key for key in read if key}, self._names) if any(read) else {}
        known = _known(_hashed(new), [made[key] if key else None for key in read]).drop_nulls("group_id")
        # Of two rows with one hash the later stays, so that a row has one match; the other is found anew each time.
        known = pl.concat([known, self._known.head(MOST)])
        self._known = known.unique("hash", keep="first", maintain_order=True)
        return {pk: key for key, pk in made.items()}


def _hashed(cells: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: cells.hash_rows(seed) for name, seed in _SEEDS.items()})


def _known(hashed: pl.DataFrame, group_ids: list[int | None]) -> pl.DataFrame:
    return hashed.with_columns(pl.Series("group_id", group_ids, pl.Int64))
