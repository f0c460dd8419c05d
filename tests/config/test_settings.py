"""What the environment decides, and what it cannot weaken."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from config import celery_app
from config.release import fingerprint
from config.secret import secret_key
from config.supervisor import ROOT


def setting(name: str, tmp_path, **environment: str) -> str:
    """Return a setting as a fresh process with this environment has it."""
    code = f"from config import settings; print(settings.{name})"
    env = {"PATH": os.environ["PATH"], "VAR": str(tmp_path), **environment}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


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
    assert setting("DATABASES['default']['OPTIONS']['pool']['max_size']", tmp_path) == "12"
    env = {"PATH": os.environ["PATH"], "VAR": str(tmp_path), "WEB_THREADS": "x"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "WEB_THREADS=x is no number of processes or threads: 1 or more.\n"


def test_https_switches_on_everything_that_needs_it(tmp_path):
    names = "[settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS]"
    assert setting(f"BASE_DIR and {names}", tmp_path, HTTPS="1") == "[True, True, 31536000]"
    assert setting(f"BASE_DIR and {names}", tmp_path) == "[False, False, 0]"


def test_behind_a_proxy_sign_in_attempts_are_counted_by_the_clients_address(tmp_path):
    address = "[settings.USE_X_FORWARDED_HOST, settings.ALLAUTH_TRUSTED_PROXY_COUNT]"
    assert setting(f"BASE_DIR and {address}", tmp_path, TRUST_PROXY="1") == "[True, 1]"


def test_jobs_of_a_dead_worker_come_back_within_sixty_seconds(settings):
    looked_at_every = 10  # seconds, kombu's redis transport
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] + looked_at_every <= 60
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    every = {job["task"]: job["schedule"] for job in settings.CELERY_BEAT_SCHEDULE.values()}
    looked_for = ("imports.take_up_abandoned", "costs.run_waiting")
    assert [every[task] for task in looked_for] == [20.0, 20.0]


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
