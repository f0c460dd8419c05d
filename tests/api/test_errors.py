"""Whatever is wrong with a request, the answer is a problem and never a 500."""

import json
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory

from accounts.models import ApiToken, User
from api import limits
from api.conditional import require_match
from api.problems import Problem
from money import hooks
from tests.factories import UserFactory, bearer

URL = "/api/v1/exchange-rates"


@pytest.fixture
def headers(db):
    return bearer(UserFactory(finance=True))


def is_problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Content-Type-Options"] == "nosniff"
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_an_unknown_address_is_a_problem(client, headers):
    is_problem(client.get("/api/v1/nothing-here", headers=headers), 404)
    is_problem(client.get("/api/v1/nothing-here"), 404)


def test_a_method_that_an_address_does_not_take_is_a_problem_with_allow(client, headers):
    response = client.delete(URL, headers=headers)
    is_problem(response, 405)
    assert {method.strip() for method in response["Allow"].split(",")} == {"GET", "HEAD", "POST"}


FILE = "/api/v1/costs/explore-focus.csv"


@pytest.mark.parametrize("path", [URL, FILE, "/api/v1/nothing-here", "/api/v1/openapi.json"])
def test_head_is_answered_as_get_without_a_body(client, headers, path):
    whole = client.get(path, headers=headers)
    bare = client.head(path, headers=headers)
    assert bare.status_code == whole.status_code
    assert (bare["Content-Type"], bare.get("Content-Length")) == (whole["Content-Type"], whole.get("Content-Length"))
    assert b"".join(bare) == b""


def test_head_of_what_is_only_written_is_405_without_a_body(client, headers):
    answer = client.head("/api/v1/costs/billed", headers=headers)
    assert (answer.status_code, answer["Allow"], answer.content) == (405, "POST", b"")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 10_000 + b"]" * 10_000, b"null null"])
def test_an_unreadable_body_is_400(client, headers, body):
    response = client.generic("POST", URL, body, content_type="application/json", headers=headers)
    assert response.status_code == (422 if body == b"" else 400)


def test_ten_megabytes_of_nesting_are_400(client, headers):
    body = b'{"on":' + b"[" * (10 * 1024 * 1024 - 100)
    is_problem(client.generic("POST", URL, body, content_type="application/json", headers=headers), 400)


def test_more_than_ten_megabytes_are_413(client, headers):
    body = b" " * (10 * 1024 * 1024 + 1)
    is_problem(client.generic("POST", URL, body, content_type="application/json", headers=headers), 413)


@pytest.mark.parametrize("more", [{}, {"Idempotency-Key": "k1"}])
def test_a_form_where_json_is_taken_is_400(client, headers, more):
    is_problem(client.post(URL, {"on": "2026-01-05"}, headers=headers | more), 400)


def test_a_form_from_a_page_of_our_own_where_json_is_taken_is_400(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(finance=True))
    client.get("/profile/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    answer = client.post(URL, {"csrfmiddlewaretoken": token, "on": "2026-01-05"})
    problem = is_problem(answer, 400)
    assert problem["detail"] == "The body is a form. Send JSON."


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [(b'{"state": "x"}', 422, "state"), (b"[1]", 422, "body"), (b"state=x", 400, None), (b"{}", 404, None)],
)
def test_a_body_where_none_is_taken_is_refused_not_passed_over(client, headers, body, status, field):
    address = "/api/v1/measurements/1/validate"  # of no reading: what is let through is not found
    problem = is_problem(client.generic("POST", address, body, headers=headers), status)
    assert [error["field"] for error in problem.get("errors", [])] == ([field] if field else [])


def test_nul_in_a_body_names_its_field(client, headers):
    body = json.dumps({"on": "2026-01-05", "currency": "E\x00R", "rate": 1})
    problem = is_problem(client.generic("POST", URL, body, content_type="application/json", headers=headers), 422)
    assert [error["field"] for error in problem["errors"]] == ["currency"]


def _somebody_again() -> None:
    UserFactory(email=UserFactory().email)


def _nameless() -> None:
    User.objects.create(email="nobody@example.org", name=None)


def _of_somebody_who_is_gone() -> None:
    ApiToken.objects.create(user_id=UserFactory().pk + 1, name="x", digest="y")
    connection.check_constraints()  # which is what the end of a transaction does


@pytest.mark.parametrize(
    ("fault", "status"), [(_somebody_again, 409), (_of_somebody_who_is_gone, 409), (_nameless, 500)]
)
def test_only_what_another_write_took_or_deleted_is_a_conflict(client, headers, monkeypatch, fault, status):
    monkeypatch.setattr(hooks, "after_rates_added", [lambda _rates: fault()])
    client.raise_request_exception = False
    body = {"on": "2026-01-05", "currency": "EUR", "rate": 1}
    is_problem(client.post(URL, body, headers=headers, content_type="application/json"), status)


def test_too_many_requests_are_429_with_retry_after(client, headers, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS", 3)
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_003.5)
    assert [client.get(URL, headers=headers).status_code for _ in range(3)] == [200, 200, 200]
    response = client.get(URL, headers=headers)
    is_problem(response, 429)
    assert response["Retry-After"] == "7"
    token = headers["Authorization"].removeprefix("Bearer ")
    is_problem(client.get(URL, headers={"Authorization": f"bearer  {token} "}), 429)
    assert client.get(URL, headers=bearer(UserFactory())).status_code == 200


def test_a_count_that_is_evicted_meanwhile_begins_anew(client, headers, monkeypatch):
    monkeypatch.setattr(limits, "REQUESTS", 1)
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_003.5)
    assert client.get(URL, headers=headers).status_code == 200
    limits.cache.clear()
    assert client.get(URL, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 428), ('"2"', 412), ("3", 412), ('"3"', None), ('"1", "3"', None), ("*", None), ("", 412)],
)  # fmt: skip
def test_a_change_names_the_version_it_is_based_on(header, status):
    request = RequestFactory().patch("/", headers={} if header is None else {"If-Match": header})
    item = SimpleNamespace(version=3)
    if status is None:
        require_match(request, item)
        return
    with pytest.raises(Problem) as refused:
        require_match(request, item)
    assert refused.value.status == status
    in_quotes = 'Write the version in If-Match in quotes, such as "3".'
    assert (refused.value.detail == in_quotes) == (header in ("3", ""))


def test_the_openapi_document_is_3_1_and_its_page_has_no_inline_script(client, db):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    post = document["paths"]["/api/v1/exchange-rates"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in post["parameters"]]
    assert {"201", "400", "401", "403", "409", "422", "429"} <= set(post["responses"])
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "<script>" not in page
    assert "style=" not in page


def test_the_page_of_the_api_speaks_its_readers_language_around_a_description_in_english(client, db):
    page = client.get("/api/v1/docs", headers={"Accept-Language": "ja"}).content.decode()
    assert '<html lang="ja">' in page
    assert page.count("<h1>") == 1
    assert "<h1>外部プログラムからできること</h1>" in page
    assert '<div id="swagger-ui" lang="en">' in page
