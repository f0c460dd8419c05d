"""`make run` on the real thing: one start for the whole module, in a folder and on a port of its own."""

import errno
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from config import children, supervisor
from config.processes import SUPERVISED
from config.services import ServiceError, Services
from config.supervisor import ROOT
from portfolio.demo import REFUSED
from tests.config.processes import child_number, free_port, running_on, status, wait_for
from tests.config.supervised import environment, output, start, told_until_ready

pytestmark = [pytest.mark.xdist_group("supervisor"), pytest.mark.once]
CHILDREN = ["web", "worker", "beat", "postgres", "valkey"]
LOADED_BY_GRANIAN = """
import os, signal
import django.core.wsgi
signal.signal(signal.SIGTERM, lambda number, frame: None)
django.core.wsgi.get_wsgi_application = lambda: os.kill(os.getpid(), signal.SIGTERM)
import config.wsgi
"""


def test_page_is_ready_and_each_child_has_its_number_on_file(running):
    assert status(running.page.replace("healthz", "readyz")) == 200
    parents = {psutil.Process(child_number(running.var, name)).ppid() for name in CHILDREN}
    assert parents == {running.process.pid}


def test_the_demonstration_is_loaded_in_the_language_that_was_asked_for(running):
    assert f"The database is embedded in {running.var}\n" in running.told
    assert running.told.count("デモ用ポートフォリオを読み込みました：") == 1
    assert people(running.told) != []


def people(told: str) -> list[str]:
    """Return the lines that say how to sign in."""
    return re.findall(r"^ +\S+@\S+ +\S+$", told, re.MULTILINE)


