"""The contract's permission table, cell by cell: every role on every call, through the API and through the pages.

A cell is what the caller is told: 200 and 201 done, 403 not allowed, 404 not there for this person, 422 allowed but
something is missing (a page's empty form, a call's empty body where the fields are looked at after the permission).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.template.backends.django import Template
from django.test import Client

from accounts.models import Role
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from outcomes.models import Measurement, Outcome
from projects import transitions
from projects.models import Initiative
from tests.costs.factories import add_asset, add_line, add_recurring, add_role
from tests.factories import InitiativeFactory, UserFactory, bearer_in_use
from tests.outcomes.factories import make_outcome, read

# What a page refuses is the same on every server; that each answers on every one, `test_addresses` sees.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
ROLES = ["contributor", "portfolio", "finance", "executive", "admin"]
WHOSE = ["own", "other", "confidential"]
JSON = "application/json"
AI_RULE = {"match": {"provider": "contoso"}, "ai_category": "data"}
BENCHMARK = {
    "label": "Survey", "low": 0.2, "unit": "share", "comparable_with": "none", "kind": "forecast",
    "what_it_measures": "Shares", "source_title": "Survey", "publisher": "x", "year": 2026,
}  # fmt: skip
COST = {"incurred_on": "2026-01-05", "category": "cloud", "amount": "5", "currency": "USD"}

USAGE = {"occurred_on": "2026-01-05", "provider": "x", "model": "y", "input_tokens": 1, "output_tokens": 1}
TOKEN_PRICE = {"provider": "x", "model": "y", "valid_from": "2026-01-05", "prices": {"input": "1"}}

COST_MAPPING = {
    "name": "x", "format": "costs_csv",
    "mapping": {"Day": "incurred_on", "What": "category", "Sum": "amount", "constants": {"currency": "USD"}},
}  # fmt: skip
READING_MAPPING = {"name": "x", "format": "measurements_csv", "mapping": {"Day": "period_end", "It": "value"}}

ASSET = {
    "name": "Server", "currency": "USD", "price": "5", "purchased_on": "2026-01-01", "in_service_on": "2026-01-01",
    "life_months": 12,
}  # fmt: skip
LICENCE = {
    "name": "Seats", "currency": "USD", "starts_on": "2026-01-01", "amounts": [{"since": "2026-01-01", "amount": 1}]
}  # fmt: skip


class Scene(NamedTuple):
    """One initiative with something in every room, and somebody who calls the API and is signed in beside it."""

    api: Client
    web: Client
    initiative: Initiative
    outcome: Outcome
    reading: Measurement
    line: str

    @property
    def named(self) -> dict[str, Any]:
        """What addresses name it by."""
        return {"key": self.initiative.key, "outcome": self.outcome.pk, "reading": self.reading.pk, "line": self.line}


def scene(role: str, whose: str) -> Scene:
    """Build the initiative: the caller's own, somebody else's, or somebody else's confidential one."""
    user = UserFactory(role=role)
    owner = user if whose == "own" else UserFactory()
    initiative = InitiativeFactory(owner=owner, confidential=whose == "confidential")
    add_role()
    outcome = make_outcome(initiative)
    reading = Measurement.objects.create(
        outcome=outcome, period_end=date(2025, 3, 1), value=12, per_month=12, recorded_by=owner
    )
    web = Client()
    web.force_login(user)
    line = add_line(initiative, "2026-01-02", "7")
    return Scene(Client(headers=bearer_in_use(user)), web, initiative, outcome, reading, line.key)


Call = Callable[[Scene], HttpResponse]


def call(method: str, path: str, body: Any = None, **headers: str) -> Call:
    """Return a call of the API."""

    def made(at: Scene) -> HttpResponse:
        sent = body | {"initiative": at.initiative.key} if body and "initiative" in body else body
        options = {} if body is None else {"data": sent, "content_type": JSON}
        return getattr(at.api, method)(f"/api/v1{path.format(**at.named)}", headers=headers, **options)

    return made


def unread(method: str, path: str, **headers: str) -> Call:
    """Return a call of the API where the outcome has no reading."""

    def made(at: Scene) -> HttpResponse:
        Measurement.objects.all().delete()
        return call(method, path, **headers)(at)

    return made


