"""The page of the whole audit trail, and its file: for administrators."""

import ast
import csv
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts import people, tokens
from accounts.models import AuditEntry, Organisation
from projects import holds, initiatives, telling, trail, transitions
from projects.history_words import ACTIONS, KINDS
from tests.everything import everything
from tests.factories import InitiativeFactory, UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db
URL = "/people/trail/"
JAPANESE = re.compile("[\u3040-\u9fff]")
PLACE = {"record": 1, "recording": 2}  # of the action, among the arguments of what records it


@pytest.fixture
def admin(client):
    user = UserFactory(admin=True, name="Ada", email="ada@example.org")
    client.force_login(user)
    return user


def page(client, **asked):
    return tight(client.get(URL, asked).content.decode())


def entry(at="2026-03-05 12:00", actor=None, kind="accounts.user", action="edit", label="thing", **changes):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return AuditEntry.objects.create(
        at=moment, actor=actor, actor_label=str(actor or ""), action=action, object_type=kind, object_id=7,
        object_label=label, changes=changes,
    )  # fmt: skip


def labels(response):
    return [line.told.about for line in response.context["part"].lines]


def test_it_tells_who_changed_what_from_what_to_what_with_the_way_there(client, admin):
    nia = UserFactory(name="Nia", role="contributor")
    people.edit(admin, nia, 1, name="Nia", role="finance")
    shown = page(client)
    assert f'<b>Changed</b> · <a class="link" href="/people/{nia.pk}/">Person: Nia</a>' in shown
    assert "Ada (ada@example.org)" in shown
    assert "<del>Contributor</del> → <ins>Finance</ins>" in shown
    assert "The latest change was made <b>" in shown
    assert "by <b>Ada</b>." in shown


def test_what_nobody_did_is_told_as_done_by_worthwhile(client, admin):
    tokens.make(admin, "nightly", None)
    assert "Worthwhile itself" in page(client)
    assert "API token: nightly" in page(client)


def test_what_a_program_did_says_with_which_token_and_nothing_after_it_does(client, admin):
    nia = UserFactory(name="Nia", role="finance")
    row, secret = tokens.make(nia, "nightly rates", nia)
    rate = {"on": "2026-01-05", "currency": "EUR", "rate": "1.1"}
    headers = {"Authorization": f"Bearer {secret}"}
    answer = client.post("/api/v1/exchange-rates", json.dumps(rate), "application/json", headers=headers)
    assert answer.status_code == 201
    client.post("/profile/", {"name": "Ada L", "language": "", "theme": "", "initial-name": "Ada"})
    last, before = AuditEntry.objects.order_by("-pk")[:2]
    assert (last.object_type, last.token) == ("accounts.user", None)
    assert (before.object_type, before.actor, before.token) == ("money.exchangerate", nia, row)
    assert f"by token “nightly rates” ({row.prefix}…)" in page(client)
    listed = client.get("/api/v1/audit").json()["items"]
    assert [each["token"] for each in listed[:2]] == [None, "nightly rates"]
    text = b"".join(client.get(f"{URL}export.csv").streaming_content).decode()
    assert ",nightly rates,create,money.exchangerate" in text


def test_it_tells_of_which_initiative_and_shows_confidential_ones(client, admin):
    secret = InitiativeFactory(title="Merger", confidential=True)
    transitions.move(secret, "proposed", date(2026, 1, 5), admin)
    shown = page(client)
    assert f'<a class="link" href="/initiatives/{secret.key}/history/">Initiative: {secret.key} Merger</a>' in shown


def test_it_leads_to_things_that_are_still_there(client, admin):
    named = everything(admin)
    shown = page(client)
    for way in ("/initiatives/units/{unit}/", "/outcomes/{outcome}/", "/costs/assets/{asset}/", "/costs/lines/{line}/",
                "/costs/recurring/{recurring}/", "/costs/allocation/{rule}/", "/imports/{job}/"):  # fmt: skip
        assert f'href="{way.format(**named)}"' in shown, way


def test_what_is_gone_is_told_without_a_way(client, admin):
    entry(kind="projects.businessunit", label="Claims", action="delete", path=["Claims", None])
    assert "Deleted</b> · Business unit: Claims" in page(client)


