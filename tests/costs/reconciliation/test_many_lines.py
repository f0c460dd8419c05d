"""A month of more lines than may be read: what its sums and the index of days tell is what its lines would tell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from costs.lines import add as add_lines
from costs.models import Kind, LedgerSource
from costs.pricing import Tokens
from costs.reconciliation import lines
from costs.reconciliation.causes import Causes, Parts, causes
from costs.reconciliation.months import provider_month
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from tests.costs.factories import add_line, new_line
from tests.costs.importers.test_focus import bill
from tests.costs.lines_read import lines_read
from tests.costs.prices.test_book import add as add_price
from tests.costs.reconciliation.test_monthly_charges import charge, of_day
from tests.costs.reconciliation.test_months import MARCH, MILLION
from tests.factories import UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
ZERO = Decimal(0)
LOG = About("litellm_spend", "openai", "m1", kind=Kind.GATEWAY, currency="USD")
MILLION_OF_INPUT = Tokens(input=MILLION)
OURS = About("test", "openai", "m1")


def log(*days: int, model: str = "m1", amount: str | None = "2", calls: int = 1) -> None:
    """Log calls of a model on days of March, each of a million tokens of input and ten of output."""
    about = LOG._replace(model=model)
    usage_lines.add(
        None,
        [
            UsageRow(
                about,
                date(2026, 3, day),
                Tokens(input=MILLION, output=10),
                amount=None if amount is None else Decimal(amount),
                external_id=f"{model} {day} {call}",
            )
            for day in days
            for call in range(calls)
        ],
    )


def use(*days: int, model: str = "m1", tokens: Tokens = MILLION_OF_INPUT) -> None:
    about = OURS._replace(model=model)
    usage_lines.add(None, [UsageRow(about, date(2026, 3, day), tokens) for day in days])


def look(monkeypatch, most: int) -> tuple[Causes, int]:
    monkeypatch.setattr(lines, "MOST_READ", most)
    here, before = provider_month("openai", MARCH), lines_read()
    return causes(here), lines_read() - before


@pytest.fixture
def month():
    """The log has 25 calls from the 2nd to the 6th, the bill charges for the 2nd to the 5th and the 8th.

    The log: 5 calls of m1 for 2 each day = 50, one of m9 for 1 on the 3rd, and one of m0 without a price each day. The
    bill: 11 of m1 and 3 of m0 each day = 70, and 4 of m7 on the 4th.
    """
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="gateway")
    log(2, 3, 4, 5, 6, calls=5)
    log(3, model="m9", amount="1")
    log(2, 3, 4, 5, 6, model="m0", amount=None)
    billed = [
        of_day(f"{model}, input", amount, day)
        for day in (2, 3, 4, 5, 8)
        for model, amount in (("m1", "11"), ("m0", "3"))
    ]
    bring_in("focus", bill(*billed, of_day("m7, input", "4", 4)))
    add_line(None, "2026-03-20", "6", vendor="OpenAI")


@pytest.mark.usefixtures("month")
def test_causes_days_classes_and_models_are_those_that_the_lines_tell(monkeypatch):
    exact, _read = look(monkeypatch, 500_000)
    summed, _read = look(monkeypatch, 20)
    # 51 − 74. The 6th: + 10 and the 8th: − 14. m0 on the four days that both have: − 12. m9 + 1 and m7 − 4 are in one
    # record alone. m1 on the four days: 40 − 44.
    of_log = Parts(Decimal(-4), Decimal(-12), None, Decimal(-3), ZERO, Decimal(-4))
    assert exact.parts == {"gateway": of_log, "ledger": of_log._replace(entered=Decimal(6))}
    assert summed.parts == exact.parts
    assert summed.unpriced == exact.unpriced == [("m0", 5)]
    assert summed.missing_days == exact.missing_days == {"gateway": [date(2026, 3, 8)], "bill": [date(2026, 3, 6)]}
    assert summed.other_models == exact.other_models == ["m7", "m9"]
    assert summed.classes == exact.classes
    assert {row.token_class: row.tokens.get("gateway") for row in summed.classes} == {
        "input": 31 * MILLION, "output": 310, "untold": None,
    }  # fmt: skip
    assert (summed.tells_classes, summed.unclassed, summed.largest) == (
        exact.tells_classes,
        exact.unclassed,
        exact.largest,
    )
    assert (exact.unread, summed.unread) == (0, 42)  # 31 of the log and 11 of the bill


@pytest.mark.usefixtures("month")
def test_no_line_is_read_of_days_that_all_records_have_but_those_of_the_bill(monkeypatch):
    log(2, 3, 4, 5, model="m2", calls=250)
    # Groups of other vendors, as any ledger has. Among seven groups the three of the bill would be nearly half of all
    # lines to the planner, and on a table with dead rows it reads the month of everybody.
    add_lines(None, [new_line(None, "2026-03-20", "1", vendor=f"Elsewhere {number}") for number in range(100)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE costs_costline, costs_usageline, costs_chargegroup")
        cursor.execute("SET LOCAL enable_seqscan = off")  # as with many
    summed, read = look(monkeypatch, 500)
    assert summed.unread == 1_042
    assert read < 50  # 11 of the bill, 5 of the log's 6th; of days that are there, none


@pytest.mark.usefixtures("month")
def test_the_page_shows_the_causes_and_says_what_is_not_told(monkeypatch):
    monkeypatch.setattr(lines, "MOST_READ", 20)
    client = Client()
    client.force_login(UserFactory(finance=True))
    page = client.get("/costs/reconciliation/openai/2026-03/").content.decode()
    assert "42 lines would have to be read to tell everything, and at most 20 are." in page
    assert "Where the difference comes from" in page
    assert "8\u00a0Mar" in page
    assert "unpriced=on&amp;provider=openai&amp;model=m0&amp;month=2026-03" in page
    assert "31.0\u00a0M tokens" in page


def test_our_own_usage_has_its_tokens_by_class_but_not_what_each_class_costs(monkeypatch):
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="usage")
    add_price("m1", "2", provider="openai")
    use(2, 3, 4)
    use(3, model="m0", tokens=Tokens(input=5, output=7))
    bring_in("focus", bill(*(of_day("m1, input", "3", day) for day in (2, 3))))
    exact, _read = look(monkeypatch, 500_000)
    summed, _read = look(monkeypatch, 3)
    # 6 − 6: + 2 on the 4th, which the bill has not; m1 − 2 on the days that both have.
    assert exact.parts == summed.parts == {}
    assert provider_month("openai", MARCH).difference("usage") == 0
    add_line(None, "2026-03-20", "1", vendor="OpenAI")
    exact, summed = look(monkeypatch, 500_000)[0].parts["ledger"], look(monkeypatch, 3)[0]
    assert exact == Parts(Decimal(2), None, ZERO, ZERO, Decimal(1), Decimal(-2))
    assert summed.parts["ledger"] == exact._replace(cached_tokens=None)
    assert summed.missing_days == {"bill": [date(2026, 3, 4)]}
    assert [(row.token_class, dict(row.amounts).get("usage"), row.tokens.get("usage")) for row in summed.classes] == [
        ("input", None, 3 * MILLION + 5),
        ("output", None, 7),
        ("untold", 6, None),
    ]
    assert summed.unpriced == [("m0", 1)]


def test_a_bill_by_month_has_no_days_and_every_cause_is_told_by_sums(monkeypatch):
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="gateway")
    log(2, 3, 4, calls=3)
    log(5, model="m0", amount=None)
    bring_in("focus", bill(charge("m1, input", "20"), charge("m0, input", "4")))
    exact, summed = look(monkeypatch, 500_000)[0], look(monkeypatch, 5)[0]
    # 18 − 24: m0 − 4, m1 18 − 20.
    assert exact.parts["gateway"] == Parts(ZERO, Decimal(-4), None, ZERO, ZERO, Decimal(-2))
    assert (summed.parts, summed.missing_days) == (exact.parts, {})
    assert summed.unread == 12


@pytest.mark.usefixtures("month")
def test_what_lies_on_missing_days_is_not_told_where_those_are_too_many_lines_as_well(monkeypatch):
    log(9, 10, calls=10)  # 20 more, of 2 each, on days that the bill has not
    summed, _read = look(monkeypatch, 20)
    days = [date(2026, 3, day) for day in (6, 9, 10)]
    assert summed.missing_days == {"gateway": [date(2026, 3, 8)], "bill": days}
    # 91 − 74 = 17: m0 − 15, m7 − 4 and m9 + 1 in one record alone, m1 90 − 55.
    assert summed.parts["gateway"] == Parts(None, Decimal(-15), None, Decimal(-3), ZERO, Decimal(35))
    assert summed.parts["gateway"].known == 17


@pytest.mark.usefixtures("month")
def test_a_bill_of_too_many_lines_has_no_days(monkeypatch):
    summed, read = look(monkeypatch, 10)
    assert summed.missing_days == {}
    assert summed.parts["gateway"] == Parts(None, Decimal(-15), None, Decimal(-3), ZERO, Decimal(-5))  # m1: 50 − 55
    assert read < 10
