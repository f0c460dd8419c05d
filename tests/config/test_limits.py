"""Bodies that are too large are refused by their declared length, forms by the number of their fields."""

import pytest

from tests.factories import UserFactory, bearer

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
