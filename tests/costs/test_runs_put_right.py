"""What failed and is put right, and what is asked for twice, of costs that wait for a worker."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.changes import changing, data_version
from accounts.models import User
from costs import rollups, tasks
from costs.ai import categories as ai_categories
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import AiCategoryRule, AllocationRun, Method
from costs.runs import queue
from imports.workers import MOST_IN_VAIN
from tests.beside import MY_LOCK
from tests.costs.factories import add_line, category
from tests.costs.test_run_notes import APRIL, DONE, FAILED, take
from tests.costs.test_runs import PAGE, finance, much, office, records
from tests.factories import InitiativeFactory
from tests.forms import Form, forms_of
from tests.imports.test_killed import wait
from tests.markup import tight

__all__ = ["finance", "much", "office", "records"]  # fixtures
pytestmark = pytest.mark.django_db
MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)


def fail(about: str, **given: object) -> AllocationRun:
    """Let one have been asked for and have failed."""
    return AllocationRun.objects.create(about=about, failed=True, finished_at=timezone.now(), **given)


def told() -> list[AllocationRun]:
    return list(AllocationRun.objects.to_tell())


def test_what_failed_is_told_until_it_is_done_at_once(office, records, finance):
    fail("labels")
    fail("rules")
    fail("ledger", provider="openai", since=APRIL, kind="usage")
    assert office.get(PAGE).content.decode().count(FAILED) == 3
    ai_categories.apply(finance)
    assert [run.about for run in told()] == ["rules", "ledger"]
    take(finance, APRIL)
    assert [run.about for run in told()] == ["rules"]
    before = data_version()
    assert allocation_runs.apply(finance).pk is None  # nothing is left to move
    assert told() == []
    assert data_version() > before
    assert AllocationRun.objects.filter(failed=True).count() == 3


def test_rules_that_move_something_at_once_put_right_what_failed(finance):
    add_line(None, "2026-03-05", "12", vendor="Stratus")
    allocation_rules.create(None, Terms({"vendor": "Stratus"}, ((InitiativeFactory(), None),)))
    fail("rules")
    assert allocation_runs.apply(finance).lines == 1
    assert told() == []


def test_shares_by_use_that_follow_at_night_do_not_hide_what_failed():
    one, two = InitiativeFactory(), InitiativeFactory()
    terms = Terms({"vendor": "Stratus"}, ((one, None), (two, None)), method=Method.COST, measure=category("tokens"))
    add_line(None, "2026-03-05", "1200", vendor="Stratus")
    allocation_rules.create(None, terms)
    add_line(one, "2026-03-06", "10", category="tokens")
    allocation_runs.apply(None)
    failed = fail("rules")
    add_line(two, "2026-03-07", "30", category="tokens")
    assert tasks.follow_use() == 1
    assert told() == [failed]


def test_a_later_month_of_the_provider_does_not_hide_an_earlier_one_that_failed(records, finance):
    failed = fail("ledger", provider="openai", since=APRIL, kind="usage")
    other = fail("ledger", provider="anthropic", since=APRIL, kind="usage")
    take(finance, JUNE)
    assert told() == [failed, other]
    take(finance, MARCH, "bill")  # decides April too
    assert told() == [other]


def test_one_asked_for_again_is_told_by_its_month_too(much, finance):
    failed = fail("ledger", provider="openai", since=APRIL, kind="usage")
    june = take(finance, JUNE)
    assert told() == [failed, june]
    april = take(finance, APRIL)
    assert told() == [june, april]


def test_one_that_was_behind_it_puts_right_what_failed(much, finance):
    take(finance, APRIL)
    again = take(finance, APRIL, "gateway")
    AllocationRun.objects.exclude(pk=again.pk).update(failed=True, finished_at=timezone.now())
    tasks.run_waiting()
    assert told() == []


def test_the_same_move_waits_once(much, finance):
    run = take(finance, APRIL)
    assert take(finance, APRIL) == run
    back = take(finance, APRIL, "bill")
    assert back != run
    assert take(finance, APRIL) not in (run, back)  # the last one decides
    assert AllocationRun.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_move_that_a_worker_is_on_is_asked_for_anew(much, finance):
    run, other = take(finance, APRIL), connection.copy()
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT 1 FROM costs_allocationrun WHERE id = %s FOR UPDATE", [run.pk])
        second = take(finance, APRIL)
        other.rollback()
    other.close()
    assert second.pk > run.pk


def test_one_asked_for_again_since_the_note_last_looked_is_not_told_as_done(office, much, finance):
    first = take(finance, APRIL)
    AllocationRun.objects.filter(pk=first.pk).update(failed=True, finished_at=timezone.now())
    again = take(finance, APRIL)
    text = office.get(f"/costs/waiting/?runs={first.pk}").content.decode()
    assert f"runs={again.pk}" in text
    assert DONE not in text


def test_rules_that_failed_can_be_asked_for_again_where_nothing_is_left_to_move(office, records):
    failed = fail("rules")
    page = tight(office.get("/costs/allocation/apply/").content.decode())
    assert "Nothing would move" in page
    assert "Apply the rules</button>" in page
    assert told() == [failed]
    office.post("/costs/allocation/apply/")
    assert told() == []


@pytest.mark.parametrize(
    ("about", "leads_to"),
    [("rules", "/costs/allocation/apply/"), ("labels", "/costs/ai-categories/"), ("ledger", "/costs/reconciliation/")],
)
def test_one_that_failed_is_asked_for_again_where_that_is_done_or_is_left(office, about, leads_to):
    failed = fail(about, provider="openai", since=APRIL, kind="usage")
    page = tight(office.get("/costs/recurring/").content.decode())
    assert f'<a class="btn quiet small" href="{leads_to}">Ask for it again</a>' in page
    assert f'action="/costs/waiting/{failed.pk}/leave/"' in page
    assert office.get(leads_to).status_code == 200
    before = data_version()
    office.post(f"/costs/waiting/{failed.pk}/leave/", {"next": "/costs/recurring/"})
    assert told() == []
    assert data_version() > before
    assert FAILED not in office.get("/costs/recurring/").content.decode()


def dismissal(page: HttpResponse, run: AllocationRun) -> Form:
    (form,) = (each for each in forms_of(page) if each.action == f"/costs/waiting/{run.pk}/leave/")
    return form


def test_dismiss_leads_back_to_the_page_that_it_stands_on(office):
    failed = fail("labels")
    here = "/costs/recurring/?page=1&q=a%26b"
    form = dismissal(office.get(here), failed)
    assert office.post(form.action, form.fields)["Location"] == here


@pytest.mark.parametrize(
    ("shown_on", "leads_to"),
    [
        ("http://testserver/costs/recurring/?q=a%26b", "/costs/recurring/?q=a%26b"),
        ("https://example.org/costs/recurring/", "/costs/"),
        ("", "/costs/"),
    ],
)
def test_dismiss_in_a_note_that_answered_for_itself_leads_back_to_its_page(office, shown_on, leads_to):
    failed = fail("labels")
    headers = {"HX-Request": "true"} | ({"HX-Current-URL": shown_on} if shown_on else {})
    form = dismissal(office.get(f"/costs/waiting/?runs={failed.pk}", headers=headers), failed)
    assert office.post(form.action, form.fields)["Location"] == leads_to


def test_the_page_of_rules_tells_what_else_waits_and_lets_what_failed_be_dismissed(office, much, finance):
    take(finance, APRIL)
    failed = fail("rules")
    page = office.get("/costs/allocation/apply/")
    text = tight(page.content.decode())
    assert "of openai, from April\u00a02026 on: usage" in text
    assert text.count("The allocation rules were to be applied to what is there.") == 1
    assert text.count("An error in Worthwhile stopped") == 1
    form = dismissal(page, failed)
    assert office.post(form.action, form.fields)["Location"] == "/costs/allocation/apply/"
    assert told() == [AllocationRun.objects.get(about="ledger")]


def test_the_page_of_rules_that_wait_says_so_once(office, finance):
    queue.ask(finance, queue.About.RULES)
    page = office.get("/costs/allocation/apply/").content.decode()
    assert page.count("The allocation rules are being applied to what is there.") == 1
    assert "in the background" not in page
    assert 'hx-get="/costs/allocation/apply/"' in page
    assert "What has moved will stand here." in page


def test_one_that_waits_cannot_be_left(office, much, finance):
    run = take(finance, APRIL)
    office.post(f"/costs/waiting/{run.pk}/leave/")
    assert told() == [run]


def test_saving_a_rule_unchanged_says_nothing_of_labels_that_wait(much, finance):
    waits = ai_categories.apply(finance)
    assert ai_categories.save(finance, AiCategoryRule.objects.earliest("pk")) == waits


def test_an_error_told_late_does_not_undo_what_another_worker_has_done(much, finance):
    run = take(finance, APRIL)
    queue.run_next(tasks.WAITING)
    queue._fail(run.pk)
    run.refresh_from_db()
    assert (run.failed, run.state) == (False, "done")


@pytest.mark.parametrize("about", ["rules", "labels", "ledger"])
def test_the_database_lets_go_of_a_worker_that_died_in_the_midst_of_a_statement(much, finance, about):
    AllocationRun.objects.create(about=about, provider="openai", since=APRIL, kind="usage", asked_by=finance)
    seen = []

    def look(run, change):
        with connection.cursor() as cursor:
            cursor.execute("SHOW client_connection_check_interval")
            seen.append(cursor.fetchone()[0])

    queue.run_next(dict.fromkeys(tasks.WAITING, look))
    assert seen == ["2s"]


# Asked for twice ------------------------------------------------------------------------------------------------------
def ask_for_the_ledger(actor: User) -> AllocationRun:
    return take(actor, APRIL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [ask_for_the_ledger, ai_categories.apply])
def test_what_two_ask_for_at_the_same_moment_waits_once(much, finance, ask):
    """The second asks while the first is about to have asked."""
    answers: list[AllocationRun] = []

    def ask_too() -> None:
        try:
            answers.append(ask(finance))
        finally:
            connection.close()

    thread = threading.Thread(target=ask_too)
    with changing(finance):
        first = ask(finance)
        thread.start()
        wait(20, lambda: asking_wait() or bool(answers))
    thread.join(20)
    assert answers == [first]
    assert AllocationRun.objects.count() == 1


def asking_wait() -> int:
    """Return how many wait until another has asked."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {MY_LOCK}")
        return cursor.fetchone()[0]


def test_what_is_asked_for_again_is_not_given_up_for_what_happened_to_it_before(much, finance):
    for ask in (ask_for_the_ledger, ai_categories.apply):
        run = ask(finance)
        AllocationRun.objects.filter(pk=run.pk).update(attempts=MOST_IN_VAIN)
        assert ask(finance) == run
        assert AllocationRun.objects.get(pk=run.pk).attempts == 0
    assert tasks.run_waiting() == 2


def test_rules_can_be_saved_while_the_ledger_is_asked_for(much, finance):
    """Who holds the lock of the sums may wait for who asks, never the other way round."""
    with CaptureQueriesContext(connection) as queries:
        take(finance, APRIL)
    locks = [each["sql"] for each in queries.captured_queries if "advisory" in each["sql"]]
    assert len(locks) == 1
    assert rollups.LOCK not in locks
