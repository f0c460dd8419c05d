"""A reading and its exchange rate that are recorded at the same moment."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from accounts.changes import changing
from money import ledger
from portfolio.facts.pending import pending_of_set
from tests.beside import MY_LOCK, somebody_waits
from tests.factories import UserFactory
from tests.outcomes.factories import make_outcome, read

DAY = date(2025, 3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_rate_that_comes_while_its_reading_is_written_values_it():
    finance = UserFactory(finance=True)
    outcome = make_outcome(worth=True, unit_value_currency="EUR")

    def add_the_rate() -> None:
        ledger.add(finance, ledger.NewRate(DAY, "EUR", Decimal("1.08")))
        connection.close()

    other = threading.Thread(target=add_the_rate)
    with changing(outcome.initiative.owner):
        read(outcome, DAY, "11.2")
        assert pending_of_set(None, DAY).whole.readings == 1
        other.start()
        assert somebody_waits(MY_LOCK)
    other.join(timeout=10)
    assert pending_of_set(None, DAY).whole.readings == 0
