"""Reading in columns gives what reading row by row gives: rows, lines, rejections and refusals, on any file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imports import frames, reading, tables
from imports.frames import row_of
from imports.pipeline import FileRefusedError, Importer, Report, Reverted, Row

nasty = st.sampled_from(
    [
        *'a1 é日";\t',
        ",",
        ",",
        '"',
        '""',
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\0",
        "\ufeff",
        "\x85",
        "\u2028",
        ',"x',
        '",',
        '"\n"',
    ]
)
cells = st.sampled_from(
    ["", "a", "-1.50", '"q"', '"a, b"', '"he said ""no"""', '"two\nlines"', '"two\r\nlines"', " x "]
)
rows = st.lists(st.lists(cells, min_size=3, max_size=3).map(",".join), max_size=12)
ordinary = st.tuples(rows, st.sampled_from(["\n", "\n", "\r\n", "\r"]), st.booleans()).map(
    lambda file: file[1].join(file[0]) + file[1] * file[2]
)
spoilt = st.lists(st.one_of(ordinary, st.lists(nasty, max_size=8).map("".join)), max_size=5).map("".join)


class Anything(Importer):
    """Takes every column."""

    format, title, permission, columns = "any", "Any", "", ()
    ignores_other_columns = True
    batch_rows = 3

    def load(self, rows: object) -> None:
        raise NotImplementedError

    @classmethod
    def revert(cls, job: object, change: object) -> Reverted:
        raise NotImplementedError


def read(path: Path, batches, to_rows) -> tuple:
    """Return all that the reading of a file comes to."""
    importer = Anything(0, None, None, Report(), {})
    try:
        found = [row for batch in batches(path, importer) for row in to_rows(batch)]
    except FileRefusedError as refusal:
        return str(refusal), [], []
    return importer.report.total, found, list(importer.report.rejected_rows())


def rows_of(frame):
    return [row_of(frame, number) for number in range(frame.height)]


def both_ways(path: Path) -> tuple[tuple, tuple]:
    in_columns = read(path, frames.frames, rows_of)
    return in_columns, read(path, tables.batches, list)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames") / "file.gz"


@example(text="\ufeff", header="a\n", block=16, encoding="utf-8")
@settings(max_examples=250)
@given(
    text=st.one_of(spoilt, ordinary),
    header=st.sampled_from(["a,b,c\n", "a,b,c\r\n", "a,b,c\r", '"a","b\nb",c\n', "a;b;c\n", "a\n"]),
    block=st.sampled_from([16, 64, frames.BLOCK]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_columns_and_rows_agree_on_any_text(kept: Path, text: str, header: str, block: int, encoding: str) -> None:
    kept.write_bytes(gzip.compress((header + text).encode(encoding), 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "BLOCK", block)
        in_columns, by_rows = both_ways(kept)
    assert in_columns == by_rows


def test_ordinary_files_are_read_as_a_whole(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,b,c\n"x, y","he said ""no""",1\n"two\nlines",,2\n' * 3 + "q,,\n"
    kept.write_bytes(gzip.compress(text.encode(), 1))
    monkeypatch.setattr(reading, "good_rows", None)  # row by row
    _, found, _ = read(kept, frames.frames, rows_of)
    assert [row.line for row in found] == [2, 3, 5, 6, 7, 9, 10, 11, 13]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_empty_last_cells_are_read_as_a_whole(kept: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    kept.write_bytes(gzip.compress(end.join(["a,b,c", "1,2,", '3,4,""', '"5,",6,', "7,8,9", ""]).encode(), 1))
    monkeypatch.setattr(reading, "good_rows", None)
    _, found, _ = read(kept, frames.frames, rows_of)
    assert [row.cells for row in found] == [["1", "2", ""], ["3", "4", ""], ["5,", "6", ""], ["7", "8", "9"]]


@pytest.mark.parametrize("short", ["3,4", '3,"4"', '3,"4,"', '3,","', '3,""""', "3,"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_missing_last_cell_is_no_empty_one(kept: Path, short: str, end: str) -> None:
    kept.write_bytes(gzip.compress(end.join(["a,b,c", "1,2,", short, "7,8,9", ""]).encode(), 1))
    in_columns, by_rows = both_ways(kept)
    assert in_columns == by_rows
    total, found, rejected = in_columns
    assert (total, [row.line for row in found]) == (3, [2, 4])
    assert [row[0] for row in rejected] == ["3"]


def test_lines_that_end_with_cr_alone_are_read_block_by_block_as_others_are(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "BLOCK", 4_000)
    text = 'a,b,c\n1,2,"x, ""y"""\n"two\nlines\n",,é\n' + '1,2,3\n"two\nlines\n",,é\n' * 2_000
    kept.write_bytes(gzip.compress(text.encode(), 1))
    total, expected, _ = read(kept, frames.frames, rows_of)
    assert total == 4_002
    kept.write_bytes(gzip.compress(text.replace("\n", "\r").encode(), 1))
    heights = []
    found = read(kept, frames.frames, lambda frame: heights.append(frame.height) or rows_of(frame))
    with_cr = [Row(row.line, [cell.replace("\n", "\r") for cell in row.cells]) for row in expected]
    assert found == (total, with_cr, [])
    assert max(heights) < 400  # rows of 12 bytes


def test_one_bad_row_does_not_slow_down_the_rest(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.write_bytes(gzip.compress(("a,b\n" + "1,2\n" * 20 + '"x"y,2\n' + "1,2\n" * 20).encode(), 1))
    monkeypatch.setattr(frames, "BLOCK", 40)
    slow = []
    way = reading.good_rows
    monkeypatch.setattr(reading, "good_rows", lambda *given: slow.append(1) or way(*given))
    total, found, rejected = read(kept, frames.frames, rows_of)
    assert (total, len(found), len(rejected), len(slow)) == (41, 40, 1, 1)
