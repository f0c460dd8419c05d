"""A delivery in several files is one import: it brings what the joined file brings, and nothing else gets in."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import os
import tracemalloc
import zipfile
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import Sum
from django.test import Client
from django.utils import timezone, translation

from accounts.errors import RuleError
from costs.ledger import provenance
from costs.models import CostLine, GroupMonth, InitiativeMonth, PortfolioMonth
from imports import clearing, deliveries, files, jobs, receiving, registry, runner, tables
from imports.json_records import JsonTable
from imports.models import Import, Upload
from imports.receiving import HandedIn
from imports.unpacking import Limits
from tests.costs.importers.test_focus import BILLED_SUM, ROW, SAMPLE, bill
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in
from tests.killing import kill_twice, taken_by

pytestmark = pytest.mark.django_db
LIMITS = Limits(handed_in=10_000_000, unpacked=10_000_000)


def zipped(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of these, in this order."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def as_parquet(rows: list[list[str]]) -> bytes:
    file = io.BytesIO()
    header, *others = rows
    pl.DataFrame(others, dict.fromkeys(header, pl.String), orient="row").write_parquet(file)
    return file.getvalue()


WAYS = {
    "csv": as_csv,
    "csv.gz": lambda rows: gzip.compress(as_csv(rows)),
    "parquet": as_parquet,
}


def in_three(source: Path, way: str) -> dict[str, bytes]:
    """Cut a bill into three: every third row, so that equal ones are torn apart."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {f"part-{at + 1}.{way}": WAYS[way]([header, *rows[at::3]]) for at in range(3)}


def ledger() -> list[tuple[Any, ...]]:
    """Return everything that counts, line by line."""
    lines = CostLine.objects.live().values_list(
        "group__vendor", "group__account", "group__service", "group__tags", "group__details", "incurred_on",
        "fingerprint", "occurrence", "amount",
    )  # fmt: skip
    return sorted((*map(str, line[:6]), line[6].bytes, *line[7:]) for line in lines)


def sums() -> tuple[Decimal, ...]:
    return tuple(
        model.objects.aggregate(sum=Sum("gross"))["sum"] for model in (GroupMonth, InitiativeMonth, PortfolioMonth)
    )


def reasons(job: Import) -> dict[str, int]:
    return {str(reason): reason.count for reason in job.reasons.all()}


