"""What cost adds up to by any two dimensions: exactly what the lines say, whichever sums answer."""

import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.changes import changing
from accounts.models import User
from costs import lines, totals
from costs.allocation import places as allocation
from costs.explorer.chart import chart
from costs.explorer.dimensions import ALL, Level
from costs.explorer.pivot import Pivot, pivot
from costs.explorer.question import EVERY, Question, with_period
from costs.explorer.sums import find, level_of, whose
from costs.ledger.filters import Filters
from costs.ledger.page import Ledger
from costs.models import AllocationRule, ChargeGroup, CostLine, GroupMonth, LedgerSource, Placement
from costs.querysets import groups_hidden_from, groups_visible_to
from money.months import last_day
from projects import transitions, units
from projects.models import BusinessUnit, StandingPeriod
from tests.costs.allocation.test_places import apply, rule
from tests.costs.factories import add_asset, add_line, add_recurring, category, new_line
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2026, 1, 1), date(2026, 6, 1)


def ask(rows: str, columns: str = "none", user: User | None = None, top: int = EVERY, **filters) -> Pivot:
    given = {"since": SINCE, "until": UNTIL, "as_of": date(2026, 12, 31)} | filters
    return pivot(Question(with_period(Filters(**given)), rows, columns, top), user or UserFactory(finance=True))


def as_dict(found: Pivot) -> dict[str, Decimal]:
    return {row.heading.label: row.total for row in found.rows}


def test_a_table_of_two_dimensions_with_totals():
    add_line(None, "2026-01-05", "10", category="cloud")
    add_line(None, "2026-02-05", "5", category="cloud")
    add_line(None, "2026-02-07", "2.50", category="people")
    found = ask("category", "month")
    assert [column.label for column in found.columns] == ["Jan 2026", "Feb 2026"]
    assert [(row.heading.label, row.cells, row.total) for row in found.rows] == [
        ("Cloud", [10, 5], 15),
        ("People", [None, Decimal("2.5")], Decimal("2.5")),
    ]
    assert (found.totals, found.total) == ([10, Decimal("7.5")], Decimal("17.5"))
    assert found.rows[1].share.quantize(Decimal("0.0001")) == Decimal("0.1429")  # a seventh


@pytest.mark.parametrize(
    ("rows", "columns", "filters", "level"),
    [
        ("category", "month", {}, Level.PORTFOLIO),
        ("year", "none", {"category": "cloud", "unallocated": True}, Level.PORTFOLIO),
        ("business_unit", "month", {}, Level.INITIATIVE),
        ("category", "month", {"hosting": "on_prem"}, Level.INITIATIVE),
        ("category", "month", {"stage": "pilot"}, Level.INITIATIVE),
        ("initiative", "vendor", {}, Level.GROUP),
        ("category", "month", {"vendor": "x"}, Level.GROUP),
        ("category", "month", {"not_stated": ("ai_category",)}, Level.GROUP),
    ],
)
def test_the_coarsest_sums_that_can_tell_answer(rows, columns, filters, level):
    asked = Question(with_period(Filters(**filters)), rows, columns)
    assert level_of(asked, whose(asked.filters, UserFactory(finance=True))) is level


def test_units_are_told_apart_one_level_at_a_time():
    claims, motor, home = (units.find_or_make(path, None) for path in ("Claims", "Claims / Motor", "Claims / Home"))
    for unit, amount in ((claims, "1"), (motor, "2"), (home, "4"), (None, "8")):
        add_line(InitiativeFactory(business_unit=unit), "2026-01-05", amount)
    add_line(None, "2026-01-05", "16")
    assert as_dict(ask("business_unit")) == {"Unallocated": 16, "No business unit": 8, "Claims": 7}
    below = ask("business_unit", business_unit="claims")
    assert as_dict(below) == {"Home": 4, "Motor": 2, "Claims itself": 1}
    assert as_dict(ask("business_unit", business_unit="Claims", own_unit=True)) == {"Claims itself": 1}
    assert as_dict(ask("business_unit", business_unit="Claims / Motor")) == {"Motor itself": 2}
    assert as_dict(ask("business_unit", not_stated=("business_unit",))) == {"No business unit": 8}


