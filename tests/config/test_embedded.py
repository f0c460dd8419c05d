"""Where the embedded pair lies, who may start it, and that it is left as it was found."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dj_database_url
import pytest
import redis

from config import embedded, services
from config.services import ServiceError
from config.supervisor import ROOT
from tests.config.processes import running_on, wait_for


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
        ("rediss://:secret@cache:6380/0", "rediss://:secret@cache:6380/0?ssl_cert_reqs=required"),
        ("rediss://cache/0?ssl_ca_certs=/ca.pem", "rediss://cache/0?ssl_ca_certs=/ca.pem&ssl_cert_reqs=required"),
        ("rediss://cache/0?ssl_cert_reqs=none", "rediss://cache/0?ssl_cert_reqs=none"),
        ("unix:///srv/run/redis.sock?db=2", "redis+socket:///srv/run/redis.sock?virtual_host=2"),
        ("unix://me:s%2Fret@/run/redis.sock", "redis+socket://me:s%2Fret@/run/redis.sock?virtual_host=0"),
    ],
)
def test_celery_spells_an_address_its_own_way_and_looks_at_certificates_as_the_cache_does(address, broker):
    assert embedded.broker_url(address) == broker


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "embedded in /srv/var"),
        ("postgres://me:secret@db.example.org:5433/kept?sslmode=require", "kept on db.example.org"),
        ("postgres://me@/kept?host=/run/postgresql", "kept on /run/postgresql"),
        ("postgres:///kept", "kept on this machine"),
    ],
)
def test_a_start_says_which_database_it_uses_and_no_password(monkeypatch, address, told):
    monkeypatch.setenv("DATABASE_URL", address)
    assert embedded.database_told(Path("/srv/var")) == told


def test_only_servers_that_the_environment_does_not_name_are_started(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1/0")
    assert embedded.needed() == ["postgres"]


def test_nothing_is_started_where_the_environment_names_both_servers(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/worthwhile")
    monkeypatch.setenv("REDIS_URL", "redis://queue.example/0")
    with embedded.running(tmp_path, "test"):
        assert running_on(tmp_path) == []
    assert not (tmp_path / "postgres").exists()


AS_USER = """
import sys, time
from pathlib import Path
from config import embedded, services
if sys.argv[2] == "no namespaces":
    services.USER_NAMESPACE[:] = ["false"]
with embedded.running(Path(sys.argv[1]), "test", durable=False):
    print(services.server_uid(), flush=True)
    time.sleep(60)
"""


@pytest.mark.once
@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be chosen by root alone")
@pytest.mark.parametrize(
    ("user", "namespaces", "server"), [(65534, "", 65534), (0, "", 0), (0, "no namespaces", 65534)]
)
def test_the_pair_runs_for_root_and_others_also_without_namespaces_and_dies_with_its_parent(user, namespaces, server):
    with tempfile.TemporaryDirectory(prefix="pair-") as folder:
        os.chown(folder, user, user)
        var = Path(folder, "var")
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        command = [sys.executable, "-B", "-c", AS_USER, str(var), namespaces]
        started: dict[str, Any] = {"cwd": ROOT, "env": environment, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, user=user, group=user, extra_groups=[], **started) as owner:
            said, running = owner.stdout.readline().strip(), "\n".join(running_on(var))
            owner.kill()
        assert said == str(server)
        assert [name in running for name in ("bin/postgres", "valkey-server")] == [True, True]
        wait_for(lambda: running_on(var) == [], within=20)


COMMAND = """
import sys
from pathlib import Path
from config import embedded, services
var, stop = Path(sys.argv[1]), services.Services.stop
def say_and_stop(pair):
    print("stopping", flush=True)
    sys.stdin.readline()
    stop(pair)
services.Services.stop = say_and_stop
print("comes", flush=True)
with embedded.running(var, "test", durable=False):
    print("is in", flush=True)
    sys.stdin.readline()
    print("answers" if services._postgres_answers(embedded.socket_folder(var)) else "is gone", flush=True)
    raise SystemExit  # as many management commands and every backup end
"""


@pytest.fixture
def command(tmp_path):
    """Return how to start a command that uses the pair; it goes on, and then stops the pair, when told to."""
    with ExitStack() as started:

        def start() -> subprocess.Popen[str]:
            around = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
            words = [sys.executable, "-c", COMMAND, str(tmp_path)]
            process = started.enter_context(subprocess.Popen(words, cwd=ROOT, env=around, **pipes))
            started.callback(process.kill)
            return process

        yield start
    assert running_on(tmp_path) == []


def heard(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().rstrip()


def go_on(process: subprocess.Popen[str]) -> None:
    process.stdin.write("\n")


@pytest.mark.once
def test_a_command_that_comes_while_another_one_stops_the_pair_starts_it_again(command):
    first = command()
    assert [heard(first), heard(first)] == ["comes", "is in"]
    go_on(first)
    assert [heard(first), heard(first)] == ["answers", "stopping"]
    second = command()
    assert heard(second) == "comes"
    time.sleep(1)  # by then it would use what is being stopped
    go_on(first)
    assert first.wait(60) == 0
    go_on(second)
    assert [heard(second) for _ in range(3)] == ["is in", "answers", "stopping"]
    go_on(second)
    assert second.wait(60) == 0


@pytest.mark.once
def test_whoever_started_the_pair_waits_for_the_others_however_it_ends(command):
    first = command()
    assert [heard(first), heard(first)] == ["comes", "is in"]
    second = command()
    assert [heard(second), heard(second)] == ["comes", "is in"]
    go_on(first)
    assert heard(first) == "answers"
    go_on(first)  # if it did not wait, it would stop the pair now
    time.sleep(1)
    go_on(second)
    assert heard(second) == "answers"
    assert second.wait(60) == 0
    assert heard(first) == "stopping"
    assert first.wait(60) == 0


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


def test_a_command_makes_no_database_where_there_is_none(tmp_path):
    """On a machine where a service has its own, it would be an empty one beside it, and the command's answer a lie."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, "manage.py", "token", "--list"]
    around = {**environment, "VAR": str(tmp_path / "var")}
    done = subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True)
    told = f"There is no database in {tmp_path / 'var'}. Name the data folder, VAR=…, or the server, DATABASE_URL=….\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
    assert list(tmp_path.iterdir()) == []


TOLD = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("{statement}")
    print(cursor.statusmessage, *(cursor.fetchall() if cursor.description else []))
connection.close()
connection.close_pool()  # it may still be opening a second one, and would say that the server goes
"""


@pytest.mark.xdist_group("supervisor")
@pytest.mark.once
def test_management_command_starts_the_pair_keeps_its_data_and_leaves_nothing_running(monkeypatch, tmp_path):
    var = tmp_path / "a folder with spaces"
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    with embedded.running(var, "test", durable=False):
        pass
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"VAR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings"}
    for statement, said in (("CREATE TABLE kept AS SELECT 7", "SELECT 1"), ("TABLE kept", "SELECT 1 (7,)")):
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", TOLD.format(statement=statement)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, said, "")
        assert running_on(var) == []
    assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (var / "run").stat().st_mode & 0o777 == 0o700
