"""A revert takes back the name that its bill gave to an account, and cost goes where rules place the old one."""

from __future__ import annotations

import json
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from costs.models import AccountNaming, ChargeGroup
from imports import jobs
from imports.models import Import
from projects.models import Initiative
from tests.costs.allocation.test_places import cost_of, rule
from tests.costs.importers.test_account_names import APRIL, named
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MAY = {"ChargePeriodStart": "2026-05-05T10:00:00Z", "ChargePeriodEnd": "2026-05-05T11:00:00Z"}


@pytest.fixture
def places() -> tuple[Initiative, Initiative, None]:
    """Where cost of “Prod” goes, where that of “Production” goes, and nowhere."""
    old, new = InitiativeFactory(), InitiativeFactory()
    rule({"account_name": "Prod"}, old)
    rule({"account_name": "Production"}, new)
    return old, new, None


def names() -> dict[str, str]:
    """Return the name of each account; it has one."""
    found = list(ChargeGroup.objects.order_by().values_list("account", "account_name").distinct())
    assert len(dict(found)) == len(found)
    return dict(found)


def renamed(amount: str = "5", name: str = "Production", **when: str) -> Import:
    return bring_in("focus", named(("11", name, amount), **when))


def test_the_name_goes_back_with_the_cost_of_all_months(places: tuple[Initiative, Initiative, None]) -> None:
    bring_in("focus", named(("11", "Prod", "2"), ("12", "Dev", "3"), ResourceId="i-old"))
    job = bring_in("focus", named(("11", "Production", "5"), ("12", "Dev", "7"), **APRIL))
    assert cost_of(*places) == [0, 7, 10]
    jobs.revert(job, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod", "12": "Dev"}, [2, 0, 3])


def test_a_later_bill_that_says_the_same_name_keeps_it(places: tuple[Initiative, Initiative, None]) -> None:
    renamed("2", "Prod")
    middle = renamed("5", **APRIL)
    last = renamed("7", **MAY)
    jobs.revert(middle, None)
    assert (names(), cost_of(*places)) == ({"11": "Production"}, [0, 9, 0])
    jobs.revert(last, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [2, 0, 0])


def test_a_later_bill_that_says_another_name_keeps_that_and_goes_back_past_what_was_taken_back(
    places: tuple[Initiative, Initiative, None],
) -> None:
    renamed("2", "Prod")
    middle = renamed("5", "Staging", **APRIL)
    last = renamed("7", **MAY)
    jobs.revert(middle, None)
    assert (names(), cost_of(*places)) == ({"11": "Production"}, [0, 9, 0])
    jobs.revert(last, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [2, 0, 0])


def test_a_later_bill_without_a_name_keeps_none(places: tuple[Initiative, Initiative, None]) -> None:
    renamed("2", "Prod")
    middle = renamed("5", **APRIL)
    bring_in("focus", named(("11", "", "7"), ResourceId="i-2", **MAY))
    assert cost_of(*places) == [0, 14, 0]
    jobs.revert(middle, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [9, 0, 0])


def test_what_had_no_name_has_none_again(places: tuple[Initiative, Initiative, None]) -> None:
    bring_in("focus", named(("11", "", "2")))
    job = renamed("5", "Prod", **APRIL)
    assert cost_of(*places) == [7, 0, 0]
    jobs.revert(job, None)
    assert (names(), cost_of(*places)) == ({"11": ""}, [0, 0, 2])
    assert not AccountNaming.objects.exists()


def test_a_dry_run_names_nothing_and_a_bill_that_brings_no_lines_is_taken_back_too(
    places: tuple[Initiative, Initiative, None],
) -> None:
    renamed("2", "Prod")
    bring_in("focus", named(("11", "Production", "2")), dry_run=True)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [2, 0, 0])
    same = renamed("2")
    assert (same.rows_created, names(), cost_of(*places)) == (0, {"11": "Production"}, [0, 2, 0])
    jobs.revert(same, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [2, 0, 0])


def test_names_of_before_they_were_kept_come_back(places: tuple[Initiative, Initiative, None]) -> None:
    first = renamed("2", "Prod")
    AccountNaming.objects.all().delete()  # as of a version that kept none
    import_module("costs.migrations.0033_account_namings").keep(apps, None)
    job = renamed("5", **APRIL)
    jobs.revert(job, None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [2, 0, 0])
    jobs.revert(first, None)  # what it had renamed is not known
    assert names() == {"11": "Prod"}


def test_names_of_another_source_or_vendor_stay(places: tuple[Initiative, Initiative, None]) -> None:
    renamed("2", "Prod")
    bring_in("focus", named(("11", "Prod", "3"), ProviderName="GCP"))
    result = {"amount": {"value": 4, "currency": "usd"}, "line_item": "a", "project_id": "11", "project_name": "Prod"}
    bucket = {"start_time": 1767225600, "end_time": 1767312000, "results": [result]}
    bring_in("openai_costs", json.dumps({"data": [bucket]}))
    jobs.revert(renamed("5", **APRIL), None)
    assert (names(), cost_of(*places)) == ({"11": "Prod"}, [9, 0, 0])


def test_many_accounts_are_taken_back_with_as_many_queries_as_few() -> None:
    def asked(count: int) -> int:
        rows = [(f"{count}-{number}", "Prod", "2") for number in range(count)]
        bring_in("focus", named(*rows))
        rows = [(account, "Production", amount) for account, _name, amount in rows]
        job = bring_in("focus", named(*rows, **APRIL))
        with CaptureQueriesContext(connection) as going:
            jobs.revert(job, None)
        assert set(names().values()) == {"Prod"}
        return len(going)

    assert asked(2) == asked(40)
