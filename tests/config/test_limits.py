"""Bodies that are too large are refused by their declared length."""

import pytest

MEGABYTE = 1024 * 1024


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
def test_form_answers_413_as_a_page(post):
    response = post("/login/", 10 * MEGABYTE + 1, "application/x-www-form-urlencoded")
    assert response.status_code == 413
    assert "larger than 10 MB" in response.content.decode()


@pytest.mark.django_db
def test_upload_may_have_two_gigabytes_and_no_more(post):
    assert post("/login/", 2048 * MEGABYTE + 1, "multipart/form-data; boundary=x").status_code == 413
    assert post("/healthz", 2048 * MEGABYTE, "multipart/form-data; boundary=x").status_code == 405
