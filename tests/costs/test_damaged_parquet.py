"""Parquet bills with bits turned over: the import says that the file is damaged, and its worker lives on."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from costs.models import CostLine
from imports import jobs
from tests import own_process
from tests.costs.test_killed import as_parquet
from tests.imports.test_killed import ROOT

RUN = "import django; django.setup(); from imports.runner import run; [run(pk) for pk in {ids}]"
FILES = 25


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Turn some bits of the footer over, which says what lies where."""
    content, footer = bytearray(whole), int.from_bytes(whole[-8:-4], "little")
    for _ in range(chance.choice([1, 2, 8])):
        content[-9 - chance.randrange(footer)] ^= 1 << chance.randrange(8)
    return bytes(content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_worker_outlives_files_with_damaged_footers_and_says_what_they_are() -> None:
    whole, chance = as_parquet(), random.Random(1)
    made = [
        jobs.submit(None, format_name="focus", chunks=[damaged(whole, chance)], file_name="bill.parquet", dry_run=True)
        for _ in range(FILES)
    ]
    words = [sys.executable, "-c", RUN.format(ids=[job.pk for job in made])]
    assert subprocess.run(words, cwd=ROOT, env=own_process.environment(), timeout=120).returncode == 0
    ends = []
    for job in made:
        job.refresh_from_db()
        ends.append(job.state)
        if job.state == "failed":
            said = str(job.reasons.get(is_refusal=True))
            assert "damaged" in said or "column" in said, said
    assert set(ends) <= {"failed", "done"}
    assert ends.count("failed") > FILES // 2
    assert not CostLine.objects.exists()
