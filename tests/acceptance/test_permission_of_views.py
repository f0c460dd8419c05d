"""Nobody is let in by forgetting: every view stands here with who may ask for it and who may send to it.

Whoever is refused by this table asks and sends, and has to be refused; whoever may send is let in. A new view that is
not in it fails, and so does one that forgets its `require()`. All is about an initiative, an import, a draft of others;
the cells of the contract's table, one's own things among them, are in `test_permission_table.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client
from django.urls import resolve

from accounts.models import AuditEntry
from config.urls import urlpatterns
from tests import addresses
from tests.acceptance.test_addresses import names
from tests.acceptance.test_permission_table import ROLES
from tests.everything import everything
from tests.factories import UserFactory

# What a page refuses is the same on every server; that each answers on every one, `test_addresses` sees.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Who may ask for a view, and send to it: "x" for each of contributor, portfolio, finance, executive and admin; an empty
# word: it takes no such request.
MAY: dict[tuple[str, str], list[str]] = {
    ("xxxxx", ""): [
        "portfolio:portfolio", "portfolio:all-figures", "portfolio:figure", "portfolio:decisions",
        "portfolio:benchmarks", "portfolio:calculators", "portfolio:calculator-finance", "portfolio:overview",
        "portfolio:all-initiative-figures", "portfolio:initiative-figure",
        "projects:initiative-list", "projects:initiative-export", "projects:initiative-history", "projects:unit-list",
        "costs:line-row", "outcomes:reading-export",
    ],
    # They only read: what is sent to them is answered like a question.
    ("xxxxx", "xxxxx"): [
        "outcomes:initiative", "outcomes:outcome-list", "outcomes:outcome", "outcomes:outcome-figure",
        "outcomes:reading-choose", "costs:ledger", "costs:export", "costs:asset", "costs:labour-roles",
        "costs:recurring", "costs:recurring-cost", "costs:unallocated", "costs:allocation-rules", "costs:explore",
        "costs:explore-export", "costs:explore-focus", "costs:usage", "costs:usage-export", "costs:usage-line",
        "costs:prices", "costs:waiting", "costs:budgets", "costs:budgets-export", "money:rate-list",
    ],
    ("xxxxx", "xxx.x"): ["costs:labour"],
    ("xxxxx", ".xx.x"): ["costs:initiative", "costs:budget", "costs:line", "costs:recoverable"],
    ("xxxxx", "..x.x"): ["costs:assets", "costs:ai-categories", "costs:price"],
    ("xxxxx", "....x"): ["costs:notice-settings", "costs:categories"],
    ("xxx.x", "xxx.x"): ["costs:grid"],
    ("xxx.x", ".xx.x"): ["costs:lines-delete"],
    ("xx..x", "xx..x"): ["projects:intake-new"],
    (".xx.x", ".xx.x"): ["imports:import-list"],
    (".xx.x", ""): ["imports:mapping-list"],
    (".x..x", ".x..x"): [
        "portfolio:benchmark-new", "portfolio:benchmark-edit", "outcomes:outcome-new", "outcomes:outcome-edit",
        "outcomes:reading-new", "outcomes:reading-correct", "outcomes:reading-withdraw", "projects:edit-step",
        "projects:transition-new", "projects:transition-correct", "projects:hold-edit", "projects:hold-correct",
        "projects:members-edit", "projects:unit-edit", "projects:initiative-withdraw",
    ],
    (".x..x", ""): ["projects:initiative-edit"],
    ("..x.x", "..x.x"): [
        "costs:asset-new", "costs:asset-edit", "costs:labour-role-new", "costs:labour-role-edit",
        "costs:recurring-new", "costs:recurring-edit", "costs:allocation-new", "costs:allocation-edit",
        "costs:allocation-apply", "costs:ai-category-new", "costs:ai-category-edit", "costs:reconciliations",
        "costs:reconciliations-export", "costs:reconciliation", "costs:repricings", "costs:repricing",
        "costs:price-new", "money:rate-add", "money:rate-upload", "imports:import-revert", "imports:mapping-edit",
    ],
    ("..x.x", ""): ["imports:import-detail", "imports:import-errors", "imports:import-restated"],
    ("....x", "....x"): [
        "accounts:people-list", "accounts:person-invite", "accounts:person-edit", "accounts:organisation-edit",
        "projects:handover",
        "costs:category-edit",
    ],
    ("....x", ""): ["trail:list", "trail:export"],
    # Drafts and uploads are their maker's alone.
    (".....", "....."): [
        "projects:intake-discard", "projects:intake-step", "projects:edit-discard", "imports:upload-map",
        "imports:upload-format",
    ],
    (".....", ""): ["projects:intake-resume"],
    ("", ".x..x"): ["projects:transition-take-back", "projects:hold-take-back"],
    ("", ".xx.x"): ["costs:line-delete", "costs:usage-delete"],
    ("", "..x.x"): [
        "costs:allocation-move", "costs:price-library", "costs:waiting-leave", "costs:waiting-again",
        "imports:import-map", "imports:import-repeat", "imports:import-cancel", "outcomes:reading-validate",
    ],
    ("", "....x"): ["accounts:person-act", "accounts:token-revoke"],
}  # fmt: skip
# Everybody's own: a language, a profile, a password, tokens, notices marked as seen.
ONES_OWN = {
    "accounts:language-set", "accounts:profile-edit", "accounts:token-list", "account_change_password",
    "account_logout", "costs:notices",
}  # fmt: skip
# For people who are not signed in, and for the first one.
DOORSTEP = {resolve(each.format(invitation="x-x")).view_name for each in addresses.DOORSTEP} | {"accounts:set-up"}

SIGNED_IN = [
    *addresses.PAGES, *addresses.FILES, *addresses.SENT_TO, *addresses.LEADING_ON, *addresses.ASKED_BY_SCRIPT,
]  # fmt: skip
SENT = {"sent": "1", "line": "{line}", "reading": "{reading}"}  # what the views of many rows look at before a form


def test_every_view_says_who_may() -> None:
    listed = [name for views in MAY.values() for name in views]
    assert sorted([*listed, *ONES_OWN, *DOORSTEP]) == sorted(names(urlpatterns))


def refused_wrongly(client: Client, role: str, address_of: dict[str, str], sent: dict[str, str]) -> list[Any]:
    """Return the views that refuse this role what it may, or grant what it may not."""
    client.force_login(UserFactory(role=role))
    wrong = []
    for (asks, sends), view in ((words, view) for words, views in MAY.items() for view in views):
        for method, word, fields in (("get", asks, {}), ("post", sends, sent)):
            may = word[ROLES.index(role) :][:1]
            if may:
                with transaction.atomic():
                    status = getattr(client, method)(address_of[view], fields).status_code
                    transaction.set_rollback(True)
                wrong += [(role, method, view, status)] * ((status in (403, 404)) != (may == "."))
    return wrong


def test_only_who_may_is_let_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    named = everything(UserFactory(admin=True))
    every = [each.format(**named) for each in reversed(SIGNED_IN)]
    address_of = {resolve(each.partition("?")[0]).view_name: each for each in every}
    sent = {name: text.format(**named) for name, text in SENT.items()}
    monkeypatch.setattr(Template, "render", lambda *_args, **_named: "")  # nobody reads the pages
    before = AuditEntry.objects.count()
    # An administrator is refused nothing but what is its maker's alone.
    assert [each for role in ROLES[:-1] for each in refused_wrongly(client, role, address_of, sent)] == []
    assert AuditEntry.objects.count() == before
