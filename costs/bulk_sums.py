"""What new lines add to the sums of `costs.rollups`, added up in columns: no statement per line, month or day.

The same sums as `rollups.APPLY` makes in SQL; a test holds both against the lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from django.db import connection

from costs import copying, placements, rollups
from costs.groups import GroupKey
from costs.models import NOT_COUNTED, UNALLOCATED

MOST_DIGITS = 38
ROOM = 10  # digits: more lines than that are not in one part
_SUMMED = ("entries", "gross", "recovered")
_SUMS = (pl.col("entries").sum().cast(pl.Int32), pl.col("gross", "recovered").sum())
_ADDED = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMMED)


def exact(texts: pl.Series) -> pl.Series | None:
    """Return amounts as numbers that add up exactly; None where they have too many digits for that."""
    around = texts.str.strip_prefix("-").str.split_exact(".", 1).struct.unnest()
    before, after = (around[name].str.len_bytes().max() or 0 for name in around.columns)
    return texts.cast(pl.Decimal(MOST_DIGITS, after)) if before + after + ROOM <= MOST_DIGITS else None


class Sums:
    """What the lines of an import add up to, written once: its parts meet in the same days and months."""

    def __init__(self, groups: Mapping[int, GroupKey]) -> None:
        self._groups = groups
        self._clear()

    def add(self, lines: pl.DataFrame, places: pl.DataFrame) -> None:
        """Add lines up (with `exact`, their base amounts). No database is asked, so this may go on beside it.

        `places` is where they belong (`places_of`); their groups have no other lines in those months.
        """
        placed = _placed(_entries(lines), self._groups, places)
        self._split.append(placed.filter("is_split"))
        whole = placed.filter(~pl.col("is_split"))
        self._by_group.append(
            whole.group_by("group_id", "month").agg(
                pl.col("lines", "pending").sum().cast(pl.Int32), gross=pl.col("base").sum()
            )
        )
        flows = _flows(whole.filter(pl.col("initiative_id") != NOT_COUNTED))
        self._flows.append(flows.group_by("initiative_id", "category_id", "month", "counted_on").agg(_SUMS))

    def fits(self, exact: pl.Series) -> bool:
        """Tell whether amounts have the digits of those before, so that they add up exactly."""
        return all(flows["gross"].dtype == exact.dtype for flows in self._flows)

    def write(self) -> None:
        """Add what there is to the sums of the database. What is shared by initiatives is left to SQL."""
        if self._flows:
            copying.copy("costs_groupmonth", pl.concat(self._by_group).sort("group_id", "month"))
            _write_flows(pl.concat(self._flows))
        for split in self._split:
            rollups.apply_entries(_exact_entries(split))
        self._clear()

    def _clear(self) -> None:
        self._by_group: list[pl.DataFrame] = []
        self._flows: list[pl.DataFrame] = []
        self._split: list[pl.DataFrame] = []


def places_of(lines: pl.DataFrame) -> pl.DataFrame:
    """Look up where groups belong in these months, those that rules have placed."""
    months = lines.select("group_id", "month").unique()
    found = [(*pair, *place) for pair, place in placements.in_months(months.rows()).items()]
    schema = {"group_id": pl.Int64, "month": pl.Date, "placed_on": pl.Int64, "is_split": pl.Boolean}
    return pl.DataFrame(found, schema, orient="row")


def _write_flows(flows: pl.DataFrame) -> None:
    if not flows.height:
        return
    counted = flows.with_columns(_first_of_month("counted_on").alias("counted_month"))
    monthly = counted.group_by("initiative_id", "month", "category_id", "counted_month").agg(_SUMS)
    by_portfolio = ("month", "category_id", "counted_month", "allocated")
    allocated = (pl.col("initiative_id") != UNALLOCATED).alias("allocated")
    _write("costs_initiativedays", ("counted_month", "initiative_id", "month"), _days(counted), rollups.ADDED_BY_DAY)
    _write("costs_initiativemonth", ("initiative_id", "month", "category_id", "counted_month"), monthly)
    _write("costs_portfoliomonth", by_portfolio, monthly.with_columns(allocated).group_by(by_portfolio).agg(_SUMS))
    rollups.cumulate(monthly["initiative_id"].unique().to_list())


def _days(counted: pl.DataFrame) -> pl.DataFrame:
    """Lay the days of a month out beside each other, as PostgreSQL writes arrays."""
    keys = ("counted_month", "initiative_id", "month")
    daily = counted.group_by(*keys, pl.col("counted_on").dt.day().alias("day")).agg(_SUMS)
    every_day = pl.DataFrame({"day": range(1, 32)}, {"day": pl.Int8})
    grid = daily.select(keys).unique().join(every_day, how="cross").join(daily, on=[*keys, "day"], how="left")
    texts = [pl.col(name).cast(pl.String).fill_null("NULL") for name in _SUMMED]
    return (
        grid.sort(*keys, "day")
        .group_by(keys, maintain_order=True)
        .agg(("{" + text.str.join(",") + "}").alias(name) for name, text in zip(_SUMMED, texts, strict=True))
    )


def _entries(lines: pl.DataFrame) -> pl.DataFrame:
    """Add lines up by group, day and billing."""
    return lines.group_by("group_id", "incurred_on", "billed_on").agg(
        _first_of_month("incurred_on").first().alias("month"),
        lines=pl.len().cast(pl.Int64),
        pending=pl.col("exact").null_count().cast(pl.Int64),
        base=pl.col("exact").sum(),
    )


def _placed(entries: pl.DataFrame, groups: Mapping[int, GroupKey], places: pl.DataFrame) -> pl.DataFrame:
    """Say what each entry's group is about, and which initiative it belongs to; what is split is left to SQL."""
    named = [(key, groups[key]) for key in entries["group_id"].unique()]
    about = pl.DataFrame(
        [(key, group.initiative_id or UNALLOCATED, group.category_id, group.recoverable) for key, group in named],
        {"group_id": pl.Int64, "initiative_id": pl.Int64, "category_id": pl.Int64, "recoverable": pl.Boolean},
        orient="row",
    )
    placed = entries.join(about, on="group_id").join(places, on=["group_id", "month"], how="left")
    return placed.with_columns(
        pl.coalesce("placed_on", "initiative_id").alias("initiative_id"), pl.col("is_split").fill_null(False)
    )