def upload(format_name: str) -> Call:
    """Return an upload by API."""

    def made(at: Scene) -> HttpResponse:
        data = {"file": SimpleUploadedFile("f.csv", b"x\n"), "format": format_name}
        return at.api.post("/api/v1/imports", data)

    return made


def page(method: str, path: str, **data: str) -> Call:
    """Return a page, or a form sent to it."""

    def made(at: Scene) -> HttpResponse:
        sent = {"sent": "1"} | {name: value.format(**at.named) for name, value in data.items()}
        return getattr(at.web, method)(path.format(**at.named), sent)

    return made


def moved(to_stage: str, *before: str) -> Call:
    """Return a move by API, of an initiative that has come as far as `before`."""

    def made(at: Scene) -> HttpResponse:
        for stage in before:
            transitions.move(at.initiative, stage, date(2025, 1, 1), None)
        body = {"to_stage": to_stage, "effective_on": "2025-02-01"}
        return call("post", "/initiatives/{key}/transitions", body)(at)

    return made


def taken_back(*before: str) -> Call:
    """Return the last of these moves taken back by API."""

    def made(at: Scene) -> HttpResponse:
        steps = [transitions.move(at.initiative, stage, date(2025, 1, 1), None) for stage in before]
        return call("delete", f"/initiatives/{{key}}/transitions/{steps[-1].pk}")(at)

    return made


