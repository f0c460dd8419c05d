"""Files that are no plain CSV: gzip, Excel, Parquet, JSON. The same rows, and refusals that say why."""

# ruff: noqa: DTZ001 - files keep moments without a zone

from __future__ import annotations

import errno
import gzip
import io
import json
import re
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from datetime import datetime as moment
from decimal import Decimal
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import openpyxl
import polars as pl
import pytest

from accounts.errors import RuleError
from imports import files, zips
from imports.frames import FrameImporter, row_of
from imports.header_place import HeaderPlace
from imports.kinds import FileKind
from imports.pipeline import Column, FileRefusedError, Importer, Reason, Report, Reverted
from imports.tables import open_beginning
from imports.unpacking import Limits
from tests.imports import narrow_child


class ByRow(Importer):
    """Takes any file of any kind, row by row."""

    format, title, permission, kinds = "by_row", "Any", "", tuple(FileKind)
    columns = (Column("model"), Column("cost"), Column("tags"))
    ignores_other_columns = True
    batch_rows = 2

    def load(self, rows: object) -> None:
        raise NotImplementedError

    @classmethod
    def flatten(cls, document: Any) -> Iterator[Mapping[str, Any]]:
        """A page has its rows in `data`."""
        if isinstance(document, dict):
            yield from document.get("data", [document])

    @classmethod
    def revert(cls, job: object, change: object) -> Reverted:
        raise NotImplementedError


class InColumns(ByRow, FrameImporter):
    """The same in columns."""


def keep(content: bytes) -> Path:
    return files.path_of(files.keep([content], Limits.of_uploads()).sha256)


def run(content: bytes, importer: type[Importer] = ByRow) -> tuple[list[tuple[int, ...]], Report, dict[str, int]]:
    """Return the rows as (line, cell, …), the report and where the fields are."""
    reader = importer(0, None, None, Report(), {})
    found: list[Any] = []
    for batch in reader.batches(keep(content)):
        rows = batch if isinstance(batch, list) else [row_of(batch, at) for at in range(batch.height)]
        found += [(row.line, *row.cells) for row in rows]
    return found, reader.report, reader.at


def refusal(content: bytes, importer: type[Importer] = ByRow) -> str:
    with pytest.raises(FileRefusedError) as caught:
        run(content, importer)
    return str(caught.value)


def rejected(report: Report) -> list[tuple[str, str]]:
    return [(line, reason) for line, _column, reason, *_ in report.rejected_rows()]


# gzip ---------------------------------------------------------------------------------------------------------------
def test_a_gz_file_is_kept_as_what_is_in_it() -> None:
    text = b"model,cost\nx,1\n"
    plain = files.keep([text], None)
    parts = gzip.compress(text[:7]) + gzip.compress(text[7:])  # two members, as some tools write
    assert files.keep([gzip.compress(text)], None) == plain == files.keep([parts[:1], parts[1:]], None)