def test_only_administrators_read_it(client):
    for role in ("contributor", "portfolio", "finance", "executive"):
        client.force_login(UserFactory(role=role))
        assert client.get(URL).status_code == 403
        assert client.get(f"{URL}export.csv").status_code == 403
        assert URL not in client.get("/tokens/").content.decode()


def test_one_comes_to_it_from_people_and_from_tokens(client, admin):
    for way in ("/people/", "/tokens/"):
        assert f'<a href="{URL}">Audit trail</a>' in client.get(way).content.decode()


def test_filters_keep_a_person_a_kind_and_days(client, admin):
    bob = UserFactory()
    entry(actor=admin, label="a")
    entry(actor=bob, label="b", kind="costs.asset")
    entry(label="c", kind="costs.asset")
    assert labels(client.get(URL, {"person": bob.pk})) == ["Own hardware: b"]
    assert labels(client.get(URL, {"person": "-"})) == ["Own hardware: c"]
    assert labels(client.get(URL, {"kind": "accounts.user"})) == ["Person: a"]
    assert labels(client.get(URL, {"kind": "accounts.user", "person": bob.pk})) == []


def test_days_are_those_of_the_organisation(client, admin):
    Organisation.objects.create(time_zone="Asia/Tokyo")
    for label, at in zip("abcd", ("01 14:59", "01 15:00", "02 14:59", "02 15:00"), strict=True):
        entry(f"2026-03-{at}", label=label)
    kept = client.get(URL, {"since": "2026-03-02", "until": "2026-03-02"})
    assert labels(kept) == ["Person: c", "Person: b"]


@pytest.mark.parametrize("asked", [{"person": "99"}, {"person": "x"}, {"kind": "no.such"}, {"since": "soon"}])
def test_a_filter_that_makes_no_sense_is_said_and_keeps_nothing_out(client, admin, asked):
    entry()
    answer = client.get(URL, asked)
    assert (answer.status_code, list(answer.context["filters"].errors), len(labels(answer))) == (200, list(asked), 1)


def test_an_empty_page_says_what_to_do(client, admin):
    assert "Take off a filter" in page(client, kind="costs.asset")


def test_it_goes_on_where_it_ended_and_shifts_nothing(client, admin, monkeypatch):
    monkeypatch.setattr(trail, "PER_PAGE", 2)
    for label in "abcde":
        entry(label=label)  # all of one moment
    first = client.get(URL, {"kind": "accounts.user"})
    assert labels(first) == ["Person: e", "Person: d"]
    entry("2026-03-06 12:00", label="new")
    after = first.context["part"].next_after
    assert f'href="?kind=accounts.user&amp;after={after}" rel="next"' in tight(first.content.decode())
    second = client.get(URL, {"kind": "accounts.user", "after": after})
    assert labels(second) == ["Person: c", "Person: b"]
    third = client.get(URL, {"kind": "accounts.user", "after": second.context["part"].next_after})
    assert (labels(third), third.context["part"].next_after) == (["Person: a"], None)
    assert "First page" in third.content.decode()


@pytest.mark.parametrize("after", ["x", "-1", "0", "9" * 30, "²"])
def test_a_place_that_there_is_not_is_the_beginning(client, admin, after):
    entry()
    assert labels(client.get(URL, {"after": after})) == ["Person: thing"]


