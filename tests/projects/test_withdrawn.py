"""A draft made by mistake is withdrawn, while nothing is recorded on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import AuditEntry, User
from imports import jobs, runner
from outcomes import rules
from outcomes.models import Outcome
from projects import holds, initiatives, withdrawing
from projects.models import Initiative, IntakeDraft
from projects.transitions import move, take_back
from tests.acceptance.test_sent_twice import OUTCOME
from tests.accounts.test_unsent import hidden
from tests.beside import beside
from tests.costs.factories import add_line
from tests.factories import UserFactory, bearer
from tests.forms import forms_of
from tests.outcomes.factories import make_outcome

MATCH = {"If-Match": '"1"'}


def delete(client: Client, user: User, key: str, **headers: str) -> int:
    return client.delete(f"/api/v1/initiatives/{key}", headers=bearer(user) | headers).status_code


def test_a_draft_goes_its_audit_stays_and_its_key_is_never_used_again(
    client: Client, triage: Initiative, contributor: User
) -> None:
    initiatives.edit(triage, version=1, actor=contributor, tags=["text"], planned_production_on=date(2026, 6, 30))
    assert delete(client, contributor, triage.key) == 428
    assert delete(client, contributor, triage.key, **MATCH) == 412
    assert delete(client, contributor, triage.key, **{"If-Match": '"2"'}) == 204
    assert delete(client, contributor, triage.key, **{"If-Match": '"2"'}) == 404
    told = AuditEntry.objects.filter(object_type="projects.initiative", object_id=triage.pk).order_by("pk")
    assert [entry.action for entry in told] == ["create", "edit", "withdraw"]
    query = client.get(f"/api/v1/audit?object={triage.key}", headers=bearer(UserFactory(admin=True)))
    assert query.json()["count"] == 3
    assert initiatives.create(contributor, title="Next").number > triage.number


@pytest.mark.parametrize("what", ["cost", "outcome", "pause", "change", "move"])
def test_one_with_something_on_it_stays(
    client: Client, triage: Initiative, contributor: User, office: User, what: str
) -> None:
    if what == "cost":
        add_line(triage, "2026-01-02", "3")
    elif what == "outcome":
        make_outcome(triage)
    elif what == "pause":
        holds.start(triage, date(2026, 1, 5), office)
    elif what == "change":
        IntakeDraft.objects.create(user=office, initiative=triage)
    else:
        move(triage, "proposed", date(2026, 1, 5), office)
    assert delete(client, contributor, triage.key, **MATCH) == 409
    assert Initiative.objects.filter(pk=triage.pk).exists()


def test_members_a_change_of_ones_own_and_a_move_taken_back_do_not_hold_it(
    client: Client, triage: Initiative, contributor: User, office: User
) -> None:
    take_back(triage, move(triage, "proposed", date(2026, 1, 5), office).pk, office)
    triage.members.add(office)
    IntakeDraft.objects.create(user=contributor, initiative=triage)
    assert delete(client, contributor, triage.key, **MATCH) == 204
    assert not Initiative.objects.exists()


def test_who_may_not_edit_it_may_not_withdraw_it(client: Client, triage: Initiative) -> None:
    assert delete(client, UserFactory(), triage.key, **MATCH) == 403
    assert delete(client, UserFactory(finance=True), triage.key, **MATCH) == 403


def test_the_page_asks_first_and_says_so_afterwards(as_contributor: Client, triage: Initiative) -> None:
    url = f"/initiatives/{triage.key}/withdraw/"
    assert url in as_contributor.get(triage.url).content.decode()
    page = as_contributor.get(url).content.decode()
    assert f"Withdraw the draft “{triage.title}”?" in page
    answer = as_contributor.post(url, {"version": "1"}, follow=True)
    assert answer.redirect_chain == [("/initiatives/", 302)]
    assert f"{triage.key} is withdrawn." in answer.content.decode()
    assert as_contributor.get(url).status_code == 404


def test_a_page_that_is_not_of_now_withdraws_nothing(
    as_contributor: Client, triage: Initiative, contributor: User
) -> None:
    url = f"/initiatives/{triage.key}/withdraw/"
    initiatives.edit(triage, version=1, actor=contributor, problem="Now stated")
    assert as_contributor.post(url, {"version": "1"}).status_code == 409
    add_line(triage, "2026-01-02", "3")
    answer = as_contributor.post(url, {"version": "2"})
    assert answer.status_code == 409
    assert "Something is recorded on it" in answer.content.decode()
    assert "<form" not in as_contributor.get(url).content.decode().split("<main", 1)[1]


def test_what_was_proposed_has_no_such_button(as_contributor: Client, triage: Initiative, office: User) -> None:
    move(triage, "proposed", date(2026, 1, 5), office)
    assert "/withdraw/" not in as_contributor.get(triage.url).content.decode()


def withdrawn_beside(initiative: Initiative, contributor: User) -> Callable[..., None]:
    def work(*_given: object) -> None:
        if Initiative.objects.filter(pk=initiative.pk).exists():
            beside(lambda: withdrawing.withdraw(initiative, version=1, actor=contributor)).join()

    return work


FILES = {
    "costs_csv": "initiative,incurred_on,category,amount,currency\n"
    "{key},2026-03-05,cloud,1,USD\n,2026-03-05,cloud,2,USD\n",
    "usage_csv": "initiative,occurred_on,provider,model,input_tokens,output_tokens\n"
    "{key},2026-01-05,OpenAI,m,5,5\n,2026-01-05,OpenAI,m,5,5\n",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", FILES)
def test_an_import_that_was_reading_what_names_it_is_taken_up_again_and_says_which_rows(
    triage: Initiative, contributor: User, name: str
) -> None:
    content = FILES[name].format(key=triage.key).encode()
    job = jobs.submit(None, format_name=name, chunks=[content], file_name="a.csv")
    with pytest.raises(IntegrityError):
        runner.run(job.pk, withdrawn_beside(triage, contributor))
    job.refresh_from_db()
    assert (job.state, job.reasons.count()) == ("running", 0)
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_created) == ("done", 1)
    assert [(row.column, row.translated) for row in job.rejected.all()] == [
        ("initiative", "There is no such initiative.")
    ]


@pytest.mark.django_db(transaction=True)
def test_who_was_recording_something_on_it_has_it_back_and_is_told_on_the_second_try(
    as_contributor: Client, triage: Initiative, contributor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/outcomes/new/{triage.key}/"
    (form,) = [each for each in forms_of(as_contributor.get(page)) if "metric" in each.fields]
    monkeypatch.setattr(rules, "check_identity", withdrawn_beside(triage, contributor))
    answer = as_contributor.post(page, form.fields | OUTCOME)
    assert (answer.status_code, hidden(answer)["metric"]) == (503, OUTCOME["metric"])
    assert as_contributor.post(page, hidden(answer)).status_code == 404
    assert not Outcome.objects.exists()