@pytest.mark.parametrize("cut", [5, 25, -3])
def test_a_gz_file_that_is_cut_off_is_refused_and_leaves_nothing(cut: int, settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path  # a folder of its own: other tests kill imports while they keep their file
    with pytest.raises(RuleError, match="damaged or cut off"):
        files.keep([gzip.compress(b"model,cost\nx,1\n" * 9)[:cut]], Limits.of_uploads())
    assert not list(files.folder().glob("*.part"))


def test_a_gz_bomb_is_refused_long_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.unpacking.UNSUSPICIOUS", 1024)
    bomb = gzip.compress(bytes(20_000_000))  # about 1,000 to 1
    with pytest.raises(RuleError, match="unpacks to more") as caught:
        files.keep([bomb], Limits.of_uploads())
    assert caught.value.status == 413
    with pytest.raises(RuleError, match="unpacks to more"):
        files.keep([gzip.compress(b"model\nx\n" * 100)], Limits(handed_in=10_000, unpacked=500))


# Excel --------------------------------------------------------------------------------------------------------------
def book(fill: Callable[[Any], None]) -> bytes:
    file, workbook = io.BytesIO(), openpyxl.Workbook()
    fill(workbook.active)
    workbook.save(file)
    return file.getvalue()


def sheet(*rows: list[Any]) -> bytes:
    return book(lambda active: [active.append(row) for row in rows])


@pytest.mark.parametrize("importer", [ByRow, InColumns])
def test_a_sheet_reads_as_its_csv_would_with_the_rows_of_the_sheet(importer: type[Importer]) -> None:
    def fill(active: Any) -> None:
        active["B3"], active["C3"], active["D3"] = "model", " Cost ", "tags"
        active["B4"], active["C4"] = date(2026, 11, 30), 5.03e-9
        active["B5"], active["C5"], active["D5"] = moment(2026, 11, 30, 1, 2, 3), 1234, True
        active["B7"], active["C7"], active["D7"] = time(1, 2), 0.1, "=not run"
        active["D7"].data_type = "s"
        active["B8"], active["C8"] = 1 / 3, 12345678901234.5

    found, report, at = run(book(fill), importer)
    assert found == [
        (4, "2026-11-30", "0.00000000503", ""),
        (5, "2026-11-30 01:02:03", "1234", "true"),
        (7, "01:02:00", "0.1", "=not run"),
        (8, "0.3333333333333333", "12345678901234.5", ""),  # as many digits as openpyxl writes
    ]
    assert (report.total, at) == (4, {"model": 0, "cost": 1, "tags": 2})


def test_the_first_sheet_that_can_be_seen_counts() -> None:
    workbook, file = openpyxl.Workbook(), io.BytesIO()
    workbook.active.append(["hidden"])
    workbook.active.sheet_state = "hidden"
    workbook.create_sheet("Bill").append(["model"])
    workbook["Bill"].append(["x"])
    workbook.create_sheet("Notes").append(["other"])
    workbook.save(file)
    assert run(file.getvalue())[0] == [(2, "x")]


def test_a_row_wider_than_the_header_is_rejected_and_a_shorter_one_filled_up() -> None:
    found, report, _ = run(sheet(["model", "cost"], ["a"], ["b", 1, "more"], ["c", 2]))
    assert (found, rejected(report)) == (
        [(2, "a", ""), (4, "c", "2")],
        [("3", "The row has {found} cells, the header has {expected}.")],
    )


def test_headings_twice_or_empty_refuse_a_sheet_as_they_do_a_csv_file() -> None:
    assert "“model” twice" in refusal(sheet(["model", "model"], ["a", "b"]))
    assert refusal(sheet()) == "The file is empty."


def beginning(content: bytes) -> tuple[list[str], list[str], int]:
    """Return the header of what a page looks at, its first row, and how many rows it has read."""
    table = open_beginning(keep(content), FileKind.XLSX, None)
    rows = [row.cells for row in table.records()]
    return table.header, rows[0], len(rows)


def test_a_page_looks_at_the_first_rows_of_a_sheet_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "CHUNK", 10_000)
    long = sheet(["model", "cost"], *([f"m{number}", number] for number in range(5_000)))
    for content in (long, altered(long, with_a_prefix)):
        header, first, read = beginning(content)
        assert (header, first) == (["model", "cost"], ["m0", "0"])
        assert 10 < read < 500
    assert len(run(long)[0]) == 5_000  # an import reads them all


def test_headings_below_the_first_rows_of_a_sheet_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "CHUNK", 10_000)
    path = keep(sheet(*(["A title", number] for number in range(900)), ["model", "cost"], ["x", 1]))
    table = open_beginning(path, FileKind.XLSX, None, HeaderPlace(header_row=901))
    assert (table.header, [row.cells for row in table.records()]) == (["model", "cost"], [["x", "1"]])
    with pytest.raises(FileRefusedError, match=r"There are no headings in row 903\."):
        open_beginning(path, FileKind.XLSX, None, HeaderPlace(header_row=903))


def test_a_sheet_that_begins_with_rows_without_a_text_is_looked_at_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "CHUNK", 10_000)
    late = sheet(*([None, 7] for _ in range(3)), ["model"])
    assert beginning(altered(late, with_formats_first)) == (["", "7"], ["", "7"], 3)


