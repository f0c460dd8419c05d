"""The pages of imports: hand in, watch, read, take back."""

from __future__ import annotations

import codecs
import io
import re
from datetime import timedelta

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import sent_fields
from accounts.models import Role
from accounts.permissions import can
from imports import files, progress, registry
from imports.models import Import, Upload
from imports.pipeline import Importer, Reason
from imports.runner import FILE_GONE
from projects.models import Initiative
from tests.factories import UserFactory
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
GOOD = "title,external_ref\nChat for claims,C-1\nTriage,C-2\n"


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(UserFactory(portfolio=True))
    return client


def upload(client: Client, text: str, **fields: str):
    file = SimpleUploadedFile("portfolio.csv", text.encode(), "text/csv")
    return client.post("/imports/", {"file": file, "format": "", **fields})


def test_an_uploaded_file_is_queued_with_the_format_of_its_header(office: Client) -> None:
    answer = upload(office, GOOD)
    job = Import.objects.get()
    assert answer.headers["Location"] == f"/imports/{job.pk}/"
    assert (job.format, job.state, job.file_name) == ("initiatives_csv", "queued", "portfolio.csv")
    page = office.get(f"/imports/{job.pk}/").content.decode()
    assert "portfolio.csv waits for its turn." in page
    assert 'hx-trigger="every 1s"' in page


def test_who_may_import_nothing_is_refused_before_the_file_is_read(client: Client, monkeypatch) -> None:
    def read(_request) -> bytes:
        raise AssertionError("the file was read")

    monkeypatch.setattr(sent_fields, "digest", read)
    client.force_login(UserFactory())
    assert upload(client, GOOD, once="t").status_code == 403


def test_the_list_says_in_words_what_was_rejected_and_what_would_be_created(office: Client) -> None:
    bring_in("initiatives_csv", GOOD + ",C-3\n", dry_run=True)
    page = tight(office.get("/imports/").content.decode())
    assert '<span class="tag partly">Done, 1 rejected</span>' in page
    assert '<td class="num" data-label="Created">would be 2</td>' in page
    assert '<td class="num" data-label="Restated">0</td>' in page
    assert '<span class="soft">Initiatives (CSV, Excel)</span>' in page


def test_every_format_of_our_own_offers_a_sample(office: Client) -> None:
    page = office.get("/imports/").content.decode()
    assert [name for name in ("initiatives.csv", "measurements.csv") if f"samples/{name}" not in page] == []


def test_a_header_of_no_format_leads_to_its_columns(office: Client) -> None:
    answer = upload(office, "a,b\n1,2\n")
    assert answer.headers["Location"] == f"/imports/uploads/{Upload.objects.get().pk}/"
    assert "The header of this file is of no format that we know" in office.get(answer.url).content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("text", ["", "PK\x03\x04zip"])
def test_an_empty_or_binary_file_is_said_in_the_form(office: Client, text: str) -> None:
    assert upload(office, text).status_code == 422
    assert not Upload.objects.exists()
    assert upload(office, text, format="initiatives_csv").status_code == 302  # the report of the job says it


def test_the_report_says_counts_reasons_and_rows(office: Client) -> None:
    job = bring_in("initiatives_csv", "title,confidential\nOne,\n,\nThree,perhaps\n")
    page = office.get(f"/imports/{job.pk}/").content.decode()
    assert "Of 3 rows, <b>1 was created</b>. 2 were rejected." in page
    assert "This cell must not be empty." in page
    assert "Write true or false." in page


def test_the_answer_says_what_there_is_and_no_nought(office: Client) -> None:
    def answer(**options: bool) -> str:
        job = bring_in("initiatives_csv", GOOD, **options)
        page = tight(office.get(f"/imports/{job.pk}/").content.decode())
        assert f"<span>/</span> {job.file_name}" in page
        return page[page.index("<h1>") + 4 : page.index("</h1>")].strip()

    assert answer(dry_run=True) == "<b>All 2 rows</b> would be created. Nothing was changed."
    assert answer() == "<b>All 2 rows</b> were created."
    assert answer() == "<b>All 2 rows</b> were there already."
    assert answer(dry_run=True) == "<b>All 2 rows</b> are there already. Nothing was changed."


def test_the_report_leads_on_to_what_was_made(office: Client) -> None:
    links = '<a class="btn quiet" href="/initiatives/">Initiatives</a><a class="btn quiet" href="/">Portfolio</a>'
    tried = bring_in("initiatives_csv", GOOD, dry_run=True)
    assert links not in office.get(f"/imports/{tried.pk}/").content.decode()
    job = bring_in("initiatives_csv", GOOD)
    assert links in office.get(f"/imports/{job.pk}/").content.decode()
    again = bring_in("initiatives_csv", GOOD)
    assert links not in office.get(f"/imports/{again.pk}/").content.decode()  # it has made nothing


