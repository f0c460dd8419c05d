"""A dump of the embedded database fills an empty one."""

import os
import subprocess
import sys

import pytest

from config import backup, embedded
from config.services import DATABASE_USER, postgres_binary
from config.supervisor import ROOT


def run(var, *command):
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return subprocess.run(command, cwd=ROOT, env={**environment, "VAR": str(var)}, capture_output=True, text=True)


def query(var, statement):
    sockets = str(embedded.socket_folder(var))
    with embedded.running(var, "test", durable=False):
        done = run(
            var, str(postgres_binary("psql")), "-h", sockets, "-U", DATABASE_USER, "worthwhile", "-Atc", statement
        )
    return done.stdout.strip()


@pytest.mark.xdist_group("supervisor")
@pytest.mark.once
def test_dump_fills_an_empty_database(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    old, new, file = tmp_path / "old", tmp_path / "new", str(tmp_path / "dump")
    query(old, "CREATE TABLE kept AS SELECT 0.10 AS amount")
    for var, action in ((old, "dump"), (new, "load")):
        done = run(var, sys.executable, "-m", "config.backup", action, file)
        assert (done.returncode, done.stderr) == (0, "")
    assert query(new, "SELECT amount FROM kept") == "0.10"


@pytest.mark.parametrize(("code", "kept"), [(0, "half"), (1, "the last good one")])
def test_a_dump_takes_the_place_of_the_last_one_when_it_is_whole(tmp_path, monkeypatch, code, kept):
    program, file = tmp_path / "pg_dump", tmp_path / "worthwhile.dump"
    program.write_text(f"#!/bin/sh\nprintf half\nexit {code}\n")
    program.chmod(0o700)
    monkeypatch.setattr(backup, "postgres_binary", lambda name: tmp_path / name)
    file.write_text("the last good one")
    assert backup.dump(file, tmp_path) == code
    assert file.read_text() == kept
    assert [path.name for path in tmp_path.iterdir() if "dump" in path.suffix] == ["worthwhile.dump"]
    assert code != 0 or file.stat().st_mode & 0o777 == 0o600


def test_a_dump_into_no_folder_says_so(tmp_path):
    (tmp_path / "var" / "postgres").mkdir(parents=True)
    done = run(tmp_path / "var", sys.executable, "-m", "config.backup", "dump", str(tmp_path / "none" / "dump"))
    assert (done.returncode, done.stderr) == (1, f"{tmp_path / 'none'} is no folder to dump into.\n")


def test_without_a_database_nothing_is_dumped_and_none_is_made(tmp_path):
    done = run(tmp_path / "var", sys.executable, "-m", "config.backup", "dump", str(tmp_path / "dump"))
    told = f"There is no database in {tmp_path / 'var'}. Name the data folder, VAR=…, or the server, DATABASE_URL=….\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert list(tmp_path.iterdir()) == []


def test_server_of_ones_own_is_left_to_its_own_tools(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/x")
    done = subprocess.run(
        [sys.executable, "-m", "config.backup", "dump", "x"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, "use that server's pg_dump" in done.stderr) == (1, True)