def refused(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(RuleError) as caught:
        receiving.keep([HandedIn("bill.zip", [content])], limits)
    return caught.value.message


# The same as one file -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", WAYS)
def test_the_sample_in_three_files_is_the_sample_to_the_last_digit(shared_data: Path, way: str) -> None:
    joined = bring_in("focus", shared_data / SAMPLE)
    expected, counted = ledger(), joined.rows_created
    jobs.revert(joined, None)
    assert ledger() == []

    parts = in_three(shared_data / SAMPLE, way)
    job = bring_in("focus", zipped(parts))
    assert (job.state, job.rows_total, job.rows_created, job.rows_restated) == ("done", counted, counted, 0)
    assert (job.amount_total, sums()) == (BILLED_SUM, (BILLED_SUM,) * 3)
    assert ledger() == expected
    assert [part["name"] for part in job.parts] == list(parts)

    again = bring_in("focus", shared_data / SAMPLE)
    assert (again.rows_created, again.rows_unchanged) == (0, counted)
    assert jobs.revert(job, None).removed == counted
    assert (ledger(), CostLine.objects.count()) == ([], 0)


def test_the_order_of_the_files_changes_nothing(shared_data: Path) -> None:
    parts = in_three(shared_data / SAMPLE, "csv")
    first = bring_in("focus", zipped(parts))
    expected = ledger()
    for number, order in enumerate(itertools.permutations(parts)):
        job = bring_in("focus", zipped({name: parts[name] for name in order}))
        assert (job.rows_created, job.rows_unchanged, job.rows_restated) == (0, first.rows_total, 0)
        assert job.file_sha256 == first.file_sha256
        renamed = bring_in("focus", zipped({f"{number}-{at}.csv": parts[name] for at, name in enumerate(order)}))
        assert (renamed.rows_created, renamed.rows_unchanged) == (0, first.rows_total)
    assert ledger() == expected


def test_rows_that_differ_in_their_amount_alone_count_all_where_the_files_come_together() -> None:
    parts = {f"{amount}.csv": bill({"BilledCost": amount}) for amount in ("5", "2", "11")}
    for text in parts.values():
        apart = bring_in("focus", text)
    assert (apart.rows_restated, sums()[0]) == (1, Decimal(11))  # the loss that this is about
    for job in Import.objects.order_by("-pk"):
        jobs.revert(job, None)
    together = bring_in("focus", zipped(parts))
    assert (together.rows_created, together.rows_restated, sums()[0]) == (3, 0, Decimal(18))


def named(name: str, content: str | bytes) -> Import:
    content = content.encode() if isinstance(content, str) else content
    job = jobs.submit(None, format_name="focus", chunks=[content], file_name=name)
    runner.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_file_that_takes_the_place_of_another_s_rows_says_that_they_may_belong_together() -> None:
    said = "2 lines that a.csv brought lately no longer count, for rows of this file came in their place."
    first = named("a.csv", bill({"BilledCost": "5"}, {"BilledCost": "6"}, {"SkuId": "A"}))
    assert reasons(first) == {}
    second = named("b.csv", bill({"BilledCost": "7"}, {"BilledCost": "8"}, {"SkuId": "B"}))
    assert [(reason[: len(said)], count) for reason, count in reasons(second).items() if "lately" in reason] == [
        (said, 2)
    ]
    jobs.revert(second, None)
    # The same name is the same file anew; of a bill that comes again most rows are unchanged; what is old is no part.
    again = bill({"BilledCost": "5"}, {"BilledCost": "6"}, {"SkuId": "A", "BilledCost": "9"})
    for name, text in (("a.csv", bill({"BilledCost": "7"}, {"BilledCost": "8"})), ("c.csv", again)):
        job = named(name, text)
        assert (job.rows_restated > 0, [reason for reason in reasons(job) if "lately" in reason]) == (True, [])
        jobs.revert(job, None)
    Import.objects.filter(pk=first.pk).update(finished_at=timezone.now() - timedelta(days=2))
    assert not any(
        "lately" in reason for reason in reasons(named("b.csv", bill({"BilledCost": "7"}, {"BilledCost": "8"})))
    )


@pytest.mark.parametrize(("first", "second"), [("a.zip", "b.zip"), ("a.zip", "b.csv"), ("a.csv", "b.zip")])
def test_a_zip_of_one_file_that_takes_the_place_of_another_s_rows_says_so_too(first: str, second: str) -> None:
    for name, amounts in ((first, "56"), (second, "78")):
        text = bill(*({"BilledCost": amount} for amount in amounts))
        job = named(name, zipped({"part.csv": text}) if name.endswith(".zip") else text)
    said = f"2 lines that {first} brought lately no longer count"
    assert [count for reason, count in reasons(job).items() if reason.startswith(said)] == [2]
    jobs.revert(job, None)
    # Of several files together nobody forgot one.
    several = zipped({"b.csv": bill({"BilledCost": "7"}), "c.csv": bill({"BilledCost": "8"})})
    assert not any("lately" in reason for reason in reasons(named("several.zip", several)))


def test_a_file_that_is_there_twice_counts_twice_and_is_told() -> None:
    job = bring_in("focus", zipped({"a.csv": bill({}), "copy/a.csv": bill({}), "b.csv": bill({"SkuId": "B"})}))
    assert (job.rows_created, sums()[0]) == (3, Decimal("4.5"))
    (said,) = reasons(job)
    assert "same content: a.csv, copy/a.csv." in said
    assert bring_in("focus", bill({}, {}, {"SkuId": "B"})).rows_unchanged == 3


def test_a_dry_run_says_the_same_and_changes_nothing(shared_data: Path) -> None:
    content = zipped(in_three(shared_data / SAMPLE, "parquet"))
    tried = bring_in("focus", content, dry_run=True)
    assert (ledger(), tried.rows_created) == ([], tried.rows_total)
    repeated = jobs.repeat(tried, UserFactory(finance=True))
    runner.run(repeated.pk)
    repeated.refresh_from_db()
    assert (repeated.rows_created, repeated.amount_total) == (tried.rows_created, BILLED_SUM)


# Where a row stands -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("way", "end"), [*((way, "\r\n") for way in WAYS), ("csv", "")])  # others end by themselves
def test_what_is_wrong_is_said_with_the_file_and_its_line(client: Client, way: str, end: str) -> None:
    header = list(ROW)
    rows = [[*ROW.values()], [*(ROW | {"BilledCost": "many"}).values()]]
    parts = {f"p{at}.{way}": WAYS[way]([header, *(rows[at:] + rows[1:])]) for at in range(2)}
    if way == "csv":
        parts = {name: content.removesuffix(b"\r\n") + end.encode() for name, content in parts.items()}
    job = bring_in("focus", zipped(parts))
    # p0: good, bad, bad; p1: bad, bad. A CSV file has its header on line 1.
    first = 0 if way == "parquet" else 1
    places = [f"p0.{way}:{first + 2}", f"p0.{way}:{first + 3}", f"p1.{way}:{first + 1}", f"p1.{way}:{first + 2}"]
    assert (job.rows_created, [row.place for row in job.rejected.all()]) == (1, places)
    (reason,) = job.reasons.filter(is_rejection=True)
    assert reason.places == [places[0], str(first + 3), places[2], str(first + 2)]

    client.force_login(UserFactory(finance=True))
    lines = b"".join(client.get(f"/imports/{job.pk}/errors.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", *places]
    page = client.get(f"/imports/{job.pk}/").content.decode()
    assert all(place in page for place in places)
    line = CostLine.objects.get()
    shown = dict(provenance.original(line, job, wait=True).cells)
    assert shown["BilledCost"] == "1.5"
    files.path_of(job.file_sha256).unlink()
    assert provenance.original(line, job, wait=True).state is provenance.State.GONE


def test_a_line_of_a_later_file_shows_its_own_row(client: Client) -> None:
    parts = {f"p{at}.csv": bill({"SkuId": f"S{at}", "BilledCost": str(at + 1)}) for at in range(3)}
    job = bring_in("focus", zipped(parts))
    found = {
        line.group.sku: dict(provenance.original(line, job, wait=False).cells)["BilledCost"]
        for line in CostLine.objects.select_related("group")
    }
    assert found == {"S0": "1", "S1": "2", "S2": "3"}
    client.force_login(UserFactory(finance=True))
    key = CostLine.objects.get(group__sku="S2").key
    assert "test.csv</a>, p2.csv:2" in client.get(f"/costs/lines/{key}/").content.decode()
    assert "test.csv, p2.csv:2" in client.get(f"/costs/lines/{key}/row/").content.decode()


def test_restated_rows_name_their_file(client: Client) -> None:
    bring_in("focus", bill({}, {"SkuId": "B"}))
    changed = {"a.csv": bill({"SkuId": "B"}, {"SkuId": "C"}), "b.csv": bill({"BilledCost": "2"})}
    job = bring_in("focus", zipped(changed))
    client.force_login(UserFactory(finance=True))
    lines = b"".join(client.get(f"/imports/{job.pk}/restated.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", "b.csv:2"]
    assert "b.csv:2" in client.get(f"/imports/{job.pk}/").content.decode()


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("A,B\n1,2\n", "b.csv: It has not the columns of the files before it. Missing: ProviderName, "),
        (bill({"More": "1"}), "b.csv: It has not the columns of the files before it. Missing: –; besides: More."),
        (b"\xff" + bill({}).encode(), "b.csv: Line 1 is not UTF-8 text."),
        (bill({}) + '"', "b.csv: The file ends inside a quoted cell that begins on line 3."),
        (",".join(reversed(ROW)) + "\n", "b.csv: Its columns are in another order than those of the files before it."),
        ("", "b.csv: The file is empty."),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_its_name_and_nothing_comes_in(second: Any, said: str) -> None:
    job = bring_in("focus", zipped({"a.csv": bill({}), "b.csv": second}))
    assert (job.state, CostLine.objects.count()) == ("failed", 0)
    assert next(iter(reasons(job))).startswith(said)
    with translation.override("ja"):
        assert job.reasons.get().translated.startswith("b.csv：")


# What a zip file may hold -------------------------------------------------------------------------------------------
def test_what_is_no_part_of_the_bill_is_passed_over_and_told() -> None:
    parts = {
        "data/": b"", "data/a.csv": bill({}), "__MACOSX/data/._a.csv": b"\0\1", "data/.DS_Store": b"\0",
        "_SUCCESS": b"", "data/manifest.json": b"{}",
    }  # fmt: skip
    job = bring_in("focus", zipped(parts))
    assert (job.rows_created, [part["name"] for part in job.parts]) == (1, ["data/a.csv"])
    assert reasons(job) == {
        "Passed over in the delivery, for they are no part of what is imported: _SUCCESS, "
        "__MACOSX/data/._a.csv, data/.DS_Store, data/manifest.json.": 4
    }


def page(item: str, has_more: bool) -> str:
    """Write a page of OpenAI's costs with one result; without an item a page without any."""
    result = {"amount": {"value": 2, "currency": "usd"}, "line_item": item, "project_id": "p"}
    results = [result] if item else []
    bucket = {"object": "bucket", "start_time": 1_772_323_200, "end_time": 1_772_409_600, "results": results}
    return json.dumps({"object": "page", "data": [bucket], "has_more": has_more})


def test_a_report_whose_first_pages_are_empty_is_known_by_a_later_one() -> None:
    pages = {"1.json": page("", has_more=True), "2.json": page("", has_more=True), "3.json": page("a", has_more=False)}
    job = bring_in("", zipped(pages))
    assert (job.state, job.format, job.rows_created, job.amount_total) == ("done", "openai_costs", 1, Decimal(2))


def test_a_report_that_begins_with_a_page_of_another_is_looked_at_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped({"1.json": '{"error": {}}', "2.json": page("a", has_more=False)})
    path = files.path_of(receiving.keep([HandedIn("pages.zip", [content])], LIMITS).sha256)
    opened: list[Path] = []
    monkeypatch.setattr(tables, "JsonTable", lambda path, format: opened.append(path) or JsonTable(path, format))
    assert tables.first_keys(path, registry.importer("openai_costs")) == []
    assert opened == deliveries.paths_of(path)[:1]


def test_pages_of_json_are_one_report_of_which_one_is_the_last() -> None:
    pages = {"page-2.json": page("b", has_more=False), "page-1.json": page("a", has_more=True), "manifest.json": "{}"}
    job = bring_in("openai_costs", zipped(pages))
    assert (job.rows_created, job.amount_total) == (2, Decimal(4))
    assert [reason.split(",")[0] for reason in reasons(job)] == ["Passed over in the delivery"]
    open_end = bring_in(
        "openai_costs", zipped({"a.json": page("a", has_more=True), "c.json": page("c", has_more=True)})
    )
    assert any(reason.startswith("The last page in the file says that more follow") for reason in reasons(open_end))


def test_no_name_in_a_zip_file_leads_anywhere(tmp_path: Path) -> None:
    names = ["../../../evil.csv", "/etc/evil.csv", "a\\..\\evil.csv", "=evil.csv", "new\nline.csv"]
    job = bring_in("focus", zipped({name: bill({"SkuId": name.replace("\n", "")}) for name in names}))
    assert (job.state, job.rows_created) == ("done", 5)
    assert not list(files.folder().parent.rglob("*evil*"))
    assert sorted(part["name"] for part in job.parts) == sorted([*names[:4], "new�line.csv"])


def test_archives_in_it_are_refused() -> None:
    inner = {
        "a.zip": zipped({"x.csv": "a\n"}), "a.gz.gz": gzip.compress(gzip.compress(b"a\n")),
        "a.7z": b"7z\xbc\xaf\x27\x1c", "a.tar": bytes(257) + b"ustar\x0000",
        "a.zip.gz": gzip.compress(zipped({"x.csv": "a\n"})),
    }  # fmt: skip
    for name, content in inner.items():
        assert refused(zipped({name: content})).startswith(f"{name}: The file is an archive or an Excel file itself.")


def test_kinds_are_not_mixed() -> None:
    rows = [list(ROW), list(ROW.values())]
    said = refused(zipped({"a.csv": as_csv(rows), "b.parquet": as_parquet(rows)}))
    assert said.startswith("b.parquet: The file is of the kind Parquet, the files before it are CSV.")


def test_an_encrypted_entry_is_refused() -> None:
    content = bytearray(zipped({"a.csv": "a\n"}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    assert refused(bytes(content)).startswith("a.csv: The file is encrypted.")


@pytest.mark.parametrize("cut", [60, -5])
def test_a_zip_file_that_is_cut_off_is_refused(cut: int) -> None:
    assert refused(zipped({"a.csv": "a,b\n" * 100})[:cut]).startswith("The zip file is damaged")


def test_a_file_in_it_that_is_damaged_is_refused_by_its_name() -> None:
    content = bytearray(zipped({"a.csv": "title\nOne\n"}, zipfile.ZIP_STORED))
    content[content.index(b"One")] = ord("X")  # the checksum does not fit
    assert refused(bytes(content)).startswith("a.csv: The zip file is damaged")
    damaged = zipped({"a.csv.gz": gzip.compress(b"a,b\n" * 100)[:-9]})
    assert refused(damaged) == "a.csv.gz: The gz file is damaged or cut off."


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_that_is_packed_so_that_a_little_unpacks_to_much_at_once_is_refused(method: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive, archive.open("a.csv", "w") as entry:
        for _each in range(100):
            entry.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        assert refused(content.getvalue(), Limits(10**9, 10**9)).startswith("a.csv: The zip file is damaged")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_file_without_a_name_is_refused() -> None:
    content = zipped({"Xa.csv": "a\n", "b.csv": "a\n"}).replace(b"Xa.csv", b"\0a.csv")
    assert refused(content).startswith("The zip file is damaged")


class Incomparable:
    """What is in a file, for a list that compares no file with another."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self) -> Iterable[bytes]:
        return []

    def __eq__(self, _other: object) -> bool:
        raise AssertionError("compared")


@pytest.mark.parametrize("names", [(".x", "x"), ("x.json", "x.csv"), ("manifest.json", "x.json")])
def test_which_of_many_files_are_passed_over_is_decided_of_each_by_itself(names: tuple[str, str]) -> None:
    entries = [receiving._Entry(name, Incomparable()) for name in names * 3]
    wanted, passed_over = receiving._wanted(entries)
    assert [entry.name for entry in wanted] == [names[1]] * 3
    assert [entry.name for entry in passed_over] == [names[0]] * 3


def test_a_zip_file_of_very_many_that_would_be_passed_over_is_refused() -> None:
    parts = {"a.csv": "a\n"} | {f".{at}": "" for at in range(10_000)}
    assert refused(zipped(parts)).startswith("These are more than 1,000 files.")


def test_files_of_one_name_are_told_apart_by_a_number() -> None:
    content = zipped({f"{at}.csv": bill({"SkuId": str(at)}) for at in range(3)})
    for at in range(3):
        content = content.replace(b"%d.csv" % at, b"a.csv")
    job = bring_in("focus", content)
    assert [part["name"] for part in job.parts] == ["a.csv", "a.csv (2)", "a.csv (3)"]


def test_an_empty_zip_file_is_refused() -> None:
    for parts in ({}, {"folder/": b""}, {"__MACOSX/a.csv": b"a"}):
        assert refused(zipped(parts)) == "There is no file in it that could be imported."


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.unpacking.UNSUSPICIOUS", 100_000)
    bomb = zipped({f"{at}.csv": bytes(5_000_000) for at in range(4)})
    assert refused(bomb, Limits(10**9, 10**9)) == "0.csv: All files together are larger than can be taken."
    within = zipped({f"{at}.csv": gzip.compress(bytes(5_000_000)) for at in range(4)})
    assert "larger" in refused(within, Limits(10**9, 10**9)) or "more than can be taken" in refused(within)
    total = zipped({f"{at}.csv": b"title\n" * 100 for at in range(4)})
    assert refused(total, Limits(10**9, 2_000)) == "3.csv: All files together are larger than can be taken."
    many = zipped({f"{at}.csv": b"a\n" for at in range(1_001)})
    assert refused(many, Limits(10**9, 10**9)).startswith("These are more than 1,000 files.")
    assert "larger than 0 MB" in refused(total, Limits(100, 10**9))


def test_a_list_of_files_that_somebody_writes_is_a_text_like_any_other() -> None:
    mine = files.keep([bill({}).encode()], None)
    kept = deliveries.keep([deliveries.Part("a.csv", *mine)], [])
    forged = files.keep([files.path_of(kept.sha256).read_bytes()], None)
    assert not deliveries.is_one(files.path_of(forged.sha256))


def test_an_excel_file_is_still_an_excel_file(shared_data: Path) -> None:
    job = bring_in("costs_csv", Path("static/samples/costs.xlsx"))
    assert (job.state, job.rows_rejected, job.parts) == ("done", 0, [])
    cut = bring_in("costs_csv", Path("static/samples/costs.xlsx").read_bytes()[:2_000])
    assert "Excel file is damaged" in next(iter(reasons(cut)))


# The ways in --------------------------------------------------------------------------------------------------------
def uploads(parts: Mapping[str, bytes | str]) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text) for name, text in parts.items()]


def test_several_files_on_the_page_are_the_zip_of_them(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    parts = {"b.csv": bill({"BilledCost": "2"}), "a.csv": bill({"BilledCost": "3"})}
    assert 'type="file" name="file" multiple' in client.get("/imports/").content.decode().replace("\n", " ")
    answer = client.post("/imports/", {"file": uploads(parts)}, follow=True)
    job = Import.objects.get()
    assert (answer.status_code, job.format, job.file_name) == (200, "focus", "a.csv, b.csv")
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.rows_created, job.amount_total) == (2, Decimal(5))
    client.post("/imports/", {"file": uploads({"all.zip": zipped(parts)}), "format": "focus"})
    assert Import.objects.latest("pk").file_sha256 == job.file_sha256
    refusal = client.post("/imports/", {"file": uploads({"a.csv": "x\n", "b.zip": zipped({"c.csv": "x\n"})})})
    assert (refusal.status_code, Import.objects.count(), Upload.objects.count()) == (422, 2, 0)
    assert "b.zip: The file is an archive" in refusal.content.decode()


def test_columns_of_several_files_are_mapped_as_those_of_one(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    parts = {f"{at}.csv": f"Tag,Betrag\n2026-03-0{at},{at}\n" for at in (1, 2)}
    answer = client.post("/imports/", {"file": uploads(parts)})
    assert answer.url == f"/imports/uploads/{Upload.objects.get().pk}/"
    assert "Betrag" in client.get(answer.url).content.decode()


def test_the_command_takes_several_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, amount in (("b", "2"), ("a", "3")):
        (tmp_path / f"{name}.csv").write_text(bill({"BilledCost": amount}))
    call_command("import_file", "focus", str(tmp_path / "b.csv"), str(tmp_path / "a.csv"))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["rows_created"], said["amount_total"], said["file_name"]) == (2, "5", "a.csv, b.csv")
    assert said["parts"] == [{"name": "a.csv", "lines_before": 0}, {"name": "b.csv", "lines_before": 2}]


def test_other_formats_take_them_as_well() -> None:
    rows = ["title,key\n,\n" + "One,\n", "title,key\nTwo,\n"]
    job = bring_in("initiatives_csv", zipped({"a.csv": rows[0], "b.csv": rows[1]}))
    assert (job.rows_created, job.rows_rejected) == (2, 1)


def test_an_initiative_that_a_later_file_names_by_its_key_is_none_of_those_without() -> None:
    there = InitiativeFactory(title="One")
    parts = {"a.csv": "key,title\n,One\n", "b.csv": f"key,title\n{there.key},One\n"}
    job = bring_in("initiatives_csv", zipped(parts))
    assert (job.rows_created, job.rows_unchanged) == (1, 1)


# What else holds ----------------------------------------------------------------------------------------------------
def test_the_bar_goes_by_the_bytes_of_all_files() -> None:
    parts = {f"{at}.csv": bill(*({"SkuId": f"{at} {number}"} for number in range(50))) for at in range(3)}
    kept_size = sum(len(text.encode()) for text in parts.values())
    job = jobs.submit(None, format_name="focus", chunks=[zipped(parts)], file_name="bill.zip")
    seen: list[int] = []
    runner.run(job.pk, lambda importer: seen.append(importer.bytes_done))
    assert job.file_size == kept_size
    assert seen == sorted(seen)
    assert seen[0] < seen[1] < seen[2] == kept_size


def test_the_files_stay_as_long_as_the_import_and_no_longer(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    job = bring_in("focus", zipped({"a.csv": bill({}), "b.csv": bill({"SkuId": "B"})}))
    paths = [files.path_of(job.file_sha256), *deliveries.paths_of(files.path_of(job.file_sha256))]
    for path in paths:
        _aged(path)
    assert (clearing.clear(), [path.exists() for path in paths]) == (0, [True] * 3)
    Import.objects.all().delete()
    assert (clearing.clear(), [path.exists() for path in paths]) == (3, [False] * 3)


def test_a_file_of_it_that_is_gone_ends_the_import() -> None:
    own = bill({"ResourceId": "of this test alone"})
    job = jobs.submit(None, format_name="focus", chunks=[zipped({"a.csv": own})], file_name="bill.zip")
    deliveries.first_of(files.path_of(job.file_sha256)).unlink()
    runner.run(job.pk)
    assert "no longer there" in str(job.reasons.get())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["csv.gz", "parquet"])
def test_a_killed_worker_s_delivery_ends_like_a_clean_one(way: str) -> None:
    count = 6_000

    def rows(at: int) -> Iterable[list[str]]:
        yield list(ROW)
        for number in range(count):
            yield list((ROW | {"ResourceId": f"i-{number}", "BilledCost": f"{at}.5"}).values())

    content = [zipped({f"{at}.{way}": WAYS[way](list(rows(at))) for at in range(3)})]
    clean = taken_by("focus", content)
    job = jobs.submit(None, format_name="focus", chunks=content, file_name="bill.zip")

    def look() -> None:
        assert CostLine.objects.count() == (3 * count if job.state == "done" else 0)

    kill_twice(job, clean, look)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.rows_created, job.amount_total) == (3 * count, count * Decimal("4.5"))
    assert sums() == (count * Decimal("4.5"),) * 3


def _aged(path: Path) -> None:
    os.utime(path, (0, 0))