@pytest.mark.parametrize("importer", registry.every(), ids=lambda importer: importer.format)
def test_every_format_leads_on_to_pages_that_its_people_may_see(client: Client, importer: type[Importer]) -> None:
    assert importer.next_pages
    users = [user for role in Role if can(user := UserFactory(role=role), importer.permission)]
    assert users
    for user in users:
        client.force_login(user)
        answers = {page: client.get(reverse(page)).status_code for page, _label in importer.next_pages}
        assert set(answers.values()) == {200}, (user.role, answers)


def test_a_refused_file_says_why_and_that_nothing_was_changed(office: Client) -> None:
    job = bring_in("initiatives_csv", "title,title\nOne,One\n")
    page = office.get(f"/imports/{job.pk}/").content.decode()
    assert "Nothing was changed." in page
    assert "The header has the column “title” twice." in page


def test_an_import_is_taken_back_after_a_question(office: Client) -> None:
    job = bring_in("initiatives_csv", GOOD)
    assert "Take back everything that test.csv created?" in office.get(f"/imports/{job.pk}/revert/").content.decode()
    assert Initiative.objects.count() == 2
    page = office.post(f"/imports/{job.pk}/revert/", follow=True).content.decode()
    assert "Taken back: 2 of this import." in page
    assert Initiative.objects.count() == 0
    assert "Only an import that is done" in office.post(f"/imports/{job.pk}/revert/", follow=True).content.decode()


def test_the_question_before_an_import_of_one_row_is_taken_back_is_about_one_row(office: Client) -> None:
    job = bring_in("initiatives_csv", "title\nOne\n")
    assert "That is <b>1 row</b>." in office.get(f"/imports/{job.pk}/revert/").content.decode()


def test_errors_csv_begins_with_line_column_reason_and_neutralises_formulas(office: Client) -> None:
    job = bring_in("initiatives_csv", "title,confidential\n=1+1,maybe\n")
    file = b"".join(office.get(f"/imports/{job.pk}/errors.csv").streaming_content)
    lines = file.removeprefix(codecs.BOM_UTF8).decode().splitlines()
    assert file.startswith(codecs.BOM_UTF8)  # by which spreadsheets know that it is UTF-8
    assert lines == ["line,column,reason,title,confidential", "2,confidential,Write true or false.,'=1+1,maybe"]


@pytest.mark.parametrize("role", ["contributor", "executive"])
def test_those_who_may_import_nothing_see_no_import(client: Client, role: str) -> None:
    job = bring_in("initiatives_csv", GOOD)
    client.force_login(UserFactory(role=role))
    for page in ("", "errors.csv", "restated.csv", "revert/"):
        assert client.get(f"/imports/{job.pk}/{page}").status_code == 403
    assert client.get("/imports/").status_code == 403


def test_while_it_runs_the_page_asks_for_the_report_alone(office: Client) -> None:
    upload(office, GOOD)
    job = Import.objects.get()
    Import.objects.update(state="running", rows_done=500, bytes_done=20)
    htmx = {"HX-Request": "true"}
    part = office.get(f"/imports/{job.pk}/", headers=htmx).content.decode()
    assert part.lstrip().startswith('<div id="report"')
    assert "<b>500</b> rows read" in part
    Import.objects.update(state="done", rows_total=2)
    assert office.get(f"/imports/{job.pk}/", headers=htmx).headers["HX-Refresh"] == "true"


def bar(page: str) -> str:
    """Return what stands between the bar of progress and the note below it."""
    page = tight(page)
    return page[page.index('<div class="progress">') :].split('<p class="card-note">')[0]


