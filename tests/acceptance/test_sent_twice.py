"""Every form of every page, sent twice: what makes something makes it once, and each form is known as one or other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts.models import ApiToken, SentForm, User
from accounts.once import FIELD
from config.urls import urlpatterns
from costs.models import (
    AiCategoryRule,
    AllocationRule,
    Asset,
    BudgetLine,
    Category,
    CostLine,
    LabourRole,
    RecurringCost,
    Repricing,
    TokenPrice,
)
from imports.models import Import, Upload
from money.models import ExchangeRate
from outcomes.models import Measurement, Outcome
from portfolio.models import Benchmark
from projects.models import Initiative, IntakeDraft
from tests.everything import everything
from tests.factories import UserFactory
from tests.forms import Form, forms_of
from tests.imports.test_mapping import BILL, CHOSEN
from tests.outcomes.test_pages import NEW as OUTCOME
from tests.portfolio.test_benchmarks import TYPED as BENCHMARK

# What a page refuses is the same on every server; that each answers on every one, `test_addresses` sees.
pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.xdist_group("sent twice")]

# A form that makes something: the page that it stands on, what is typed into it, what there is one more of.
MAKES: dict[str, tuple[str, dict[str, Any], type[Model]]] = {
    "accounts:person-invite": ("/people/invite/", {"email": "new@example.org", "name": "New"}, User),
    "accounts:token-list": ("/tokens/", {"name": "ledger"}, ApiToken),
    "projects:intake-new": ("/initiatives/new/", {"title": "New", "go": "need"}, IntakeDraft),
    "projects:intake-step": ("/initiatives/new/{draft}/check/", {"go": "next"}, Initiative),
    "outcomes:outcome-new": ("/outcomes/new/{key}/", OUTCOME, Outcome),
    "outcomes:reading-new": (
        "/outcomes/{outcome}/readings/new/",
        {"period_end": "2025-04-01", "value": "11", "method": "observed"},
        Measurement,
    ),
    "money:rate-add": ("/costs/rates/", {"on": "2026-01-05", "currency": "EUR", "rate": "1.08"}, ExchangeRate),
    "portfolio:benchmark-new": ("/portfolio/benchmarks/new/", BENCHMARK, Benchmark),
    "imports:import-list": ("/imports/", {"format": ""}, Upload),
    "imports:import-repeat": ("/imports/{job}/", {}, Import),
    "imports:upload-format": ("/imports/uploads/{upload}/format/", {"format": "litellm_spend"}, Import),
    "imports:upload-map": (
        "/imports/uploads/{upload}/", {**CHOSEN, "column-1": "amount", "column-2": "", "go": "try"}, Import
    ),
    "costs:initiative": (
        "/initiatives/{key}/costs/",
        {"incurred_on": "2026-03-05", "category": "cloud", "amount": "12.50", "currency": "USD"},
        CostLine,
    ),
    "costs:grid": (
        "/costs/grid/",
        {"row-0-incurred_on": "2026-03-05", "row-0-category": "cloud", "row-0-amount": "5", "row-0-currency": "USD",
         "row-0-initiative": "{key}", "do": "save"},
        CostLine,
    ),
    "costs:budget": (
        "/initiatives/{key}/budget/", {"cells": "2026-02\tcloud\t5\tUSD\t2026-01-01", "save": "1"}, BudgetLine
    ),
    "costs:categories": ("/costs/categories/", {"name": "energy", "label": "Energy"}, Category),
    "costs:labour-role-new": ("/costs/labour/roles/new/", {"name": "Analyst", "currency": "USD"}, LabourRole),
    "costs:asset-new": (
        "/costs/assets/new/",
        {"name": "Server", "currency": "USD", "price": "360", "purchased_on": "2026-01-05",
         "in_service_on": "2026-01-10", "life_months": "36"},
        Asset,
    ),
    "costs:recurring-new": (
        "/costs/recurring/new/",
        {"name": "Editor", "currency": "USD", "category": "licences", "every_months": "12", "starts_on": "2026-01-01",
         "amounts-0-amount": "1200"},
        RecurringCost,
    ),
    "costs:price-new": (
        "/costs/prices/new/?provider=anthropic&model=claude-sonnet-4-5",
        {"since": "2026-10-01", "standard_input": "2.4"},
        TokenPrice,
    ),
    "costs:allocation-new": (
        "/costs/allocation/new/?vendor=Stratus", {"name": "One", "initiative_0": "{key}", "share_0": "100"},
        AllocationRule,
    ),
    "costs:ai-category-new": (
        "/costs/ai-categories/new/", {"ai_category": "data", "priority": "5", "provider": "contoso"}, AiCategoryRule
    ),
    "costs:repricings": ("/costs/usage/pricing/", {"first": "2026-01", "last": "2026-01"}, Repricing),
}  # fmt: skip

# Every other form, by the view that it is sent to: why a second sending does nothing more.
SETS = {
    "account_login": "nobody is signed in twice",
    "account_logout": "nobody is signed out twice",
    "account_change_password": "the old one no longer fits",
    "accounts:language-set": "sets it",
    "accounts:profile-edit": "sets it",
    "accounts:organisation-edit": "sets it",
    "accounts:person-edit": "sets it",
    "accounts:person-act": "sets it; an invitation is sent again because it is asked for",
    "accounts:token-revoke": "sets it",
    "costs:waiting-leave": "sets it",
    "costs:waiting-again": "it is asked for already",
    "projects:intake-step": "keeps in the draft what is typed",
    "projects:intake-discard": "the draft is gone",
    "projects:edit-step": "the change is gone once it is sent",
    "projects:edit-discard": "the change is gone",
    "projects:unit-edit": "it is called so already",
    "projects:members-edit": "sets them",
    "projects:handover": "nothing is theirs any more",
    "projects:initiative-withdraw": "the initiative is gone",
    "projects:transition-new": "it is there already",
    "projects:transition-correct": "it has that date already",
    "projects:transition-take-back": "the move is gone",
    "projects:hold-edit": "such a pause is there, or has ended, already",
    "projects:hold-correct": "it is so already",
    "projects:hold-take-back": "the pause is gone",
    "outcomes:outcome-edit": "an old version",
    "outcomes:reading-correct": "the reading is withdrawn",
    "outcomes:reading-withdraw": "the reading is withdrawn",
    "outcomes:reading-validate": "it is validated",
    "money:rate-upload": "a rate that is there is left alone",
    "portfolio:benchmark-edit": "an old version",
    "imports:import-cancel": "it is over",
    "imports:import-map": "an upload that nobody maps is cleared away",
    "imports:import-revert": "it is taken back",
    "imports:mapping-edit": "an old version",
    "costs:line": "the line is withdrawn",
    "costs:line-delete": "the line is withdrawn",
    "costs:lines-delete": "the lines are withdrawn",
    "costs:usage-delete": "the line is withdrawn",
    "costs:repricing": "it is applied",
    "costs:budget": "adds what is missing to the amounts of the grid; a line that is deleted is gone",
    "costs:categories": "it stands at that place already",
    "costs:notices": "sets it",
    "costs:notice-settings": "sets them",
    "costs:reconciliation": "an old version",
    "costs:price": "sets its end",
    "costs:price-library": "sets it",
    "costs:allocation-edit": "an old version",
    "costs:allocation-move": "it is asked at that place already",
    "costs:allocation-apply": "nothing is left to move",
    "costs:ai-categories": "nothing is left to label",
    "costs:ai-category-edit": "an old version",
    "costs:category-edit": "an old version",
    "costs:assets": "sets the energy price of a day",
    "costs:asset-edit": "an old version",
    "costs:recurring-edit": "an old version",
    "costs:labour": "sets the days of a month",
    "costs:labour-role-edit": "an old version",
    "costs:recoverable": "sets it",
}


@pytest.fixture(scope="module")
def user(kept_for_the_module: None) -> User:
    return UserFactory(admin=True)


@pytest.fixture(scope="module")
def made(user: User) -> dict[str, Any]:
    found = everything(user)
    Import.objects.filter(pk=found["job"]).update(dry_run=True)  # one that may be imported in earnest
    return found


@pytest.fixture
def named(made: dict[str, Any], user: User, client: Client) -> dict[str, Any]:
    client.force_login(user)
    return made


def target(address: str, form: Form) -> str:
    return form.action or address


def views(patterns: list[URLPattern | URLResolver], room: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api":
                yield from views(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else "")
        elif pattern.name:
            yield room + pattern.name, pattern.callback


def test_the_view_of_every_such_form_takes_it_once() -> None:
    every = dict(views(urlpatterns))
    taking_once = {name for name, view in every.items() if getattr(view, "makes", False)}
    assert taking_once | {"projects:intake-step"} == set(MAKES)  # that one takes its last step once
    assert set(SETS) <= set(every)


def test_the_grid_of_a_budget_sent_twice_adds_once(client: Client, named: dict[str, Any]) -> None:
    address = f"/initiatives/{named['key']}/budget/?year=2026"
    form = next(form for form in forms_of(client.get(address)) if "seen" in form.fields)
    typed = form.fields | {"2026-03.": "7", "approved_on": "2026-01-01"}
    before = BudgetLine.objects.count()
    assert [client.post(address, typed).status_code for _ in range(2)] == [302, 302]
    assert BudgetLine.objects.count() == before + 1


@pytest.mark.parametrize("view", MAKES)
def test_what_is_sent_twice_is_made_once(client: Client, named: dict[str, Any], view: str) -> None:
    page, typed, kind = MAKES[view]
    address = page.format(**named)
    (form,) = [form for form in forms_of(client.get(address)) if FIELD in form.fields]
    typed = form.fields | {name: value.format(**named) for name, value in typed.items()}

    def send() -> Any:
        upload = {"file": SimpleUploadedFile("bill.csv", BILL.encode())} if view == "imports:import-list" else {}
        return client.post(target(address, form), typed | upload)

    before = kind.objects.count()
    first = send()
    assert first.status_code in (201, 302), first.content.decode()
    assert kind.objects.count() == before + 1
    again = send()
    assert again.status_code == 302
    assert kind.objects.count() == before + 1
    assert SentForm.objects.get().led_to == again["Location"]