def altered(content: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """Return a workbook with its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, part in more.items():
            new.writestr(name, part)
    return file.getvalue()


PLAIN_BOOK = sheet(["model", "cost"], ["x", 1])
ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def with_entity(name: str, part: bytes) -> bytes:
    return part.replace(b"<worksheet", ENTITY + b"<worksheet", 1) if "sheet1" in name else part


def with_a_cell_far_away(name: str, part: bytes) -> bytes:
    far = b'<row r="1000000"><c r="XFD1000000"><v>1</v></c></row></sheetData>'
    return part.replace(b"</sheetData>", far) if "sheet1" in name else part


def with_a_prefix(name: str, part: bytes) -> bytes:
    if "sheet1" not in name:
        return part
    named = re.sub(rb"<(/?)(\w+)", rb"<\1x:\2", part)
    return named.replace(b"xmlns=", b"xmlns:x=", 1)


def with_formats_first(name: str, part: bytes) -> bytes:
    """Put thousands of rows that have a height and no cell before the others."""
    styled = b"".join(b'<row r="%d" ht="20"></row>' % number for number in range(1, 5_000))
    moved = re.sub(rb'(<row r="|<c r="[A-Z]+)(\d+)', lambda at: at[1] + b"%d" % (int(at[2]) + 5_000), part)
    return moved.replace(b"<sheetData>", b"<sheetData>" + styled, 1) if "sheet1" in name else part


def with_a_format_far_away(name: str, part: bytes) -> bytes:
    far = b'<row r="1000000"><c r="XFD1000000" s="0"/></row></sheetData>'
    return part.replace(b"</sheetData>", far) if "sheet1" in name else part


def test_files_that_only_seem_to_be_workbooks_are_refused_with_their_reason() -> None:
    assert refusal(b"\xd0\xcf\x11\xe0" + bytes(600)).startswith("This is an Excel file of the old kind, or one with")
    assert refusal(PLAIN_BOOK[: len(PLAIN_BOOK) // 2]).startswith("The Excel file is damaged or cut off.")
    assert refusal(altered(PLAIN_BOOK, with_entity)).startswith("The Excel file declares a document type")
    assert "as far as XFD1000000" in refusal(altered(PLAIN_BOOK, with_a_cell_far_away))
    assert run(altered(PLAIN_BOOK, with_a_format_far_away))[0] == [(2, "x", "1")]


TOO_LARGE = "The Excel file is too large when unpacked."


def test_a_text_that_stands_in_more_cells_than_there_is_room_for_refuses_a_sheet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imports.xlsx.CHILD", narrow_child.__name__)
    for times, is_bomb in ((5, False), (300, True)):
        content = altered(sheet(["model", "cost"], *[["LONG", 1]] * times), with_a_long_text)
        if is_bomb:
            assert refusal(content).startswith(TOO_LARGE)
            with pytest.raises(FileRefusedError, match=TOO_LARGE):
                open_beginning(keep(content), FileKind.XLSX, None)
        else:
            assert [len(model) for _line, model, _cost in run(content)[0]] == [900_000] * times


def with_a_long_text(_name: str, part: bytes) -> bytes:
    return part.replace(b"LONG", b"a" * 900_000)


def test_a_directory_of_more_parts_than_any_workbook_has_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MOST_OF_DIRECTORY", 10_000)
    many = altered(PLAIN_BOOK, lambda _name, part: part, **{f"xl/media/{number}.png": b"" for number in range(200)})
    assert refusal(many).startswith(TOO_LARGE)
    assert run(PLAIN_BOOK)[0] == [(2, "x", "1")]


ALWAYS = b'<row r="1"><c r="A1"><v>1</v></c></row>'


def with_rows(rows: bytes, part_name: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Return a workbook whose only sheet has these rows, in the part of this name."""

    def change(name: str, part: bytes) -> bytes:
        if name == "xl/_rels/workbook.xml.rels":
            return re.sub(rb"[\w/]*worksheets/sheet1.xml", b"/" + part_name.encode(), part)
        return part

    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    new = start + rows + b"</sheetData></worksheet>"
    if part_name == "xl/worksheets/sheet1.xml":
        return altered(PLAIN_BOOK, lambda name, part: new if name == part_name else change(name, part))
    return altered(PLAIN_BOOK, change, **{part_name: new})


# None of them is a place that Excel has, or is written as Excel writes one.
@pytest.mark.parametrize(
    "rows",
    [
        b'<row><c r="ZZZ2000"><v>1</v></c></row>',
        b'<row><c r="AAAA2"><v>1</v></c></row>',
        b'<row><c r="B000000003"><v>1</v></c></row>',
        b'<row><c r="b3"><v>1</v></c></row>',
        b'<row><c r="A1048577"><v>1</v></c></row>',
        b'<row><c r="A"><v>1</v></c></row>',
        b'<row><c r="7"><v>1</v></c></row>',
        b'<row r="3000000000"><c><v>1</v></c></row>',
        b'<row r="1048576"/><row><c><v>1</v></c></row>',
    ],
)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/evil/s1.xml"])
def test_a_cell_that_is_nowhere_in_excel_refuses_a_sheet_whatever_its_part_is_called(rows: bytes, part: str) -> None:
    assert refusal(with_rows(ALWAYS + rows, part)).startswith("The Excel file is damaged")


# 2,000 × 2,000 cells: BXX is 26 × (26 × 2 + 24) + 24 = 2,000.
@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="2000"><c r="BXX2000"><v>1</v></c></row>',
        b"<row r='2000'><c s='0' r='BXX2000' t=\"n\"><v>1</v></c></row>",
        b'<row r="2000"><c r="BXW2000"/><c><v>1</v></c></row>',
        b'<row r="1999"/><row><c r="BXW2000"/><c><v>1</v></c></row>',
        b'<row r="2000"><c s=">" r="BXX2000"><v>1</v></c></row>',
        b'<row r="2000"><q a="<c b=\'"/><c r="BXX2000"><v>1</v></c><q a="\'>"/></row>',
        b'<row r="2000"><c' + b" " * 15_000 + b'r="BXX2000"><v>1</v></c></row>',
    ],
)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/evil/s1.xml"])
def test_a_cell_far_away_is_found_however_it_is_written(
    rows: bytes, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "CHUNK", 10_000)
    assert "as far as BXX2000: more than" in refusal(with_rows(ALWAYS + rows, part))