def test_busy_port_is_refused_before_anything_is_started(running, tmp_path):
    code, said = output(tmp_path, running.port)
    assert code == 1
    assert f"Port {running.port} on 127.0.0.1 cannot be used (Address already in use)" in said
    assert f"make run PORT={running.port + 1}" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--port=99999", "--demo=de"])
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_started(tmp_path, option):
    process = start(tmp_path, free_port(), option)
    said, _ = process.communicate(timeout=30)
    name, value = option.split("=")
    assert process.returncode == 2
    assert f"error: argument {name}: '{value}' is no " in said.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "refusal"),
    [
        ("--port=99999", "--port: '99999' is no port: a number from 1 to 65535"),
        ("--port=0", "--port: '0' is no port: a number from 1 to 65535"),
        ("--port=-1", "--port: '-1' is no port: a number from 1 to 65535"),
        ("--port=eighty", "--port: 'eighty' is no port: a number from 1 to 65535"),
        ("--demo=de", "--demo: 'de' is no language of the demonstration: en, ja"),
        ("--demo=JA", "--demo: 'JA' is no language of the demonstration: en, ja"),
        ("--demo=", "--demo: '' is no language of the demonstration: en, ja"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_in_a_sentence(monkeypatch, capsys, option, refusal):
    monkeypatch.setattr(sys, "argv", ["supervisor", option])
    with pytest.raises(SystemExit) as refused:
        supervisor.parse_options()
    assert refused.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"error: argument {refusal}")


@pytest.mark.parametrize(
    ("given", "options"),
    [((), " --demo=en"), (("DEMO_LANGUAGE=ja",), " --demo=ja"), (("DEMO=0", "DEMO_LANGUAGE=ja"), "")],
)
def test_make_run_names_the_language_of_the_demonstration(given, options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DEMO", "MAKE"))}
    command = ["make", "--dry-run", "run", "PORT=8000", *given]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().partition("--port 8000")[2].rstrip() == options


def test_a_start_goes_on_without_a_demonstration_that_keeps_away(monkeypatch):
    refused = subprocess.CompletedProcess(["python", "manage.py", "demo"], REFUSED, stdout="")
    monkeypatch.setattr(supervisor, "run_command", lambda *_, **__: refused)
    assert supervisor.demonstrate("en") == "Starting without the demonstration (DEMO=0 does not ask for it)."


def test_the_environment_says_how_many_processes_and_threads(monkeypatch, tmp_path):
    for name, count in (("WEB_WORKERS", "4"), ("WEB_THREADS", "16"), ("JOB_PROCESSES", "3")):
        monkeypatch.setenv(name, count)
    started = {name: " ".join(words) for name, words in supervisor.commands(tmp_path, "127.0.0.1", 8000).items()}
    assert "--workers 4 --blocking-threads 16 " in started["web"]
    assert "--concurrency 3 " in started["worker"]
    monkeypatch.setenv("JOB_PROCESSES", "none")
    with pytest.raises(ServiceError, match="JOB_PROCESSES=none is no number of processes or threads: 1 or more"):
        supervisor.commands(tmp_path, "127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("worthwhile.example.org", "http://worthwhile.example.org:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("::", "http://[::1]:8000/"),
    ],
)
def test_the_address_is_one_that_can_be_typed_on_this_machine(tmp_path, host, address):
    assert supervisor.Supervisor(tmp_path, host, 8000, pair=None).address == address


def test_a_long_log_begins_anew_under_the_child_that_writes_it(monkeypatch, tmp_path):
    monkeypatch.setattr(children, "LOG_LIMIT", 5)
    (tmp_path / "log").mkdir()
    path = tmp_path / "log" / "web.log"
    with path.open("ab", buffering=0) as log:
        log.write(b"short")
        children.keep_log_short(tmp_path, "web")
        assert path.read_bytes() == b"short"
        log.write(b" and long")
        children.keep_log_short(tmp_path, "web")
        log.write(b"anew")
    assert (path.read_bytes(), path.with_suffix(".log.1").read_bytes()) == (b"anew", b"short and long")


def test_a_log_that_somebody_removed_stops_nothing(tmp_path):
    (tmp_path / "log").mkdir()
    assert children.keep_log_short(tmp_path, "web") == ""


def test_a_long_log_is_let_go_where_no_room_is_left_for_its_copy(monkeypatch, tmp_path):
    def full(path, copy):
        copy.write_bytes(b"long")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(children, "LOG_LIMIT", 5)
    monkeypatch.setattr(children.shutil, "copyfile", full)
    (tmp_path / "log").mkdir()
    path = tmp_path / "log" / "web.log"
    path.write_bytes(b"long enough")
    said = f"{path} begins anew, and what was in it is lost (No space left on device)."
    assert [children.keep_log_short(tmp_path, "web") for _ in range(2)] == [said, ""]
    assert (path.read_bytes(), path.with_suffix(".log.1").exists()) == (b"", False)


def test_a_child_that_cannot_be_started_on_a_full_disk_is_tried_again_later(monkeypatch, capsys, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    watched = supervisor.Supervisor(tmp_path, "127.0.0.1", 8000, Services(tmp_path, tmp_path / "run", []))
    watched.processes["web"], watched.restarts["web"] = None, supervisor.Restart(due=time.monotonic())
    monkeypatch.setattr(children, "spawn", full)
    watched.look_after()
    assert capsys.readouterr().out == "web cannot be started (No space left on device); trying again in 4 s.\n"
    assert watched.restarts["web"].due > time.monotonic() + 3


def test_second_start_on_the_same_folder_names_the_first(running):
    code, said = output(running.var, free_port())
    assert code == 1
    assert (
        f"{running.var} is in use: make run, http://127.0.0.1:{running.port}/ (process {running.process.pid})" in said
    )
    assert status(running.page) == 200


def test_management_command_uses_the_running_pair_and_leaves_it_up(running):
    before = child_number(running.var, "postgres")
    look = "from accounts.models import User; print(User.objects.filter(role='admin').exists())"  # of the demonstration
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", look]
    done = subprocess.run(command, cwd=ROOT, env=environment(running.var), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert child_number(running.var, "postgres") == before
    assert psutil.pid_exists(before)


def test_a_web_process_that_is_told_to_stop_while_it_loads_the_application_ends(tmp_path):
    around = {**environment(tmp_path), SUPERVISED: "1"}
    assert subprocess.run([sys.executable, "-c", LOADED_BY_GRANIAN], cwd=ROOT, env=around).returncode == -signal.SIGTERM


@pytest.mark.parametrize("name", CHILDREN)
def test_child_that_dies_is_started_again_within_five_seconds(running, name):
    killed = child_number(running.var, name)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: child_number(running.var, name) not in (0, killed), within=5)
    wait_for(lambda: status(running.page.replace("healthz", "readyz")) == 200, within=15)


def test_killed_parent_leaves_nothing_behind_and_the_next_start_works(running):
    running.process.kill()
    running.process.wait()
    wait_for(lambda: running_on(running.var) == [], within=10)
    running.process = again = start(running.var, running.port, "--demo")
    told = told_until_ready(again)
    assert status(running.page) == 200
    assert "The demonstration portfolio is there already; nothing was changed." in told
    assert "Loaded" not in told
    assert people(told) == people(running.told)  # with the same password
    began = time.monotonic()
    again.send_signal(signal.SIGINT)
    said, _ = again.communicate(timeout=30)
    assert (again.returncode, said.strip().splitlines()[-1]) == (0, "Stopped.")
    assert time.monotonic() - began < 15
    assert running_on(running.var) == []
    assert [name for name in CHILDREN if child_number(running.var, name)] == []


def test_a_terminal_that_is_killed_takes_everything_with_it(tmp_path):
    supervisor = [sys.executable, "-m", "config.supervisor", "--with-parent", "--port", str(free_port())]
    make = "import subprocess, sys; subprocess.run(sys.argv[1:])"  # stands between, as make does
    with (tmp_path / "said").open("w") as said:
        command = [sys.executable, "-c", make, *supervisor]
        parent = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path / "var"), stdout=said, stderr=said)
    wait_for(lambda: child_number(tmp_path / "var", "valkey"), within=60)
    assert len(running_on(tmp_path / "var")) > 3
    parent.kill()
    parent.wait()
    wait_for(lambda: running_on(tmp_path / "var") == [], within=20)
