"""How much memory it takes to read a large file: a few blocks of it, however large it is."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client

from imports import files, jobs, runner
from tests import own_process
from tests.costs.importers.test_focus import bill
from tests.factories import UserFactory, bearer

MEBIBYTE = 1024 * 1024


def junk(megabytes: int) -> Iterator[bytes]:
    line = b",".join([b"0123456789"] * 9) + b"\n"
    for _ in range(megabytes):
        yield line * (MEBIBYTE // len(line))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["initiatives_csv", "costs_csv"])  # read row by row, and in columns
def test_200_megabytes_under_a_header_of_no_format_are_refused_at_once_and_in_little_memory(
    name: str, tmp_path: Path
) -> None:
    small, large = (
        jobs.submit(None, format_name=name, chunks=junk(megabytes), file_name="junk.csv") for megabytes in (1, 200)
    )
    own_process.start(run_measured, small.pk, large.pk, tmp_path / "told").join()
    large.refresh_from_db()
    assert (large.state, str(large.reasons.get())[:16]) == ("failed", "Unknown columns:")
    megabytes, seconds = read_told(tmp_path / "told")
    assert megabytes < 30
    assert seconds < 1  # of computing: to take all rows apart takes twice that


def wide_bill(rows: int) -> Iterator[bytes]:
    """Write a bill whose rows have 100,000 characters each, most of them in columns that are passed over."""
    header, row, _ = bill({"ResourceId": "i-{number}", "BilledCost": "1"}).split("\r\n")
    more = [f"x_{place}" for place in range(10)]
    yield f"{header},{','.join(more)}\n".encode()
    passed_over = ",".join(["a" * 10_000] * len(more))
    for number in range(rows):
        yield f"{row.replace('{number}', f'{number}')},{passed_over}\n".encode()


def run_measured(first: int, second: int, told: Path) -> None:
    """Run two imports, and tell how many megabytes more the second one took than all before, and how long it took."""
    runner.run(first)  # what a worker has in memory from its first import on
    before, since = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    runner.run(second)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told.write_text(f"{(peak - before) // 1024} {process_time() - since}")


def read_told(told: Path) -> tuple[int, float]:
    """Return megabytes and seconds of computing, on every core, that `run_measured` told."""
    megabytes, seconds = told.read_text().split()
    return int(megabytes), float(seconds)


@pytest.mark.django_db(transaction=True)
def test_120_megabytes_of_a_bill_are_imported_in_the_memory_of_a_few_blocks(tmp_path: Path) -> None:
    small, large = (
        jobs.submit(None, format_name="focus", chunks=wide_bill(rows), file_name="bill.csv") for rows in (60, 1200)
    )
    own_process.start(run_measured, small.pk, large.pk, tmp_path / "told").join()
    large.refresh_from_db()
    assert (large.state, large.file_size > 120_000_000) == ("done", True)
    assert (large.rows_created, large.rows_unchanged, large.amount_total) == (1140, 60, 1200)
    assert read_told(tmp_path / "told")[0] < 60  # 35 here, for this file and for one half as long


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/imports/", "/api/v1/imports"])
def test_an_upload_goes_to_the_data_folder_and_is_read_piece_by_piece(
    address: str, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk, pieces = [], []
    make, keep = TemporaryUploadedFile.__init__, files.keep

    def made(self: TemporaryUploadedFile, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        on_disk.append(Path(self.temporary_file_path()).parent)

    def kept(chunks: Iterable[bytes], limits: Any) -> files.Kept:
        return keep((pieces.append(len(chunk)) or chunk for chunk in chunks), limits)

    monkeypatch.setattr(TemporaryUploadedFile, "__init__", made)
    monkeypatch.setattr(files, "keep", kept)
    user = UserFactory(finance=True)
    client.force_login(user)
    content = b"title,problem\n" + b"One," + b"x" * 1_000_000 + b"\n"
    for text in (content, b"title\nSmall\n"):  # a small one would fit in memory, and goes the same way
        fields = {"file": SimpleUploadedFile("portfolio.csv", text), "format": "initiatives_csv"}
        assert client.post(address, fields, headers=bearer(user)).status_code in (202, 302)
    assert on_disk == [settings.VAR / "uploads"] * 2
    assert (sum(pieces), max(pieces)) == (len(content) + 12, 64 * 1024)
