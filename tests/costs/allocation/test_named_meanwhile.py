"""A draft that is withdrawn, or a reference that goes over, while a bill that names it is read or rules are applied."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from costs.allocation import runs as allocation_runs
from costs.allocation.effect import Effect
from costs.allocation.placements import Changes
from costs.allocation.rules import remove
from costs.bulk import lines as bulk_lines
from costs.models import Placement, UsagePlacement
from imports import jobs, runner
from projects import initiatives
from projects.models import Initiative
from tests.beside import beside
from tests.costs.allocation.test_named_by import BY_TAG, tagged
from tests.costs.allocation.test_places import apply_as_previewed, cost_of, rule
from tests.costs.allocation.test_rules import page
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.costs.reconciliation.test_sources import BEDROCK, call
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in
from tests.projects.test_withdrawn import withdrawn_beside

pytestmark = pytest.mark.django_db(transaction=True)


def named_draft() -> Initiative:
    rule(BY_TAG["match"], named_by=BY_TAG["named_by"])
    return InitiativeFactory()


def submitted(initiative: Initiative) -> int:
    content = bill(tagged(initiative.key, "5"), tagged("", "7")).encode()
    return jobs.submit(None, format_name="focus", chunks=[content], file_name="a.csv").pk


def compared_bill(initiative: Initiative) -> bytes:
    """Return a bill for tokens that name an initiative."""
    return bill(BEDROCK | {"Tags": tagged(initiative.key, "5")["Tags"]}).encode()


def assert_all_is_nobodys(amount: int) -> None:
    assert cost_of(None) == [amount]
    assert not Placement.objects.exists()
    client = page(finance=True)
    for address in ("/costs/explore/?rows=initiative&columns=month", "/costs/allocation/apply/"):
        assert client.get(address).status_code == 200
    apply_as_previewed()


def test_while_a_bill_is_read_that_names_it():
    draft = named_draft()
    job = submitted(draft)
    runner.run(job, withdrawn_beside(draft, draft.owner))
    assert_all_is_nobodys(12)


def test_a_reference_that_goes_over_while_a_bill_is_read_takes_its_cost_along():
    rule({"vendor": "*"}, named_by="account_name")
    old, new = InitiativeFactory(external_ref="CRM", stage="approved"), InitiativeFactory(stage="approved")
    content = bill({"SubAccountName": "CRM", "BilledCost": "5"}).encode()
    job = jobs.submit(None, format_name="focus", chunks=[content], file_name="a.csv").pk

    def go_over() -> None:
        if Initiative.objects.filter(pk=new.pk, external_ref="CRM"):
            return
        initiatives.edit(old, version=1, actor=None, external_ref=None)
        initiatives.edit(new, version=1, actor=None, external_ref="CRM")
        allocation_runs.apply(None)

    runner.run(job, lambda *_given: beside(go_over).join())
    assert cost_of(old, new, None) == [0, 5, 0]


def test_while_a_bill_is_booked_that_names_it(monkeypatch: pytest.MonkeyPatch):
    draft = named_draft()
    job = submitted(draft)
    with monkeypatch.context() as patched:
        patched.setattr(bulk_lines.notices, "raise_reached", withdrawn_beside(draft, draft.owner))
        with pytest.raises(IntegrityError):  # it is taken up again
            runner.run(job)
    runner.run(job)
    assert_all_is_nobodys(12)


def test_while_a_bill_is_booked_that_names_it_and_is_only_compared(monkeypatch: pytest.MonkeyPatch):
    draft = named_draft()
    bring_in("litellm_spend", call("bedrock", "3"))
    job = jobs.submit(None, format_name="focus", chunks=[compared_bill(draft)], file_name="a.csv").pk
    with monkeypatch.context() as patched:
        patched.setattr(bulk_lines.notices, "raise_reached", withdrawn_beside(draft, draft.owner))
        with pytest.raises(IntegrityError):  # it is taken up again
            runner.run(job)
    runner.run(job)
    assert cost_of(None) == [3]
    assert not UsagePlacement.objects.exists()
    apply_as_previewed()


@pytest.mark.parametrize("by_name", [True, False])
def test_while_rules_are_applied_that_place_on_it(monkeypatch: pytest.MonkeyPatch, by_name: bool):
    draft = InitiativeFactory()
    add_line(None, "2026-03-05", "5", tags={"initiative": draft.key})
    made = rule(BY_TAG["match"], named_by=BY_TAG["named_by"]) if by_name else rule(BY_TAG["match"], draft)
    client, effect_of = page(finance=True), allocation_runs.effect_of

    def goes_meanwhile(changes: Changes) -> Effect:
        if not by_name:
            beside(lambda: remove(None, made, made.version)).join()
        withdrawn_beside(draft, draft.owner)()
        return effect_of(changes)

    with monkeypatch.context() as patched:
        patched.setattr(allocation_runs, "effect_of", goes_meanwhile)
        assert client.post("/costs/allocation/apply/").status_code == 503
    assert client.post("/costs/allocation/apply/").status_code == 302
    assert_all_is_nobodys(5)


def test_an_initiative_cannot_go_from_under_its_cost():
    draft = named_draft()
    add_line(None, "2026-03-05", "5", tags={"initiative": draft.key})
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_initiative WHERE id = %s", [draft.pk])
    assert cost_of(draft) == [5]


def test_an_initiative_cannot_go_from_under_what_is_kept_for_comparison():
    draft = named_draft()
    bring_in("litellm_spend", call("bedrock", "3"))
    bring_in("focus", compared_bill(draft).decode())
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_initiative WHERE id = %s", [draft.pk])
    assert UsagePlacement.objects.get().initiative_id == draft.pk