def test_a_sheet_without_references_is_read() -> None:
    cell = b'<c t="inlineStr"><is><t>%s</t></is></c>'
    rows = b"<row>" + cell % b"model" + cell % b"cost" + b"</row><row/><row>" + cell % b"x" + b"<c><v>2</v></c></row>"
    assert run(with_rows(rows, "xl/other/s1.xml"))[0] == [(3, "x", "2")]


def test_a_zip_bomb_is_refused_by_its_directory_and_by_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "UNSUSPICIOUS", 1_000_000)
    bomb = altered(PLAIN_BOOK, lambda _name, part: part, **{"xl/bomb.xml": bytes(20_000_000)})
    assert refusal(bomb).startswith("The Excel file is too large when unpacked.")
    small = (20_000_000).to_bytes(4, "little")
    assert bomb.count(small) == 2
    lying = bomb.replace(small, (2_000).to_bytes(4, "little"))
    assert refusal(lying).startswith("The Excel file is damaged")
    pictures = altered(PLAIN_BOOK, lambda _name, part: part, **{"xl/media/photo.png": bytes(20_000_000)})
    assert run(pictures)[0] == [(2, "x", "1")]  # what no table needs is never unpacked


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_packed_so_that_a_little_unpacks_to_much_at_once_is_refused(method: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _each in range(60):
            part.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(FileRefusedError) as caught:
            zips.safe_copy(content, len(content.getvalue()))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.reason == Reason(zips.DAMAGED)


def test_a_full_disk_is_not_called_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _content: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zips, "tempfile", SimpleNamespace(NamedTemporaryFile=lambda **_how: Full()))
    with pytest.raises(OSError, match="No space left"):
        run(PLAIN_BOOK)


