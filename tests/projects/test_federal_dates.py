"""Dates of the federal inventory: what is read, what is not, and the publisher's other header."""

from __future__ import annotations

from datetime import date

import pytest

from projects.importers.federal_dates import Kind, read
from projects.models import Initiative
from tests.imports.files import bring_in


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/7/2022", (2022, 3, 7)),
        ("12/31/2024", (2024, 12, 31)),
        ("7/2021", (2021, 7, 1)),
        ("2023-05-09", (2023, 5, 9)),
        (" 2022-08 ", (2022, 8, 1)),
        ("24-Nov", (2024, 11, 1)),
        ("Nov-24", (2024, 11, 1)),
        ("nov 2019", (2019, 11, 1)),
        ("2022-08 (estimated)", (2022, 8, 1)),
        ("2/29/2024", (2024, 2, 29)),
    ],
)
def test_readable_dates(text: str, day: tuple[int, int, int]) -> None:
    assert read(text) == (Kind.KNOWN, date(*day))


@pytest.mark.parametrize("text", ["", "  ", "N/A", "n/a ", "NA", "TBD", "N/A - Consolidated into another use case."])
def test_absent_dates(text: str) -> None:
    assert read(text).kind is Kind.ABSENT


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Q4FY25",
            "Pre-2021",
            "2015-2022",
            "10/12023",
            "2/30/2024",
            "2023-02-29",
            "13/2022",
            "2024",
            "Nov",
            "0/5/2020",
        ),
        *("2022-01 (first) 2022-03", "2024-02-15 (kick-off); 2024-08-23 (signed)", "2022-08 (was 2021-05-01)"),
        *("1/1/0024", "1/1/9999", "٣/٧/٢٠٢٢"),
    ],
)
def test_everything_else_is_unreadable(text: str) -> None:
    assert read(text).kind is Kind.UNREADABLE


def test_a_year_typed_into_a_date_cell_is_year_only() -> None:
    assert read("7/16/1905").kind is Kind.YEAR_ONLY


def test_a_date_after_the_inventory_is_a_plan() -> None:
    assert read("1/1/2025") == (Kind.PLAN, date(2025, 1, 1))
    assert read("25-Feb") == (Kind.PLAN, date(2025, 2, 1))


OTHER_HEADER = (
    "extra,16_dev_stage,3_agency,2_use_case_name,4_bureau,8_topic_area,11_purpose_benefits,12_outputs,17_impact_type,"
    "18_date_initiated,19_date_acq_dev_began,20_date_implemented,21_date_retired,extra\n"
)


@pytest.mark.django_db
def test_the_data_dictionarys_header_in_any_order_with_a_mark() -> None:
    row = "?,Retired, Agency ,Use  case,Bureau,Topic,why,what,Both,1/1/2020,2020-06,Mar-21,5/2020,?\n"
    job = bring_in("federal_ai_inventory", (OTHER_HEADER + row).encode("utf-8-sig"))
    made = Initiative.objects.get()
    assert (job.state, made.stage, made.external_ref) == ("done", "retired", "Agency / Use case #1")
    assert (str(made.business_unit), made.problem, made.desired_outcome) == ("Agency / Bureau", "why", "what")
    steps = made.transitions.values_list("to_stage", "effective_on", "known_by", "unknown_reason", "source_text")
    assert list(steps) == [
        ("proposed", date(2020, 1, 1), None, "", "1/1/2020"),
        ("prototype", date(2020, 6, 1), None, "", "2020-06"),
        ("production", date(2021, 3, 1), None, "", "Mar-21"),
        ("retired", None, date(2024, 12, 31), "out of order", "5/2020"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "implemented", "expected", "said"),
    [
        ("retired", "3/2021", "retired", None),
        ("Retired", "7/16/1905", "stopped", None),
        ("Retired", "1/1/2030", "stopped", None),
        ("RESEARCH or   administrative action complete", "", "stopped", None),
        ("in MISSION", "", "production", None),
        ("", "", "proposed", "stage missing"),
        ("Dreaming", "", "proposed", "stage unknown: Dreaming"),
    ],
)
def test_stages(stage: str, implemented: str, expected: str, said: str | None) -> None:
    row = f",{stage},Agency,Case,,,,,,,,{implemented},,\n"
    job = bring_in("federal_ai_inventory", OTHER_HEADER + row)
    assert Initiative.objects.get().stage == expected
    stages = [str(reason) for reason in job.reasons.all() if str(reason).startswith("stage")]
    assert stages == ([said] if said else [])


@pytest.mark.django_db
def test_a_record_without_name_or_agency_is_rejected_and_a_doubled_column_refuses_the_file() -> None:
    job = bring_in("federal_ai_inventory", OTHER_HEADER + ",Retired,,Case,,,,,,,,,,\n,Retired,Agency,,,,,,,,,,,\n")
    assert [(row.line, row.column) for row in job.rejected.all()] == [(2, "agency"), (3, "name")]
    doubled = bring_in("federal_ai_inventory", OTHER_HEADER.replace("extra,", "Agency,", 1) + ",,,,,,,,,,,,,\n")
    assert doubled.state == "failed"
