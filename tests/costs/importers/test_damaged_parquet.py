"""Parquet bills with bits turned over: the import says that the file is damaged, and its worker lives on."""

from __future__ import annotations

import random

import pytest

from costs.models import CostLine
from imports import jobs, runner
from tests import own_process
from tests.costs.test_killed import as_parquet

FILES = 12


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Turn some bits of the footer over, which says what lies where."""
    content, footer = bytearray(whole), int.from_bytes(whole[-8:-4], "little")
    for _ in range(chance.choice([1, 2, 8])):
        content[-9 - chance.randrange(footer)] ^= 1 << chance.randrange(8)
    return bytes(content)


def run_each(numbers: list[int]) -> None:
    for number in numbers:
        runner.run(number)


@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_files_with_damaged_footers_and_says_what_they_are() -> None:
    whole, chance = as_parquet(), random.Random(1)
    made = [
        jobs.submit(None, format_name="focus", chunks=[damaged(whole, chance)], file_name="bill.parquet", dry_run=True)
        for _ in range(FILES)
    ]
    worker = own_process.start(run_each, [job.pk for job in made])
    worker.join(120)
    assert worker.exitcode == 0
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
