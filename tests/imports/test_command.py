"""`manage.py import_file`: its last line, its exit code, its bar."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from imports.management.commands import import_file
from imports.models import Import
from projects.importers.initiatives_csv import InitiativesCsv
from projects.models import Initiative
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
KEYS = {"state", "rows_total", "rows_created", "rows_unchanged", "rows_rejected", "amount_total", "reasons"}


@pytest.fixture
def run(tmp_path: Path):
    def ran(text: str, *options: str) -> dict[str, Any]:
        path = tmp_path / "portfolio.csv"
        path.write_text(text, "utf-8")
        out = io.StringIO()
        try:
            call_command("import_file", "initiatives_csv", str(path), *options, stdout=out)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return {"code": code, **json.loads(out.getvalue().splitlines()[-1])}

    return ran


def test_the_last_line_is_the_summary_and_the_code_is_0(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    said = run("title\nOne\nTwo\n")
    assert said.keys() >= KEYS
    assert (said["code"], said["state"], said["rows_created"], said["reasons"]) == (0, "done", 2, {})
    assert "2 rows" in capsys.readouterr().err


def test_the_bar_says_rows_speed_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.monotonic()
    monkeypatch.setattr(import_file.time, "monotonic", lambda: begun)
    bar = import_file.Bar(1_000, is_terminal=False)
    importer: Any = SimpleNamespace(bytes_done=0, report=SimpleNamespace(total=0))
    bar(importer)
    monkeypatch.setattr(import_file.time, "monotonic", lambda: begun + 10)
    # In 10 seconds 250 of 1,000 bytes: 30 seconds are left.
    importer.bytes_done, importer.report.total = 250, 500
    bar(importer)
    importer.bytes_done, importer.report.total = 1_000, 2_000
    bar(importer)
    assert capsys.readouterr().err.splitlines() == [
        "[..............................] 0 rows, 0 rows/s",
        "[########......................] 500 rows, 50 rows/s, about 0:00:30 left",
        "[##############################] 2,000 rows, 200 rows/s, all read, writing them",
    ]


def test_rejected_rows_end_in_code_3_and_the_good_ones_are_in(run: Any) -> None:
    said = run("title,confidential\nOne,\nTwo,perhaps\n")
    assert (said["code"], said["rows_created"], said["rows_rejected"]) == (3, 1, 1)
    assert said["reasons"] == {"Write true or false.": 1}


def test_a_refused_file_ends_in_code_3_and_says_why(run: Any) -> None:
    said = run("name\nOne\n")
    assert (said["code"], said["state"], said["reasons"]) == (
        3, "failed", {"Unknown columns: name. Nothing was imported.": 1},
    )  # fmt: skip


def test_a_dry_run_changes_nothing(run: Any) -> None:
    assert run("title\nOne\n", "--dry-run")["rows_created"] == 1
    assert not Initiative.objects.exists()


def test_a_mapping_file_gives_columns_their_fields(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mapping.json").write_text('{"Vorhaben": "title"}')
    assert run("Vorhaben\nOne\n", "--mapping", str(tmp_path / "mapping.json"))["rows_created"] == 1


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_file", "initiatives_csv", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_file", "sheet", str(tmp_path / "none.csv"))
    assert not Import.objects.exists()


def test_ctrl_c_ends_the_import_so_that_no_worker_takes_it_up(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(importer: InitiativesCsv) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(InitiativesCsv, "finish", stop)
    with pytest.raises(IndexError):  # no summary is printed
        run("title\nOne\n")
    job = Import.objects.get()
    assert (job.state, str(job.reasons.get())) == ("failed", "The command was stopped by hand. Nothing was imported.")
    assert not Initiative.objects.exists()


def test_reasons_are_kept_in_english_and_shown_in_the_readers_language() -> None:
    with translation.override("ja"):
        job = bring_in("initiatives_csv", "title,confidential\nOne,perhaps\n")
        reason = job.reasons.get()
        assert (str(reason), reason.translated) == ("Write true or false.", "true または false と書いてください。")
