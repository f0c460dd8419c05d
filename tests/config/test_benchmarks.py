"""`python -m benchmarks`: what it says where nothing is measured."""

import subprocess
import sys
from contextlib import nullcontext

import pytest

from benchmarks import __main__ as benchmarks
from config.supervisor import ROOT


def test_a_benchmark_that_is_none_is_answered_with_those_that_there_are():
    command = [sys.executable, "-m", "benchmarks", "import", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("No such benchmark: nonsense. There are bench_")
    assert "bench_costs_csv, " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_a_benchmark_is_left_on_the_disk(monkeypatch, tmp_path, fails):
    """A database of ten million lines would lie there until somebody looks."""
    var = tmp_path / "var"
    var.mkdir()

    def run(_name: str) -> bool:
        (var / "line").write_text("1")
        if fails:
            raise RuntimeError
        return True

    for name in ("VAR", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "kept")
    monkeypatch.setattr(benchmarks.embedded, "throw_away_folder", lambda: var)
    monkeypatch.setattr(benchmarks.embedded, "running", lambda *_given: nullcontext())
    monkeypatch.setattr(benchmarks.subprocess, "run", lambda *_given, **_named: None)
    monkeypatch.setattr(benchmarks, "run", run)
    with pytest.raises(RuntimeError) if fails else nullcontext():
        benchmarks.alone("any")
    assert not var.exists()
