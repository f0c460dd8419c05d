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
    parser.add_argument("action", choices=["dump", "load"])
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    if os.environ.get("DATABASE_URL"):
        sys.exit("DATABASE_URL names a server: use that server's pg_dump and pg_restore.")
    var = Path(os.environ.get("VAR") or Path(__file__).resolve().parent.parent / "var").resolve()
    if options.action == "dump" and not (var / "postgres").exists():
        sys.exit(f"There is no database in {var}, so nothing is dumped. Name the data folder: VAR=…")
    try:
        with embedded.running(var, f"config.backup {options.action}"):
            sys.exit(run(options.action, options.file, embedded.socket_folder(var)))
    except ServiceError as error:
        sys.exit(str(error))


def run(action: str, file: Path, sockets: Path) -> int:
    """Run pg_dump or pg_restore to its end; a load is one transaction, so it happens whole or not at all."""
    address = ["--host", str(sockets), "--username", DATABASE_USER, "--dbname", embedded.DATABASE]
    if action == "dump":
        command = [str(postgres_binary("pg_dump")), *address, "--format=custom", "--file", str(file)]
    else:
        command = [str(postgres_binary("pg_restore")), *address, "--single-transaction", "--exit-on-error", str(file)]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    main()
