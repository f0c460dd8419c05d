"""What pages tell of costs that wait for a worker: to whom, until when, and that nothing typed is lost by it."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from costs import tasks
from costs.ai import categories as ai_categories
from costs.models import AllocationRun
from costs.reconciliation import sources as ledger_sources
from costs.runs import queue
from tests.costs.test_runs import finance, much, office, records
from tests.factories import UserFactory

__all__ = ["finance", "much", "office", "records"]  # fixtures
pytestmark = pytest.mark.django_db
NEUTRAL = "Costs are being brought up to date; until then all figures are those from before."
DONE = 'That is done: <a class="link" href="">load the page</a> to see the figures.'
FAILED = "Nothing of it was done"
APRIL = date(2026, 4, 1)


def take(actor: User, since: date, kind: str = "usage") -> object:
    return ledger_sources.take(actor, "openai", since, kind)


def page_of(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


def test_a_note_answers_for_itself_and_no_page_is_loaded_by_it(office, much, finance):
    first, second = take(finance, APRIL), ai_categories.apply(finance)
    poll = f"/costs/waiting/?runs={first.pk},{second.pk}"
    shown = office.get("/costs/labour/").content.decode()
    assert f'hx-get="{poll}" hx-trigger="every 3s" hx-swap="outerHTML"' in " ".join(shown.split())
    assert office.get(poll).status_code == 204
    queue.run_next(tasks.WAITING)
    answer = office.get(poll)
    text = answer.content.decode()
    assert "HX-Refresh" not in answer.headers
    assert "<html" not in text
    assert DONE in text
    assert "The AI categories of what is there are being brought to the rules." in text
    # What is done stays told until the other one is over too, even where that fails.
    rest = f"/costs/waiting/?runs={second.pk}&amp;done=1"
    assert f'hx-get="{rest}"' in text
    assert office.get(rest.replace("&amp;", "&")).status_code == 204
    AllocationRun.objects.waiting().update(failed=True, finished_at=timezone.now())
    text = office.get(rest.replace("&amp;", "&")).content.decode()
    assert DONE in text
    assert FAILED in text
    assert "hx-get" not in text
    assert "完了しました。" in office.get(poll, headers={"Accept-Language": "ja"}).content.decode()


@pytest.mark.parametrize("runs", ["", "x", "-1", "1,,2", pytest.param("9" * 5_000, id="long"), "%00", "٣", "1;drop"])
def test_nonsense_is_answered(office, much, finance, runs):
    assert office.get("/costs/waiting/", {"runs": runs}).status_code in (200, 204)
    take(finance, APRIL)
    assert "of openai, from April\u00a02026 on: usage" in office.get("/costs/waiting/", {"runs": runs}).content.decode()


@pytest.mark.parametrize("role", ["contributor", "portfolio", "executive"])
def test_others_learn_that_figures_are_from_before_and_no_more(much, finance, role):
    client = page_of(role)
    run, _second = take(finance, APRIL), ai_categories.apply(finance)
    text = client.get("/costs/").content.decode()
    assert text.count(NEUTRAL) == 1
    assert "from April\u00a02026 on" not in text
    assert "AI categories of what is there" not in text
    assert "Fumi Finance" not in text
    japanese = client.get("/costs/", headers={"Accept-Language": "ja"}).content.decode()
    assert "コストを更新中です。完了するまで、数値はすべて以前のままです。" in japanese
    polled = client.get("/costs/waiting/", {"runs": "0"}).content.decode()
    assert NEUTRAL in polled
    assert "Fumi Finance" not in polled
    poll = f"/costs/waiting/?runs={run.pk}"
    AllocationRun.objects.update(failed=True, finished_at=timezone.now())
    assert "<p" not in client.get(poll).content.decode()  # nothing is from before any more, and nothing was done
    assert "openai" not in client.get("/costs/waiting/").content.decode()
    assert FAILED not in client.get("/costs/").content.decode()
