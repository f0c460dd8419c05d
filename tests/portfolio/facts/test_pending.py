"""What waits for an exchange rate is told by the sums, as its lines one by one would tell it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from costs import lines, pending
from costs.budgets.api import _pending as pending_of_budget
from costs.explorer.question import Question, pending_lines, with_period
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import CostLine, Placement
from portfolio.facts.look_back_days import quarter_ends
from portfolio.facts.pending import OF_LAST_QUARTER, UNTIL_PRODUCTION, pending_of_set, waiting_by_initiative
from projects.models import StandingPeriod
from tests.costs.allocation.test_places import apply, rule
from tests.costs.factories import new_line
from tests.costs.lines_read import lines_read
from tests.factories import InitiativeFactory, UserFactory
from tests.projects.test_standing import keep

pytestmark = pytest.mark.django_db
FIRST = date(2026, 1, 25)
days = st.integers(0, 100).map(lambda number: FIRST + timedelta(days=number))
spent = st.lists(
    st.tuples(
        st.sampled_from(["one", "two", "none"]), days, st.sampled_from(["EUR", "GBP", "USD"]), st.sampled_from("abc")
    ),
    max_size=15,
)


class World:
    """Two initiatives, the first in production since a day, and lines that wait: those of "b" are shared from March."""

    def __init__(self, production: date, rows) -> None:
        self.one, self.two = InitiativeFactory(), InitiativeFactory()
        step = {"from": "draft", "to": "production", "on": production, "known_by": None, "reason": ""}
        keep(self.one, [step])
        place = {"one": self.one, "two": self.two, "none": None}
        lines.add(
            None,
            [new_line(place[name], str(on), "1", currency=code, vendor=vendor) for name, on, code, vendor in rows],
        )
        rule({"vendor": "b"}, (self.one, "0.25"), (self.two, "0.5"), since=date(2026, 3, 1))
        apply()

    def sharers(self, as_of: date) -> list[tuple[CostLine, list[int]]]:
        """Return each line that waits with whose it is; 0: nobody's."""
        found = []
        for line in CostLine.objects.pending().filter(incurred_on__lte=as_of).select_related("group"):
            day = line.incurred_on
            placed = Placement.objects.filter(group=line.group, since__lte=day, until__gt=day)
            found.append((line, [each.initiative_id for each in placed] or [line.group.initiative_id or 0]))
        return found


@settings(max_examples=40)
@given(spent, days, days | st.sampled_from([date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 1)]), st.booleans())
def test_what_waits_is_what_its_lines_say(rows, production, as_of, with_unallocated):
    with transaction.atomic():
        world = World(production, rows)
        waiting, standing = world.sharers(as_of), StandingPeriod.objects.filter(begins__lte=as_of, ends__gt=as_of)
        until = dict(standing.exclude(production_on=None).values_list("initiative_id", "production_on"))
        before, end = quarter_ends(as_of)
        for ids in (None, [world.one.pk], [world.two.pk]):
            found = pending_of_set(ids, as_of, with_unallocated)
            of_any, of_quarter, of_production = Counter(), Counter(), Counter()
            for line, sharers in waiting:
                theirs = {pk for pk in sharers if (with_unallocated if pk == 0 else ids is None or pk in ids)}
                early = {pk for pk in theirs if pk in until and line.incurred_on <= until[pk]}
                of_any[tuple(sorted(theirs))] += 1
                of_quarter[tuple(sorted(theirs))] += before < line.incurred_on <= end
                of_production[tuple(sorted(early))] += 1
            assert counted(found.shared) == without_none(of_any)
            assert counted(found.of_quarter) == without_none(of_quarter)
            assert counted(found.until_production) == without_none(of_production)
            for text, those in (("true", of_any), (OF_LAST_QUARTER, of_quarter), (UNTIL_PRODUCTION, of_production)):
                told = waiting_by_initiative(ids, as_of, with_unallocated, lines=text)["pending lines"]
                assert told == by_one(those)
        transaction.set_rollback(True)


@settings(max_examples=25)
@given(spent, days, st.sampled_from([{}, {"vendor": "b"}, {"unallocated": True}, {"stage": "production"}, {"own": 1}]))
def test_pages_of_costs_count_what_the_lines_say(rows, as_of, narrowed):
    with transaction.atomic():
        world, office = World(date(2026, 3, 10), rows), UserFactory(admin=True)
        wanted = {"initiative": world.one.key} if "own" in narrowed else narrowed
        asked = Question(with_period(Filters(as_of=as_of, **wanted)))
        listed = asked.filters.keep(CostLine.objects.pending().visible_to(office)).counted()
        assert pending_lines(asked, office) == listed.count()
        for filters in (replace(asked.filters, pending=True), Filters(pending=True, **wanted)):
            waits = filters.keep(CostLine.objects.pending().visible_to(office)).count()
            assert Ledger(filters, office).sums == (waits, None, waits)
        own = [line for line, sharers in world.sharers(as_of) if world.one.pk in sharers]
        assert pending_of_budget(world.one, as_of) == len(own)
        of_each = Counter(CostLine.objects.pending().values_list("group__currency", flat=True))
        assert pending.pending_by_currency(office) == of_each
        transaction.set_rollback(True)


def test_of_a_month_that_is_over_no_line_that_waits_is_read():
    World(date(2026, 2, 28), [("one", date(2026, 3, 1 + number % 28), "EUR", "a") for number in range(60)])
    office, as_of = UserFactory(admin=True), date(2026, 4, 2)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as with many
    before = lines_read()
    assert pending_of_set(None, as_of).whole.lines == 60
    assert pending_lines(Question(with_period(Filters(as_of=as_of))), office) == 60
    assert pending.pending_by_currency(office) == {"EUR": 60}
    assert Ledger(Filters(pending=True), office).sums.lines == 60
    assert lines_read() == before


def counted(shared) -> dict[tuple[int, ...], int]:
    found = Counter()
    for sharers, waits in shared:
        found[tuple(sorted(sharers))] += waits.lines
    return without_none(found)


def without_none(found: Counter) -> dict[tuple[int, ...], int]:
    return {sharers: count for sharers, count in found.items() if sharers and count}


def by_one(found: Counter) -> dict[int, int]:
    each = Counter()
    for sharers, count in found.items():
        each.update(dict.fromkeys(sharers, count))
    return {pk: count for pk, count in each.items() if count}