def test_a_unit_with_a_slash_in_its_name_is_not_below_the_one_that_its_path_begins_with():
    agency = units.find_or_make("GSA", None)
    bureaus = [BusinessUnit.objects.create(parent=agency, name=name) for name in ("FAS", "FAS / GSA IT")]
    for bureau, amount in zip(bureaus, ("1", "2"), strict=True):
        bureau.path, bureau.lineage = f"GSA / {bureau.name}", f"{agency.lineage}{bureau.pk}/"
        bureau.save()
        add_line(InitiativeFactory(business_unit=bureau), "2026-01-05", amount)
    assert as_dict(ask("business_unit", business_unit="GSA / FAS")) == {"FAS itself": 1}
    assert as_dict(ask("business_unit", business_unit="GSA")) == {"FAS": 1, "FAS / GSA IT": 2}


def test_the_stage_is_that_at_the_end_of_each_month():
    initiative = InitiativeFactory()
    for stage, day in (
        ("proposed", date(2026, 1, 10)),
        ("pilot", date(2026, 2, 20)),
        ("production", date(2026, 3, 31)),
    ):
        transitions.move(initiative, stage, day, None, override=True, rationale="r")
    for month, amount in ((1, "1"), (2, "2"), (3, "4"), (4, "8")):
        add_line(initiative, f"2026-{month:02d}-01", amount)
    add_line(InitiativeFactory(), "2026-02-01", "16")
    found = as_dict(ask("stage"))
    assert found == {"Draft": 16, "Proposed": 1, "Pilot": 2, "Production": 12}
    assert list(found) == ["Draft", "Proposed", "Pilot", "Production"]
    # On 30 March it was a pilot still, and April had not come.
    assert as_dict(ask("stage", as_of=date(2026, 3, 30))) == {"Draft": 16, "Proposed": 1, "Pilot": 6}
    assert ask("month", stage="production").total == 12


def test_rows_that_are_not_shown_stand_together_exactly():
    for number in range(1, 6):
        add_line(None, "2026-01-05", f"{number}.1", vendor=f"V{number}")
    found = ask("vendor", "month", top=2)
    assert [(row.heading.label, row.total) for row in found.rows] == [
        ("V5", Decimal("5.1")),
        ("V4", Decimal("4.1")),
        ("3 more", Decimal("6.3")),
    ]
    assert found.total == Decimal("15.5")


def test_the_picture_knows_whether_its_last_month_is_over():
    add_line(None, "2026-05-05", "1")
    assert not chart(ask("category", "month", as_of=date(2026, 6, 15)), "USD").is_running  # nothing of June yet
    add_line(None, "2026-06-05", "1")
    assert chart(ask("category", "month", as_of=date(2026, 6, 15)), "USD").is_running
    assert chart(ask("quarter", "category", as_of=date(2026, 6, 15)), "USD").is_running
    add_line(None, "2025-06-05", "1")
    june = {"since": date(2025, 6, 1), "until": date(2025, 6, 1)}
    assert chart(ask("category", "month", as_of=date(2025, 6, 29), **june), "USD").is_running
    assert not chart(ask("category", "month", as_of=date(2025, 6, 30), **june), "USD").is_running


def test_old_months_stand_together_before_the_last_36():
    for year in range(2021, 2026):
        for month in range(1, 13):
            add_line(None, f"{year}-{month:02d}-05", "1")
    found = ask("category", "month", top=12, since=date(2021, 1, 1), until=date(2025, 12, 1))
    assert [column.label for column in found.columns][:2] == ["Before Jan 2023", "Jan 2023"]
    assert found.totals == [24, *[1] * 36]


def test_a_vendor_in_other_capitals_is_the_same_vendor():
    add_line(None, "2026-01-05", "1", vendor="OpenAI")
    add_line(None, "2026-01-05", "2", vendor="OPENAI")
    add_line(None, "2026-01-05", "4")
    assert as_dict(ask("vendor")) == {"OPENAI": 3, "Not stated": 4}
    assert ask("month", vendor="openai").total == 3
    assert ask("month", not_stated=("vendor",)).total == 4


def test_shared_cost_is_split_and_what_is_kept_for_comparison_is_not_counted():
    one, two = InitiativeFactory(), InitiativeFactory()
    add_line(None, "2026-01-05", "10", vendor="shared")
    usage = add_line(None, "2026-01-05", "99", vendor="OpenAI").group
    ChargeGroup.objects.filter(pk=usage.pk).update(kind="usage")
    LedgerSource.objects.create(provider="openai", since=date(1900, 1, 1), kind="bill")
    rule = AllocationRule.objects.create(name="r", match={"vendor": "shared"})
    rule.parts.create(initiative=one, share=Decimal("0.3"))
    rule.parts.create(initiative=two, share=Decimal("0.7"))
    with changing(None):
        allocation.synchronise()
    assert {row.heading.name: row.total for row in ask("initiative", "vendor").rows} == {two.key: 7, one.key: 3}
    assert ask("vendor", "month", initiative=one.key).total == 3
    assert ask("category").total == ask("vendor").total == 10


