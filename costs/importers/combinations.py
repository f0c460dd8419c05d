"""What the rows of a file have in common makes a charge group; it is read once for every combination of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        self._known: dict[str, tuple[int, GroupKey]] = {}

    def of(self, frame: pl.DataFrame, columns: Sequence[str]) -> tuple[pl.Series, dict[int, GroupKey]]:
        """Return each row's `group_id` (null: cells that cannot be taken), and the groups that rows name, by id."""
        keys = frame.select(pl.concat_str(columns, separator=_BETWEEN).alias(KEY))
        occurring = keys[KEY].unique().to_list()
        self._learn(occurring)
        found = {each: self._known[each] for each in occurring if each in self._known}
        ids = pl.DataFrame(
            {KEY: list(found), "group_id": [pk for pk, _ in found.values()]}, {KEY: pl.String, "group_id": pl.Int64}
        )
        return keys.join(ids, on=KEY, how="left", maintain_order="left")["group_id"], dict(found.values())

    def _learn(self, occurring: Sequence[str]) -> None:
        if len(self._known) > MOST:
            self._known.clear()
        new = {}
        for each in occurring:
            if each not in self._known:
                try:
                    new[each] = self._read([cell.strip() for cell in each.split(_BETWEEN)])
                except Bad:
                    continue
        made = find_or_make(set(new.values())) if new else {}
        self._known.update({each: (made[key].pk, key) for each, key in new.items()})
