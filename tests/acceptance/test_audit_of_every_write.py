"""Every form that changes something leaves an entry in the audit trail: who, when, what; in the same transaction.

What a form does is seen from the statements that it sends to the database. Each is taken back before the next.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.models import AuditEntry
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from imports.models import Import
from projects.keys import number_of
from projects.models import Initiative
from tests.acceptance.test_sent_twice import MAKES, SETS, target
from tests.everything import everything
from tests.factories import PASSWORD, UserFactory
from tests.forms import Form, forms_of
from tests.imports.test_mapping import BILL

pytestmark = pytest.mark.django_db
WRITES = re.compile(r'(?<!FOR )(?<!KEY )(?<!DO )\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')
# Notes on what was typed, sent or asked for, of which nobody else sees anything; no figure and no object changes.
NOTES = {
    "accounts_sentform",
    "accounts_letter",
    "accounts_dataversion",
    "accounts_auditentry",
    "django_session",
    "projects_intakedraft",
    "imports_upload",
}
# What is asked of a worker, who leaves the entry when it is done.
ASKED = {"imports_import", "costs_repricing", "costs_allocationrun"}
# Forms that change nothing that others see, or ask a worker for it.
NO_CHANGE = {
    "account_login", "account_logout", "accounts:language-set", "costs:notices", "costs:ai-categories",
    "costs:waiting-again", "costs:repricing", "imports:import-cancel", "imports:import-map", "imports:import-revert",
    "projects:intake-discard", "projects:edit-discard",
}  # fmt: skip
ONLY_ASKS = {
    "projects:intake-new", "imports:import-list", "imports:import-repeat", "imports:upload-map", "costs:repricings",
    "imports:upload-format",
}  # fmt: skip
# Each other form that changes something: where it stands, and what is typed into it or pressed.
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "accounts:profile-edit": ("/profile/", {"name": "Other"}),
    "accounts:organisation-edit": ("/organisation/", {"name": "Other"}),
    "accounts:person-edit": ("/people/{person}/", {"name": "Other"}),
    "accounts:person-act": ("/people/{person}/", {"action": "deactivate"}),
    "accounts:token-revoke": ("/tokens/", {}),
    "projects:edit-step": ("/initiatives/{key}/edit/check/", {"go": "next"}),
    "projects:unit-edit": ("/initiatives/units/{unit}/", {"path": "Other"}),
    "projects:members-edit": ("/initiatives/{key}/members/", {"members": "member@example.org"}),
    "projects:handover": ("/initiatives/handover/{owner}/", {"new_owner": "{person}"}),
    "projects:initiative-withdraw": ("/initiatives/{unproposed}/withdraw/", {}),
    "projects:transition-new": ("/initiatives/{key}/stage/", {"to_stage": "approved"}),
    "projects:transition-correct": ("/initiatives/{key}/stage/1/", {"effective_on": "2025-12-31"}),
    "projects:transition-take-back": ("/initiatives/{key}/stage/1/", {}),
    "projects:hold-edit": ("/initiatives/{key}/hold/", {}),
    "projects:hold-correct": ("/initiatives/{key}/hold/{hold}/", {"reason": "Other"}),
    "projects:hold-take-back": ("/initiatives/{key}/hold/{hold}/", {}),
    "outcomes:outcome-edit": ("/outcomes/{outcome}/edit/", {"data_source": "the ledger"}),
    "outcomes:reading-correct": ("/outcomes/readings/{reading}/correct/", {"value": "12.5"}),
    "outcomes:reading-withdraw": ("/outcomes/readings/{reading}/withdraw/", {}),
    "outcomes:reading-validate": ("/initiatives/{key}/outcomes/", {"reading": "{reading}"}),
    "money:rate-upload": ("/costs/rates/", {"file": b"on,currency,rate\n2026-01-05,GBP,1.3\n"}),
    "portfolio:benchmark-edit": ("/portfolio/benchmarks/{benchmark}/", {"note": "Other"}),
    "imports:mapping-edit": ("/imports/mappings/{mapping}/", {"delete": "1"}),
    "costs:line": ("/costs/lines/{line}/", {"amount": "8"}),
    "costs:line-delete": ("/costs/lines/{line}/", {}),
    "costs:lines-delete": ("/costs/", {"line": "{line}", "delete": "1"}),
    "costs:usage-delete": ("/costs/usage/lines/{usage_line}/", {}),
    "costs:budget": ("/initiatives/{key}/budget/?year=2026", {"2026-03.": "7", "do": "save"}),
    "costs:categories": ("/costs/categories/", {"up": "cloud", "to": "0"}),
    "costs:category-edit": ("/costs/categories/cloud/", {"label": "Other"}),
    "costs:notice-settings": ("/costs/notices/settings/", {"thresholds": "50, 90"}),
    "costs:reconciliation": ("/costs/reconciliation/openai/2026-01/", {"reconcile": "1"}),
    "costs:price": ("/costs/prices/{price}/", {"until": "2026-12-31"}),
    "costs:price-library": ("/costs/prices/?provider=anthropic", {"uses": "no"}),
    "costs:allocation-edit": ("/costs/allocation/{rule}/", {"name": "Other", "save": "1"}),
    "costs:allocation-move": ("/costs/allocation/", {"to": "1"}),
    "costs:allocation-apply": ("/costs/allocation/apply/", {}),
    "costs:ai-category-edit": ("/costs/ai-categories/{ai_rule}/", {"priority": "77"}),
    "costs:assets": ("/costs/assets/", {"since": "2026-02-01", "amount": "0.3"}),
    "costs:asset-edit": ("/costs/assets/{asset}/edit/", {"name": "Other"}),
    "costs:recurring-edit": ("/costs/recurring/{recurring}/edit/", {"name": "Other"}),
    "costs:waiting-leave": ("/costs/ai-categories/", {}),
    "costs:labour": ("/costs/labour/?year=2026", {"{initiative}-{role}-2026.02.days": "3"}),
    "costs:labour-role-edit": ("/costs/labour/roles/{role}/", {"name": "Other"}),
    "costs:recoverable": ("/costs/recoverable/", {"line": "{line}", "bill": "1", "billed_on": "2026-02-01"}),
    "account_change_password": (
        "/password/change/", {"oldpassword": PASSWORD, "password1": "a new horse 77", "password2": "a new horse 77"},
    ),  # last: it signs out
}  # fmt: skip


def send(client: Client, form: Form, page: str, typed: dict[str, Any]) -> tuple[int, bool, set[str]]:
    """Send a form; return its answer, whether the trail has an entry more, and the tables that were written to."""
    files = {name: SimpleUploadedFile("f.csv", text) for name, text in typed.items() if isinstance(text, bytes)}
    with transaction.atomic():
        before = AuditEntry.objects.count()
        with CaptureQueriesContext(connection) as sent:
            status = client.post(target(page, form), form.fields | typed | files).status_code
        is_told = AuditEntry.objects.count() > before
        transaction.set_rollback(True)
    return status, is_told, {table for query in sent for table in WRITES.findall(query["sql"])}


def form_for(client: Client, page: str, view: str, typed: dict[str, Any]) -> Form:
    """Return the form of a page that goes to a view and takes most of what is typed."""
    forms = [
        form for form in forms_of(client.get(page)) if resolve(target(page, form).partition("?")[0]).view_name == view
    ]
    return max(forms, key=lambda form: len({*form.fields, *form.boxes, *dict(form.buttons)} & {*typed}))


@pytest.fixture
def named(client: Client) -> dict[str, Any]:
    """Return what addresses name, with what some forms need beside it, to an administrator who is signed in."""
    admin = UserFactory(admin=True)
    UserFactory(email="member@example.org")
    client.force_login(admin)
    found = everything(admin)
    Import.objects.filter(pk=found["job"]).update(dry_run=True)  # one that may be imported in earnest
    mine = Initiative.objects.get(number=number_of(found["key"]))
    allocation_rules.create(admin, Terms({"vendor": "y"}, ((mine, Decimal(1)),), name="Second"))
    return found | {"initiative": mine.pk}


def test_every_form_that_changes_something_leaves_an_entry(client: Client, named: dict[str, Any]) -> None:
    silent, heard = {}, set()
    made = [(view, page, typed) for view, (page, typed, _kind) in MAKES.items()]
    for view, address, fields in [*made, *((view, page, typed) for view, (page, typed) in CHANGES.items())]:
        page = address.format(**named)
        typed = {
            name.format(**named): text.format(**named) if isinstance(text, str) else text
            for name, text in fields.items()
        }
        upload = {"file": BILL.encode()} if view == "imports:import-list" else {}
        status, is_told, tables = send(client, form_for(client, page, view, typed), page, typed | upload)
        assert status in (201, 302), view
        heard |= {view} if is_told else set()
        if not is_told and (changed := tables - NOTES - ASKED):
            silent[view] = changed
    assert silent == {}
    assert heard == {*MAKES, *CHANGES} - ONLY_ASKS
    # What a worker was asked for is told when it is done: here the import that `everything` begins with.
    assert AuditEntry.objects.filter(object_type="imports.import", object_id=named["job"]).exists()


def test_every_form_is_one_or_the_other() -> None:
    assert {*CHANGES, *NO_CHANGE} | {"projects:intake-step", "costs:budget", "costs:categories"} == set(SETS)
