"""Lines that were recorded by mistake: ticked in a list, looked at once more, deleted together or not at all."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from costs import lines
from costs.models import CostLine
from projects.models import Initiative
from tests.costs.allocation.test_places import apply, cost_of, rule
from tests.costs.factories import add_line, add_recurring, new_line
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory
from tests.forms import Form, forms_of
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
DELETE = "/costs/lines/delete/"


@pytest.fixture
def initiative() -> Initiative:
    return InitiativeFactory()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add_lines(initiative: Initiative | None, count: int) -> list[CostLine]:
    return lines.add(None, [new_line(initiative, "2026-03-05", str(at + 1)) for at in range(count)]).lines


def deletion_of(page: HttpResponse) -> Form | None:
    """Return the form of a page that deletes lines."""
    return next((form for form in forms_of(page) if form.action == DELETE), None)


def ticked(user: User, chosen: list[CostLine], **sent: str) -> HttpResponse:
    return signed_in(user).post(DELETE, {"line": [line.key for line in chosen], **sent}, follow=True)


def deleted(user: User, chosen: list[CostLine]) -> HttpResponse:
    return ticked(user, chosen, delete="1")


def live() -> set[str]:
    return {line.key for line in CostLine.objects.live()}


def test_ticked_lines_are_shown_once_more_and_deleted_together(initiative):
    kept, *chosen = add_lines(initiative, 4)
    costs = reverse("costs:initiative", args=[initiative.key])
    asked = ticked(initiative.owner, chosen, next=costs)
    page = asked.content.decode()
    assert "Delete <b>3 lines</b> of <b" in page
    assert "$9" in page
    assert len(live()) == 4
    sure = deletion_of(asked)
    assert sure.fields["next"] == costs
    done = signed_in(initiative.owner).post(
        DELETE, {"line": [line.key for line in chosen], "next": costs, **dict(sure.buttons)}, follow=True
    )
    assert done.redirect_chain == [(costs, 302)]
    assert "3 lines are deleted. They stay in the history." in done.content.decode()
    assert live() == {kept.key}
    assert cost_of(initiative) == [1]
    told = AuditEntry.objects.filter(object_type="costs.costline", action="delete", actor=initiative.owner)
    assert {entry.object_key for entry in told} == {line.key for line in chosen}


@pytest.mark.parametrize("name", ["costs:ledger", "costs:initiative"])
def test_a_list_offers_what_its_reader_may_delete(name, initiative):
    line = add_line(initiative, "2026-03-05", "5")
    add_line(None, "2026-03-06", "7")
    add_recurring([(initiative, "1")])
    url = reverse(name, args=[initiative.key] if name == "costs:initiative" else [])
    own = deletion_of(signed_in(initiative.owner).get(url))
    assert own.boxes == {"line": line.key}
    assert own.fields["next"] == url
    for other in (UserFactory(), UserFactory(executive=True)):
        assert deletion_of(signed_in(other).get(url)) is None


def test_all_that_are_shown_are_chosen_by_one_button(initiative):
    made = add_lines(initiative, 60)
    page = signed_in(initiative.owner).get(reverse("costs:ledger"))
    text = page.content.decode()
    assert "Delete all 50 lines that can be selected" in text
    shown = [line.key for line in page.context["page"].lines]
    asked = signed_in(initiative.owner).post(DELETE, {"shown": shown, "all": "1"})
    assert [line.key for line in asked.context["page"].lines] == shown
    assert len(live()) == len(made)


@pytest.mark.parametrize("change", ["deleted", "corrected"])
def test_where_somebody_was_quicker_nothing_is_deleted(change, initiative):
    first, other = add_lines(initiative, 2)
    if change == "deleted":
        lines.remove(None, first)
    else:
        lines.correct(None, first, new_line(initiative, "2026-03-05", "8"))
    before = live()
    for send in (ticked, deleted):
        page = send(initiative.owner, [first, other]).content.decode()
        assert "Somebody has corrected or deleted one of these lines meanwhile. None is deleted." in page
    assert live() == before


def test_a_line_of_a_register_keeps_all_of_them(initiative):
    other = add_line(initiative, "2026-03-05", "5")
    add_recurring([(initiative, "1")])
    before = live()
    of_register = CostLine.objects.live().exclude(pk=other.pk).first()
    page = deleted(UserFactory(admin=True), [other, of_register]).content.decode()
    assert "This line follows from a register: change it there." in page
    assert live() == before


def test_nobody_deletes_what_is_not_theirs(initiative):
    own, foreign, of_nobody = (add_line(each, "2026-03-05", "5") for each in (initiative, InitiativeFactory(), None))
    for chosen in ([own, foreign], [own, of_nobody]):
        assert deleted(initiative.owner, chosen).status_code == 403
    assert deleted(UserFactory(executive=True), [own]).status_code == 403
    assert deleted(UserFactory(portfolio=True), [own, of_nobody]).status_code == 403
    assert len(live()) == 3
    assert deleted(UserFactory(finance=True), [own, foreign, of_nobody]).status_code == 200
    assert live() == set()


def test_a_confidential_line_is_as_one_that_is_not_there(initiative):
    own = add_line(initiative, "2026-03-05", "5")
    secret = add_line(InitiativeFactory(confidential=True), "2026-03-05", "5")
    for send in (ticked, deleted):
        assert "one of these lines meanwhile" in send(initiative.owner, [own, secret]).content.decode()
    assert len(live()) == 2


def test_nothing_chosen_and_nonsense_are_said(initiative):
    add_line(initiative, "2026-03-05", "5")
    assert "Choose the lines." in deleted(initiative.owner, []).content.decode()
    client = signed_in(initiative.owner)
    for nonsense in ("x", "1-20260230-" + "0" * 32 + "-1", "9" * 5_000):
        answer = client.post(DELETE, {"line": nonsense, "delete": "1"}, follow=True)
        assert "one of these lines meanwhile" in answer.content.decode()
    many = {"line": [f"{at}-20260305-{'0' * 32}-1" for at in range(1, 1_002)], "delete": "1"}
    assert "At most 1,000 lines at once." in client.post(DELETE, many, follow=True).content.decode()
    assert len(live()) == 1
    assert client.get(DELETE).url == reverse("costs:ledger")


def test_it_goes_back_to_no_page_of_others(initiative):
    (line,) = add_lines(initiative, 1)
    answer = signed_in(initiative.owner).post(
        DELETE, {"line": line.key, "delete": "1", "next": "https://evil.example/"}
    )
    assert answer.url == reverse("costs:ledger")


def test_fifty_lines_are_asked_about_and_deleted_with_the_queries_of_one(initiative):
    client, asked = signed_in(initiative.owner), {}
    for count in (1, 50):
        sent = {"line": [line.key for line in add_lines(initiative, count)]}
        for sure in ({}, {"delete": "1"}):
            with CaptureQueriesContext(connection) as captured:
                client.post(DELETE, sent | sure)
            asked.setdefault(len(sure), []).append(len(captured))
    assert live() == set()
    assert {each: one == many for each, (one, many) in asked.items()} == {0: True, 1: True}, asked


def test_after_all_of_a_last_page_are_deleted_the_first_is_shown(initiative):
    add_lines(initiative, 60)
    client = signed_in(initiative.owner)
    for address in (f"/costs/?initiative={initiative.key}", reverse("costs:initiative", args=[initiative.key])):
        first = client.get(address).context["page"]
        second = client.get(address, {"initiative": initiative.key, "after": first.next_after})
        answer = deleted(initiative.owner, second.context["page"].lines[5:])
        last = client.get(address, {"initiative": initiative.key, "after": second.context["page"].lines[4].key})
        assert answer.status_code == 200
        assert (last.context["page"].is_first, len(last.context["page"].lines)) == (True, 50)


def test_who_sends_the_same_twice_is_not_told_that_none_is_deleted(initiative):
    chosen = add_lines(initiative, 2)
    assert "2 lines are deleted." in deleted(initiative.owner, chosen).content.decode()
    again = deleted(initiative.owner, chosen).content.decode()
    assert "These lines are deleted already." in again
    assert "None is deleted" not in again


def test_of_a_line_that_is_divided_it_is_said_that_it_goes_whole(initiative):
    rule({"vendor": "x"}, initiative, InitiativeFactory())
    shared = add_line(None, "2026-03-05", "8", vendor="x")
    apply()
    finance, alone = UserFactory(finance=True), add_lines(initiative, 1)
    assert "they go whole" in ticked(finance, [shared, *alone]).content.decode()
    assert "they go whole" not in ticked(finance, alone).content.decode()


def test_the_history_names_days_of_lines_that_are_placed_on_it_alone(initiative):
    rule({"vendor": "x"}, initiative)
    placed, foreign = add_line(None, "2026-03-05", "8", vendor="x"), add_line(InitiativeFactory(), "2020-01-05", "1")
    apply()
    deleted(UserFactory(finance=True), [foreign, placed])
    entry = AuditEntry.objects.filter(action="delete", initiative_id=initiative.pk).get()
    assert "2020" not in entry.object_label


def test_lines_of_bills_of_many_vendors_are_deleted_with_the_queries_of_one(client):
    finance, asked = UserFactory(finance=True), []
    for vendors in (("acme",), ("contoso", "globex", "initech")):
        for which in ("gone", "kept"):
            rows = [{"ProviderName": vendor, "ResourceId": which, "BilledCost": "5"} for vendor in vendors]
            bring_in("focus", bill(*rows))
        gone = list(CostLine.objects.live().filter(group__resource="gone"))
        assert len(gone) == len(vendors)
        with CaptureQueriesContext(connection) as captured:
            lines.remove_all(finance, gone)
        asked.append(len(captured))
    assert asked[0] == asked[1]