def test_the_bar_goes_by_bytes_and_says_rows_speed_and_time_left(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(office, GOOD)
    job = Import.objects.get()
    page = bar(office.get(f"/imports/{job.pk}/").content.decode())
    assert "Waiting for a worker" in page
    assert "max=" not in page and "per second" not in page and "left" not in page

    begun = timezone.now()
    monkeypatch.setattr(progress.timezone, "now", lambda: begun + timedelta(seconds=40))
    # In 40 seconds 1,648,000 rows and 1,000 of 4,000 bytes: 41,200 rows a second, and 120 seconds are left.
    Import.objects.update(state="running", started_at=begun, rows_done=1_648_000, bytes_done=1_000, file_size=4_000)
    assert bar(office.get(f"/imports/{job.pk}/", headers={"HX-Request": "true"}).content.decode()) == (
        '<div class="progress"><progress aria-label="Progress" max="4000" value="1000"></progress>'
        '<div class="progress-line"><span><b>1,648,000</b> rows read </span><span>41,200 rows per second </span>'
        "<span>about 2 minutes left</span></div></div>"
    )
    Import.objects.update(rows_done=6_592_000, bytes_done=4_000)  # what is left now goes by no bytes
    page = bar(office.get(f"/imports/{job.pk}/").content.decode())
    assert "All rows are read; they are being written." in page
    assert "rows read" not in page and "left" not in page
    body = office.get(f"/api/v1/imports/{job.pk}").json()
    assert (body["state"], body["rows_done"], body["seconds_left"]) == ("running", 6_592_000, None)
    Import.objects.update(cancelled_at=begun)
    page = bar(office.get(f"/imports/{job.pk}/").content.decode())
    assert "It is being cancelled and stops in a moment." in page
    assert "rows read" not in page


def test_what_is_taken_back_has_a_bar_without_an_end(office: Client) -> None:
    job = bring_in("initiatives_csv", GOOD)
    Import.objects.update(revert_asked_at=timezone.now())
    page = bar(office.get(f"/imports/{job.pk}/").content.decode())
    assert page == '<div class="progress"><progress aria-label="Progress"></progress></div>'


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(UserFactory(finance=True))
    return client


def test_a_file_of_json_of_no_known_format_is_kept_and_its_format_asked_for(finance: Client) -> None:
    answer = upload(finance, '[{"moon": 1}]', amount_column="", dry_run="on")
    kept = Upload.objects.get()
    assert answer.headers["Location"] == f"/imports/uploads/{kept.pk}/format/"
    page = tight(finance.get(answer.url).content.decode())
    assert "The header of this file is of no format that we know. Choose one." in page
    assert '<option value="litellm_spend">' in page
    assert '<option value="focus">' not in page  # which takes no JSON
    assert re.search(r'<input[^>]*name="dry_run"[^>]*checked', page)
    assert '<option value="" selected>' in page
    for chosen in ("", "litellm_spend"):  # which reads nothing of it
        refused = finance.post(answer.url, {"format": chosen})
        assert (refused.status_code, Upload.objects.count(), Import.objects.count()) == (422, 1, 0)
    assert "This file has nothing that this format reads." in refused.content.decode()


def test_a_file_of_json_whose_first_row_says_little_is_imported_as_the_format_that_is_chosen(finance: Client) -> None:
    answer = upload(finance, '[{"request_id": "1"}]', amount_column="", dry_run="on")
    kept = Upload.objects.get()
    finance.post(answer.url, {"format": "litellm_spend"})
    job = Import.objects.get()
    assert (job.format, job.dry_run, job.file_sha256, Upload.objects.count()) == (
        "litellm_spend", False, kept.file_sha256, 0,
    )  # fmt: skip
    gone = finance.get(answer.url, follow=True).content.decode()
    assert "This file waits no longer: it was imported, or nobody came back to it in time." in gone


def test_json_has_no_columns_to_be_mapped_and_its_format_is_asked_for(finance: Client) -> None:
    assert "/format/" in upload(finance, '[{"moon": 1}]', amount_column="", map_columns="on").url


def test_a_file_that_is_kept_no_longer_cannot_be_given_a_format(finance: Client) -> None:
    answer = upload(finance, '[{"sun": "for this test alone"}]', amount_column="")
    files.path_of(Upload.objects.get().file_sha256).unlink()
    page = finance.get(answer.url, follow=True)
    assert page.redirect_chain == [("/imports/", 302)]
    assert str(Reason(FILE_GONE).translated()) in page.content.decode()


def test_what_was_tried_is_imported_from_its_page_also_where_no_column_is_mapped(finance: Client) -> None:
    tried = bring_in("litellm_spend", "[]", dry_run=True)
    assert tried.state == "done"
    assert "Import it now" in finance.get(f"/imports/{tried.pk}/").content.decode()


def test_a_parquet_file_of_no_known_format_goes_on_to_its_columns(finance: Client) -> None:
    file = io.BytesIO()
    pl.DataFrame({"Betrag": ["1"], "Beginn": ["2026-03-01"]}).write_parquet(file)
    sent = SimpleUploadedFile("bill.parquet", file.getvalue())
    page = finance.post("/imports/", {"file": sent, "format": ""}).headers["Location"]
    answer = finance.post(page, {"format": "focus"})
    assert answer.url == f"/imports/uploads/{Upload.objects.get().pk}/"
    assert "Betrag" in finance.get(answer.url).content.decode()


def test_a_file_that_none_of_ones_formats_takes_is_refused(office: Client) -> None:
    answer = upload(office, '[{"moon": 1}]')
    assert (answer.status_code, Upload.objects.exists()) == (422, False)
