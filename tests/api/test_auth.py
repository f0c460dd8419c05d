"""Who may call the API at all."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import people, tokens
from accounts.models import ApiToken
from tests.factories import UserFactory, bearer

URL = "/api/v1/exchange-rates"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic Zm9vOmJhcg==", "Bearer \ud800", "Bearer " + "x" * 9_000],
)  # fmt: skip
def test_without_a_valid_token_401_says_how(client, header):
    response = client.get(URL, headers={} if header is None else {"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="Worthwhile"'
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["status"] == 401


def test_bearer_is_read_in_any_case(client):
    token = bearer(UserFactory())["Authorization"].removeprefix("Bearer ")
    assert client.get(URL, headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_revoked_token_is_refused(client):
    user = UserFactory()
    row, token = tokens.make(user, "laptop", user)
    tokens.revoke(row, user)
    assert client.get(URL, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_the_token_of_a_deactivated_person_is_refused(client):
    user = UserFactory()
    headers = bearer(user)
    people.set_active(UserFactory(admin=True), user, active=False)
    assert client.get(URL, headers=headers).status_code == 401


def test_last_used_is_written_at_most_once_a_minute(client, django_assert_num_queries):
    headers = bearer(UserFactory())
    client.get(URL, headers=headers)
    first = ApiToken.objects.get().last_used_at
    client.get(URL, headers=headers)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    client.get(URL, headers=headers)
    assert ApiToken.objects.get().last_used_at > first


def test_only_the_hash_of_a_token_is_kept():
    user = UserFactory()
    row, token = tokens.make(user, "laptop", user)
    assert token not in str(ApiToken.objects.filter(pk=row.pk).values().get())
    assert len(row.digest) == 64


def test_a_session_reads_and_writes_only_with_its_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(finance=True), backend="allauth.account.auth_backends.AuthenticationBackend")
    body = {"on": "2026-01-05", "currency": "EUR", "rate": 1}
    assert client.get(URL).status_code == 200
    refused = client.post(URL, body, content_type="application/json")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    client.get("/profile/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    assert client.post(URL, body, content_type="application/json", headers={"X-CSRFToken": token}).status_code == 201


def test_a_wrong_token_is_not_rescued_by_a_session(client):
    client.force_login(UserFactory(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(URL, headers={"Authorization": "Bearer wrong"}).status_code == 401
