"""The first line of an import's page, for everything that can come of its rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from imports.models import Import
from imports.outcome_sentence import outcome_sentence

# Rows created (those that restate apart), restated, unchanged and rejected; what is said of them, in a dry run too.
CASES: list[tuple[tuple[int, int, int, int], str, str, str, str]] = [
    (
        (1, 0, 0, 0), "<b>The one row</b> was created.", "<b>The one row</b> would be created.",
        "<b>全1行</b>を作成しました。", "<b>全1行</b>が作成されます。",
    ),
    (
        (1200, 0, 0, 0), "<b>All 1,200 rows</b> were created.", "<b>All 1,200 rows</b> would be created.",
        "<b>全1,200行</b>を作成しました。", "<b>全1,200行</b>が作成されます。",
    ),
    (
        (0, 1, 0, 0), "<b>The one row</b> was restated.", "<b>The one row</b> would be restated.",
        "<b>全1行</b>を再計上しました。", "<b>全1行</b>が再計上されます。",
    ),
    (
        (0, 2, 0, 0), "<b>All 2 rows</b> were restated.", "<b>All 2 rows</b> would be restated.",
        "<b>全2行</b>を再計上しました。", "<b>全2行</b>が再計上されます。",
    ),
    (
        (0, 0, 1, 0), "<b>The one row</b> was there already.", "<b>The one row</b> is there already.",
        "<b>全1行</b>は登録済みでした。", "<b>全1行</b>は登録済みです。",
    ),
    (
        (0, 0, 3, 0), "<b>All 3 rows</b> were there already.", "<b>All 3 rows</b> are there already.",
        "<b>全3行</b>は登録済みでした。", "<b>全3行</b>は登録済みです。",
    ),
    (
        (0, 0, 0, 1), "<b>The one row</b> was rejected.", "<b>The one row</b> would be rejected.",
        "<b>全1行</b>を取り込めませんでした。", "<b>全1行</b>を取り込めません。",
    ),
    (
        (0, 0, 0, 4), "<b>All 4 rows</b> were rejected.", "<b>All 4 rows</b> would be rejected.",
        "<b>全4行</b>を取り込めませんでした。", "<b>全4行</b>を取り込めません。",
    ),
    (
        (0, 1, 2, 1), "Of 4 rows, <b>1 was restated</b>. 2 were there already. 1 was rejected.",
        "Of 4 rows, <b>1 would be restated</b>. 2 are there already. 1 would be rejected.",
        "4行のうち<b>1行を再計上</b>しました。2行は登録済みでした。1行は取り込めませんでした。",
        "4行のうち<b>1行が再計上されます</b>。2行は登録済みです。1行は取り込めません。",
    ),
    (
        (0, 2, 1, 0), "Of 3 rows, <b>2 were restated</b>. 1 was there already.",
        "Of 3 rows, <b>2 would be restated</b>. 1 is there already.",
        "3行のうち<b>2行を再計上</b>しました。1行は登録済みでした。",
        "3行のうち<b>2行が再計上されます</b>。1行は登録済みです。",
    ),
    (
        (1, 1, 0, 2), "Of 4 rows, <b>1 was created</b>. 1 was restated. 2 were rejected.",
        "Of 4 rows, <b>1 would be created</b>. 1 would be restated. 2 would be rejected.",
        "4行のうち<b>1行を作成</b>しました。1行を再計上しました。2行は取り込めませんでした。",
        "4行のうち<b>1行が作成されます</b>。1行が再計上されます。2行は取り込めません。",
    ),
    (
        (0, 0, 1, 1), "Of 2 rows, <b>0 were created</b>. 1 was there already. 1 was rejected.",
        "Of 2 rows, <b>0 would be created</b>. 1 is there already. 1 would be rejected.",
        "2行のうち<b>0行を作成</b>しました。1行は登録済みでした。1行は取り込めませんでした。",
        "2行のうち<b>0行が作成されます</b>。1行は登録済みです。1行は取り込めません。",
    ),
    (
        (0, 0, 0, 0), "Of 0 rows, <b>0 were created</b>.", "Of 0 rows, <b>0 would be created</b>.",
        "0行のうち<b>0行を作成</b>しました。", "0行のうち<b>0行が作成されます</b>。",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "did", "would", "did_ja", "would_ja"), CASES, ids=[f"{case[0]}" for case in CASES])
def test_what_came_of_the_rows(counts: tuple[int, ...], did: str, would: str, did_ja: str, would_ja: str) -> None:
    new, restated, unchanged, rejected = counts
    job = Import(
        format="costs_csv", state="done", rows_total=sum(counts), rows_created=new + restated, rows_restated=restated,
        rows_unchanged=unchanged, rows_rejected=rejected,
    )  # fmt: skip
    tried = Import(**{name: value for name, value in vars(job).items() if name != "_state"} | {"dry_run": True})
    assert (outcome_sentence(job), outcome_sentence(tried)) == (did, f"{would} Nothing was changed.")
    with translation.override("ja"):
        assert (outcome_sentence(job), outcome_sentence(tried)) == (did_ja, f"{would_ja}まだ何も変更されていません。")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": "queued"}, "&lt;a&gt;.csv waits for its turn."),
        ({"state": "running"}, "&lt;a&gt;.csv is being imported."),
        ({"state": "failed"}, '&lt;a&gt;.csv was not imported. <b class="stop">Nothing was changed.</b>'),
        ({"state": "reverted"}, "&lt;a&gt;.csv was taken back."),
        ({"state": "done", "revert_asked_at": "2026-11-30T12:00:00Z"}, "&lt;a&gt;.csv is being taken back."),
    ],
    ids=str,
)
def test_what_is_going_on(given: dict[str, Any], said: str) -> None:
    assert outcome_sentence(Import(format="costs_csv", file_name="<a>.csv", **given)) == said