def test_a_reader_is_told_nothing_of_confidential_initiatives():
    secret, known = InitiativeFactory(confidential=True), InitiativeFactory()
    add_line(secret, "2026-01-05", "100", vendor="x")
    add_line(known, "2026-01-05", "7", vendor="x")
    add_line(None, "2026-01-05", "1", vendor="x")
    for rows in ("category", "initiative", "vendor"):
        assert ask(rows, user=UserFactory()).total == 8
        assert ask(rows, user=secret.owner).total == 108


def test_a_group_is_either_visible_or_hidden():
    secret, known, member = InitiativeFactory(confidential=True), InitiativeFactory(), UserFactory()
    names = ("secret", "known", "none", "both", "theirs", "own")
    groups = [add_line(None, "2026-01-05", "1", vendor=name).group for name in names]
    for group, initiative in zip(groups[:2], (secret, known), strict=True):
        ChargeGroup.objects.filter(pk=group.pk).update(initiative=initiative)
    ChargeGroup.objects.filter(pk=groups[5].pk).update(initiative=known)
    for group, parts in (
        (groups[3], (secret, known)),
        (groups[4], (secret,)),
        (groups[5], (secret,)),
        (groups[0], (known,)),
    ):
        for part in parts:
            Placement.objects.create(
                group=group, initiative_id=part.pk, share=Decimal(1) / len(parts), since=SINCE, until=UNTIL
            )
    for user, hidden in (
        (member, {"secret", "both", "theirs"}),
        (secret.owner, set()),
        (UserFactory(finance=True), set()),
    ):
        found = ChargeGroup.objects.filter(pk__in=list(groups_hidden_from(user)))
        assert set(found.values_list("vendor", flat=True)) == hidden
        seen = GroupMonth.objects.filter(groups_visible_to(user)).values_list("group__vendor", flat=True)
        assert set(seen) == set(names) - hidden


def test_what_no_share_of_a_register_takes_is_hidden_with_its_entry():
    secret, known = InitiativeFactory(confidential=True), InitiativeFactory()
    for add in (add_asset, add_recurring):
        add([(known, "0.5"), (secret, "0.2")], vendor="hushed")
        add([(known, "0.5")], vendor="open")
    assert ChargeGroup.objects.filter(initiative=None).count() == 4
    for user, hidden in (
        (UserFactory(), {("hushed", secret.pk), ("hushed", None)}),
        (secret.owner, set()),
        (UserFactory(finance=True), set()),
    ):
        found = ChargeGroup.objects.filter(pk__in=list(groups_hidden_from(user)))
        assert set(found.values_list("vendor", "initiative")) == hidden
        seen = CostLine.objects.visible_to(user).values_list("group__vendor", "group__initiative")
        every = CostLine.objects.values_list("group__vendor", "group__initiative")
        assert set(seen) == set(every) - hidden


def test_what_is_dated_after_the_day_is_not_counted_by_any_sum():
    initiative = InitiativeFactory()
    for on, amount in (("2026-03-05", "1"), ("2026-03-20", "2"), ("2026-04-01", "4")):
        add_line(initiative, on, amount, vendor="x")
    for rows in ("category", "initiative", "vendor"):
        assert ask(rows, "month", as_of=date(2026, 3, 19)).total == 1
        assert ask(rows, "month", as_of=date(2026, 3, 20)).total == 3
        assert ask(rows, "month", as_of=date(2026, 4, 1)).total == 7


def test_inference_has_a_price():
    add_line(None, "2026-01-05", "30", category="tokens", vendor="OpenAI")
    add_line(None, "2026-01-06", "20", vendor="Anthropic")
    add_line(None, "2026-01-06", "50", vendor="Contoso")
    assert as_dict(ask("ai_category")) == {"Inference": 50, "No AI category": 50}
    assert ask("vendor", ai_category="inference").total == 50


days = st.integers(0, 120).map(lambda number: date(2026, 1, 5) + timedelta(days=number))
entered = st.tuples(
    st.integers(-1, 2),
    days,
    st.decimals(-100, 100, places=5).map(str),
    st.sampled_from(["", "OpenAI", "Aws", "aws"]),
    st.sampled_from(["cloud", "tokens"]),
)
rules = st.tuples(st.sampled_from(["aws", "*"]), st.dictionaries(st.integers(0, 2), st.just("0.25"), min_size=1))
questions = st.tuples(
    st.sampled_from([dimension.name for dimension in ALL]),
    st.sampled_from([dimension.name for dimension in ALL] + ["none"]),
    st.sampled_from([date(2026, 3, 17), date(2026, 3, 31), date(2026, 12, 31)]),
    st.sampled_from([1, 2, EVERY]),
    st.sampled_from(
        [
            {},
            {"category": "cloud"},
            {"vendor": "AWS"},
            {"ai_category": "inference"},
            {"unallocated": True},
            {"business_unit": "Claims"},
            {"hosting": "saas"},
            {"stage": "pilot"},
            {"not_stated": ("vendor",)},
        ]
    ),
)


