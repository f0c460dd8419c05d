"""List, edit, stages, holds, members and history, as a browser without scripts uses them."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.changes import changing
from costs.models import BudgetLine
from display.spreadsheets import neutral
from outcomes.models import Measurement, Outcome
from portfolio.initiative_hooks import guidance_of
from projects import columns, exports, hooks, initiatives, people, transitions, units
from projects.models import Hold, Initiative
from tests.factories import UserFactory
from tests.markup import tight

LIST = "/initiatives/"


@pytest.fixture(autouse=True)
def no_guidance(monkeypatch):
    monkeypatch.setattr(hooks, "guidance_of", None)


def page(client, url, **query):
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_the_list_answers_in_its_first_line(as_office, office, triage):
    assert "Here stands every AI initiative" not in page(as_office, LIST)
    assert "<b>1</b> initiative, not in production yet." in page(as_office, LIST)
    transitions.move(triage, "proposed", date(2025, 1, 1), office)
    transitions.move(triage, "production", date(2025, 1, 1), office)
    initiatives.create(office, title="Two")
    assert "<b>1</b> of 2 initiatives is in production." in page(as_office, LIST)


def test_empty_and_nothing_found_say_what_to_do(as_office):
    assert "Register the first initiative" in page(as_office, LIST)
    assert "Nothing matches" in page(as_office, LIST, q="nothing like it")


def test_filters_stand_in_the_address_and_can_be_taken_away(as_office, office):
    motor = units.find_or_make("Claims / Motor", office)
    initiatives.create(office, title="In motor", business_unit=motor, tags=["x"], hosting="saas")
    initiatives.create(office, title="Elsewhere")
    shown = page(as_office, LIST, unit="Claims", tag="x", hosting="saas", sort="title", page="7")
    assert "In motor" in shown
    assert "Elsewhere" not in shown
    assert 'href="?tag=x&amp;hosting=saas&amp;sort=title"' in shown


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "2026-02-30"},
        {"as_of": "0001-01-01"},
        {"stage": "nothing"},
        {"unit": "nowhere"},
        {"q": "a\x00b"},
        {"page": "x" * 50},
        {"page": "-1"},
        {"sort": "; drop"},
        {"columns": "nonsense"},
        {"q": "9" * 40},
    ],
)
def test_filters_that_make_no_sense_are_no_error(as_office, triage, query):
    assert "Initiatives" in page(as_office, LIST, **query)


def test_as_of_shows_the_stage_of_that_day(as_office, office, triage):
    transitions.move(triage, "proposed", date(2025, 1, 1), office)
    assert "Claims triage" in page(as_office, LIST, stage="proposed", as_of="2025-01-01")
    assert "Claims triage" not in page(as_office, LIST, stage="proposed", as_of="2024-12-31")


def test_chosen_columns_come_back_without_being_in_the_address(as_office, triage):
    head = '<th scope="col">Tags</th>'
    assert head not in page(as_office, LIST)
    assert head in page(as_office, LIST, columns=["tags", "stage"])
    assert head in page(as_office, LIST)


def test_without_any_column_ticked_the_list_has_key_and_title_alone(as_office, triage):
    for query in ({"columns": ""}, {}):
        heads = re.findall(r'<th scope="col"[^>]*><a[^>]*>(.*?)</a>', tight(page(as_office, LIST, **query)))
        assert heads == ["Key", "Title"]


def test_a_list_of_many_columns_moves_inside_its_card(as_office, triage):
    chosen = [column.name for column in columns.CHOICES]
    assert "table-long" in page(as_office, LIST, columns=chosen[:5])
    assert "table-long" not in page(as_office, LIST, columns=chosen)


def test_2133_rows_cost_the_same_queries_as_two(as_office, office, django_assert_num_queries):
    # session, person, organisation, units, tags, owners, two counts in one, rows, their tags, three for their money
    for more in (2, 2_131):
        Initiative.objects.bulk_create(Initiative(number=more + at, title="x", owner=office) for at in range(more))
        with django_assert_num_queries(12):
            found = as_office.get(LIST).context["page_obj"]
    assert (found.paginator.count, len(found.object_list)) == (2_133, 50)


def test_the_file_has_every_row_of_the_list_and_no_formulas(as_office, office):
    for number in range(60):
        initiatives.create(office, title=f"=cmd|{number}", tags=["b", "a"], planned_production_on=date(2027, 1, 2))
    answer = as_office.get("/initiatives/export.csv", {"sort": "key", "q": "cmd"})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(rows) == 60
    assert rows[0]["title"] == "'=cmd|0"
    assert (rows[0]["tags"], rows[0]["planned_production_on"], rows[0]["confidential"]) == (
        "a; b",
        "2027-01-02",
        "false",
    )
    book = openpyxl.load_workbook(io.BytesIO(as_office.get("/initiatives/export.xlsx", {"sort": "key"}).getvalue()))
    sheet = book.active
    assert [cell.value for cell in sheet[1]] == list(exports.HEADER)
    assert (sheet["B2"].value, sheet["B2"].data_type, sheet.max_row) == ("=cmd|0", "s", 61)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_becomes_text(sign):
    assert neutral(f"{sign}1+1") == f"'{sign}1+1"
    assert [neutral(text) for text in ("1+1=2", "-1,234.5")] == ["1+1=2", "-1,234.5"]


@pytest.mark.parametrize("between", [";", "; ", "\t", "\r\n", ';"', ";;"])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
def test_what_a_spreadsheet_with_another_separator_would_run_becomes_text(between, sign):
    assert neutral(f"x{between}{sign}1+1") == f"x{between}'{sign}1+1"
    assert neutral(f"x{between}'{sign}1+1") == f"x{between}'{sign}1+1"
    assert neutral(f"x{between}1{sign}1") == f"x{between}1{sign}1"


def test_what_a_spreadsheet_would_run_is_looked_for_in_one_go():
    long = ("\n" * 100_000) + "'" * 100_000 + (";\t " * 100_000)
    assert neutral(f"x{long}") == f"x{long}"


def test_only_its_own_people_edit(as_contributor, office):
    other = initiatives.create(office, title="Other")
    for name in ("initiative-edit", "members-edit", "hold-edit", "transition-new"):
        assert as_contributor.get(reverse(f"projects:{name}", args=[other.key])).status_code == 403
    secret = initiatives.create(office, title="Secret", confidential=True)
    assert as_contributor.get(reverse("projects:initiative-history", args=[secret.key])).status_code == 404


def test_members_are_named_by_address(as_office, triage, contributor):
    url = reverse("projects:members-edit", args=[triage.key])
    assert as_office.post(url, {"members": "new@example.org\n\nnew@example.org\n"}).status_code == 302
    assert [person.email for person in triage.members.all()] == ["new@example.org"]
    assert as_office.post(url, {"members": "not an address"}).status_code == 422


def test_members_that_somebody_else_added_meanwhile_stay(as_office, office, triage):
    url = reverse("projects:members-edit", args=[triage.key])
    as_office.post(url, {"members": "ann@example.org\nbo@example.org"})
    form = as_office.get(url).context["form"]
    read = {"members": "ANN@example.org\ndee@example.org", "shown": form["shown"].value()}  # takes Bo out, adds Dee
    meanwhile = [people.find_or_invite(f"{name}@example.org", office) for name in ("ann", "bo", "cy")]
    triage.refresh_from_db()
    initiatives.edit(triage, version=triage.version, actor=office, members=meanwhile)
    assert as_office.post(url, read).status_code == 302
    assert sorted(person.email for person in triage.members.all()) == [
        "ann@example.org", "cy@example.org", "dee@example.org",
    ]  # fmt: skip


def test_only_allowed_moves_are_offered(as_office, as_contributor, contributor, office, triage):
    url = reverse("projects:transition-new", args=[triage.key])
    form = as_contributor.get(url).context["form"]
    assert [value for value, _ in form.fields["to_stage"].choices] == ["proposed"]
    assert form["effective_on"].value() == timezone.localdate()
    assert as_contributor.post(url, {"to_stage": "approved", "effective_on": "2025-01-01"}).status_code == 422
    assert as_contributor.post(url, {"to_stage": "proposed", "effective_on": "2025-01-01"}).status_code == 302
    assert as_contributor.get(url).status_code == 403
    as_contributor.force_login(office)
    read = {"read": triage.transitions.get().pk}
    early = as_contributor.post(url, read | {"to_stage": "approved", "effective_on": "2024-12-31"})
    assert (early.status_code, list(early.context["form"].errors)) == (422, ["effective_on"])


def test_a_stage_whose_planned_day_is_over_says_since_when(as_office, office, triage):
    today = timezone.localdate()
    transitions.move(triage, "proposed", date(2025, 1, 1), office)
    plan = {"planned_pilot_on": today - timedelta(days=3), "planned_production_on": today}
    initiatives.edit(triage, version=1, actor=office, **plan)
    shown = page(as_office, f"/initiatives/{triage.key}/history/")
    assert shown.count("overdue") == 1
    assert "3 days overdue" in shown
    assert f'href="/initiatives/{triage.key}/stage/">Record the stage</a>' in shown
    assert f'href="/initiatives/{triage.key}/edit/timeline/">Plan another day</a>' in shown
    as_reader = Client()
    as_reader.force_login(UserFactory(executive=True))
    told = page(as_reader, f"/initiatives/{triage.key}/history/")
    assert "3 days overdue" in told
    assert "Plan another day" not in told
    transitions.move(triage, "declined", today, office)
    ended = page(as_office, f"/initiatives/{triage.key}/history/")
    assert "overdue" not in ended
    assert "Plan another day" not in ended


def test_a_pause_is_recorded_and_ended(as_contributor, triage):
    url = reverse("projects:hold-edit", args=[triage.key])
    assert as_contributor.post(url, {"started_on": "2025-02-30"}).status_code == 422
    assert as_contributor.post(url, {"started_on": "2025-02-01", "reason": "Data"}).status_code == 302
    assert "On hold since 1\u00a0February\u00a02025." in page(as_contributor, url)
    shown = {"read": Hold.objects.get().pk}
    assert as_contributor.post(url, shown | {"ended_on": "2025-02-01"}).status_code == 422
    assert as_contributor.post(url, shown | {"ended_on": "2025-03-01"}).status_code == 302
    assert Hold.objects.get().ended_on == date(2025, 3, 1)


def test_history_tells_who_when_and_from_what_to_what(as_office, office, triage, django_assert_max_num_queries):
    initiatives.edit(triage, version=1, actor=office, hosting="saas", confidential=True)
    transitions.move(triage, "proposed", date(2025, 1, 1), office, rationale="Board")
    url = reverse("projects:initiative-history", args=[triage.key])
    with django_assert_max_num_queries(15):
        shown = page(as_office, url)
    assert "<del>Unknown</del> → <ins>SaaS</ins>" in tight(shown)
    assert "Olive Office" in shown
    assert "1\u00a0Jan\u00a02025" in shown
    told = as_office.get(url).context["told"]
    assert [(each.who, each.what) for each in told] == [
        ("Olive Office", "Stage moved"),
        ("Olive Office", "Changed"),
        ("Carl Contributor", "Created"),
    ]


def test_history_tells_people_with_one_name_apart(as_office, office, triage):
    impostor = UserFactory(portfolio=True, email="mallory@example.org", name=office.name)
    initiatives.edit(triage, version=1, actor=office, hosting="saas")
    initiatives.edit(triage, version=2, actor=impostor, hosting="mixed")
    transitions.move(triage, "proposed", date(2025, 1, 1), impostor)
    shown = tight(page(as_office, reverse("projects:initiative-history", args=[triage.key])))
    assert shown.count("Olive Office (mallory@example.org)") == 3  # two entries, and the stage
    assert shown.count("Olive Office (office@example.org)") == 1


def test_history_tells_an_older_plan_that_was_entered_late(as_office, office, triage):
    may = {"planned_production_on": date(2026, 6, 1), "plan_agreed_on": date(2025, 5, 5)}
    january = {"planned_production_on": date(2026, 3, 1), "plan_agreed_on": date(2025, 1, 5)}
    for version, plan in ((1, may), (2, january | {"title": "Triage"})):
        initiatives.edit(triage, version=version, actor=office, **plan)
    told = as_office.get(reverse("projects:initiative-history", args=[triage.key])).context["told"]
    assert [(each.about, [(c.label, c.old, c.new) for c in each.changes]) for each in told[:3]] == [
        ("", [("Title", "Claims triage", "Triage")]),
        (
            "Plan revision: 5 Jan 2025",
            [("Planned production", None, "1 Mar 2026"), ("Agreed on", None, "5 Jan 2025")],
        ),
        ("", [("Planned production", None, "1 Jun 2026"), ("Plan agreed on", None, "5 May 2025")]),
    ]


def test_history_tells_what_was_made_in_one_go_as_one(as_office, office, triage):
    with changing(office) as change:
        for month in range(1, 5):
            budgeted = BudgetLine(pk=month, month=date(2026, month, 1), amount=Decimal(4500), currency="USD")
            change.record(budgeted, "create", initiative_id=triage.pk)
    url = reverse("projects:initiative-history", args=[triage.key])
    told = as_office.get(url).context["told"]
    assert [each.about for each in told] == ["Budget line × 4", ""]
    assert told[0].each[-1].replace("\xa0", " ") == "January 2026 $4,500.00"
    japanese = as_office.get(url, headers={"accept-language": "ja"}).context["told"]
    assert japanese[0].about == "予算明細4件"


def test_history_names_the_first_hundred_of_what_was_made_in_one_go(as_office, office, triage):
    with changing(office) as change:
        for number in range(120):
            budgeted = BudgetLine(pk=number, month=date(2026, 1, 1), amount=Decimal(number), currency="USD")
            change.record(budgeted, "create", {"amount": (None, str(number))}, initiative_id=triage.pk)
    url = reverse("projects:initiative-history", args=[triage.key])
    told = as_office.get(url).context["told"]
    assert [(each.about, len(each.each), each.more) for each in told] == [("Budget line × 120", 100, 20), ("", 0, 0)]
    assert told[0].each[0].endswith(", Amount: 119")
    assert "and 20 more" in page(as_office, url)


def test_history_says_once_what_many_have_in_common_and_groups_figures(as_office, office, triage):
    outcome = Outcome(pk=1, initiative=triage, metric="Ratio")
    with changing(office) as change:
        for number in range(4):
            value = Decimal(84000 + number)
            reading = Measurement(pk=number, outcome=outcome, period_end=date(2026, 1, 1), value=value)
            change.record(reading, "validate", {"state": ("submitted", "validated")}, initiative_id=triage.pk)
        change.record(outcome, "edit", {"unit_value": (None, "84000.0000")}, initiative_id=triage.pk)
    told = as_office.get(reverse("projects:initiative-history", args=[triage.key])).context["told"]
    (value,), (state,) = (each.changes for each in told[:2])
    assert (value.label, value.new) == ("Unit value", "84,000")
    assert (state.label, state.old, state.new) == ("State", "Submitted", "Validated")
    assert told[1].each[0].replace("\xa0", " ") == "1 Jan 2026 84,003"


def test_history_has_pages(as_office, office, triage):
    for number in range(60):
        initiatives.edit(triage, version=number + 1, actor=office, title=f"Title {number}")
    answer = as_office.get(reverse("projects:initiative-history", args=[triage.key]), {"page": 2})
    assert len(answer.context["told"]) == 11


def test_the_list_links_to_its_own_file(as_office, triage):
    assert 'href="/initiatives/export.csv" download' in page(as_office, LIST)
    assert 'href="/initiatives/export.xlsx?q=claims&amp;sort=title" download' in page(
        as_office, LIST, q="claims", sort="title"
    )


def test_list_and_history_keep_to_15_queries(as_office, office, triage, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(hooks, "guidance_of", guidance_of)
    transitions.move(triage, "proposed", date(2025, 1, 1), office)
    transitions.move(triage, "prototype", date(2025, 1, 1), office)
    with django_assert_max_num_queries(15):
        assert "Aimless" in page(as_office, LIST)
    with django_assert_max_num_queries(15):
        assert "Aimless" in page(as_office, reverse("projects:initiative-history", args=[triage.key]))


def test_a_row_says_of_what_is_missing_why_and_of_money_which(as_office, triage):
    page = as_office.get("/initiatives/?columns=guidance,planned,gross_cost").content.decode()
    row = page.partition("<tbody>")[2]
    assert 'title="Not a prototype"' in row
    assert 'title="No date is planned."' in row
    assert 'data-label="Gross cost, USD"' in row
