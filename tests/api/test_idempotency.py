"""A write sent again gives its first answer."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.client import encode_multipart
from django.utils import timezone

from api.idempotency import answer_once
from api.models import FirstAnswer
from api.problems import Problem
from api.tasks import forget_answers
from money import hooks
from money.models import ExchangeRate
from tests.factories import UserFactory, bearer

URL = "/api/v1/exchange-rates"
BODY = {"on": "2026-01-05", "currency": "EUR", "rate": 1.08}


def post(client, headers, body, key):
    return client.post(URL, body, content_type="application/json", headers={**headers, "Idempotency-Key": key})


@pytest.mark.django_db
def test_the_same_key_and_body_gives_the_first_answer(client):
    headers = bearer(UserFactory(finance=True))
    first = post(client, headers, BODY, "k1")
    again = post(client, headers, BODY, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert ExchangeRate.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_a_conflict(client):
    headers = bearer(UserFactory(finance=True))
    post(client, headers, BODY, "k1")
    assert post(client, headers, {**BODY, "on": "2026-01-06"}, "k1").status_code == 409
    assert ExchangeRate.objects.count() == 1


@pytest.mark.django_db
def test_keys_are_per_person(client):
    post(client, bearer(UserFactory(finance=True)), BODY, "k1")
    other = post(client, bearer(UserFactory(finance=True)), {**BODY, "on": "2026-01-06"}, "k1")
    assert other.status_code == 201


@pytest.mark.django_db
def test_a_refusal_is_not_kept(client):
    headers = bearer(UserFactory(finance=True))
    assert post(client, headers, {**BODY, "rate": 0}, "k1").status_code == 422
    assert post(client, headers, BODY, "k1").status_code == 201


@pytest.mark.django_db
def test_a_key_is_free_again_after_24_hours(client):
    headers = bearer(UserFactory(finance=True))
    post(client, headers, BODY, "k1")
    FirstAnswer.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    assert post(client, headers, BODY, "k1").status_code == 409  # the second rate of that day
    assert post(client, headers, {**BODY, "on": "2026-01-06"}, "k1").status_code == 201


@pytest.mark.django_db
def test_answers_are_forgotten_once_their_24_hours_are_over(client):
    headers = bearer(UserFactory(finance=True))
    post(client, headers, BODY, "old")
    FirstAnswer.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    post(client, headers, {**BODY, "on": "2026-01-06"}, "new")
    forget_answers()
    assert [answer.key for answer in FirstAnswer.objects.all()] == ["new"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(client, key):
    response = post(client, bearer(UserFactory(finance=True)), BODY, key)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.django_db
def test_uploads_are_the_same_by_fields_and_content_whatever_the_boundary():
    user = UserFactory()

    def upload(content, boundary, **fields):
        factory = RequestFactory()
        data = {"file": SimpleUploadedFile("a.csv", content), **fields}
        request = factory.post(
            "/api/v1/imports",
            encode_multipart(boundary, data),
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": "k"},
        )
        try:
            return answer_once(request, user, lambda: HttpResponse(boundary, status=202))
        finally:
            request.close()

    assert upload(b"1,2", "first", format="costs_csv").content == b"first"
    assert upload(b"1,2", "second", format="costs_csv").content == b"first"
    with pytest.raises(Problem) as refused:
        upload(b"1,3", "third", format="costs_csv")
    assert refused.value.status == 409
    with pytest.raises(Problem):
        upload(b"1,2", "fourth", format="usage_csv")


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_a_second_is_a_conflict(monkeypatch):
    user = UserFactory(finance=True)
    headers = bearer(user)
    running, may_end, answers = threading.Event(), threading.Event(), []

    def hold(_pairs):
        running.set()
        assert may_end.wait(10)

    monkeypatch.setattr(hooks, "after_rates_added", [hold])

    def first():
        answers.append(post(Client(), headers, BODY, "k1").status_code)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert running.wait(10)
    assert post(Client(), headers, BODY, "k1").status_code == 409
    may_end.set()
    thread.join(10)
    assert answers == [201]
    assert post(Client(), headers, BODY, "k1").status_code == 201
    assert ExchangeRate.objects.count() == 1
