"""`python -m benchmarks`: what it says where nothing is measured."""

import subprocess
import sys

from config.supervisor import ROOT


def test_a_benchmark_that_is_none_is_answered_with_those_that_there_are():
    command = [sys.executable, "-m", "benchmarks", "import", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("No such benchmark: nonsense. There are bench_")
    assert "bench_costs_csv, " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