MATCH = {"If-Match": '"1"'}
# One word a role (contributor, portfolio, finance, executive, admin); a word is one digit-coded answer for own, other
# and confidential: "2" done, "3" 403, "4" 404, "c" 409, "u" 422, "s" 302 (a form that was taken).
SEE = "224 222 222 222 222"
EDIT = "234 222 333 333 222"
CALLS: dict[str, tuple[Call, str]] = {
    "see": (call("get", "/initiatives/{key}"), SEE),
    "see its stages": (call("get", "/initiatives/{key}/transitions"), SEE),
    "see its pauses": (call("get", "/initiatives/{key}/holds"), SEE),
    "see its outcomes": (call("get", "/initiatives/{key}/outcomes"), SEE),
    "see an outcome": (call("get", "/outcomes/{outcome}"), SEE),
    "see readings": (call("get", "/outcomes/{outcome}/measurements"), SEE),
    "see its economics": (call("get", "/initiatives/{key}/economics"), SEE),
    "see its budget": (call("get", "/initiatives/{key}/budget"), SEE),
    "edit": (call("patch", "/initiatives/{key}", {"problem": "x"}, **MATCH), EDIT),
    "put it on hold": (call("post", "/initiatives/{key}/holds", {"started_on": "2026-01-05"}), EDIT),
    "withdraw": (call("delete", "/initiatives/{key}", **MATCH), "c34 ccc 333 333 ccc"),
    "add an outcome": (
        call(
            "post",
            "/initiatives/{key}/outcomes",
            {"metric": "m", "unit": "u", "direction": "increase", "kind": "level"},
        ),
        EDIT,
    ),
    "change an outcome": (call("patch", "/outcomes/{outcome}", {"data_source": "x"}, **MATCH), EDIT),
    "add a reading": (call("post", "/outcomes/{outcome}/measurements", {"period_end": "2025-04-01", "value": 1}), EDIT),
    "correct a reading": (call("patch", "/measurements/{reading}", {"value": 2}, **MATCH), EDIT),
    "withdraw a reading": (call("delete", "/measurements/{reading}", **MATCH), EDIT),
    "see a reading": (call("get", "/measurements/{reading}"), SEE),
    "validate": (call("post", "/measurements/{reading}/validate"), "334 333 222 333 222"),
    "take a validation back": (call("delete", "/measurements/{reading}/validate"), "334 333 222 333 222"),
    "take an outcome back": (unread("delete", "/outcomes/{outcome}", **MATCH), EDIT),
    "propose": (moved("proposed"), EDIT),
    "re-propose": (moved("proposed", "proposed", "declined"), EDIT),
    "approve": (moved("approved", "proposed"), "334 222 333 333 222"),
    "stop": (moved("stopped", "proposed", "pilot"), "334 222 333 333 222"),
    "take a proposal back": (taken_back("proposed"), EDIT),
    "take an approval back": (taken_back("proposed", "approved"), "334 222 333 333 222"),
    "cost by hand": (call("post", "/costs", COST | {"initiative": ""}), "23u 222 222 333 222"),
    "usage": (call("post", "/usage", USAGE | {"initiative": ""}), "23u 222 222 333 222"),
    "unallocated cost": (call("post", "/costs", COST), "333 333 222 333 222"),
    "see a line": (call("get", "/costs/{line}"), SEE),
    "see the row of a line": (call("get", "/costs/{line}/row"), SEE),
    "correct a line": (call("patch", "/costs/{line}", {"amount": "8"}, **MATCH), "234 222 222 333 222"),
    "budget": (
        call("post", "/budgets", {"initiative": "", "month": "2026-01", "amount": "1", "currency": "USD"}),
        "33u 222 222 333 222",
    ),
    "days of work": (
        call("post", "/labour-days", {"initiative": "", "role": "Engineer", "month": "2026-01", "days": 1}),
        "23u 222 222 333 222",
    ),
    "page: overview": (page("get", "/initiatives/{key}/"), SEE),
    "page: outcomes": (page("get", "/initiatives/{key}/outcomes/"), SEE),
    "page: costs": (page("get", "/initiatives/{key}/costs/"), SEE),
    "page: history": (page("get", "/initiatives/{key}/history/"), SEE),
    "page: outcome": (page("get", "/outcomes/{outcome}/"), SEE),
    "page: cost line": (page("get", "/costs/lines/{line}/"), SEE),
    "page: edit": (page("get", "/initiatives/{key}/edit/"), EDIT),
    "page: edit kept": (page("post", "/initiatives/{key}/edit/why/", title="", go="next"), "u34 uuu 333 333 uuu"),
    "page: edit sent": (page("post", "/initiatives/{key}/edit/check/", go="next"), "s34 sss 333 333 sss"),
    "page: no edit to discard": (page("post", "/initiatives/{key}/edit/discard/"), "444 444 444 444 444"),
    "page: members": (page("get", "/initiatives/{key}/members/"), EDIT),
    "page: withdraw": (page("get", "/initiatives/{key}/withdraw/"), EDIT),
    "page: hold": (page("post", "/initiatives/{key}/hold/"), "u34 uuu 333 333 uuu"),
    "page: stage": (page("get", "/initiatives/{key}/stage/"), EDIT),
    "page: new outcome": (page("post", "/outcomes/new/{key}/"), "u34 uuu 333 333 uuu"),
    "page: change outcome": (page("post", "/outcomes/{outcome}/edit/"), "u34 uuu 333 333 uuu"),
    "page: new reading": (page("post", "/outcomes/{outcome}/readings/new/"), "u34 uuu 333 333 uuu"),
    "page: withdraw reading": (page("post", "/outcomes/readings/{reading}/withdraw/"), "s34 sss 333 333 sss"),
    "page: validate": (page("post", "/outcomes/validate/", reading="{reading}"), "33s 333 sss 333 sss"),
    "page: delete cost": (page("post", "/costs/lines/{line}/delete/"), "s34 sss sss 333 sss"),
    "page: delete costs": (page("post", "/costs/lines/delete/", line="{line}", delete="1"), "s3s sss sss 333 sss"),
}
MEANS = {200: "2", 201: "2", 202: "2", 204: "2", 302: "s", 303: "s", 403: "3", 404: "4", 409: "c", 422: "u"}


def answers(at: Scene, calls: dict[str, tuple[Call, str]]) -> dict[str, str]:
    """Make every call on the same scene, each taken back before the next, and return what was answered."""
    found = {}
    for name, (made, _cells) in calls.items():
        with transaction.atomic():
            status = made(at).status_code
            transaction.set_rollback(True)
        found[name] = MEANS.get(status, str(status))
    return found


