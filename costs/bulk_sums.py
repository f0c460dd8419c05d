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


def exact(texts: pl.Series) -> pl.Series | None:
    """Return amounts as numbers that add up exactly; None where they have too many digits for that."""
    around = texts.str.strip_prefix("-").str.split_exact(".", 1).struct.unnest()
    before, after = (around[name].str.len_bytes().max() or 0 for name in around.columns)
    return texts.cast(pl.Decimal(MOST_DIGITS, after)) if before + after + ROOM <= MOST_DIGITS else None


def add(lines: pl.DataFrame, groups: Mapping[int, GroupKey]) -> None:
    """Add lines (with `exact`, their base amounts) to all sums; their groups have none in those months yet."""
    entries = _entries(lines)
    placed = _placed(entries, groups)
    split = placed.filter("is_split")
    if split.height:
        rollups.apply_entries(_exact_entries(split))
    whole = placed.filter(~pl.col("is_split"))
    if not whole.height:
        return
    by_group = whole.group_by("group_id", "month").agg(
        pl.col("lines", "pending").sum().cast(pl.Int32), gross=pl.col("base").sum()
    )
    copying.copy("costs_groupmonth", by_group.sort("group_id", "month"))
    flows = _flows(whole.filter(pl.col("initiative_id") != NOT_COUNTED))
    if not flows.height:
        return
    monthly = flows.group_by(
        "initiative_id", "month", "category_id", _first_of_month("counted_on").alias("counted_month")
    ).agg(_SUMS)
    allocated = (pl.col("initiative_id") != UNALLOCATED).alias("allocated")
    _write("costs_initiativeday", ("initiative_id", "counted_on", "month"), flows)
    _write("costs_initiativemonth", ("initiative_id", "month", "category_id", "counted_month"), monthly)
    _write(
        "costs_portfoliomonth", ("month", "category_id", "counted_month", "allocated"), monthly.with_columns(allocated)
    )
    rollups.cumulate(monthly["initiative_id"].unique().to_list())


def _entries(lines: pl.DataFrame) -> pl.DataFrame:
    """Add lines up by group, day and billing."""
    return lines.group_by("group_id", "incurred_on", "billed_on").agg(
        _first_of_month("incurred_on").first().alias("month"),
        lines=pl.len().cast(pl.Int64),
        pending=pl.col("exact").null_count().cast(pl.Int64),
        base=pl.col("exact").sum(),
    )


def _placed(entries: pl.DataFrame, groups: Mapping[int, GroupKey]) -> pl.DataFrame:
    """Say what each entry's group is about, and which initiative it belongs to; what is split is left to SQL."""
    named = [(key, groups[key]) for key in entries["group_id"].unique()]
    about = pl.DataFrame(
        [(key, group.initiative_id or UNALLOCATED, group.category_id, group.recoverable) for key, group in named],
        {"group_id": pl.Int64, "initiative_id": pl.Int64, "category_id": pl.Int64, "recoverable": pl.Boolean},
        orient="row",
    )
    placed = entries.join(about, on="group_id")
    months = entries.select("group_id", "month").unique()
    found = [(*pair, *place) for pair, place in placements.in_months(months.rows()).items()]
    if not found:
        return placed.with_columns(is_split=pl.lit(False))
    schema = {"group_id": pl.Int64, "month": pl.Date, "placed_on": pl.Int64, "is_split": pl.Boolean}
    placed = placed.join(pl.DataFrame(found, schema, orient="row"), on=["group_id", "month"], how="left")
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


def _write(table: str, keys: Sequence[str], rows: pl.DataFrame) -> None:
    """Add sums to those of a table: by COPY where it has none in these months, else row by row as they meet."""
    rows = rows.group_by(keys).agg(_SUMS).sort(keys)
    months = rows["month"]
    with connection.cursor() as cursor:
        there = f"SELECT EXISTS (SELECT FROM {table} WHERE month BETWEEN %s AND %s)"  # noqa: S608 - our own names
        cursor.execute(there, [months.min(), months.max()])
        if not cursor.fetchone()[0]:
            copying.copy(table, rows)
            return
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS more_{table} (LIKE {table}) ON COMMIT DROP")
        copying.copy(f"more_{table}", rows)
        added = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMMED)
        columns = ", ".join((*keys, *_SUMMED))
        cursor.execute(
            f"INSERT INTO {table} AS kept ({columns}) SELECT {columns} FROM more_{table} "  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}; TRUNCATE more_{table}"
        )
