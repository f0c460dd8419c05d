"""What new lines add to the sums of `costs.rollups`, added up in columns: no statement per line, month or day.

The same sums as `rollups.APPLY` makes in SQL; a test holds both against the lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl
import polars.selectors as cs
from django.db import connection

from costs import initiative_history, rollups
from costs.allocation import placements
from costs.bulk import copying
from costs.bulk.ahead import one_ahead
from costs.groups import GroupKey
from costs.models import NOT_COUNTED, UNALLOCATED

MOST_DIGITS = 38
ROOM = 10  # digits: more lines than that are not in one part
_SUMMED = ("entries", "gross", "recovered")
_NOTHING = pl.col("gross") * 0
_BY_GROUP = ("group_id", "month")
_BY_MONTH = ("initiative_id", "month", "category_id", "counted_month")
_BY_DAY = ("initiative_id", "month", "counted_on")
_BY_DAYS = ("counted_month", "initiative_id", "month")
_BY_PORTFOLIO = ("month", "category_id", "counted_month", "allocated")
_ADDED = ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in _SUMMED)


def exact(texts: pl.Series) -> pl.Series | None:
    """Return amounts as numbers that add up exactly; None where they have too many digits for that."""
    if texts.len() > 1 and not texts.null_count() and (texts == texts[0]).all():  # as rates mostly are
        one = exact(texts[:1])
        return None if one is None else one.new_from_index(0, texts.len())
    length, point = texts.str.len_bytes(), texts.str.find(".", literal=True)
    digits = _Digits(point.fill_null(length).max() or 0, (length - point - 1).max() or 0)
    return texts.cast(digits.kind) if digits.have_room else None


class _Digits(NamedTuple):
    """How many digits amounts have at most, before the point and after it."""

    before: int
    after: int

    def and_of(self, exact: pl.Series) -> _Digits:
        """Return those of all of these and those."""
        largest = max(abs(exact.min() or 0), abs(exact.max() or 0))
        return _Digits(max(self.before, len(str(int(largest)))), max(self.after, exact.dtype.scale))

    @property
    def have_room(self) -> bool:
        """Tell whether so many digits can be added up."""
        return self.before + self.after + ROOM <= MOST_DIGITS

    @property
    def kind(self) -> pl.Decimal:
        """The numbers that hold them."""
        return pl.Decimal(MOST_DIGITS, self.after)


class _Table(NamedTuple):
    """Rows for a table, in the order of its key, and what they add where it has such rows; "": it has none."""

    name: str
    keys: Sequence[str]
    rows: pl.DataFrame
    added: str = ""


class Sums:
    """What the lines of an import add up to, written once: its parts meet in the same days and months."""

    def __init__(self, groups: Mapping[int, GroupKey]) -> None:
        self._groups = groups
        self._clear()

    def add(self, lines: pl.DataFrame, places: pl.DataFrame, are_all: bool = False) -> None:
        """Add lines up (with `exact`, their base amounts). No database is asked, so this may go on beside it.

        `places` is where their groups belong (`places_of`), of which the database has no lines in those months yet.
        When these are all the lines there are, what is to be written is made ready here as well.
        """
        self._digits = self._digits.and_of(lines["exact"])
        lines = lines.select(*_BY_GROUP, "incurred_on", "billed_on", pl.col("exact").cast(self._digits.kind))
        pending = pl.col("exact").null_count()
        by_group = lines.group_by(_BY_GROUP).agg(lines=pl.len(), pending=pending, gross=pl.col("exact").sum())
        placed = _placed(by_group, self._groups, places)
        is_split = pl.col("is_split")
        self._by_group.append(placed.filter(~is_split).select(by_group.columns))
        self._split.append(_entries(lines.join(placed.filter(is_split), on=_BY_GROUP, how="semi")))
        counted = placed.filter(~is_split, pl.col("initiative_id") != NOT_COUNTED)
        self._by_initiative.append(counted.group_by("initiative_id").agg(pl.col("lines", "gross").sum()))
        of_group = counted.select(*_BY_GROUP, "initiative_id", "category_id", "recoverable")
        lines = lines.filter(pl.col("exact").is_not_null()).join(of_group, on=_BY_GROUP)
        recoveries = _recoveries(lines)
        self._by_month += [_costs_by_month(counted), _summed(recoveries, _BY_MONTH)]
        self._by_day += [_costs_by_day(lines), _summed(recoveries, _BY_DAY)]
        if are_all:
            self._ready = list(self._tables())

    def fits(self, exact: pl.Series) -> bool:
        """Tell whether amounts add up exactly with those before."""
        return self._digits.and_of(exact).have_room

    def write(self) -> None:
        """Add what there is to the sums of the database. What is shared by initiatives is left to SQL."""
        if self._by_group:
            for table in self._ready or one_ahead(self._tables()):
                _write(table)
            rollups.cumulate(self._joined(self._by_month)["initiative_id"].unique().to_list())
            for sums in self._by_initiative:
                initiative_history.note((initiative, lines, 0, gross) for initiative, lines, gross in sums.iter_rows())
        for split in self._split:
            rollups.apply_entries(rollups.Entry(*row) for row in split.iter_rows())
        self._clear()

    def _clear(self) -> None:
        self._digits = _Digits(0, 0)
        self._by_group: list[pl.DataFrame] = []
        self._by_initiative: list[pl.DataFrame] = []
        self._by_month: list[pl.DataFrame] = []
        self._by_day: list[pl.DataFrame] = []
        self._split: list[pl.DataFrame] = []
        self._ready: list[_Table] = []

    def _joined(self, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Put the sums of all parts together; those of earlier ones may have fewer digits."""
        return pl.concat(part.with_columns(cs.decimal().cast(self._digits.kind)) for part in parts)

    def _tables(self) -> Iterator[_Table]:
        groups = self._joined(self._by_group).group_by(_BY_GROUP).agg(pl.col("lines", "pending", "gross").sum())
        groups = groups.with_columns(pl.col("lines", "pending").cast(pl.Int32))
        yield _table("costs_groupmonth", _BY_GROUP, groups)
        monthly = _summed(self._joined(self._by_month), _BY_MONTH)
        yield _table("costs_initiativemonth", _BY_MONTH, monthly, _ADDED)
        days = _days(_summed(self._joined(self._by_day), _BY_DAY))
        yield _table("costs_initiativedays", _BY_DAYS, days, rollups.ADDED_BY_DAY)
        allocated = monthly.with_columns(allocated=pl.col("initiative_id") != UNALLOCATED)
        yield _table("costs_portfoliomonth", _BY_PORTFOLIO, _summed(allocated, _BY_PORTFOLIO), _ADDED)


