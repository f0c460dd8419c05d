"""The bulk door: each of its ways comes to the same lines and sums, whatever the size, and a kill leaves no trace."""

from __future__ import annotations

import random
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from costs.bulk import binary, spool
from costs.bulk import sums as bulk_sums
from costs.bulk.lines import Bulk
from costs.importers import rows
from costs.models import CostLine, GroupMonth, InitiativeCumulated, InitiativeDays, InitiativeMonth, PortfolioMonth
from imports import frames, jobs, runner
from imports.cells import CellError
from imports.models import Import
from tests import own_process
from tests.costs.factories import add_rate
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in
from tests.killing import moments, taken_by, wait, watch

SUMS = (GroupMonth, InitiativeMonth, InitiativeCumulated, InitiativeDays, PortfolioMonth)
HEADER = "initiative,incurred_on,category,amount,currency,recoverable,billed_on,description\n"


LARGE, SMALL = "12345678901234567890", "0.00000000503"  # together they have more digits than are added up at once


def file_of(count: int, key: str, *extremes: str) -> str:
    """Write rows of every kind: equal ones, three months, two currencies, recovered, described, some of them odd."""
    chance = random.Random(7)
    lines = []
    for _ in range(count):
        on = f"2026-0{chance.randrange(1, 4)}-{chance.randrange(1, 29):02d}"
        amount = chance.choice(["1", "-0.5", "2.50", '"1,234.5"', "x", *extremes])
        billed = chance.choice(["", "", "2026-02-03"])
        recoverable = "yes" if billed else ""
        told = chance.choice(["", "", '"a\tb\\c"', '"two\nlines"'])
        lines.append(f"{key},{on},cloud,{amount},{chance.choice(['USD', 'EUR'])},{recoverable},{billed},{told}\n")
    return HEADER + "".join(lines)


def everything() -> list[list[str]]:
    """Return all lines and sums, whatever their groups' and imports' numbers are."""
    fields = ("incurred_on", "occurrence", "amount", "rate", "base_amount", "billed_on", "description", "line_number")
    found = [CostLine.objects.values_list(*fields, "fingerprint")]
    for model in SUMS:
        names = [field.name for field in model._meta.fields if field.name not in ("pk", "group")]
        found.append(model.objects.values_list(*names))
    return [sorted(str([_plain(value) for value in row]) for row in rows_) for rows_ in found]


def _plain(value: object) -> object:
    """Return equal numbers as equal texts, also those in arrays, where a day of nothing says 0 or nothing."""
    if isinstance(value, list):
        return [_plain(each or 0) for each in value]
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


@pytest.mark.django_db
@pytest.mark.parametrize(("extremes", "are_staged"), [((SMALL,), False), ((LARGE, SMALL), True)])
def test_every_way_comes_to_the_same_lines_and_sums(
    monkeypatch: pytest.MonkeyPatch, extremes: tuple[str, ...], are_staged: bool
) -> None:
    initiative = InitiativeFactory()
    add_rate("2026-01-10", "EUR", "1.0731")
    text = file_of(300, initiative.key, *extremes)
    outcomes, staged, stage = [], [], Bulk._stage
    monkeypatch.setattr(Bulk, "_stage", lambda bulk, lines: staged.append(lines.height) or stage(bulk, lines))
    for way in ("whole", "in parts", "in pieces", "as texts", "by SQL"):
        with monkeypatch.context() as patch:
            if way in ("in parts", "in pieces"):
                patch.setattr(frames, "BLOCK", 2_000)
                patch.setattr(spool, "MOST_IN_MEMORY", 50)
            if way == "in pieces":
                patch.setattr(spool, "TOGETHER", 2)
            if way == "as texts":
                patch.setattr(binary, "fits", lambda rows: False)
            if way == "by SQL":
                patch.setattr(bulk_sums, "exact", lambda texts: None)
            job = bring_in("costs_csv", text)
            if way == "whole":
                assert bool(staged) == are_staged
            again = bring_in("costs_csv", text)
        counts = (job.state, job.rows_created, job.rows_rejected, job.amount_total)
        assert (again.rows_created, again.rows_unchanged) == (0, job.rows_created)
        assert CostLine.objects.aggregate(sum=Sum("base_amount")) == {"sum": job.amount_total}  # 33 digits
        outcomes.append((counts, everything()))
        jobs.revert(job, None)
        for model in (CostLine, *SUMS):
            model.objects.all().delete()
    assert outcomes[0][0][1] > 200
    assert all(outcome == outcomes[0] for outcome in outcomes)


own = st.fixed_dictionaries(
    {
        "incurred_on": st.sampled_from(
            ["2026-03-05", "2026-02-30", "2026-3-5", "1949-12-31", "", "２026-03-05", "2100-12-31"]
        ),
        "amount": st.one_of(
            st.from_regex(r"-?[0-9]{0,21}\.?[0-9]{0,19}", fullmatch=True),
            st.sampled_from(["1,234.5", "1.234,56", "NaN", "1e400", "-0", "1E-7", "−5", "1٣", "0.10", "+1"]),
        ),
        "billed_on": st.sampled_from(["", "2026-03-05", "2026-02-30", "x"]),
        "invoice_ref": st.sampled_from(["", "R-1", "x" * 200, "é" * 201]),
        "description": st.sampled_from(["", "a b", "\\N"]),
        "external_id": st.sampled_from(["", "E1", "日" * 200, "x" * 201]),
    }
)


@settings(max_examples=400)
@given(own)
def test_what_columns_find_plain_means_the_same_row_by_row(row: dict[str, str]) -> None:
    checked = rows.plain(pl.DataFrame([row], dict.fromkeys(rows.OWN, pl.String))).row(0, named=True)
    try:
        meant = rows.odd([row[name] for name in rows.OWN])
    except CellError:
        assert not checked["is_plain"]
        return
    if checked["is_plain"]:
        assert tuple(checked[name] for name in rows.OWN) == meant


def command(path: Path) -> ForkServerProcess:
    """Start the real command on the test's database."""
    return own_process.start(call_command, "import_file", "costs_csv", str(path))


def exit_code(process: ForkServerProcess) -> int | None:
    process.join(120)
    return process.exitcode


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_of_costs_leaves_no_trace_and_runs_again_to_clean_totals(tmp_path: Path) -> None:
    initiative = InitiativeFactory()
    path = tmp_path / "costs.csv"
    path.write_text(file_of(12_000, initiative.key, LARGE, SMALL).replace('"two\nlines"', "told"))
    clean, seed, found = taken_by("costs_csv", [path.read_bytes()]), random.randrange(2**32), []
    chance = random.Random(seed)
    for least, most in moments(chance):
        known = Import.objects.count()
        process = command(path)
        wait(60, lambda known=known: Import.objects.filter(attempts=1).count() > known)
        after = clean.share(chance.uniform(least, most))
        watch(process, lambda taken, after=after: taken.reaches(after))
        process.kill()
        process.join()
        wait(60, lambda: not runner.is_running(Import.objects.first().pk))
        found.append(Import.objects.first().state)
        done = Import.objects.filter(state="done", dry_run=False).values_list("rows_created", flat=True)
        assert CostLine.objects.count() == sum(done)
    assert "running" in found, f"seed {seed}, a clean run took {clean}"
    assert exit_code(command(path)) == 3  # some rows are rejected
    left = everything()
    for model in (CostLine, *SUMS, Import):
        model.objects.all().delete()
    assert bring_in("costs_csv", path).rows_rejected > 0
    assert everything() == left
