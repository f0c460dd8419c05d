"""Where cost belongs: rules place groups, sums follow, and allocated and unallocated always add up to what came in."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.changes import changing
from costs import lines, totals
from costs.allocation import places
from costs.allocation import runs as allocation_runs
from costs.allocation.effect import effect_of
from costs.allocation.rules import Terms
from costs.allocation.shares import divided
from costs.models import AllocationRule, ChargeGroup, CostLine, LedgerSource, Placement
from costs.totals import Flow
from tests.costs.factories import add_line, category, new_line
from tests.costs.lines_read import lines_read
from tests.factories import InitiativeFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
LATER = date(2026, 12, 31)


def rule(match: dict[str, str], *parts, **fields) -> AllocationRule:
    """Make a rule; a part is an initiative, or (initiative, share)."""
    made = AllocationRule.objects.create(name=fields.pop("name", "a rule"), match=match, **fields)
    for part in parts:
        initiative, share = part if isinstance(part, tuple) else (part, None)
        made.parts.create(initiative=initiative, share=share and Decimal(share))
    return made


def apply() -> None:
    with changing(None):
        places.synchronise()


def apply_as_previewed() -> None:
    """Apply, and hold what moved in the sums against what the preview said; again moves nothing."""
    effect, before = allocation_runs.preview(), gross()
    run = allocation_runs.apply(None)
    after = gross()
    moved = {key: after.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in before.keys() | after.keys()}
    assert {k: v for k, v in moved.items() if v} == {k: v.amount for k, v in effect.places.items() if v.amount}
    assert (run.lines, run.amount, run.allocated) == (effect.total.lines, effect.total.amount, effect.allocated)
    assert not allocation_runs.preview()
    assert allocation_runs.apply(None).pk is None


def gross() -> dict[int, Decimal]:
    kept = totals.flows_by_initiative(None, LATER, with_unallocated=True)
    return {place: flow.gross for place, flow in kept.items()}


def cost_of(*initiatives) -> list[Decimal]:
    """Return the gross cost of initiatives (None: unallocated)."""
    kept = totals.flows_by_initiative(None, LATER, with_unallocated=True)
    return [kept.get(each.pk if each else 0, Flow()).gross for each in initiatives]


def test_a_rule_moves_a_group_and_applying_it_again_changes_nothing():
    claims = InitiativeFactory()
    add_line(None, "2026-03-05", "10.25", vendor="Amazon", tags={"app": "claims-bot"})
    add_line(None, "2026-04-05", "5", vendor="Amazon")
    rule({"vendor": "amaz*", "tag: APP": "claims-*"}, claims)
    for _ in range(2):
        apply()
        assert cost_of(claims, None) == [Decimal("10.25"), Decimal(5)]
        assert Placement.objects.count() == 1
    AllocationRule.objects.all().delete()
    apply()
    assert cost_of(claims, None) == [0, Decimal("15.25")]
    assert not Placement.objects.exists()


def test_a_condition_of_nothing_lets_a_tag_pass_that_is_not_there_and_one_of_anything_does_not():
    nobody, somebody = InitiativeFactory(), InitiativeFactory()
    for amount, tags in (("1", {}), ("2", {"team": " "}), ("4", {"team": "claims"})):
        add_line(None, "2026-03-05", amount, vendor="Amazon", tags=tags)
    rule({"tag:team": ""}, nobody)
    rule({"tag:team": "?*"}, somebody)
    apply()
    assert cost_of(nobody, somebody, None) == [3, 4, 0]


def test_fixed_shares_come_first_and_thirds_of_the_rest_lose_nothing():
    one, two, three, fixed = (InitiativeFactory() for _ in range(4))
    add_line(None, "2026-03-05", "0.00000000503", vendor="x")
    rule({"vendor": "x"}, (fixed, "0.1"), one, two, three)
    apply()
    first, second, last, tenth = cost_of(one, two, three, fixed)
    assert tenth == Decimal("0.000000000503")
    assert first == second == Decimal("0.3") * Decimal("0.00000000503")
    assert first + second + last + tenth == Decimal("0.00000000503")


def test_a_third_is_eighteen_places_and_the_last_gets_what_does_not_divide():
    third = Decimal("0.333333333333333333")
    assert divided(Decimal(1), {1: Decimal(1), 2: Decimal(1), 3: Decimal(1)}) == {
        1: third,
        2: third,
        3: Decimal("0.333333333333333334"),
    }
    assert divided(Decimal(1), {1: Decimal(-1), 2: Decimal(0)}) == {}


def test_shares_that_do_not_reach_one_leave_the_rest_unallocated():
    one = InitiativeFactory()
    add_line(None, "2026-03-05", "100", vendor="x")
    rule({"vendor": "x"}, (one, "0.4"))
    apply()
    assert cost_of(one, None) == [40, 60]


def test_the_first_rule_in_force_wins_month_by_month():
    one, two = InitiativeFactory(), InitiativeFactory()
    for month in ("03", "04", "05"):
        add_line(None, f"2026-{month}-05", "10", vendor="x")
    rule({"vendor": "x"}, one, priority=1, since=APRIL, until=MAY)
    rule({"vendor": "*"}, two, priority=2)
    apply()
    assert cost_of(one, two, None) == [10, 20, 0]


def test_the_rest_by_another_cost_follows_it_month_by_month():
    one, two = InitiativeFactory(), InitiativeFactory()
    add_line(None, "2026-03-05", "100", vendor="platform")
    add_line(None, "2026-04-05", "100", vendor="platform")
    add_line(None, "2026-05-05", "100", vendor="platform")
    add_line(one, "2026-03-09", "30", category="tokens")
    add_line(two, "2026-03-09", "10", category="tokens")
    add_line(two, "2026-04-09", "1", category="tokens")
    add_line(two, "2026-05-09", "1000", category="people")
    rule({"vendor": "platform"}, one, two, method="cost", measure=category("tokens"))
    apply()
    # March 3:1, April all of it, May has no tokens: nobody's.
    assert cost_of(one, two, None) == [30 + 75, 11 + 1000 + 25 + 100, 100]


def test_new_groups_are_placed_as_they_come_by_hand_and_by_file():
    one = InitiativeFactory()
    rule({"vendor": "x"}, one)
    add_line(None, "2026-03-05", "10", vendor="x")
    bring_in("costs_csv", "incurred_on,category,amount,currency,vendor\n2026-03-06,cloud,5,USD,X\n")
    assert cost_of(one, None) == [15, 0]


def test_lines_that_name_their_initiative_stay_there():
    one, two = InitiativeFactory(), InitiativeFactory()
    add_line(one, "2026-03-05", "10", vendor="x")
    rule({"vendor": "x"}, two)
    apply()
    assert cost_of(one, two) == [10, 0]


INITIATIVES = 3
days = st.integers(0, 90).map(lambda number: date(2026, 2, 20) + timedelta(days=number))
months = st.sampled_from([None, MARCH, APRIL, MAY])
entered = st.tuples(
    st.sampled_from(["x", "y", "z"]),
    days,
    st.decimals(-100, 100, places=5).map(str),
    st.sampled_from(["", "prod", "dev", "REF-0", "AI-9001"]),
    st.none() | days,
)
rules = st.tuples(
    st.sampled_from([{"vendor": "x"}, {"vendor": "*"}, {"tag:env": "p*"}, {"vendor": "y", "tag:env": "dev"}]),
    st.dictionaries(
        st.integers(0, INITIATIVES - 1), st.sampled_from([None, "0.25", "0.333333", "0.1"]), max_size=3
    ),  # none: whom the tag env names
    st.sampled_from(["equal", "cost"]),
    months,
    months,
)
steps = st.lists(st.one_of(entered, rules, st.just("apply"), st.just("rule goes")), min_size=1, max_size=14)


@settings(max_examples=40)
@given(steps)
def test_allocated_and_unallocated_add_up_to_what_came_in_whatever_is_done(done):
    with transaction.atomic():
        initiatives = [
            InitiativeFactory(number=9000 + place, external_ref=f"REF-{place}") for place in range(INITIATIVES)
        ]
        for step in done:
            if step == "apply":
                apply_as_previewed()
            elif step == "rule goes":
                AllocationRule.objects.order_by("pk")[:1] and AllocationRule.objects.order_by("pk").first().delete()
            elif len(step) == 5 and isinstance(step[0], str):
                vendor, on, amount, env, billed = step
                more = {"recoverable": True, "billed_on": str(billed)} if billed else {}
                tags = {"env": env} if env else {}
                lines.add(None, [new_line(None, str(on), amount, vendor=vendor, tags=tags, **more)])
            else:
                match, parts, method, since, until = step
                shares = [(initiatives[number], share) for number, share in parts.items()]
                named_by = "" if parts else "tag:env"
                rule(match, *shares, named_by=named_by, method=method, since=since, until=until)
        for as_of in (date(2026, 3, 17), LATER):
            by_initiative, by_month = expected(as_of)
            kept = totals.flows_by_initiative(None, as_of, with_unallocated=True)
            assert {k: v for k, v in kept.items() if v != Flow()} == by_initiative
            assert totals.flows_by_month(None, as_of, with_unallocated=True) == by_month
            for initiative in initiatives:
                months = totals.by_category_month([initiative.pk], as_of).values()
                flow = sum((flow for kinds in months for flow in kinds.values()), Flow())
                assert flow == by_initiative.get(initiative.pk, Flow())
        transaction.set_rollback(True)


def expected(as_of: date) -> tuple[dict, dict]:
    """Add the lines up one by one, each by the placement of its day."""
    by_initiative, by_month = defaultdict(Flow), defaultdict(Flow)
    for line in CostLine.objects.live().filter(incurred_on__lte=as_of).shown():
        here = Placement.objects.filter(group=line.group, since__lte=line.incurred_on, until__gt=line.incurred_on)
        parts = {place.initiative_id: place.share for place in here} or {line.group.initiative_id or 0: Decimal(1)}
        assert sum(parts.values()) == 1
        flows = [(line.incurred_on, Flow(line.base_amount))]
        if line.group.recoverable and line.billed_on and line.billed_on <= as_of:
            flows.append((line.billed_on, Flow(Decimal(0), line.base_amount)))
        for on, flow in flows:
            by_month[on.replace(day=1)] += flow
            for place, share in parts.items():
                by_initiative[place] += Flow(flow.gross * share, flow.recovered * share)
    return {k: v for k, v in by_initiative.items() if v != Flow()}, dict(by_month)


def test_by_category_the_running_month_counts_until_its_day():
    claims, fraud = InitiativeFactory(), InitiativeFactory()
    rule({"vendor": "x"}, (claims, "0.25"), fraud)
    for day, amount, kind in (("05", "10", "cloud"), ("20", "4", "cloud"), ("20", "2", "people")):
        add_line(None, f"2026-03-{day}", amount, vendor="x", category=kind)
    for on, billed_on in (("2026-02-10", "2026-03-25"), ("2026-03-25", "2026-03-01"), ("2026-04-01", "2026-03-01")):
        add_line(None, on, "8", vendor="x", recoverable=True, billed_on=billed_on)
    add_line(claims, "2026-03-30", "3", category="people")
    apply()
    february, quarter, half = date(2026, 2, 1), Decimal("0.25"), Decimal("0.5")

    def of_claims(day: int) -> dict:
        return totals.by_category_month([claims.pk], date(2026, 3, day))

    assert of_claims(19) == {february: {"cloud": Flow(Decimal(2))}, MARCH: {"cloud": Flow(10 * quarter)}}
    assert of_claims(24)[MARCH] == {"cloud": Flow(14 * quarter), "people": Flow(half)}
    assert of_claims(25)[MARCH] == {"cloud": Flow(22 * quarter, Decimal(4)), "people": Flow(half)}
    assert of_claims(31)[MARCH] == {"cloud": Flow(22 * quarter, Decimal(4)), "people": Flow(half + 3)}
    both = totals.by_category_month([claims.pk, fraud.pk], date(2026, 3, 24))[MARCH]
    assert both == {"cloud": Flow(Decimal(14)), "people": Flow(Decimal(2))}


@pytest.mark.parametrize("is_analysed", [False, True])
def test_what_an_initiative_cost_by_category_is_told_without_its_lines(is_analysed):
    claims = InitiativeFactory()
    rule({"vendor": "x"}, claims)
    for day in range(1, 29):
        add_line(None, f"2026-03-{day:02d}", "1", vendor="x", resource=f"{day}")
    apply()
    if is_analysed:  # what is known of both tables offers other ways to join them
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE costs_costline, costs_chargegroup")
    before = lines_read()
    assert totals.by_category_month([claims.pk], date(2026, 3, 28)) == {MARCH: {"cloud": Flow(Decimal(28))}}
    assert lines_read() == before


def test_what_the_ledger_does_not_take_is_counted_nowhere_until_it_does():
    one = InitiativeFactory()
    line = add_line(one, "2026-03-05", "10", vendor="OpenAI")
    add_line(one, "2026-04-05", "4", vendor="OpenAI")
    group = line.group
    type(group).objects.filter(pk=group.pk).update(kind="usage")
    LedgerSource.objects.create(provider="openai", since=date(1900, 1, 1), kind="usage")
    LedgerSource.objects.create(provider="openai", since=APRIL, kind="bill")
    apply()
    assert cost_of(one, None) == [10, 0]
    LedgerSource.objects.filter(since=APRIL).delete()
    apply()
    assert cost_of(one, None) == [14, 0]


def test_what_a_rule_would_move_is_worked_out_without_a_model_for_each_group(monkeypatch):
    one = InitiativeFactory()
    for vendor in ("acme", "contoso", "globex"):
        add_line(None, "2026-03-05", "10", vendor=vendor, tags={"app": vendor})
    rule({"vendor": "acme"}, one)
    built, from_db = [], ChargeGroup.from_db
    monkeypatch.setattr(ChargeGroup, "from_db", lambda *given: built.append(given) or from_db(*given))
    draft = Terms({"tag:app": "c*"}, ((one, Decimal(1)),)).rule(0)
    own, waiting = places.changes_by(draft)
    assert (effect_of(own).total.lines, effect_of(waiting).total.lines) == (1, 1)
    assert allocation_runs.preview().total.lines == 1
    assert built == []