def places_of(lines: pl.DataFrame) -> pl.DataFrame:
    """Look up where groups belong, those that rules have placed: from month to month, and whether they are split."""
    spans = placements.kept(lines["group_id"].unique().to_list())
    found = [
        (group, span.since, span.until, span.parts[0].initiative_id, span.is_split)
        for group, spans_of_group in spans.items()
        for span in spans_of_group
    ]
    schema = {"group_id": pl.Int64, "since": pl.Date, "until": pl.Date, "placed_on": pl.Int64, "is_split": pl.Boolean}
    return pl.DataFrame(found, schema, orient="row")


def _days(daily: pl.DataFrame) -> pl.DataFrame:
    """Lay the days of a month out beside each other, as PostgreSQL writes arrays."""
    days = range(1, 32)
    day = pl.col("counted_on")
    daily = daily.with_columns(counted_month=day.dt.month_start(), day=day.dt.day())
    laid_out = daily.pivot("day", days, index=_BY_DAYS, values=_SUMMED)
    arrays = {
        name: pl.concat_str([pl.col(f"{name}_{day}").cast(pl.String).fill_null("NULL") for day in days], separator=",")
        for name in _SUMMED
    }
    is_any_recovered = pl.any_horizontal(pl.col(f"recovered_{day}") != 0 for day in days)
    arrays["recovered"] = pl.when(is_any_recovered).then(arrays["recovered"]).otherwise(pl.lit(""))
    return laid_out.select(*_BY_DAYS, **{name: "{" + array + "}" for name, array in arrays.items()})