@settings(max_examples=60)
@given(st.lists(entered, min_size=1, max_size=8), st.none() | rules, questions)
def test_every_table_is_what_the_lines_add_up_to(rows, rule, asked):
    with transaction.atomic():
        finance = UserFactory(finance=True)
        claims, motor = units.find_or_make("Claims", None), units.find_or_make("Claims / Motor", None)
        places = [
            InitiativeFactory(business_unit=motor, hosting="saas"),
            InitiativeFactory(business_unit=claims),
            InitiativeFactory(),
        ]
        transitions.move(places[0], "proposed", date(2026, 2, 2), None)
        transitions.move(places[0], "pilot", date(2026, 3, 18), None, override=True, rationale="r")
        for place, on, amount, vendor, kind in rows:
            initiative = places[place] if place >= 0 else None
            lines.add(None, [new_line(initiative, str(on), amount, vendor=vendor, category=kind)])
        if rule:
            made = AllocationRule.objects.create(name="r", match={"vendor": rule[0]})
            for number, share in rule[1].items():
                made.parts.create(initiative=places[number], share=Decimal(share))
            with changing(None):
                allocation.synchronise()
        down, across, as_of, top, narrowing = asked
        filters = with_period(Filters(**({"since": SINCE, "until": UNTIL, "as_of": as_of} | narrowing)))
        question = Question(filters, down, across if across != down else "none", top)
        found = pivot(question, finance)
        expected = added_up(question)
        assert found.total == sum(expected.values(), Decimal(0))
        assert sum((row.total for row in found.rows), Decimal(0)) == found.total
        assert sum(found.totals, Decimal(0)) == found.total
        if top == EVERY:
            cells = {(cell.row, cell.column): cell.gross for cell in find(question, finance).cells}
            assert cells == {key: amount for key, amount in expected.items() if amount}
        if not narrowing:
            flows = totals.flows_by_month(None, as_of, with_unallocated=True)
            gross = sum((flow.gross for month, flow in flows.items() if SINCE <= month <= UNTIL), Decimal(0))
            assert found.total == gross
        transaction.set_rollback(True)


def added_up(question: Question) -> dict[tuple, Decimal]:
    """Add the lines up one by one, each where it is placed."""
    found: dict[tuple, Decimal] = defaultdict(Decimal)
    filters = question.filters
    in_time = CostLine.objects.live().filter(incurred_on__gte=SINCE, incurred_on__lt=date(2026, 7, 1))
    for line in in_time.filter(incurred_on__lte=question.as_of).shown():
        here = Placement.objects.filter(group=line.group, since__lte=line.incurred_on, until__gt=line.incurred_on)
        own = {line.group.initiative: Decimal(1)}
        parts = {_initiative(place.initiative_id): place.share for place in here} or own
        for initiative, share in parts.items():
            about = _about(line, initiative, question)
            if _kept(about, filters):
                found[about[question.rows], about.get(question.columns, "")] += line.base_amount * share
    return dict(found)


def _initiative(pk: int):
    from projects.models import Initiative

    return Initiative.objects.get(pk=pk) if pk else None


