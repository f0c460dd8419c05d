"""Where the embedded pair lies, who may start it, and that it is left as it was found."""

import os
import subprocess
import sys
from pathlib import Path

import dj_database_url
import pytest
import redis

from config import embedded, services
from config.services import ServiceError
from config.supervisor import ROOT
from tests.config.processes import running_on


def test_sockets_lie_in_the_data_folder():
    assert embedded.socket_folder(Path("/srv/worthwhile/var")) == Path("/srv/worthwhile/var/run")


def test_folder_too_long_for_a_socket_gets_a_short_one():
    long = Path("/srv") / ("x" * 100)
    folder = embedded.socket_folder(long)
    assert folder.parent == Path("/tmp")
    assert len(os.fsencode(folder / embedded.LONGEST_SOCKET_NAME)) <= 107
    assert folder != embedded.socket_folder(Path("/srv") / ("y" * 100))


def test_spaces_in_the_folder_survive_the_addresses():
    var = Path("/srv/my data")
    assert dj_database_url.parse(embedded.database_url(var))["OPTIONS"]["host"] == "/srv/my data/run"
    client = redis.Redis.from_url(embedded.redis_url(var))
    assert client.connection_pool.connection_kwargs["path"] == "/srv/my data/run/redis.sock"


@pytest.mark.parametrize(
    ("address", "broker"),
    [
        ("redis://127.0.0.1:6379/3", "redis://127.0.0.1:6379/3"),
        ("rediss://:secret@cache:6380/0", "rediss://:secret@cache:6380/0"),
        ("unix:///srv/run/redis.sock?db=2", "redis+socket:///srv/run/redis.sock?virtual_host=2"),
    ],
)
def test_celery_spells_a_unix_socket_its_own_way(address, broker):
    assert embedded.broker_url(address) == broker


def test_only_servers_that_the_environment_does_not_name_are_started(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1/0")
    assert embedded.needed() == ["postgres"]


def test_folder_in_tmp_that_belongs_to_somebody_else_is_refused(monkeypatch, tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setattr(embedded, "socket_folder", lambda var: tmp_path / "link")
    with pytest.raises(ServiceError, match="belongs to somebody else"):
        embedded.private_socket_folder(tmp_path)


def test_data_of_another_postgres_version_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("14\n")
    pair = services.Services(tmp_path, tmp_path / "run", ["postgres"])
    with pytest.raises(ServiceError, match=r"written by PostgreSQL 14, this is 18: see docs/administration.md"):
        pair.start("worthwhile")


@pytest.mark.xdist_group("supervisor")
@pytest.mark.own_pair
def test_management_command_starts_the_pair_keeps_its_data_and_leaves_nothing_running(tmp_path):
    var = tmp_path / "a folder with spaces"
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"VAR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings"}
    for arguments in (["migrate", "contenttypes", "-v0"], ["migrate", "contenttypes", "--check"]):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert running_on(var) == []
    assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (var / "run").stat().st_mode & 0o777 == 0o700
