"""`make bench`: run every benchmark, print each figure beside its limit, fail when one is missed.

Those that take minutes run where they are named: `python -m benchmarks bench_large_upload`.

A benchmark is a module with a function `figures()` that yields `benchmarks.figure.Figure`s. It has a process of its
own, so that its memory is its own too, and a database of its own (`bench` in an embedded pair), which it may leave
filled.
"""

import importlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from config import embedded

HERE = Path(__file__).parent
ON_REQUEST = {"bench_large_upload", "ten_million"}


def main() -> None:
    """Run the benchmarks named on the command line, or all of them but those that take minutes."""
    found = sorted(path.stem for path in HERE.glob("*.py") if "\ndef figures(" in path.read_text(encoding="utf-8"))
    names = sys.argv[1:] or [name for name in found if name not in ON_REQUEST]
    if unknown := [name for name in names if name not in found]:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(found)}.")
    missed = [name for name in names if not (alone if len(names) == 1 else in_a_process)(name)]
    sys.exit(f"Missed: {', '.join(missed)}" if missed else None)


def in_a_process(name: str) -> bool:
    """Run one of several benchmarks; return whether all its figures are reached."""
    return subprocess.run([sys.executable, "-m", "benchmarks", name], cwd=HERE.parent, check=False).returncode == 0


def alone(name: str) -> bool:
    """Run one benchmark in this process, on a new database; return whether all its figures are reached."""
    var = embedded.throw_away_folder()
    os.environ.update(VAR=str(var), DJANGO_SETTINGS_MODULE="config.settings")
    try:
        with embedded.running(var, "make bench"):
            # In a process of its own, as before a worker starts: the models of every step take 30 MB.
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=HERE.parent, check=True)
            import django

            django.setup()
            return run(name)
    finally:
        shutil.rmtree(var)


def run(name: str) -> bool:
    """Print the figures of one benchmark; return whether all of them are reached."""
    started, reached = time.monotonic(), True
    print(f"\n{name}", flush=True)
    for figure in importlib.import_module(f"benchmarks.{name}").figures():
        print(f"  {figure}", flush=True)
        reached = reached and figure.reached
    print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    return reached


if __name__ == "__main__":
    main()
