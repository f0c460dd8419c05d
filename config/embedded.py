"""The embedded pair: PostgreSQL and Valkey out of PyPI wheels, their data in VAR.

This file knows where things are and who may start them; `config.services` starts and stops the processes.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, quote, urlsplit

import dj_database_url

from config import services
from config.services import ServiceError

SOCKET_PATH_LIMIT = 107  # bytes: sockaddr_un.sun_path with its closing NUL
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
DATABASE = "worthwhile"


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def socket_folder(var: Path) -> Path:
    """Return where the sockets lie: VAR/run, or a short folder in /tmp where that path is too long for a socket."""
    folder = var / "run"
    if len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
        return folder
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path("/tmp") / f"worthwhile-{os.geteuid()}-{digest}"  # noqa: S108 - checked by private_socket_folder


def database_url(var: Path) -> str:
    """Return the address of the embedded PostgreSQL."""
    return f"postgres://{services.DATABASE_USER}@/{DATABASE}?host={quote(str(socket_folder(var)), safe='/')}"


def redis_url(var: Path) -> str:
    """Return the address of the embedded Valkey."""
    return f"unix://{quote(str(socket_folder(var) / services.VALKEY_SOCKET), safe='/')}?db=0"


def broker_url(redis_address: str) -> str:
    """Return a Redis address as Celery spells it.

    Its word for a Unix socket differs from redis-py's, and over TLS it takes any certificate unless it is told not to.
    """
    parts = urlsplit(redis_address)
    asked = parse_qs(parts.query)
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in asked:
        return parts._replace(query="&".join(filter(None, [parts.query, "ssl_cert_reqs=required"]))).geturl()
    if parts.scheme != "unix":
        return redis_address
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={asked.get('db', ['0'])[0]}"


def database_told(var: Path) -> str:
    """Return where the database is, for a person; without what its address has beside that, as a password."""
    if "postgres" in needed():
        return f"embedded in {var}"
    named = dj_database_url.parse(os.environ["DATABASE_URL"])
    return f"{named['NAME']} on {named['HOST'] or named.get('OPTIONS', {}).get('host') or 'this machine'}"


def addresses(var: Path) -> dict[str, str]:
    """Return the environment in which a child uses the running servers, embedded or not, and starts none."""
    return {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or database_url(var),
        "REDIS_URL": os.environ.get("REDIS_URL") or redis_url(var),
    }


def needed() -> list[str]:
    """Return which of the pair has to be started here: those that the environment does not name a server for."""
    variables = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return [name for name, variable in variables.items() if not os.environ.get(variable)]


def require_database(var: Path) -> None:
    """Refuse to start an empty one where somebody means the one that is there, in another folder or on a server."""
    if "postgres" in needed() and not (var / "postgres").exists():
        raise ServiceError(
            f"There is no database in {var}. Name the data folder, VAR=…, or the server, DATABASE_URL=…."
        )


@contextmanager
def owned(var: Path, owner: str) -> Iterator[services.Services]:
    """Hold VAR for this process alone, with nothing started yet; everything is stopped at the end.

    Raises ServiceError with the owner's name when another process holds it.
    """
    with _locked(var, owner) as lock:
        if lock is None:
            raise ServiceError(f"{var} is in use: {holder(var)}. Stop that first, or choose another folder: VAR=…")
        pair = services.Services(var, private_socket_folder(var), needed())
        try:
            yield pair
        finally:
            pair.stop()


@contextmanager
def running(var: Path, owner: str, *, durable: bool = True) -> Iterator[None]:
    """Make sure that the embedded pair is up, and leave it as it was found.

    Whoever starts it waits at the end for the other commands that came to use it meanwhile; who comes after that
    waits until it is stopped, and starts it again.
    """
    with _users(var) as users, _locked(var, owner) as lock:
        if lock is None:
            services.wait_until_ready(socket_folder(var), needed())
            yield
            return
        pair = services.Services(var, private_socket_folder(var), needed(), durable=durable)
        try:
            pair.start(DATABASE)
            try:
                yield
            finally:
                fcntl.flock(users, fcntl.LOCK_EX)  # kept until VAR is let go, so that nobody joins what is stopping
        finally:
            pair.stop()


def private_socket_folder(var: Path) -> Path:
    """Make the folder of the sockets; in /tmp it has to be ours, not one that somebody laid there before us."""
    folder = private_folder(socket_folder(var))
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), services.server_uid()):
        raise ServiceError(f"{folder} belongs to somebody else; choose a shorter folder: VAR=…")
    return folder


def holder(var: Path) -> str:
    """Return who holds VAR, as it wrote itself into the lock file."""
    return (var / "run" / "lock").read_text().strip() or "a process that is just starting"


@contextmanager
def _locked(var: Path, owner: str) -> Iterator[IO[str] | None]:
    """Try to become the one owner of VAR; yields None when there is one already.

    The kernel lets go of the lock when its process ends, however it ends.
    """
    private_folder(var / "run")
    with (var / "run" / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        file.truncate(0)
        file.write(f"{owner} (process {os.getpid()})\n")
        file.flush()
        yield file


@contextmanager
def _users(var: Path) -> Iterator[IO[str]]:
    """Be one of those that use the pair, once nobody is stopping it."""
    with (private_folder(var / "run") / "users").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def throw_away_folder() -> Path:
    """Make a new folder for an embedded pair that is not to be kept (tests)."""
    return Path(tempfile.mkdtemp(prefix="worthwhile-"))
