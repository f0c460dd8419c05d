"""Dump and load the embedded database with the tools of its own version: `python -m config.backup`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from config import embedded
from config.services import DATABASE_USER, ServiceError, postgres_binary


def main() -> None:
    """Write the database of VAR to a file, or fill an empty one from it."""
    parser = argparse.ArgumentParser(prog="python -m config.backup", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    if os.environ.get("DATABASE_URL"):
        sys.exit("DATABASE_URL names a server: use that server's pg_dump and pg_restore.")
    var = Path(os.environ.get("VAR") or Path(__file__).resolve().parent.parent / "var").resolve()
    if options.action == "dump" and not options.file.parent.is_dir():
        sys.exit(f"{options.file.parent} is no folder to dump into.")
    try:
        if options.action == "dump":
            embedded.require_database(var)
        with embedded.running(var, f"config.backup {options.action}"):
            sys.exit(ACTIONS[options.action](options.file, embedded.socket_folder(var)))
    except ServiceError as error:
        sys.exit(str(error))


def dump(file: Path, sockets: Path) -> int:
    """Run pg_dump to its end; the file takes its name, and the place of an earlier one, when it is whole."""
    draft = file.with_name(f"{file.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            code = subprocess.run([*command("pg_dump", sockets), "--format=custom"], stdout=written).returncode
        if code == 0:
            draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return code


def load(file: Path, sockets: Path) -> int:
    """Run pg_restore to its end; it is one transaction, so it happens whole or not at all."""
    options = ["--single-transaction", "--exit-on-error", str(file)]
    return subprocess.run([*command("pg_restore", sockets), *options]).returncode


def command(program: str, sockets: Path) -> list[str]:
    """Return how one of PostgreSQL's programs is called on our database."""
    address = ["--host", str(sockets), "--username", DATABASE_USER, "--dbname", embedded.DATABASE]
    return [str(postgres_binary(program)), *address]


ACTIONS = {"dump": dump, "load": load}

if __name__ == "__main__":
    main()