def _exact_entries(placed: pl.DataFrame) -> Iterator[rollups.Entry]:
    rows = placed.select("group_id", "incurred_on", "billed_on", "lines", "pending", "base").iter_rows()
    return (rollups.Entry(*row) for row in rows)


def _flows(entries: pl.DataFrame) -> pl.DataFrame:
    """Return what each entry costs, and what of it is recovered, with the day from which on it counts."""
    counted = entries.filter(pl.col("lines") > pl.col("pending")).select(
        "initiative_id", "category_id", "recoverable", "incurred_on", "billed_on", "base",
        entries=pl.col("lines") - pl.col("pending"), nothing=pl.col("base") * 0,
    )  # fmt: skip
    who = ("initiative_id", "category_id")
    costs = counted.select(
        *who,
        "entries",
        month=_first_of_month("incurred_on"),
        counted_on="incurred_on",
        gross="base",
        recovered="nothing",
    )
    billed = counted.filter(pl.col("recoverable") & pl.col("billed_on").is_not_null())
    if not billed.height:
        return costs
    recoveries = billed.select(
        *who, "entries", month=_first_of_month("billed_on"), counted_on=pl.max_horizontal("incurred_on", "billed_on"),
        gross="nothing", recovered="base",
    )  # fmt: skip
    return pl.concat([costs, recoveries])


def _first_of_month(name: str) -> pl.Expr:
    return pl.col(name).dt.month_start()


def _write(table: str, keys: Sequence[str], rows: pl.DataFrame, added: str = _ADDED) -> None:
    """Add sums to those of a table: by COPY where it has none in these months, else row by row as they meet."""
    rows = rows.select(*keys, *_SUMMED).sort(keys)
    month = next(key for key in keys if key in ("counted_month", "month"))  # the first of them leads in the index
    with connection.cursor() as cursor:
        there = f"SELECT EXISTS (SELECT FROM {table} WHERE {month} BETWEEN %s AND %s)"  # noqa: S608 - our own names
        cursor.execute(there, [rows[month].min(), rows[month].max()])
        if not cursor.fetchone()[0]:
            copying.copy(table, rows)
            return
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS more_{table} (LIKE {table}) ON COMMIT DROP")
        copying.copy(f"more_{table}", rows)
        columns = ", ".join((*keys, *_SUMMED))
        cursor.execute(
            f"INSERT INTO {table} AS kept ({columns}) SELECT {columns} FROM more_{table} "  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}; TRUNCATE more_{table}"
        )
