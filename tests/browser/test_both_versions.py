"""Pages that show what somebody else has changed meanwhile: what axe finds on them, in both languages and themes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from costs import lines
from costs.models import CostLine
from costs.new_line import NewLine
from outcomes import agreements, measurements
from outcomes.models import Measurement, Outcome
from projects import holds, initiatives, transitions
from projects.models import Initiative
from tests.browser.pages import scrolls_sideways, violations
from tests.browser.test_every_page import WALKS

pytestmark = [pytest.mark.django_db(transaction=True)]


def sent_too_late(page: Page, address: str, rules: object, **typed: str) -> list[str]:
    """Type into the form of the page that stands open, send it, and return what is wrong with what comes."""
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator("main form .btn:not(.quiet)").first.click()
    wrong = [] if answer.value.status == 409 else [f"{address}: {answer.value.status}"]
    page.wait_for_load_state()
    return [*wrong, *violations(page, rules), *([f"{address} scrolls sideways"] * scrolls_sideways(page))]


@pytest.mark.parametrize(("language", "scheme", "width", "rules"), WALKS)
def test_both_versions_are_accessible(page_as, live_server, portfolio, language, scheme, width, rules):
    page, key, outcome = page_as(language, scheme, width), portfolio.key, Outcome.objects.get()
    step = portfolio.transitions.latest("position")

    page.goto(f"{live_server.url}/initiatives/{key}/edit/why/")
    page.fill("[name=problem]", "15 minutes a claim")
    page.locator("button[value=next]:not(.visually-hidden)").first.click()
    page.goto(f"{live_server.url}/initiatives/{key}/edit/check/")
    now = Initiative.objects.get(pk=portfolio.pk)
    initiatives.edit(now, version=now.version, actor=None, problem="16 minutes a claim", hosting="saas")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.locator("button[value=next]:not(.visually-hidden)").first.click()
    page.wait_for_load_state()
    assert (answer.value.status, violations(page, rules), scrolls_sideways(page)) == (409, [], False)

    page.goto(f"{live_server.url}/outcomes/{outcome.pk}/edit/")
    agreements.revise(outcome, version=outcome.version, actor=None, cadence_days=7, data_source="The ledger")
    assert sent_too_late(page, "outcome", rules, data_source="A report") == []

    reading = Measurement.objects.counting().latest("period_end")
    page.goto(f"{live_server.url}/outcomes/readings/{reading.pk}/correct/")
    measurements.correct(None, reading, value=Decimal(8), note="From the system")
    assert sent_too_late(page, "reading", rules, value="7.25") == []
    withdrawn = Measurement.objects.counting().latest("period_end")
    page.goto(f"{live_server.url}/outcomes/readings/{withdrawn.pk}/correct/")
    measurements.withdraw(None, withdrawn)
    assert sent_too_late(page, "withdrawn reading", rules, value="7.25") == []

    line = CostLine.objects.live().shown().get(invoice_ref="INV-1")
    page.goto(f"{live_server.url}/costs/lines/{line.key}/")
    corrected = lines.correct(None, line, replace(NewLine.of(line), amount=Decimal(14), description="A day of a GPU"))
    assert sent_too_late(page, "line", rules, amount="13") == []
    page.goto(f"{live_server.url}/costs/lines/{corrected.key}/")
    lines.remove(None, corrected)
    assert sent_too_late(page, "deleted line", rules, amount="13") == []

    page.goto(f"{live_server.url}/initiatives/{key}/stage/{step.position}/")
    transitions.redate(portfolio, step.pk, date(2025, 7, 2), None)
    assert sent_too_late(page, "stage", rules, effective_on="2025-07-05") == []

    page.goto(f"{live_server.url}/initiatives/{key}/stage/")
    last = portfolio.transitions.latest("position")
    transitions.redate(portfolio, last.pk, None, None, known_by=date(2025, 7, 2))
    assert sent_too_late(page, "move", rules, rationale="The board said so") == []

    page.goto(f"{live_server.url}/initiatives/{key}/hold/")
    hold = holds.start(portfolio, date(2025, 8, 1), None, "Waiting for data")
    assert sent_too_late(page, "hold", rules, started_on="2025-03-01", reason="Budget freeze") == []

    page.goto(f"{live_server.url}/initiatives/{key}/hold/{hold.pk}/")
    holds.end(portfolio, date(2025, 9, 1), None)
    assert sent_too_late(page, "pause", rules, reason="Data") == []
