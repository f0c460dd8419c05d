"""The two health addresses, and what stands in the headers of every answer."""

import time

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.config.processes import free_port

pytestmark = pytest.mark.django_db


def test_healthz_looks_at_nothing_but_the_process(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_is_ok_when_everything_answers(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_names_missing_migrations(client):
    (last,) = MigrationLoader(connection).graph.leaf_nodes("projects")
    MigrationRecorder(connection).record_unapplied(*last)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert list(response.json()["failing"]) == ["migrations"]


def test_readyz_names_a_broker_that_does_not_answer(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, {"broker": "does not answer"})


def test_readyz_does_not_wait_long_for_a_database_that_is_away(client, monkeypatch):
    away = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": free_port()}
    monkeypatch.setattr(connection, "settings_dict", away)
    began = time.monotonic()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (503, {"database": "does not answer"})
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_ask_by_an_address_that_no_page_is_shown_under(client, path):
    asked = {"host": "10.1.2.3:8000"}
    assert client.get("/login/", headers=asked).status_code == 400
    response = client.get(path, headers=asked)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert client.post(path, headers=asked).status_code == 405


def test_every_answer_carries_the_security_headers(client):
    headers = client.get("/healthz").headers
    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
