"""Bodies that are too large are refused by their declared length, forms by the number of their fields."""

import errno

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client

from tests.factories import UserFactory, bearer

MEGABYTE = 1024 * 1024
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def post(client):
    def send(path, size, content_type):
        body = b"x" * size if size < 64 * MEGABYTE else b"x"
        return client.generic("POST", path, body, content_type=content_type, CONTENT_LENGTH=str(size))

    return send


@pytest.mark.django_db
def test_api_answers_413_as_a_problem(post):
    response = post("/api/v1/costs", 10 * MEGABYTE + 1, "application/json")
    assert (response.status_code, response["Content-Type"]) == (413, "application/problem+json")
    assert response.json()["detail"] == "The request is larger than 10 MB."


@pytest.mark.django_db
def test_a_body_in_chunks_is_told_so_and_not_that_its_fields_are_missing(client):
    headers = bearer(UserFactory(admin=True)) | {"Transfer-Encoding": "chunked"}
    # As granian hands it on: the header is there, and no length.
    sent = {"content_type": "application/json", "headers": headers, "CONTENT_LENGTH": ""}
    answer = client.generic("POST", "/api/v1/costs", b"{}", **sent)
    assert (answer.status_code, answer["Content-Type"]) == (411, "application/problem+json")
    assert answer.json()["detail"] == "Send the length of the body: Content-Length. A body in chunks is not read."
    assert client.generic("POST", "/api/v1/costs", b"{}", **sent | {"CONTENT_LENGTH": "2"}).status_code == 422


@pytest.mark.django_db
def test_form_answers_413_as_a_page(post):
    response = post("/login/", 10 * MEGABYTE + 1, "application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "larger than 10 MB" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/imports/", "/api/v1/imports"])
def test_an_upload_may_have_two_gigabytes_and_no_more(post, client, address):
    client.force_login(UserFactory(finance=True))
    assert post(address, 2048 * MEGABYTE + 1, FORM).status_code == 413
    taken = client.put(address, b"x", content_type=FORM, CONTENT_LENGTH=str(2048 * MEGABYTE))
    assert taken.status_code == 405  # let through, and not for its length


@pytest.mark.django_db
@pytest.mark.parametrize("length", [pytest.param("9" * 5_000, id="5,000 digits"), "x", "-1", ""])
def test_a_length_that_cannot_be_read_counts_as_none(client, length):
    UserFactory(admin=True)
    answer = client.generic("POST", "/login/", b"", content_type="text/plain", CONTENT_LENGTH=length)
    assert answer.status_code == 200  # the empty form


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/login/", "/costs/grid/", "/imports/mappings/", "/api/v1/costs"])
def test_who_takes_no_file_gets_ten_megabytes_at_most(post, client, address):
    client.force_login(UserFactory(finance=True))
    assert post(address, 10 * MEGABYTE + 1, FORM).status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("size", [10 * MEGABYTE + 1, 500 * MEGABYTE])
def test_who_was_signed_out_over_a_large_file_is_led_to_the_sign_in_and_told(post, client, size):
    UserFactory(admin=True)
    answer = post("/imports/", size, FORM)
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/imports/")
    told = client.get(answer["Location"]).content.decode()
    assert "You were signed out meanwhile: what you sent is not saved." in told
    assert post("/imports/", size, "application/x-www-form-urlencoded").status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "has_session"), [("/imports/", True), ("/api/v1/imports", True), ("/api/v1/imports", False)]
)
def test_who_may_import_nothing_has_no_large_file_written_to_the_disk(settings, monkeypatch, address, has_session):
    def write(*_given):
        raise AssertionError("written")

    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", write)
    person, client = UserFactory(), Client(enforce_csrf_checks=True)
    given = {"file": SimpleUploadedFile("bill.csv", b"x" * 11 * MEGABYTE), "format": "focus"}
    if has_session:
        client.force_login(person)
        client.cookies[settings.CSRF_COOKIE_NAME] = given["csrfmiddlewaretoken"] = (
            "a" * 32
        )  # which is looked for in the fields
    answer = client.post(address, given, headers={} if has_session else bearer(person))
    assert answer.status_code == 403


@pytest.mark.django_db
def test_a_large_file_with_a_token_that_is_none_is_answered_for_its_token(post, client):
    client.defaults["HTTP_AUTHORIZATION"] = "Bearer none"
    assert post("/api/v1/imports", 10 * MEGABYTE + 1, FORM).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/imports/", "/api/v1/imports"])
def test_a_field_of_an_upload_is_no_way_round_the_limit(client, address):
    finance = UserFactory(finance=True)
    headers = bearer(finance) if "/api/" in address else {}
    client.force_login(finance)
    answer = client.post(address, {"format": "x" * (10 * MEGABYTE + 1)}, headers=headers)
    assert answer.status_code == 413
    said = answer.json()["detail"] if headers else answer.content.decode()
    assert "The request is larger than 10 MB, its file left out." in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["The form has more than 20,000 fields.", "Nothing was saved. Go back in the browser"]),
        (
            "ja",
            [
                "フォームの項目数が20,000個を超えています。",
                "何も保存されていません。ブラウザーで前のページに戻ってください",
            ],
        ),
    ],
)
def test_a_form_with_too_many_fields_gets_a_page_that_says_what_to_do(client, language, said):
    client.force_login(UserFactory(admin=True))
    cells = {f"row-{row}-description": "x" for row in range(20_001)}
    answer = client.post("/costs/grid/", cells, headers={"accept-language": language})
    shown = answer.content.decode()
    assert answer.status_code == 413
    assert [words for words in said if words not in shown] == []
    assert 'href="/costs/"' in shown  # a page like every other, with the navigation


@pytest.mark.django_db
def test_more_files_than_fit_into_a_request_are_told_the_way(client):
    client.force_login(UserFactory(finance=True))
    files = [SimpleUploadedFile(f"{at}.csv", b"title\n") for at in range(101)]
    answer = client.post("/imports/", {"file": files})
    assert answer.status_code == 413
    assert "More than 100 files at once." in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/imports/", "/api/v1/imports"])
def test_an_upload_that_finds_the_disk_full_is_told_so_and_leaves_nothing(settings, monkeypatch, tmp_path, address):
    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryUploadedFile, "write", full, raising=False)
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    finance, client = UserFactory(finance=True), Client(raise_request_exception=False)
    client.force_login(finance)
    given = {"file": SimpleUploadedFile("bill.csv", b"title\nOne\n"), "format": "initiatives_csv"}
    answer = client.post(address, given, headers=bearer(finance) if "/api/" in address else {})
    assert (answer.status_code, "The server has no room left for this file." in answer.content.decode()) == (507, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_fields_of_an_upload_to_the_api_are_refused_as_a_problem(client):
    fields = {f"field-{at}": "x" for at in range(20_001)}
    answer = client.post("/api/v1/imports", fields, headers=bearer(UserFactory(admin=True)))
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["detail"] == "The form has more than 20,000 fields."


@pytest.mark.django_db
def test_what_else_is_not_understood_has_the_plain_page(client):
    answer = client.get("/login/", headers={"host": "not a host"})
    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()
