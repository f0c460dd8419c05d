"""The sums equal what adding up the lines gives, whatever was done in whatever order, on any day."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from costs import lines, totals
from costs.models import CostLine, GroupMonth
from costs.totals import Flow
from imports import jobs
from imports.models import Import
from money.rates import rates_on
from tests.costs.factories import add_rate, new_line
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

FIRST = date(2026, 1, 20)
days = st.integers(0, 75).map(lambda number: FIRST + timedelta(days=number))
amounts = st.decimals(-1000, 1000, places=3).map(str)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), days, amounts, st.sampled_from(["USD", "EUR"]), st.none() | days),
        st.tuples(st.just("correct"), st.integers(0, 20), st.integers(0, 2), days, amounts),
        st.tuples(st.just("remove"), st.integers(0, 20)),
        st.tuples(st.just("rate"), days),
        st.tuples(
            st.just("import"),
            st.lists(st.tuples(st.integers(0, 2), days, amounts, st.sampled_from(["", "E1", "E2"])), max_size=4),
        ),
        st.tuples(st.just("revert"), st.integers(0, 5)),
    ),
    max_size=12,
)


class World:
    """Does what the operations say through the product's doors."""

    def __init__(self) -> None:
        self.places = [InitiativeFactory(), InitiativeFactory(), None]
        self.rates: set[date] = set()

    def add(self, place, on, amount, currency, billed_on) -> None:
        more = {"recoverable": True, "billed_on": str(billed_on)} if billed_on else {}
        kind = "cloud" if on.day % 2 else "people"
        lines.add(None, [new_line(self.places[place], str(on), amount, currency=currency, category=kind, **more)])

    def correct(self, which, place, on, amount) -> None:
        if line := self._live(which):
            lines.correct(None, line, new_line(self.places[place], str(on), amount))

    def remove(self, which) -> None:
        if line := self._live(which):
            lines.remove(None, line)

    def rate(self, on) -> None:
        if on not in self.rates:
            self.rates.add(on)
            add_rate(str(on), "EUR", "1.25")

    def import_(self, rows) -> None:
        text = "initiative,incurred_on,category,amount,currency,external_id\n"
        for place, on, amount, external_id in rows:
            key = self.places[place].key if self.places[place] else ""
            text += f"{key},{on},cloud,{amount},{'EUR' if on.day % 3 else 'USD'},{external_id}\n"
        bring_in("costs_csv", text)

    def revert(self, which) -> None:
        done = list(Import.objects.filter(state="done").order_by("pk"))
        if done:
            jobs.revert(done[which % len(done)], None)

    def _live(self, which) -> CostLine | None:
        found = list(CostLine.objects.live().newest_first().shown())
        return found[which % len(found)] if found else None


def added_up(as_of: date) -> tuple[dict, dict, dict]:
    """Return flows by initiative, by month, and of initiatives by month and category, from the lines alone."""
    by_initiative, by_month, by_category = (defaultdict(Flow) for _ in range(3))
    for line in CostLine.objects.live().filter(base_amount__isnull=False, incurred_on__lte=as_of).shown():
        place, kind = line.group.initiative_id or 0, line.group.category.name
        parts = [(line.incurred_on, Flow(line.base_amount))]
        if line.group.recoverable and line.billed_on and line.billed_on <= as_of:
            parts.append((line.billed_on, Flow(Decimal(0), line.base_amount)))
        for on, flow in parts:
            by_initiative[place] += flow
            by_month[on.replace(day=1)] += flow
            if place:
                by_category[on.replace(day=1), kind] += flow
    return by_initiative, by_month, by_category


def without_zeros(flows: dict[int, Flow]) -> dict[int, Flow]:
    return {place: flow for place, flow in flows.items() if flow != Flow()}


@pytest.mark.django_db
@settings(max_examples=25)
@given(done=operations, asked=st.lists(days, min_size=3, max_size=3))
def test_sums_equal_the_lines_after_anything(done, asked):
    with transaction.atomic():
        world = World()
        for name, *details in done:
            getattr(world, "import_" if name == "import" else name)(*details)
        for as_of in [*asked, date(2026, 2, 28), date(2026, 12, 31)]:
            by_initiative, by_month, by_category = added_up(as_of)
            places = [place.pk for place in world.places if place]
            kept = totals.flows_by_initiative(None, as_of) | {0: totals.unallocated(as_of)}
            assert {k: v for k, v in kept.items() if v != Flow()} == {
                k: v for k, v in by_initiative.items() if v != Flow()
            }
            assert totals.flows_by_month(None, as_of, with_unallocated=True) == dict(by_month)
            assert totals.flows_by_month(places, as_of, with_unallocated=True) == dict(by_month)
            months = totals.by_category_month(places, as_of).items()
            assert {(on, kind): flow for on, kinds in months for kind, flow in kinds.items()} == dict(by_category)
            until = totals.flows_on([(place, as_of) for place in places])
            assert without_zeros({place: flow for (place, _on), flow in until.items()}) == without_zeros(
                {place: flow for place, flow in by_initiative.items() if place}
            )
        counted = sum(GroupMonth.objects.values_list("lines", flat=True))
        assert counted == CostLine.objects.live().count()
        waiting = CostLine.objects.pending().values_list("group__currency", "incurred_on")
        assert sum(GroupMonth.objects.values_list("pending", flat=True)) == len(waiting)
        assert not any(rates_on(waiting).values())
        transaction.set_rollback(True)
