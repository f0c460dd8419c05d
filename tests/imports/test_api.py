"""`/api/v1/imports`: hand in, look, errors.csv, revert; who may."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from costs.models import CostLine
from imports.models import Import, Upload
from projects.models import Initiative
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
URL = "/api/v1/imports"
TEXT = "title,external_ref,confidential\nChat for claims,C-1,\nTriage,C-2,maybe\n"


@pytest.fixture
def office() -> dict[str, str]:
    return bearer(UserFactory(portfolio=True))


@pytest.fixture
def post(client: Client, office: dict[str, str], eager_tasks: None, django_capture_on_commit_callbacks: Any):
    def posted(text: str = TEXT, headers: dict[str, str] | None = None, **fields: str):
        data = {"file": SimpleUploadedFile("p.csv", text.encode()), "format": "initiatives_csv", **fields}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(URL, data, headers=office | (headers or {}))

    return posted


def test_a_file_is_accepted_imported_and_reported(client: Client, office: dict[str, str], post: Any) -> None:
    answer = post()
    job = Import.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"id": job.pk, "state": "queued"})
    body = client.get(f"{URL}/{job.pk}", headers=office).json()
    assert {
        name: body[name] for name in ("state", "rows_total", "rows_created", "rows_unchanged", "rows_rejected")
    } == {
        "state": "done",
        "rows_total": 2,
        "rows_created": 1,
        "rows_unchanged": 0,
        "rows_rejected": 1,
    }
    assert (body["reasons"], body["rows"]) == ({"Write true or false.": 1}, {"Write true or false.": [3]})
    assert body["amount_total"] is None
    assert client.get(URL, headers=office).json()["count"] == 1


def test_errors_csv_and_revert(client: Client, office: dict[str, str], post: Any) -> None:
    job = Import.objects.get(pk=post().json()["id"])
    answer = client.get(f"{URL}/{job.pk}/errors.csv", headers=office)
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].startswith("line,column,reason")
    assert lines[1].startswith("3,confidential,Write true or false.,Triage")
    for sent in ({"content_type": "application/json"}, {}):  # as JSON, and as a form
        refused = client.post(f"{URL}/{job.pk}/revert", {"dry_run": "true"}, headers=office, **sent)
        assert refused.status_code == 422
        assert refused.json()["errors"] == [{"field": "dry_run", "message": "No such field."}]
    assert client.post(f"{URL}/{job.pk}/revert", headers=office).json()["state"] == "reverted"
    assert not Initiative.objects.exists()
    assert client.post(f"{URL}/{job.pk}/revert", headers=office).status_code == 409


def test_a_dry_run_says_the_same_and_changes_nothing(client: Client, office: dict[str, str], post: Any) -> None:
    job = Import.objects.get(pk=post(dry_run="true").json()["id"])
    body = client.get(f"{URL}/{job.pk}", headers=office).json()
    assert (body["dry_run"], body["state"], body["rows_created"], body["rows_rejected"]) == (True, "done", 1, 1)
    assert not Initiative.objects.exists()


def test_a_failed_import_says_why_in_reasons(client: Client, office: dict[str, str], post: Any) -> None:
    job = post("title,title\nx,y\n").json()["id"]
    body = client.get(f"{URL}/{job}", headers=office).json()
    assert (body["state"], body["reasons"]) == (
        "failed", {"The header has the column “title” twice. Nothing was imported.": 1},
    )  # fmt: skip


def test_the_same_key_and_file_give_the_first_answer(post: Any) -> None:
    key = {"Idempotency-Key": "k1"}
    assert post(headers=key).json() == post(headers=key).json()
    assert Import.objects.count() == 1
    assert post("title\nother\n", headers=key).status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"format": "sheet"}, "format"),
        ({"format": ""}, "format"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": "[1]"}, "mapping"),
        ({"mapping": "[" * 20_000}, "mapping"),
        ({"colour": "red"}, "colour"),
        ({"dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_bad_fields_are_refused(post: Any, fields: dict[str, str], field: str) -> None:
    answer = post(**fields)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"file": ["title\nOne\n", "title\nTwo\n"]}, ["file"]),
        ({"format": ["costs_csv", "initiatives_csv"]}, ["format"]),
        ({"dry_run": ["true", "false"], "mapping": ["", "{}"]}, ["dry_run", "mapping"]),
    ],
)
def test_what_is_given_twice_is_refused_since_one_would_be_dropped(
    post: Any, sent: dict[str, list[str]], fields: list[str]
) -> None:
    files = [SimpleUploadedFile("p.csv", text.encode()) for text in sent.get("file", [])]
    answer = post(**(sent | ({"file": files} if files else {})))
    assert (answer.status_code, answer.json()["errors"]) == (
        422, [{"field": name, "message": "Given more than once."} for name in fields],
    )  # fmt: skip
    assert not Import.objects.exists()


def test_a_list_leaves_out_the_lines_that_its_reasons_are_about(
    client: Client, office: dict[str, str], post: Any
) -> None:
    job = post().json()["id"]
    whole = client.get(f"{URL}/{job}", headers=office).json()
    with CaptureQueriesContext(connection) as queries:
        (item,) = client.get(URL, headers=office).json()["items"]
    assert whole.pop("rows") == {"Write true or false.": [3]}
    assert whole.pop("remarks") == {}
    assert item == whole
    assert item["reasons"] == {"Write true or false.": 1}
    read = [each["sql"] for each in queries if 'FROM "imports_importreason"' in each["sql"]]
    assert len(read) == 1
    assert '"lines"' not in read[0]


def test_a_request_without_a_file_is_refused(client: Client, office: dict[str, str]) -> None:
    assert client.post(URL, {"format": "initiatives_csv"}, headers=office).status_code == 422


@pytest.mark.parametrize(("role", "status"), [("portfolio", 202), ("finance", 202), ("admin", 202), ("executive", 403)])
def test_who_may_import_initiatives(client: Client, role: str, status: int) -> None:
    data = {"file": SimpleUploadedFile("p.csv", TEXT.encode()), "format": "initiatives_csv"}
    assert client.post(URL, data, headers=bearer(UserFactory(role=role))).status_code == status


@pytest.mark.parametrize("role", ["contributor", "executive"])
def test_others_see_no_import(client: Client, role: str) -> None:
    job = bring_in("initiatives_csv", TEXT)
    headers = bearer(UserFactory(role=role))
    for path in ("", f"/{job.pk}", f"/{job.pk}/errors.csv", f"/{job.pk}/restated.csv"):
        assert client.get(URL + path, headers=headers).status_code == 403
    assert client.post(f"{URL}/{job.pk}/revert", headers=headers).status_code == 403


def test_who_may_not_import_the_format_can_do_nothing_with_an_import(client: Client) -> None:
    job = bring_in("costs_csv", "incurred_on,category,amount,currency\n2026-03-05,cloud,7,USD\n")
    headers = bearer(UserFactory(portfolio=True))
    assert client.get(URL, headers=headers).json()["items"] == []
    for path in (f"/{job.pk}", f"/{job.pk}/errors.csv", f"/{job.pk}/restated.csv"):
        assert client.get(URL + path, headers=headers).status_code == 404
    for action in ("cancel", "revert"):
        assert client.post(f"{URL}/{job.pk}/{action}", headers=headers).status_code == 404
    job.refresh_from_db()
    assert (job.state, job.cancelled_at) == ("done", None)


def test_an_upload_has_no_address_in_the_api(client: Client, office: dict[str, str]) -> None:
    """A file that is sent by API is an import at once: nothing waits there that somebody else could finish."""
    waiting = Upload.objects.create(
        file_name="p.csv", file_sha256="0" * 64, file_size=1, created_by=UserFactory(portfolio=True)
    )
    for path in (f"{URL}/uploads/{waiting.pk}", f"{URL}/{waiting.pk}"):
        assert client.get(path, headers=office).status_code == 404
    assert Upload.objects.count() == 1


def test_an_import_that_is_not_there_answers_404(client: Client, office: dict[str, str]) -> None:
    for number in ("99", "9" * 30):
        assert client.get(f"{URL}/{number}", headers=office).status_code == 404


@pytest.mark.parametrize(
    "mapping", [r'{"\u0000": "title"}', r'{"title": "\u0000"}', r'{"\ud800": "title"}', "[" * 10_000, "[]", '{"a": 1}']
)
def test_a_mapping_that_cannot_be_kept_is_refused(post: Any, mapping: str) -> None:
    answer = post(mapping=mapping)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["mapping"]
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("cell", "written"),
    [("-1+cmd|x!A0", "'-1+cmd|x!A0"), ("＝1+1", "'＝1+1"), ("=1+1", "'=1+1"), ("-1.5", "-1.5"), ("-x", "'-x")],
)
def test_errors_csv_holds_no_formula(client: Client, office: dict[str, str], cell: str, written: str) -> None:
    job = bring_in("initiatives_csv", f"title,external_ref,confidential\n{cell},C-1,maybe\n")
    lines = b"".join(client.get(f"{URL}/{job.pk}/errors.csv", headers=office).streaming_content).decode().splitlines()
    assert lines[1] == f"2,confidential,Write true or false.,{written},C-1,maybe"


def test_a_large_valid_file_with_bad_rows_brings_the_good_ones_in_and_gives_the_others_back(
    client: Client, eager_tasks: None, django_capture_on_commit_callbacks: Any
) -> None:
    finance, count = bearer(UserFactory(finance=True)), 50_000
    amounts = ["much" if number % 1_000 == 0 else f"{number}.25" for number in range(count)]
    rows = "".join(f"2026-03-05,cloud,{amount},USD,{'vendor ' * 20}\n" for amount in amounts)
    file = SimpleUploadedFile("bill.csv", f"incurred_on,category,amount,currency,description\n{rows}".encode())
    assert file.size > 8_000_000
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(URL, {"file": file, "format": "costs_csv"}, headers=finance).json()
    body = client.get(f"{URL}/{made['id']}", headers=finance).json()
    good = sum(Decimal(amount) for amount in amounts if amount != "much")
    assert (body["state"], body["rows_total"]) == ("done", count)
    assert (body["rows_created"], body["rows_rejected"], Decimal(body["amount_total"])) == (count - 50, 50, good)
    assert CostLine.objects.aggregate(sum=Sum("amount")) == {"sum": good}
    errors = client.get(f"{URL}/{made['id']}/errors.csv", headers=finance).getvalue().decode().splitlines()
    assert [line.partition(",")[0] for line in errors[1:]] == [str(number) for number in range(2, count, 1_000)]
