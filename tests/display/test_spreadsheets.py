"""XLSX files as somebody opens them: what stands still, what is wide enough, what is a date and what a number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from display import spreadsheets
from display.spreadsheets import Table, amount_format


def written(*rows: list[Any], sums: list[Any] | None = None) -> Any:
    table = Table("Costs", ["what", "on", "amount", "open"], formats={"amount": amount_format("USD")})
    for row in rows:
        table.add(row)
    if sums:
        table.add_sums(sums)
    return openpyxl.load_workbook(table.finish()).active


def test_the_head_is_bold_stays_and_filters_what_is_no_total():
    sheet = written(["=SUM(A1)", date(2026, 3, 1), Decimal("1204.5"), True], sums=["total", None, Decimal("1204.5")])
    assert [cell.font.b for cell in sheet[1]] == [True] * 4
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:D2")
    assert [cell.font.b for cell in sheet[3][:3:2]] == [True, True]


def test_each_cell_is_what_it_means_and_a_text_is_never_a_formula():
    what, on, amount, is_open = written(["=SUM(A1)", date(2026, 3, 1), Decimal("1204.5"), True])[2]
    assert (what.value, what.data_type) == ("=SUM(A1)", "s")
    assert (on.is_date, on.number_format) == (True, "yyyy-mm-dd")
    assert (amount.value, amount.number_format) == (1204.5, "#,##0.00")
    assert is_open.value is True


def test_columns_are_as_wide_as_what_they_hold_within_reason():
    sheet = written(["自動車保険金請求の振り分け", date(2026, 3, 1), Decimal("123456789012.34"), None], ["x" * 500])
    widths = {name: column.width for name, column in sheet.column_dimensions.items()}
    assert widths["A"] < 60
    assert widths["B"] >= len("2026-03-01") + 1
    assert widths["C"] >= len("123,456,789,012.34") + 1


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", "#,##0"), ("USD", "#,##0.00"), ("KWD", "#,##0.000"), ("CLF", "#,##0.0000")]
)
def test_amounts_have_as_many_decimals_as_their_currency(currency: str, shown: str):
    assert amount_format(currency) == shown


def test_what_does_not_fit_on_a_sheet_goes_on_on_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 3)  # the head and two rows
    table = Table("Costs", ["what", "amount"])
    for number in range(1, 6):
        table.add([f"row {number}", number])
    table.add_sums(["total", 15])
    book = openpyxl.load_workbook(table.finish())
    head = ("what", "amount")
    assert {sheet.title: list(sheet.values) for sheet in book} == {
        "Costs": [head, ("row 1", 1), ("row 2", 2)],
        "Costs 2": [head, ("row 3", 3), ("row 4", 4)],
        "Costs 3": [head, ("row 5", 5), ("total", 15)],
    }
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:B3", "A1:B3", "A1:B2"]
    assert [sheet.freeze_panes for sheet in book] == ["B2"] * 3


def test_a_table_without_rows_opens():
    assert [cell.value for cell in written()[1]] == ["what", "on", "amount", "open"]


def test_columns_past_the_last_of_a_sheet_are_refused_and_not_lost():
    with pytest.raises(ValueError, match="16385 columns"):
        Table("wide", [f"c{number}" for number in range(16_385)])
    table = Table("wide", [f"c{number}" for number in range(16_384)])
    table.finish().close()