def test_the_file_has_a_row_for_each_field_in_portions(client, admin, monkeypatch):
    monkeypatch.setattr(trail, "PORTION", 2)
    entry(label="=1+1", actor=admin, role=["contributor", "finance"], name=[None, "Nia"])
    entry(label="b", tags=[["x"], []], confidential=[False, True])
    entry(label="c", action="cancel")
    entry(label="other", kind="costs.asset")
    answer = client.get(f"{URL}export.csv", {"kind": "accounts.user"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = [[row[3], *row[5:]] for row in csv.reader(io.StringIO(text))]
    assert tuple(rows[0]) == ("actor_email", *trail.HEADER[5:])
    assert rows[1:] == [
        ["", "cancel", "accounts.user/7", "c", "", "", ""],
        ["", "edit", "accounts.user/7", "b", "confidential", "false", "true"],
        ["", "edit", "accounts.user/7", "b", "tags", '["x"]', "[]"],
        ["ada@example.org", "edit", "accounts.user/7", "'=1+1", "name", "", "Nia"],
        ["ada@example.org", "edit", "accounts.user/7", "'=1+1", "role", "contributor", "finance"],
    ]
    assert re.search(r"audit-trail-\d{4}-\d\d-\d\d\.csv", answer["Content-Disposition"])


def test_it_asks_no_more_for_more_entries(client, admin, django_assert_num_queries):
    everything(admin)
    with CaptureQueriesContext(connection) as asked:
        few = labels(client.get(URL))
    for text in ("y", "z", "w"):
        everything(UserFactory(admin=True), text)
    with django_assert_num_queries(len(asked)):
        assert len(labels(client.get(URL))) > len(few)
    assert len(asked) <= 16


def test_the_file_asks_once_a_portion(client, admin, django_assert_num_queries):
    everything(admin)
    with django_assert_num_queries(5):  # session, reader, organisation, people, entries
        list(client.get(f"{URL}export.csv").streaming_content)


MANY = """
INSERT INTO accounts_auditentry (at, actor_id, actor_label, action, object_type, object_label, changes)
SELECT now() - number * interval '1 minute', %s + number %% 50, '', 'edit',
       CASE WHEN number %% 20 = 0 THEN 'accounts.user' ELSE 'costs.costline' END, '', '{}'
FROM generate_series(1, 20000) AS number;
ANALYZE accounts_auditentry
"""


@pytest.mark.parametrize("asked", [{}, {"person": "7"}, {"kind": "accounts.user"}, {"since": "2026-01-01"}])
def test_it_reads_along_an_index_whatever_is_asked(admin, asked):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [admin.pk])
    plan = trail.TrailFilters({name: value.replace("7", f"{admin.pk}") for name, value in asked.items()})
    plan = plan.entries()[:50].explain()
    assert "Sort" not in plan
    assert re.search(r"Index Scan using accounts_au_\w+ on accounts_auditentry", plan)


def test_everything_that_is_recorded_has_a_name(admin):
    everything(admin)
    holds.start(InitiativeFactory(stage="approved"), date(2026, 1, 5), admin, "x")
    planned = InitiativeFactory()
    for month in (2, 1):  # the second plan is older than the one in force
        plan = {"planned_pilot_on": date(2027, month, 1), "plan_agreed_on": date(2026, month, 1)}
        planned = initiatives.edit(planned, version=planned.version, actor=admin, **plan)
    assert AuditEntry.objects.filter(object_type="projects.planrevision").exists()  # a control
    assert set(AuditEntry.objects.values_list("object_type", flat=True)) <= {*KINDS}


def test_every_field_has_a_name_in_japanese(client, admin):
    """Save what is named by its owner: what they typed, and prices by their class."""
    everything(admin)
    tokens.revoke(admin.api_tokens.get(), admin)
    with translation.override("ja"):
        told = [telling.tell(each, {}) for each in AuditEntry.objects.all()]
    labels = {change.label for each in told for change in each.changes}
    assert [label for label in labels if not JAPANESE.search(label)] == []


def test_what_is_kept_as_a_table_is_told_with_its_names(client, admin):
    entry(kind="costs.tokenprice", prices=[None, [{"input": "3", "output": "15"}]])
    figures = {"bill": "1234.5", "lines": "1366", "gateway": None, "made_of": "-1771461"}
    entry(kind="costs.reconciliation", figures=[figures, None])
    entry(kind="imports.import", rows_created=[None, 1366])
    shown = page(client)
    assert "<ins>input: 3, output: 15</ins>" in shown
    assert "<del>Bill: 1,234.5, Cost lines: 1,366</del>" in shown
    assert "<ins>1,366</ins>" in shown


def test_everything_that_is_done_has_a_word():
    done = set()
    for room in ("accounts", "imports", "money", "projects", "outcomes", "costs", "portfolio"):
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                at = PLACE.get(getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else None
                done |= {each.value for arg in call.args[at : at + 1] for each in _words(arg)} if at else set()
    assert {"edit", "invite", "reconcile", "generate"} <= done
    assert done <= {*ACTIONS}


def _words(node):
    """The words that an argument may be: itself, or either side of a condition."""
    sides = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return [each for each in sides if isinstance(each, ast.Constant) and isinstance(each.value, str)]