def test_what_a_workbook_unpacks_to_lies_where_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/there/is/no/such/folder")  # /tmp may be memory, or small
    assert run(PLAIN_BOOK)[0] == [(2, "x", "1")]


def read_or_refused(content: bytes, step: int) -> int:
    """Spoil one byte after another, and say how often the file was refused."""
    refused = 0
    for at in range(4, len(content), step):
        spoilt = bytearray(content)
        spoilt[at] ^= 0xFF
        try:
            run(bytes(spoilt), InColumns)
        except FileRefusedError:
            refused += 1
    return refused


def test_a_workbook_with_any_byte_spoilt_is_read_or_refused() -> None:
    assert read_or_refused(PLAIN_BOOK, 61) > 20


# Parquet ------------------------------------------------------------------------------------------------------------
def parquet(frame: pl.DataFrame, **options: Any) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, **options)
    return file.getvalue()


FRAME = pl.DataFrame(
    {
        "model": ["a", None, "c"],
        "cost": pl.Series([Decimal("0.00000000503"), Decimal("-1.50000000000"), None], dtype=pl.Decimal(38, 11)),
        "at": pl.Series([moment(2024, 9, 1, 3), moment(2024, 9, 1, 3, 0, 0, 500_000), None], dtype=pl.Datetime),
        "zoned": pl.Series([moment(2024, 9, 1, 3)] * 3).dt.replace_time_zone("Asia/Tokyo"),
        "day": [date(2024, 9, 1), None, None],
        "tags": [[{"key": "org", "value": 'a "b"'}, {"key": " org", "value": None}], [], None],
        "float": [5.03e-9, 1234.0, float("nan")],
        "flag": [True, False, None],
        "list": [[1, 2], [], None],
    }
)


