"""What the rows of a file have in common makes a charge group; it is read once for every combination of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from costs.groups import GroupKey, find_or_make
from costs.importers.cells import Bad

MOST = 200_000
_BETWEEN = "\0"  # stands in no cell: such rows are rejected before
KEY = "combination"


class Combinations:
    """Finds the groups of rows by the cells that they share. `read` makes a key of such cells, or raises `Bad`."""

    def __init__(self, read: Callable[[Sequence[str]], GroupKey]) -> None:
        self._read = read
        self._known = _known({})

    def of(self, frame: pl.DataFrame, columns: Sequence[pl.Expr | str]) -> tuple[pl.Series, dict[int, GroupKey]]:
        """Return each row's `group_id` (null: cells that cannot be taken), and the groups that rows name first, by id.

        Looked up by hash, and the texts held against each other: a hash alone would be almost certain only.
        """
        keys = frame.select(pl.concat_str(columns, separator=_BETWEEN).alias(KEY)).with_columns(_HASH)
        found = self._look_up(keys)
        new = keys.filter(found.is_null())[KEY].unique().to_list()
        groups = self._learn(new) if new else {}
        return (self._look_up(keys) if groups else found), groups

    def _look_up(self, keys: pl.DataFrame) -> pl.Series:
        looked_up = keys.join(self._known, on="hash", how="left", maintain_order="left")
        is_same = pl.col(KEY) == pl.col("known")
        return looked_up.select(pl.when(is_same).then(pl.col("group_id")).alias("group_id"))["group_id"]

    def _learn(self, new: Sequence[str]) -> dict[int, GroupKey]:
        read = {}
        for each in new:
            try:
                read[each] = self._read([cell.strip() for cell in each.split(_BETWEEN)])
            except Bad:
                continue
        made = find_or_make(set(read.values())) if read else {}
        known = _known({each: made[key].pk for each, key in read.items()})
        # Of two texts with one hash the later stays, so that a row has one match; the other is found anew each time.
        self._known = pl.concat([known, self._known.head(MOST)]).unique("hash", keep="first", maintain_order=True)
        return {made[key].pk: key for key in read.values()}


_HASH = pl.col(KEY).hash().alias("hash")


def _known(groups: Mapping[str, int]) -> pl.DataFrame:
    columns = {"known": list(groups), "group_id": list(groups.values())}
    frame = pl.DataFrame(columns, {"known": pl.String, "group_id": pl.Int64})
    return frame.with_columns(pl.col("known").hash().alias("hash"))
