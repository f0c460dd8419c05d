"""What the environment decides, and what it cannot weaken."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.core.management import call_command

from config import celery_app
from config.release import fingerprint
from config.secret import secret_key
from config.supervisor import ROOT


def with_environment(var: Path, **environment: str) -> dict[str, Any]:
    """Return all settings as they are with this environment and no other."""
    kept = structlog.get_config()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", {"VAR": str(var), **environment})
        try:
            return runpy.run_path(str(ROOT / "config" / "settings.py"))
        finally:
            structlog.configure(**kept)


def test_a_release_is_another_one_when_a_page_changes(tmp_path):
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text("one")
    before = fingerprint(tmp_path, ["templates"])
    assert fingerprint(tmp_path, ["templates"]) == before
    page.write_text("other")
    assert fingerprint(tmp_path, ["templates"]) != before


def test_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    first = secret_key(tmp_path / "var")
    assert len(first) > 80
    assert secret_key(tmp_path / "var") == first
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_a_number_of_threads_that_is_none_is_said_in_a_sentence(tmp_path):
    assert with_environment(tmp_path)["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 12
    env = {"PATH": os.environ["PATH"], "VAR": str(tmp_path), "WEB_THREADS": "x"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "WEB_THREADS=x is no number of processes or threads: 1 or more.\n"


def test_https_switches_on_everything_that_needs_it(tmp_path):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    switched, plain = with_environment(tmp_path, HTTPS="1"), with_environment(tmp_path)
    assert [switched[name] for name in names] == [True, True, 31_536_000]
    assert [plain[name] for name in names] == [False, False, 0]


def test_behind_a_proxy_sign_in_attempts_are_counted_by_the_clients_address(tmp_path):
    trusting = with_environment(tmp_path, TRUST_PROXY="1")
    assert (trusting["USE_X_FORWARDED_HOST"], trusting["ALLAUTH_TRUSTED_PROXY_COUNT"]) == (True, 1)


def test_two_copies_on_one_host_have_cookies_of_their_own(tmp_path):
    first, again, second = (cookies(with_environment(tmp_path / name)) for name in ("a", "a", "b"))
    assert first == again
    assert len({*first, *second}) == 4
    shared = [cookies(with_environment(tmp_path / name, SECRET_KEY="of two web servers")) for name in ("a", "b")]
    assert shared[0] == shared[1]
    named = with_environment(tmp_path / "a", SESSION_COOKIE_NAME="a_name")
    assert cookies(named) == ("a_name", "a_name_csrf")


def cookies(settings: dict[str, Any]) -> tuple[str, str]:
    return settings["SESSION_COOKIE_NAME"], settings["CSRF_COOKIE_NAME"]


def test_jobs_of_a_dead_worker_come_back_within_sixty_seconds(settings):
    looked_at_every = 10  # seconds, kombu's redis transport
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] + looked_at_every <= 60
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    every = {job["task"]: job["schedule"] for job in settings.CELERY_BEAT_SCHEDULE.values()}
    looked_for = ("imports.take_up_abandoned", "costs.run_waiting")
    assert [every[task] for task in looked_for] == [20.0, 20.0]


def test_a_silent_database_is_left_unless_its_address_asks_for_more_patience(tmp_path):
    def options(query: str) -> dict[str, Any]:
        address = f"postgres://db.example/x{query}"
        return with_environment(tmp_path, DATABASE_URL=address)["DATABASES"]["default"]["OPTIONS"]

    assert (options("")["connect_timeout"], options("")["tcp_user_timeout"]) == (5, 60_000)
    assert options("?connect_timeout=30")["connect_timeout"] == 30


def test_jobs_are_never_done_inside_of_a_request(tmp_path):
    code = "from config import celery_app; print(celery_app.conf.task_always_eager, celery_app.conf.broker_url)"
    env = {"PATH": os.environ["PATH"], "VAR": str(tmp_path), "REDIS_URL": "redis://queue.example/5"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "redis://queue.example/5"]


def test_djangos_own_checks_for_production_find_nothing(tmp_path):
    env = {"PATH": os.environ["PATH"], "VAR": str(tmp_path), "HTTPS": "1"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_clock_names_jobs_that_there_are(settings):
    celery_app.loader.import_default_modules()
    assert {job["task"] for job in settings.CELERY_BEAT_SCHEDULE.values()} <= set(celery_app.tasks)


@pytest.mark.django_db
def test_every_model_change_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
