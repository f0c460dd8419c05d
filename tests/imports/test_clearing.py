"""Files that are left over go in their time; those that are needed stay."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.errors import RuleError
from costs.bulk import spool
from imports import files, jobs, report, tasks, uploads
from imports.clearing import KEPT_WITHOUT_USE, WAITS
from imports.models import Import, Upload
from imports.receiving import HandedIn
from imports.unpacking import Limits
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAR, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, tmp_path / "uploads"
    files.folder().mkdir(parents=True)


def aged(path: Path, days: float = 2) -> Path:
    os.utime(path, (time.time() - days * 86_400,) * 2)
    return path


def kept(text: str) -> Path:
    return aged(files.path_of(files.keep([text.encode()], None).sha256))


def test_orphans_of_killed_processes_go_after_a_day() -> None:
    old, new = files.folder() / "a.part", files.folder() / "b.part"
    sent = Path(files.folder().parent) / "tmp1.upload.csv"
    folder = files.folder() / "c.part"
    folder.mkdir()
    for path in (old, new, sent, folder / "0-1"):
        path.write_bytes(b"x")
    aged(old), aged(sent), aged(folder)
    assert tasks.clear_files() == 3
    assert (old.exists(), sent.exists(), folder.exists(), new.exists()) == (False, False, False, True)


def test_what_does_not_fit_in_memory_lies_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")  # the machine's own may be memory
    monkeypatch.setattr(report, "SPOOL_BYTES", 1)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 1)
    header = "incurred_on,category,amount,currency,external_id\n"
    plain = "2026-03-05,cloud,1,USD,\n" * 3
    bring_in("costs_csv", header + "2026-03-05,cloud,1,USD,A\n")
    job = bring_in("costs_csv", header + "2026-03-05,cloud,2,USD,A\n2026-03-05,cloud,x,USD,B\n" + plain)
    assert (job.state, job.rows_created, job.rows_restated, job.rows_rejected) == ("done", 4, 1, 1)
    assert (job.rejected.count(), job.restated.count()) == (1, 1)
    assert not list(files.folder().glob("*.part"))


def test_files_of_what_was_imported_or_waits_stay_and_those_of_nothing_go() -> None:
    job = bring_in("initiatives_csv", "title\nOne\n")
    Import.objects.update(finished_at=timezone.now() - 2 * KEPT_WITHOUT_USE)
    done = aged(files.path_of(job.file_sha256))
    jobs.submit(None, format_name="initiatives_csv", chunks=[b"title\nTwo\n"], file_name="x.csv")
    waits = kept("title\nTwo\n")
    uploads.take(UserFactory(), [HandedIn("a.csv", [b"a,b\n"])], "")
    unmapped, nothing = kept("a,b\n"), kept("nobody asked\n")
    assert tasks.clear_files() == 1
    assert [path.exists() for path in (done, waits, unmapped, nothing)] == [True, True, True, False]
    Upload.objects.update(created_at=timezone.now() - 2 * WAITS)
    assert tasks.clear_files() == 1
    assert (unmapped.exists(), Upload.objects.count()) == (False, 0)


@pytest.mark.parametrize("what", ["failed", "reverted", "dry run"])
def test_the_file_of_an_import_of_which_nothing_is_left_stays_90_days(what: str) -> None:
    text = "title,title\nx,y\n" if what == "failed" else "title\nOne\n"
    job = bring_in("initiatives_csv", text, dry_run=what == "dry run")
    if what == "reverted":
        jobs.revert(job, None)
    path = aged(files.path_of(job.file_sha256))
    assert tasks.clear_files() == 0
    Import.objects.update(finished_at=timezone.now() - 2 * KEPT_WITHOUT_USE)
    Import.objects.filter(state="reverted").update(reverted_at=timezone.now() - 2 * KEPT_WITHOUT_USE)
    assert (tasks.clear_files(), path.exists()) == (1, False)


@pytest.mark.parametrize("what", ["done", "reverted", "dry run"])
def test_rows_of_an_import_of_which_nothing_is_left_stay_90_days_and_their_number_for_ever(
    what: str, client: Client
) -> None:
    header = "incurred_on,category,amount,currency,external_id\n"
    bring_in("costs_csv", header + "2026-03-05,cloud,1,USD,A\n")
    text = header + "2026-03-05,cloud,2,USD,A\n2026-03-05,cloud,secret,USD,B\n"
    job = bring_in("costs_csv", text, dry_run=what == "dry run")
    if what == "reverted":
        jobs.revert(job, None)
    client.force_login(UserFactory(finance=True))

    def shown() -> tuple[bool, ...]:
        page = client.get(f"/imports/{job.pk}/").content.decode()
        gone = "The rows themselves are kept for 90 days where an import has left nothing; these are gone."
        return "errors.csv" in page, "restated.csv" in page, page.count(gone) == 2

    tasks.clear_files()
    assert (job.rejected.count(), job.restated.count(), shown()) == (1, 1, (True, True, False))
    Import.objects.update(finished_at=timezone.now() - 2 * KEPT_WITHOUT_USE)
    Import.objects.filter(state="reverted").update(reverted_at=timezone.now() - 2 * KEPT_WITHOUT_USE)
    tasks.clear_files()
    stay = what == "done"
    assert (job.rejected.count(), job.restated.count()) == ((1, 1) if stay else (0, 0))
    assert shown() == ((True, True, False) if stay else (False, False, True))
    job.refresh_from_db()
    assert (job.rows_rejected, job.rows_restated, job.reasons.count()) == (1, 1, 2)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ConnectionError()])
def test_a_full_disk_or_a_broken_upload_leaves_nothing(error: OSError) -> None:
    def broken():
        yield b"title\n" * 100_000
        raise error

    with pytest.raises((RuleError, ConnectionError)) as caught:
        files.keep(broken(), Limits.of_uploads())
    assert list(files.folder().iterdir()) == []
    if error.errno:
        assert (caught.value.status, caught.value.message) == (507, "The server has no room left for this file.")


def test_the_limit_of_uploads_does_not_hold_for_files_of_this_machine(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(RuleError, match="larger than"):
        files.keep([b"title\nOne\n" * 2], Limits.of_uploads())
    assert bring_in("initiatives_csv", "title\nOne\nTwo\n").rows_created == 2