def _about(line: CostLine, initiative, question: Question) -> dict:
    group, month = line.group, line.incurred_on.replace(day=1)
    day = min(last_day(month), question.as_of)
    then = StandingPeriod.objects.filter(initiative=initiative, begins__lte=day, ends__gt=day).first()
    unit = initiative.business_unit if initiative else None
    path = [int(part) for part in unit.lineage.split("/") if part] if unit else []
    depth = 1 if question.filters.business_unit else 0
    return {
        "initiative": initiative.pk if initiative else 0,
        "business_unit": 0
        if initiative is None
        else -1
        if unit is None
        else path[depth]
        if depth < len(path)
        else unit.pk,
        "path": unit.path if unit else "",
        "category": group.category_id,
        "ai_category": group.ai_category,
        **{
            name: getattr(group, name).upper()
            for name in ("vendor", "service", "service_category", "account", "sku", "api_key", "source")
        },
        "kind": group.kind,
        "hosting": initiative.hosting if initiative else "",
        "stage": "" if initiative is None else then.stage if then else "draft",
        "month": month,
        "quarter": month.replace(month=(month.month - 1) // 3 * 3 + 1),
        "year": month.replace(month=1),
    }


def _kept(about: dict, filters: Filters) -> bool:
    tests = {
        "category": lambda: about["category"] == category(filters.category).pk,
        "vendor": lambda: about["vendor"] == filters.vendor.upper(),
        "ai_category": lambda: about["ai_category"] == filters.ai_category,
        "unallocated": lambda: about["initiative"] == 0,
        "business_unit": lambda: about["path"].startswith(filters.business_unit),
        "hosting": lambda: about["hosting"] == filters.hosting,
        "stage": lambda: about["stage"] == filters.stage,
        "not_stated": lambda: about["vendor"] == "",
    }
    return all(test() for name, test in tests.items() if getattr(filters, name))


@pytest.mark.parametrize("as_of", [date(2026, 3, 10), date(2026, 12, 31)])
def test_a_cell_and_the_ledger_that_it_opens_say_the_same(as_of):
    initiative = InitiativeFactory(hosting="saas")
    transitions.move(initiative, "proposed", date(2026, 2, 2), None)
    for on, amount, vendor in (("2026-01-05", "1", "x"), ("2026-03-05", "2", "x"), ("2026-03-20", "4", "")):
        add_line(initiative, on, amount, vendor=vendor)
    add_line(None, "2026-03-06", "8", vendor="x")
    add_line(None, "2026-03-06", "10", vendor="shared")
    rule = AllocationRule.objects.create(name="r", match={"vendor": "shared"})
    rule.parts.create(initiative=initiative, share=Decimal("0.3"))
    rule.parts.create(initiative=InitiativeFactory(), share=Decimal("0.5"))
    compared = add_line(None, "2026-03-06", "99", vendor="OpenAI").group
    ChargeGroup.objects.filter(pk=compared.pk).update(kind="usage")
    LedgerSource.objects.create(provider="openai", since=date(1900, 1, 1), kind="bill")
    with changing(None):
        allocation.synchronise()
    finance = UserFactory(finance=True)
    for rows in (dimension.name for dimension in ALL):
        found = ask(rows, "month" if rows != "month" else "vendor", as_of=as_of, user=finance)
        for row in found.rows:
            for column, amount in zip(found.columns, row.cells, strict=True):
                opened = Ledger(found.opened(row.heading, column), finance).sums.gross
                assert opened == amount, (rows, row.heading, column)


def test_what_belongs_to_none_belongs_to_no_initiative_that_is_named():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-01-05", "1")
    add_line(None, "2026-01-05", "2")
    for rows in ("category", "initiative", "vendor"):
        assert ask(rows, unallocated=True).total == 2
        assert ask(rows, unallocated=True, initiative=initiative.key).rows == []
        assert ask(rows, initiative="AI-9999").rows == []


@pytest.mark.parametrize("is_hidden", [False, True])
def test_tags_are_looked_through_once_a_charge_and_not_in_every_month_and_share(is_hidden):
    one, two = InitiativeFactory(), InitiativeFactory()
    if is_hidden:
        add_line(InitiativeFactory(confidential=True), "2026-01-05", "1", tags={"team": "claims"})
    for month in range(1, 7):
        for team in ("claims", "fraud", "motor"):
            add_line(None, f"2026-{month:02d}-05", "1", vendor="x", tags={"team": team})
    rule({"vendor": "x"}, (one, "0.5"), (two, "0.5"))
    apply()
    user = UserFactory(finance=not is_hidden)
    with CaptureQueriesContext(connection) as queries:
        assert ask("vendor", user=user, tag="team=claims").total == 6
    (asked,) = (query["sql"] for query in queries.captured_queries if "jsonb_each_text" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {asked}")
        (read,) = (row[0] for row in cursor.fetchall() if "Function Scan on jsonb_each_text" in row[0])
    assert int(re.search(r"loops=(\d+)", read)[1]) <= ChargeGroup.objects.count()


def test_a_charge_that_is_hidden_in_part_counts_as_if_it_had_no_tag():
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    add_line(None, "2026-01-05", "100", vendor="x", tags={"team": "claims"})
    rule({"vendor": "x"}, (seen, "0.25"), (secret, "0.75"))
    apply()
    reader = UserFactory()
    totals_by_tag = {tag: ask("initiative", user=reader, tag=tag).total for tag in ("team", "team=claims", "team=")}
    assert totals_by_tag == {"team": 0, "team=claims": 0, "team=": 25}
