"""Files that are not what they should be: said where it is wrong, nothing half done, never a crash."""

from __future__ import annotations

import codecs

import pytest

from imports import files, jobs, runner
from imports.models import Import
from projects.models import Initiative
from tests.costs.importers.test_focus import bill
from tests.imports.files import bring_in
from tests.imports.test_memory import junk

pytestmark = pytest.mark.django_db
HEAD = "title,problem,planned_pilot_on,confidential\n"


def reasons(job: Import) -> dict[str, int]:
    return {str(reason): reason.count for reason in job.reasons.all()}


def rejected(job: Import) -> list[tuple[int, str, str]]:
    return [(row.line, row.column, row.translated) for row in job.rejected.all()]


REFUSED = {
    "empty": (b"", "The file is empty."),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "The file is empty."),
    "zip": (b"PK\x03\x04" + bytes(1000), "The Excel file is damaged or cut off."),
    "picture": (b"\x89PNG" + bytes(1000), "This is not a text file. Save it as CSV (UTF-8) and try again."),
    "binary": (bytes(range(256)) * 40, "This is not a text file. Save it as CSV (UTF-8) and try again."),
    "wrong": (b"<html><body>Not found</body></html>", "Unknown columns: <html><body>Not found</body></html>."),
    "doubled": (b"title,problem,Title\nx,y,z\n", "The header has the column “Title” twice. Nothing was imported."),
    "unknown": (b"title,colour\nx,red\n", "Unknown columns: colour. Nothing was imported."),
    "NUL in the header": (b"title,a\0b\nx,red\n", "Unknown columns: a\ufffdb. Nothing was imported."),
    "nameless": (b"title,\nx,red\n", "Column 2 has no heading. Nothing was imported."),
    "missing": (b"problem\nx\n", "Missing columns: title. Nothing was imported."),
    "cut off": (
        HEAD.encode() + b'One,fine,,\nTwo,"it goes on and',
        "The file ends inside a quoted cell that begins on line 3. It seems to be cut off.",
    ),
    "mixed encodings": (
        HEAD.encode() + "Één,,,\n".encode() + "Été,,,\n".encode("cp1252"),
        "Line 3 is not UTF-8 text. Save the file as CSV (UTF-8) and try again.",
    ),
    "huge cell": (
        HEAD.encode() + b'One,"' + b"word \n" * 300_000 + b'",,\n',
        "The cell that begins on line 2 is larger than 1,000,000 characters.",
    ),
    "half a UTF-16 character": (codecs.BOM_UTF16_LE + b"t\0i", "Line 1 is not UTF-16 text."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_none_is_refused_with_its_reason(name: str) -> None:
    content, reason = REFUSED[name]
    job = bring_in("initiatives_csv", content)
    assert (job.state, job.rows_created, job.rows_total) == ("failed", 0, None)
    (said,) = reasons(job)
    assert said.startswith(reason)
    assert not Initiative.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf8_and_marked_utf16_are_read(encoding: str) -> None:
    job = bring_in("initiatives_csv", (HEAD + "保険金請求の要約,,,\n").encode(encoding))
    assert job.rows_created == 1
    assert Initiative.objects.get().title == "保険金請求の要約"


def test_bad_rows_are_rejected_at_their_column_and_good_ones_come_in() -> None:
    text = HEAD + (
        "Good,,,\n"
        "Bad day,,2026-02-30,\n"
        "Too few\n"
        "NUL\0,,,\n"
        'Broken,"x"y,,\n'
        '"Two\nlines",,,true\n'
        f"Long,{'x' * 20_001},,\n"
        "\n"
        ",,,\n"
        "Odd flag,,,perhaps\n"
        "Long ago,,1949-12-31,\n"
    )
    job = bring_in("initiatives_csv", text)
    assert rejected(job) == [
        (3, "planned_pilot_on", "Not a date that exists, written as 2026-11-30."),
        (4, "", "The row has 1 cells, the header has 4."),
        (5, "", "The row has a NUL character."),
        (6, "", "The quotation marks in this row do not match up."),
        (9, "problem", "The text is longer than 20000 characters."),
        (11, "title", "This cell must not be empty."),
        (12, "confidential", "Write true or false."),
        (13, "planned_pilot_on", "Dates go from 1950-01-01 to 2100-12-31."),
    ]
    assert (job.state, job.rows_total, job.rows_created, job.rows_rejected) == ("done", 10, 2, 8)
    assert sorted(Initiative.objects.values_list("title", flat=True)) == ["Good", "Two lines"]


def test_semicolons_and_tabs_separate_too() -> None:
    assert bring_in("initiatives_csv", "title;external_ref\nA, B;1\n").rows_created == 1
    assert bring_in("initiatives_csv", "title\texternal_ref\nC\t2\n").rows_created == 1


def test_a_mapping_gives_columns_their_fields_and_leaves_others_out() -> None:
    mapping = {"Name des Vorhabens": "title", "Farbe": None}
    job = bring_in("initiatives_csv", "Name des Vorhabens,Farbe\nSchäden,rot\n", mapping=mapping)
    assert (job.state, Initiative.objects.get().title) == ("done", "Schäden")
    wrong = bring_in("initiatives_csv", "title\nx\n", mapping={"title": "colour"})
    assert "The mapping names “colour”" in next(iter(reasons(wrong)))


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"x" * 1024 * 1024] * 50, file_name="line.csv")
    runner.run(job.pk)
    assert list(reasons(job)) == ["Line 1 is longer than 1,000,000 bytes: this is not a table."]


def test_many_rejected_rows_are_all_kept() -> None:
    job = bring_in("initiatives_csv", "title,problem\n" + ",x\n" * 20_000)
    assert (job.rows_rejected, job.rejected.count()) == (20_000, 20_000)
    (reason,) = job.reasons.all()
    assert (reason.count, len(reason.lines), reason.lines[:2]) == (20_000, 5_000, [2, 3])


def test_a_file_over_the_limit_is_not_kept(settings: object) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * settings.MEBIBYTE  # type: ignore[attr-defined]
    from accounts.errors import RuleError
    from imports.unpacking import Limits

    with pytest.raises(RuleError, match="larger than 10 MB") as caught:
        files.keep(junk(11), Limits.of_uploads())
    assert caught.value.status == 413


def test_a_kept_file_that_is_gone_is_said() -> None:
    job = jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\ngone\n"], file_name="gone.csv")
    files.path_of(job.file_sha256).unlink()
    runner.run(job.pk)
    assert list(reasons(job)) == [runner.FILE_GONE]


@pytest.mark.parametrize("heading", ["x_note", " X_Note "])
def test_a_doubled_column_refuses_its_file_also_where_it_is_not_read(heading: str) -> None:
    text = bill({"x_note": "a"}).splitlines()
    text[0] += f",{heading}"
    job = bring_in("focus", "\n".join([text[0], *(f"{line}," for line in text[1:])]))
    said = f"The header has the column “{heading.strip()}” twice. Nothing was imported."
    assert (job.state, [str(reason) for reason in job.reasons.all()]) == ("failed", [said])


def test_columns_without_a_heading_are_passed_over_where_others_are() -> None:
    job = bring_in("focus", "\n".join(f"{line},," for line in bill({}).splitlines()))
    assert (job.state, job.rows_created) == ("done", 1)