def unlike(found: dict[str, str], expected: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return the calls that were answered otherwise: name to (found, expected)."""
    return {name: (found[name], cell) for name, cell in expected.items() if found[name] != cell}


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("role", ROLES)
def test_of_an_initiative(role: str, whose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if whose != "own":
        monkeypatch.setattr(Template, "render", lambda *_args, **_named: "")  # every role has its own pages drawn
    place, column = ROLES.index(role), WHOSE.index(whose)
    expected = {name: cells.split()[place][column] for name, (_made, cells) in CALLS.items()}
    assert unlike(answers(scene(role, whose), CALLS), expected) == {}


# What belongs to no initiative: one answer a role.
GENERAL: dict[str, tuple[Call, str]] = {
    "register": (call("post", "/initiatives", {"title": "New"}), "22332"),
    "rate": (call("post", "/exchange-rates", {"on": "2026-01-05", "currency": "EUR", "rate": 1}), "33232"),
    "rates": (call("get", "/exchange-rates"), "22222"),
    "register hardware": (call("post", "/assets", ASSET), "33232"),
    "hardware": (call("get", "/assets"), "22222"),
    "energy price": (call("post", "/energy-prices", {"since": "2026-01-01", "amount": 1, "currency": "USD"}), "33232"),
    "add a role": (call("post", "/labour-roles", {"name": "Analyst", "currency": "USD"}), "33232"),
    "roles": (call("get", "/labour-roles"), "22222"),
    "register a licence": (call("post", "/recurring-costs", LICENCE), "33232"),
    "licences": (call("get", "/recurring-costs"), "22222"),
    "page: hardware": (page("get", "/costs/assets/"), "22222"),
    "page: register hardware": (page("post", "/costs/assets/new/"), "33u3u"),
    "page: energy price": (page("post", "/costs/assets/"), "33u3u"),
    "page: labour": (page("get", "/costs/labour/"), "22222"),
    "page: days sent": (page("post", "/costs/labour/"), "sss3s"),
    "page: roles": (page("get", "/costs/labour/roles/"), "22222"),
    "page: add a role": (page("post", "/costs/labour/roles/new/"), "33u3u"),
    "page: recurring": (page("get", "/costs/recurring/"), "22222"),
    "page: register a licence": (page("post", "/costs/recurring/new/"), "33u3u"),
    "page: recoverable": (page("get", "/costs/recoverable/"), "22222"),
    "summary": (call("get", "/portfolio/summary"), "22222"),
    "audit": (call("get", "/audit"), "33332"),
    "imports": (call("get", "/imports"), "32232"),
    "import initiatives": (upload("initiatives_csv"), "32232"),
    "import the inventory": (upload("federal_ai_inventory"), "32232"),
    "import measurements": (upload("measurements_csv"), "32232"),
    "import costs": (upload("costs_csv"), "33232"),
    "page: portfolio": (page("get", "/"), "22222"),
    "page: list": (page("get", "/initiatives/"), "22222"),
    "page: register": (page("get", "/initiatives/new/"), "22332"),
    "page: ledger": (page("get", "/costs/"), "22222"),
    "page: budget notices": (page("get", "/costs/notices/"), "22222"),
    "page: notice seen": (page("post", "/costs/notices/", seen="1"), "sssss"),
    "budget notices": (call("get", "/budget-notices"), "22222"),
    "categories": (call("get", "/cost-categories"), "22222"),
    "add a category": (call("post", "/cost-categories", {"name": "energy"}), "33332"),
    "a category": (call("get", "/cost-categories/cloud"), "22222"),
    "change a category": (call("patch", "/cost-categories/cloud", {"label": "x"}, **MATCH), "33332"),
    "save a mapping of costs": (call("post", "/import-mappings", COST_MAPPING), "33232"),
    "save a mapping of readings": (call("post", "/import-mappings", READING_MAPPING), "32232"),
    "page: rates": (page("get", "/costs/rates/"), "22222"),
    "page: add a rate": (page("post", "/costs/rates/add/"), "33u3u"),
    "page: upload rates": (page("post", "/costs/rates/upload/"), "33u3u"),
    "page: usage": (page("get", "/costs/usage/"), "22222"),
    "usage of all": (call("get", "/usage"), "22222"),
    "import usage": (upload("usage_csv"), "33232"),
    "page: price anew": (page("post", "/costs/usage/pricing/"), "33u3u"),
    "token prices": (call("get", "/token-prices"), "22222"),
    "token price in force": (call("get", "/token-prices/in-force?provider=openai&model=gpt-4o"), "22222"),
    "token price": (call("post", "/token-prices", TOKEN_PRICE), "33232"),
    "end a token price": (call("post", "/token-prices/1/end", {"valid_until": "2026-01-05"}), "33434"),
    "library prices": (call("post", "/token-prices/library", {"provider": "openai", "uses": True}), "33232"),
    "page: price book": (page("get", "/costs/prices/"), "22222"),
    "page: new price": (page("post", "/costs/prices/new/"), "33u3u"),
    "page: library prices": (page("post", "/costs/prices/library/", provider="openai", uses="yes"), "33s3s"),
    "page: a category": (page("post", "/costs/categories/cloud/", version="1"), "3333s"),
    "page: budgets": (page("get", "/costs/budgets/"), "22222"),
    "page: explorer": (page("get", "/costs/explore/"), "22222"),
    "page: explorer as FOCUS": (page("get", "/costs/explore-focus.csv"), "22222"),
    "explore": (call("get", "/costs/explore"), "22222"),
    "page: unallocated": (page("get", "/costs/unallocated/"), "22222"),
    "page: allocation": (page("get", "/costs/allocation/"), "22222"),
    "page: an allocation rule": (page("post", "/costs/allocation/new/"), "33u3u"),
    "page: what the rules would move": (page("get", "/costs/allocation/apply/"), "33232"),
    "page: apply the rules": (page("post", "/costs/allocation/apply/"), "33s3s"),
    "allocation rules": (call("get", "/allocation-rules"), "22222"),
    "add an allocation rule": (call("post", "/allocation-rules", {"match": {"vendor": "x"}, "split": []}), "33u3u"),
    "apply the allocation rules": (call("post", "/allocation-rules/apply"), "33232"),
    "what the allocation rules would move": (call("post", "/allocation-rules/simulate", {}), "33232"),
    "page: AI categories": (page("get", "/costs/ai-categories/"), "22222"),
    "page: apply AI categories": (page("post", "/costs/ai-categories/"), "33s3s"),
    "page: a rule for AI categories": (page("post", "/costs/ai-categories/new/"), "33u3u"),
    "rules for AI categories": (call("get", "/ai-category-rules"), "22222"),
    "add a rule for AI categories": (call("post", "/ai-category-rules", AI_RULE), "33232"),
    "page: benchmarks": (page("get", "/portfolio/benchmarks/"), "22222"),
    "page: a benchmark": (page("post", "/portfolio/benchmarks/new/"), "3u33u"),
    "benchmarks": (call("get", "/benchmarks"), "22222"),
    "add a benchmark": (call("post", "/benchmarks", BENCHMARK), "32332"),
    "page: business units": (page("get", "/initiatives/units/"), "22222"),
    "page: people": (page("get", "/people/"), "33332"),
    "page: invite": (page("post", "/people/invite/"), "3333u"),
    "page: organisation": (page("get", "/organisation/"), "33332"),
    "page: audit trail": (page("get", "/people/trail/"), "33332"),
    "page: imports": (page("get", "/imports/"), "32232"),
    "page: saved mappings": (page("get", "/imports/mappings/"), "32232"),
    "page: tokens": (page("get", "/tokens/"), "22222"),
}


@pytest.mark.parametrize("role", ROLES)
def test_of_the_organisation(role: str) -> None:
    expected = {name: cells[ROLES.index(role)] for name, (_made, cells) in GENERAL.items()}
    assert unlike(answers(scene(role, "other"), GENERAL), expected) == {}


# A line that belongs to no initiative: everybody sees it, as docs/architecture.md says why, and two roles keep it.
UNALLOCATED: dict[str, tuple[Call, str]] = {
    "see": (call("get", "/costs/{line}"), "22222"),
    "see its row": (call("get", "/costs/{line}/row"), "22222"),
    "page: see": (page("get", "/costs/lines/{line}/"), "22222"),
    "correct": (call("patch", "/costs/{line}", {"amount": "8"}, **MATCH), "33232"),
    "page: correct": (page("post", "/costs/lines/{line}/"), "33u3u"),
    "delete": (call("delete", "/costs/{line}"), "33232"),
    "page: delete": (page("post", "/costs/lines/{line}/delete/"), "33s3s"),
    "page: delete many": (page("post", "/costs/lines/delete/", line="{line}", delete="1"), "33s3s"),
}


@pytest.mark.parametrize("role", ROLES)
def test_of_what_belongs_to_no_initiative(role: str) -> None:
    at = scene(role, "other")._replace(line=add_line(None, "2026-01-02", "9", vendor="Stratus").key)
    expected = {name: cells[ROLES.index(role)] for name, (_made, cells) in UNALLOCATED.items()}
    assert unlike(answers(at, UNALLOCATED), expected) == {}
    listed = at.api.get("/api/v1/costs?unallocated=true").json()["items"]
    assert [(line["id"], line["vendor"]) for line in listed] == [(at.line, "Stratus")]
    told = at.api.get("/api/v1/costs/explore?rows=vendor&since=2026-01&unallocated=true").json()["items"]
    assert [(row["name"], row["total"]) for row in told] == [("Stratus", "9")]


def test_the_roles_are_all_here() -> None:
    assert set(ROLES) == set(Role.values)


# What would tell a stranger of a confidential initiative, and the word that would.
LISTS = [
    ("/api/v1/initiatives", "Project Whisper"),
    ("/api/v1/initiatives?q=whisper", "Project Whisper"),
    ("/api/v1/portfolio/initiatives", "Project Whisper"),
    ("/api/v1/costs", "AI-8888"),
    ("/api/v1/budgets", "AI-8888"),
    ("/api/v1/budget-notices", "AI-8888"),
    ("/api/v1/assets", "AI-8888"),
    ("/api/v1/recurring-costs", "AI-8888"),
    ("/api/v1/labour-days", "AI-8888"),
    ("/costs/assets/", "AI-8888"),
    ("/costs/recurring/", "AI-8888"),
    ("/costs/labour/?year=2026", "AI-8888"),
    ("/costs/recoverable/", "AI-8888"),
    ("/costs/notices/?show=all", "AI-8888"),
    ("/initiatives/?q=whisper", "Project Whisper"),
    ("/initiatives/export.csv", "Project Whisper"),
    ("/outcomes/readings.csv", "AI-8888"),
    ("/costs/", "AI-8888"),
    ("/costs/export.csv", "AI-8888"),
    ("/costs/budgets/?by=initiative&period=all", "AI-8888"),
    ("/costs/budgets.csv?by=initiative&period=all", "AI-8888"),
    ("/costs/explore/?rows=initiative&since=2026-01", "AI-8888"),
    ("/costs/explore.csv?rows=initiative&since=2026-01", "AI-8888"),
    ("/costs/explore-focus.csv?since=2026-01", "AI-8888"),
    ("/api/v1/costs/explore?rows=initiative&since=2026-01", "AI-8888"),
    ("/portfolio/figures/gross_cost/", "Project Whisper"),
    ("/api/v1/allocation-rules", "AI-8888"),
    ("/costs/allocation/", "AI-8888"),
    ("/costs/?unallocated=on", "whisper-bill"),
    ("/costs/?source=whisper-bill", "AI-8888"),
]


def test_a_confidential_initiative_is_in_no_list_of_strangers(client: Client) -> None:
    stranger, owner = UserFactory(), UserFactory()
    secret = InitiativeFactory(title="Project Whisper", number=8888, owner=owner, confidential=True)
    add_line(secret, "2026-01-02", "7654321")
    add_line(secret, "2026-01-03", "1", recoverable=True)
    add_asset([(secret, "1")])
    add_recurring([(secret, "1")])
    labour_days.set_all(None, [NewDays(secret, add_role(), date(2026, 1, 1), Decimal(2))])
    rule = Terms({"source": "whisper-bill"}, ((secret, None),))
    allocation_rules.create(None, rule).parts.update(share=Decimal("0.5"))  # the rest is nobody's
    add_line(None, "2026-01-02", "1", source="whisper-bill", description="whisper-bill")
    read(make_outcome(secret), date(2026, 1, 31), Decimal(1))
    january = NewBudget(secret, date(2026, 1, 1), None, Decimal(1), "USD", date(2026, 1, 1))
    budget_lines.add(UserFactory(admin=True), [january])
    client.force_login(owner)
    assert [address for address, word in LISTS if word not in _text(client, address)] == []  # a control
    client.force_login(stranger)
    assert [address for address, word in LISTS if word in _text(client, address)] == []
    assert "7654321" not in _text(client, "/api/v1/portfolio/summary")


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.getvalue().decode()