@pytest.mark.parametrize("importer", [ByRow, InColumns])
@pytest.mark.parametrize("step", [2, 20_000])
def test_parquet_columns_become_texts_with_all_their_digits(
    importer: type[Importer], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.parquet.STEP", step)
    found, report, at = run(parquet(FRAME, row_group_size=2), importer)
    utc = "2024-08-31 18:00:00"
    first = ("a", "0.00000000503", "2024-09-01 03:00:00", utc, "2024-09-01")
    assert found == [
        (1, *first, '{"org":"a \\"b\\""," org":null}', "0.00000000503", "true", "[1,2]"),
        (2, "", "-1.5", "2024-09-01 03:00:00.500", utc, "", "{}", "1234", "false", "[]"),
        (3, "c", "", "", utc, "", "", "NaN", "", ""),
    ]
    assert (report.total, at) == (3, {"model": 0, "cost": 1, "tags": 5})


@pytest.mark.parametrize("importer", [ByRow, InColumns])
def test_a_nul_rejects_its_row_of_a_parquet_file(importer: type[Importer]) -> None:
    found, report, _ = run(parquet(pl.DataFrame({"model": ["a", "b\0", "c"]})), importer)
    assert ([line for line, *_ in found], rejected(report)) == ([1, 3], [("2", "The row has a NUL character.")])


@pytest.mark.parametrize("importer", [ByRow, InColumns])
@pytest.mark.parametrize(("unit", "last"), [("ms", "9999-12-31 23:59:59.999"), ("us", "9999-12-31 23:59:59.999999")])
def test_a_moment_beyond_all_years_stands_in_its_cell_as_the_file_counts_it(
    importer: type[Importer], unit: str, last: str
) -> None:
    per_second = {"ms": 1_000, "us": 1_000_000}[unit]
    end = 253_402_300_800 * per_second  # of the year 9999
    counts = [end - 1, end, -(2**63) + 1, -62_135_596_800 * per_second, None]
    frame = pl.DataFrame(
        {
            "model": list("abcde"),
            "at": pl.Series(counts, dtype=pl.Int64).cast(pl.Datetime(unit, "UTC")),
            "day": pl.Series([2_932_896, 2_932_897, -(2**31), -719_162, None], dtype=pl.Int32).cast(pl.Date),
        }
    )
    found, report, _ = run(parquet(frame), importer)
    since = "since 1970-01-01"
    assert found == [
        (1, "a", last, "9999-12-31"),
        (2, "b", f"{end} {unit} {since}", f"2932897 d {since}"),
        (3, "c", f"-9223372036854775807 {unit} {since}", f"-2147483648 d {since}"),
        (4, "d", "0001-01-01 00:00:00", "0001-01-01"),
        (5, "e", "", ""),
    ]
    assert report.total == 5


@pytest.mark.parametrize("importer", [ByRow, InColumns])
def test_a_list_or_record_with_a_moment_beyond_all_years_stands_in_its_cell_as_the_file_counts_it(
    importer: type[Importer],
) -> None:
    moment = pl.Datetime("ms", "UTC")
    when = pl.Series("model", [[0], [2**62, None], None], dtype=pl.List(pl.Int64)).cast(pl.List(moment))
    day = pl.Series("day", [0, 2**31 - 1, None], dtype=pl.Int32).cast(pl.Date)
    record = pl.DataFrame({"cost": pl.DataFrame([day, pl.Series("n", [1, 2, 3])]).to_struct()})
    pair = pl.Series("tags", [[0, 2**62], None, None], dtype=pl.Array(pl.Int64, 2)).cast(pl.Array(moment, 2))
    found, _report, _at = run(parquet(record.with_columns(when, pair)), importer)
    assert found == [
        (1, '{"day":0,"n":1}', "[0]", "[0,4611686018427387904]"),
        (2, '{"day":2147483647,"n":2}', "[4611686018427387904,null]", ""),
        (3, '{"day":null,"n":3}', "", ""),
    ]


def test_bytes_that_are_no_text_spoil_no_file() -> None:
    frame = pl.DataFrame({"model": [b"\xffa", b"\xe6\x9c\xac", None], "tags": [[b"\xff"], [b"a"], None]})
    found, _report, _at = run(parquet(frame))
    assert found == [(1, "\ufffda", '["\ufffd"]'), (2, "本", '["a"]'), (3, "", "")]


def test_bytes_beside_moments_in_lists_and_records_are_texts_whatever_the_keys_of_a_map_are() -> None:
    pair = pl.Struct({"key": pl.List(pl.Binary), "value": pl.Date})
    frame = pl.DataFrame(
        {
            "model": pl.Series([{"name": b"a", "on": date(2024, 9, 1)}, None]),
            "cost": pl.Series([[b"a", None], [b"\xff"]], dtype=pl.List(pl.Binary)),
            "tags": pl.Series([[{"key": [b"a", b"b"], "value": date(2024, 9, 1)}], []], dtype=pl.List(pair)),
        }
    )
    found, _report, _at = run(parquet(frame))
    assert found == [
        (1, '{"name":"a","on":"2024-09-01"}', '["a",null]', '{"[\\"a\\",\\"b\\"]":"2024-09-01"}'),
        (2, "", '["\ufffd"]', "{}"),
    ]


def test_rows_of_every_kind_are_found_again_by_their_number() -> None:
    for content in (parquet(FRAME), PLAIN_BOOK, b"model,cost\nx,1\n", b'[{"model": "x"}, {"model": "y"}]'):
        reader = InColumns(0, None, None, Report(), {})
        reader.path = keep(content)
        rows = [row_of(frame, at) for frame in reader.batches(reader.path) for at in range(frame.height)]
        assert list(reader.rows_at([rows[-1].line])) == rows[-1:]


SMALL_PARQUET = parquet(FRAME, compression="uncompressed")


def test_a_parquet_file_with_any_byte_spoilt_is_read_or_refused() -> None:
    assert read_or_refused(SMALL_PARQUET, 149) > 7


def test_a_parquet_file_that_is_cut_off_is_refused() -> None:
    assert refusal(SMALL_PARQUET[:-20]) == "The Parquet file is damaged, cut off, encrypted or too large when unpacked."
    assert refusal(b"PAR1") == "The Parquet file is damaged, cut off, encrypted or too large when unpacked."


def test_a_parquet_file_on_which_the_library_hangs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.parquet.CHILD", narrow_child.__name__)
    monkeypatch.setenv(narrow_child.HANGS, "1")
    started = monotonic()
    assert refusal(SMALL_PARQUET).startswith("The Parquet file is damaged")
    assert monotonic() - started < 30


def test_a_parquet_file_that_unpacks_to_more_than_there_is_room_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.parquet.CHILD", narrow_child.__name__)
    assert len(run(SMALL_PARQUET)[0]) == 3
    bomb = parquet(pl.DataFrame({"model": ["a" * 100_000_000]}), compression="zstd")
    assert len(bomb) < 1_000_000
    assert refusal(bomb).startswith("The Parquet file is damaged")


# JSON ---------------------------------------------------------------------------------------------------------------
ROWS = [{"model": "a", "cost": 5.03e-9, "new": 1}, {"model": None, "cost": "2", "tags": {"b": [1, True]}}]
AS_CELLS = [(1, "a", "0.00000000503", ""), (2, "", "2", '{"b":["1",true]}')]
AS_TEXT = json.dumps(ROWS).replace("5.03e-09", "0.00000000503")
ONE, TWO = json.dumps(ROWS[0]).replace("5.03e-09", "0.00000000503"), json.dumps(ROWS[1])


@pytest.mark.parametrize("importer", [ByRow, InColumns])
@pytest.mark.parametrize(
    "text",
    [
        AS_TEXT,
        f"{ONE}\n{TWO}\n",
        f"{ONE}{TWO}",
        f'{{"data": {AS_TEXT}}}',
        f'[{{"data": [{ONE}]}}, {{"data": [{TWO}]}}]',
        " \n" + AS_TEXT + "\n",
    ],
)
def test_json_in_every_shape_gives_the_same_rows_with_their_numbers(importer: type[Importer], text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        found, report, _ = run(text.encode(encoding), importer)
        assert (found, report.total) == (AS_CELLS, 2)


def test_json_is_read_on_where_a_value_ends_at_the_end_of_what_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(1, 40):
        monkeypatch.setattr("imports.json_documents.CHUNK", size)
        assert run(AS_TEXT.encode())[0] == AS_CELLS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"model": "a"}, {"model": }]', "Element 2 of the file is not readable as JSON"),
        ('[{"model": "a"}', "Element 2 of the file is not readable as JSON"),
        ('[{"model": "a"},]', "Element 2 of the file is not readable as JSON"),
        ('[{"model": "a"}] {', "Element 2 of the file is not readable as JSON"),
        ('{"model": "a"}\n{"model": "b', "Element 2 of the file is not readable as JSON"),
        ("[" * 60 + "]" * 60, "Element 1 of the file is nested deeper than 50 levels."),
        ("[" * 100_000, "Element 1 of the file is nested deeper than 50 levels."),
        ('[{"model": 1, "model": 2}]', "Element 1 of the file has the same key twice."),
    ],
)
def test_json_that_cannot_be_read_is_refused_at_its_element(text: str, reason: str) -> None:
    assert refusal(text.encode()).startswith(reason)


def test_a_json_element_larger_than_memory_should_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.json_documents.LARGEST", 10_000)
    monkeypatch.setattr("imports.json_documents.CHUNK", 1_000)
    assert refusal(b'[{"model": "' + b"x" * 50_000).startswith("Element 1 of the file is larger than 32 million")


def test_half_a_character_rejects_its_row() -> None:
    found, report, _ = run(b'[{"model": "\\ud800"}, {"model": "b"}, {"model": "c\\u0000"}]')
    assert found == [(2, "b", "", "")]
    assert [line for line, _ in rejected(report)] == ["1", "3"]


# Which kinds a format takes -------------------------------------------------------------------------------------------
class CsvOnly(ByRow):
    """Takes text alone."""

    kinds = (FileKind.CSV,)


def test_a_kind_that_the_format_does_not_take_is_refused() -> None:
    said = "This is a file of the kind {}; the format takes CSV."
    assert refusal(PLAIN_BOOK, CsvOnly) == said.format("XLSX")
    assert refusal(SMALL_PARQUET, CsvOnly) == said.format("Parquet")
    assert run(b'{"model",cost\n1,2\n', CsvOnly)[0] == [(2, "1", "2")]  # text is CSV where JSON is not taken