def _entries(lines: pl.DataFrame) -> pl.DataFrame:
    """Add lines up by group, day and billing: the columns of `rollups.Entry`."""
    return lines.group_by("group_id", "incurred_on", "billed_on").agg(
        lines=pl.len(), pending=pl.col("exact").null_count(), base=pl.col("exact").sum()
    )


def _placed(by_group: pl.DataFrame, groups: Mapping[int, GroupKey], places: pl.DataFrame) -> pl.DataFrame:
    """Say what each group is about and which initiative it belongs to in its months, and whether to that alone."""
    named = [(key, groups[key]) for key in by_group["group_id"].unique()]
    about = pl.DataFrame(
        [(key, group.initiative_id or UNALLOCATED, group.category_id, group.recoverable) for key, group in named],
        {"group_id": pl.Int64, "initiative_id": pl.Int64, "category_id": pl.Int64, "recoverable": pl.Boolean},
        orient="row",
    )
    holds = pl.col("month").is_between("since", "until", closed="left")
    by_rule = by_group.select(_BY_GROUP).join(places, on="group_id").filter(holds).drop("since", "until")
    placed = by_group.join(about, on="group_id").join(by_rule, on=_BY_GROUP, how="left")
    return placed.with_columns(
        initiative_id=pl.coalesce("placed_on", "initiative_id"), is_split=pl.col("is_split").fill_null(value=False)
    )


def _costs_by_month(counted: pl.DataFrame) -> pl.DataFrame:
    """Return what groups cost by month, where a cost counts from its own day on."""
    entries = (pl.col("lines") - pl.col("pending")).cast(pl.Int32)
    costs = counted.with_columns(entries=entries, recovered=_NOTHING, counted_month="month")
    return _summed(costs.filter(pl.col("entries") > 0), _BY_MONTH)


def _costs_by_day(lines: pl.DataFrame) -> pl.DataFrame:
    entries, gross = pl.len().cast(pl.Int32), pl.col("exact").sum()
    costs = lines.group_by("initiative_id", counted_on="incurred_on").agg(entries=entries, gross=gross)
    costs = costs.with_columns(month=pl.col("counted_on").dt.month_start(), recovered=_NOTHING)
    return costs.select(*_BY_DAY, *_SUMMED)


def _recoveries(lines: pl.DataFrame) -> pl.DataFrame:
    """Return what is recovered: it counts once both its line's date and the billing have passed."""
    counted_on = pl.max_horizontal("incurred_on", "billed_on")
    return lines.filter(pl.col("recoverable") & pl.col("billed_on").is_not_null()).select(
        "initiative_id",
        "category_id",
        month=pl.col("billed_on").dt.month_start(),
        counted_on=counted_on,
        counted_month=counted_on.dt.month_start(),
        entries=pl.lit(1, pl.Int32),
        gross=pl.col("exact") * 0,
        recovered="exact",
    )


def _summed(sums: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return sums.group_by(keys).agg(pl.col(_SUMMED).sum())


def _table(name: str, keys: Sequence[str], rows: pl.DataFrame, added: str = "") -> _Table:
    return _Table(name, keys, rows.sort(keys), added)


def _write(table: _Table) -> None:
    """Add sums to those of a table: by COPY where it has none in these months, else row by row as they meet."""
    name, keys, rows, added = table
    if not added:
        copying.copy(name, rows)
        return
    month = next(key for key in keys if key in ("counted_month", "month"))  # the first of them leads in the index
    with connection.cursor() as cursor:
        there = f"SELECT EXISTS (SELECT FROM {name} WHERE {month} BETWEEN %s AND %s)"  # noqa: S608 - our own names
        cursor.execute(there, [rows[month].min(), rows[month].max()])
        if not cursor.fetchone()[0]:
            copying.copy(name, rows)
            return
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS more_{name} (LIKE {name}) ON COMMIT DROP")
        copying.copy(f"more_{name}", rows)
        columns = ", ".join((*keys, *_SUMMED))
        cursor.execute(
            f"INSERT INTO {name} AS kept ({columns}) SELECT {columns} FROM more_{name} "  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}; TRUNCATE more_{name}"
        )
