"""Bad files through the three doors: page, API and command say the same of them, import nothing bad, and never crash.

Most are cut from the published FOCUS sample and the federal inventory.
"""

from __future__ import annotations

import gzip
import html
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from costs.models import CostLine
from imports.models import Import
from projects.models import Initiative
from tests.factories import UserFactory, bearer
from tests.imports.test_kinds import PLAIN_BOOK, altered, with_entity
from tests.markup import tight

pytestmark = pytest.mark.django_db
FOCUS, FEDERAL = "focus/focus_sample.csv", "federal-ai-inventory/2024_consolidated_ai_inventory_raw_v2.csv"
HANDED_IN = "bill.csv"


def bill(change: Callable[[bytes], bytes]) -> Callable[[Path], bytes]:
    """Return the header and four charges of the FOCUS sample, changed."""
    return lambda data: change(b"".join((data / FOCUS).read_bytes().splitlines(keepends=True)[:5]))


def replaced(old: bytes, new: bytes) -> Callable[[Path], bytes]:
    return bill(lambda text: text.replace(old, new, 1))


def with_a_line(change: Callable[[bytes], bytes]) -> Callable[[Path], bytes]:
    """Return the same with the first charge once more, changed."""
    return bill(lambda text: text + change(text.splitlines(keepends=True)[1]))


def book(change: Callable[[str, bytes], bytes], **more: bytes) -> Callable[[Path], bytes]:
    return lambda _data: altered(PLAIN_BOOK, change, **more)


def unchanged(_name: str, part: bytes) -> bytes:
    return part


# The format, the file, how many rows come in and how many are rejected (None: all of it is refused), and why.
BAD: dict[str, tuple[str, Callable[[Path], bytes], tuple[int, int] | None, str]] = {
    "empty": ("focus", lambda _data: b" \n", None, "The file is empty."),
    "binary": (
        "focus", lambda _data: bytes(range(256)) * 40, None,
        "This is not a text file. Save it as CSV (UTF-8) and try again.",
    ),
    "half-written bill": (
        "focus", bill(lambda text: text[:-30]), None,
        "The file ends inside a quoted cell that begins on line 5. It seems to be cut off.",
    ),
    "half-written inventory": (
        "federal_ai_inventory", lambda data: (data / FEDERAL).read_bytes()[:3_000], None,
        "The file ends inside a quoted cell that begins on line 1. It seems to be cut off.",
    ),
    "mixed encodings": (
        "focus", with_a_line(lambda line: line.replace(b"AWS", b"Zw\xf6lf")), None,
        "Line 6 is not UTF-8 text. Save the file as CSV (UTF-8) and try again.",
    ),
    "doubled header": (
        "focus", replaced(b'"ListCost"', b'"BilledCost"'), None,
        "The header has the column “BilledCost” twice. Nothing was imported.",
    ),
    "another format": (
        "openai_costs", lambda _data: b'{"error": {"message": "no"}}', None,
        "The file is not of the chosen format, which knows nothing of this: error. Nothing was imported.",
    ),
    "external entity": (
        "costs_csv", book(with_entity), None,
        "The Excel file declares a document type, which no spreadsheet does. It is not opened.",
    ),
    "zip bomb": (
        "costs_csv", book(unchanged, **{"xl/bomb.xml": bytes(20_000_000)}), None,
        "The Excel file is too large when unpacked. Save the sheet as CSV and try again.",
    ),
    "NUL": ("focus", replaced(b'"AWS"', b'"A\0S"'), (3, 1), "The row has a NUL character."),
    "ragged": (
        "focus", with_a_line(lambda line: line.replace(b",", b",,", 1)), (4, 1),
        "The row has 45 cells, the header has 44.",
    ),
    "endless number": (
        "focus", with_a_line(lambda line: line.replace(line.split(b",")[1], b"1e400", 1)), (4, 1),
        "At most 20 digits before the decimal point.",
    ),
    "unknown currency": (
        "focus", replaced(b'"USD"', b'"XXQ"'), (3, 1), "Not a currency of ISO 4217 (upper case, such as USD).",
    ),
}  # fmt: skip


def by_page(client: Client, content: bytes, name: str, run_jobs: Any, _tmp: Path) -> str:
    client.force_login(UserFactory(finance=True))
    with run_jobs(execute=True):
        answer = client.post("/imports/", {"file": SimpleUploadedFile(HANDED_IN, content), "format": name}, follow=True)
    page = answer if answer.status_code == 422 else client.get(answer.redirect_chain[-1][0])
    return html.unescape(tight(page.content.decode()))


def by_api(client: Client, content: bytes, name: str, run_jobs: Any, _tmp: Path) -> str:
    given, headers = {"file": SimpleUploadedFile(HANDED_IN, content), "format": name}, bearer(UserFactory(finance=True))
    with run_jobs(execute=True):
        answer = client.post("/api/v1/imports", given, headers=headers)
    if answer.status_code == 202:
        answer = client.get(f"/api/v1/imports/{answer.json()['id']}", headers=headers)
    return json.dumps(answer.json(), ensure_ascii=False)


def by_command(_client: Client, content: bytes, name: str, _run_jobs: Any, tmp: Path) -> str:
    path, out = tmp / os.fsdecode(b"bill \xff.csv"), io.StringIO()  # a name that is no UTF-8
    path.write_bytes(content)
    with pytest.raises(SystemExit) as end:
        call_command("import_file", name, str(path), stdout=out)
    assert (end.value.code, Import.objects.get().file_name) == (3, "bill \ufffd.csv")
    said = out.getvalue().splitlines()[-1]
    assert said.encode()
    return said


@pytest.mark.parametrize("door", [by_page, by_api, by_command])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_or_its_bad_rows_are_and_every_door_says_why(
    name: str,
    door: Callable[..., str],
    shared_data: Path,
    client: Client,
    eager_tasks: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr("imports.zips.UNSUSPICIOUS", 1_000_000)
    format_name, made, rows, why = BAD[name]
    told = door(client, made(shared_data), format_name, django_capture_on_commit_callbacks, tmp_path)
    job = Import.objects.get()
    assert why in told
    assert ([str(each) for each in job.reasons.all()], job.reasons.get().count) == ([why], 1)
    ended = (job.rows_created, job.rows_rejected) if job.state == "done" else None
    assert (ended, CostLine.objects.count(), Initiative.objects.count()) == (rows, rows[0] if rows else 0, 0)


def test_a_gzip_bomb_that_is_handed_in_is_refused_at_the_door(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr("imports.unpacking.UNSUSPICIOUS", 1_000_000)
    for door in (by_page, by_api):
        told = door(client, gzip.compress(bytes(20_000_000)), "focus", django_capture_on_commit_callbacks, tmp_path)
        assert "The gz file unpacks to more than can be taken." in told
    assert not Import.objects.exists()


def test_a_path_that_is_not_there_is_told_whatever_its_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_file", "focus", str(tmp_path / os.fsdecode(b"none \xff.csv")))
