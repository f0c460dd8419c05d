"""Rules that are split by name: a field or tag of a bill says which initiative each cost belongs to."""

import json
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import RuleError
from accounts.models import AuditEntry
from costs.allocation import places
from costs.allocation import rules as allocation_rules
from costs.allocation import runs as allocation_runs
from costs.allocation.rules import Terms
from costs.models import AllocationRule, Placement
from imports import jobs
from projects import initiatives
from projects.models import Initiative
from projects.transitions import move
from tests.costs.allocation.test_places import apply_as_previewed, cost_of, rule
from tests.costs.allocation.test_rules import Api, page
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db
BY_TAG = {"match": {"tag:initiative": "*"}, "named_by": "tag:initiative"}
NAMED = {"method": "equal", "is_active": "on", "field_0": "tag:initiative", "glob_0": "*", "named_by": "tag:initiative"}


def tagged(name: str, amount: str, day: str = "05", **more: str) -> dict[str, str]:
    """Return the row of a bill whose tag names an initiative."""
    period = {"ChargePeriodStart": f"2026-03-{day}T10:00:00Z", "ChargePeriodEnd": f"2026-03-{day}T11:00:00Z"}
    return {"Tags": json.dumps({"Initiative": name}), "BilledCost": amount} | period | more


def test_each_cost_goes_where_it_says_and_the_rest_to_the_next_rule():
    by_key, by_reference = InitiativeFactory(number=42), InitiativeFactory(external_ref="CC-7", stage="approved")
    for amount, name in (
        ("1", "AI-0042"),
        ("2", " ai-42 "),
        ("4", "CC-7"),
        ("8", "cc-7"),
        ("16", "AI-0043"),
        ("32", ""),
    ):
        add_line(None, "2026-03-05", amount, vendor="Amazon", tags={" Initiative": name})
    add_line(None, "2026-03-05", "64", vendor="Amazon")
    add_line(None, "2026-03-05", "128", vendor="Other")
    rule({"vendor": "*"}, named_by="tag:initiative", priority=1)
    apply_as_previewed()
    assert cost_of(by_key, by_reference, None) == [3, 4, 248]
    rest = InitiativeFactory()
    rule({"vendor": "amazon"}, rest, priority=2)
    apply_as_previewed()
    assert cost_of(by_key, by_reference, rest, None) == [3, 4, 120, 128]


def test_a_field_names_it_too_for_its_months_and_a_key_wins_over_a_reference():
    own, other = InitiativeFactory(number=7), InitiativeFactory(external_ref="AI-0007")
    for month in ("03", "04"):
        add_line(None, f"2026-{month}-05", "10", vendor="x", resource="AI-0007")
    rule({"vendor": "x"}, named_by="resource", until=date(2026, 4, 1))
    apply_as_previewed()
    assert cost_of(own, other, None) == [10, 0, 10]


def test_what_a_bill_brings_is_placed_as_it_comes_and_a_later_initiative_when_rules_are_applied():
    one = InitiativeFactory(number=1)
    made = allocation_rules.create(None, Terms(**BY_TAG))
    bring_in("focus", bill(tagged("AI-0001", "5"), tagged("CRM", "7")))
    assert cost_of(one, None) == [5, 7]
    crm = InitiativeFactory(external_ref="CRM", stage="approved")
    bring_in("focus", bill(tagged("CRM", "9", "06"), tagged("CRM", "11", ResourceId="i-new")))
    assert cost_of(crm, None) == [11, 16]  # what there was stays until somebody has looked
    assert {pk: moved.amount for pk, moved in allocation_runs.preview().places.items()} == {0: -16, crm.pk: 16}
    apply_as_previewed()
    assert cost_of(one, crm, None) == [5, 27, 0]
    assert set(Placement.objects.values_list("rule", flat=True)) == {made.pk}


def test_an_account_that_is_called_after_an_initiative_goes_with_its_name():
    one = InitiativeFactory(external_ref="Claims", stage="approved")
    allocation_rules.create(None, Terms({"vendor": "*"}, named_by="account_name"))
    bring_in("focus", bill({"SubAccountName": "Old", "BilledCost": "5"}))
    assert cost_of(one, None) == [0, 5]
    bring_in("focus", bill(tagged("", "7", "06", SubAccountName="Claims")))
    assert cost_of(one, None) == [12, 0]


def test_a_reference_counts_once_it_is_approved_and_only_the_office_changes_it_then():
    contributor, office = UserFactory(), UserFactory(portfolio=True)
    mine = initiatives.create(contributor, title="Mine", external_ref="Prod", confidential=True)
    allocation_rules.create(None, Terms({"vendor": "*"}, named_by="account_name"))
    bring_in("focus", bill({"SubAccountName": "Prod", "BilledCost": "5"}))
    move(mine, "proposed", date(2026, 1, 5), contributor)
    bring_in("focus", bill({"SubAccountName": "Prod", "BilledCost": "7", "ResourceId": "i-2"}))
    assert cost_of(mine, None) == [0, 12]
    assert not allocation_runs.preview()
    move(mine, "approved", date(2026, 1, 6), office)
    apply_as_previewed()
    assert cost_of(mine, None) == [12, 0]

    with pytest.raises(RuleError, match="only the portfolio office changes its reference") as refused:
        initiatives.edit(mine, version=mine.version, actor=contributor, external_ref="Test")
    assert refused.value.field == "external_ref"
    same = initiatives.edit(mine, version=mine.version, actor=contributor, external_ref="Prod", problem="Slow")
    changed = initiatives.edit(same, version=same.version, actor=office, external_ref="Test")
    assert changed.external_ref == "Test"
    move(mine, "declined", date(2026, 1, 7), office)
    bring_in("focus", bill({"SubAccountName": "Test", "BilledCost": "9", "ResourceId": "i-3"}))
    assert cost_of(None) == [9]


def test_as_many_queries_for_many_names_as_for_few():
    rule({"vendor": "x"}, named_by="resource")
    asked = []
    for count in (2, 30):
        for number in range(count):
            InitiativeFactory(external_ref=f"r{count}-{number}", stage="approved")
            add_line(None, "2026-03-05", "1", vendor="x", resource=f"r{count}-{number}")
        Placement.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            places.changes()
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_by_api():
    one, two = InitiativeFactory(number=1), InitiativeFactory(external_ref="CRM", stage="approved")
    add_line(None, "2026-03-05", "5", vendor="x", tags={"initiative": "ai-0001"})
    add_line(None, "2026-03-05", "7", vendor="x", tags={"initiative": "CRM"})
    finance = Api(finance=True)
    would = finance("post", "/simulate", {"rule": BY_TAG}).json()
    assert [(each["initiative"], each["amount"]) for each in would["initiatives"]] == [
        (None, "-12"), (one.key, "5"), (two.key, "7"),
    ]  # fmt: skip
    made = finance("post", body=BY_TAG | {"named_by": "tag: Initiative"})
    said = made.json()
    assert (made.status_code, said["named_by"], said["split"]) == (201, "tag:initiative", [])
    assert finance("post", "/apply").json()["allocated"] == 2
    assert cost_of(one, two, None) == [5, 7, 0]
    (listed,) = finance("get").json()["items"]
    assert (listed["named_by"], listed["lines"], listed["amount"]) == ("tag:initiative", 2, "12")
    path = f"/{said['id']}"
    split = {"split": [{"initiative": "AI-0001"}]}
    assert finance("patch", path, split, **{"If-Match": '"1"'}).json()["errors"][0]["field"] == "named_by"
    changed = finance("patch", path, split | {"named_by": ""}, **{"If-Match": '"1"'}).json()
    assert (changed["named_by"], len(changed["split"]), changed["version"]) == ("", 1, 2)
    told = AuditEntry.objects.filter(object_type="costs.allocationrule", action="edit").get()
    assert told.changes["named_by"] == ["tag:initiative", ""]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"named_by": "colour"}, "named_by"),
        ({"named_by": "tag: "}, "named_by"),
        ({"named_by": None}, "named_by"),
        ({"named_by": 5}, "named_by"),
        ({"split": [{"initiative": "AI-0001"}]}, "named_by"),
        ({"named_by": ""}, "split"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(more, field):
    InitiativeFactory(number=1)
    answer = Api(finance=True)("post", body=BY_TAG | more)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    assert not AllocationRule.objects.exists()


def test_by_form_with_what_it_would_move_and_in_the_list():
    one = InitiativeFactory(number=1)
    add_line(None, "2026-03-05", "5", vendor="x", tags={"initiative": "AI-0001"})
    client, new = page(finance=True), "/costs/allocation/new/"
    told = client.post(new, NAMED | {"simulate": "1"}).context["told"]
    assert (told.effect.total.lines, told.effect.total.amount) == (1, 5)
    refused = client.post(new, NAMED | {"initiative_0": "AI-0001"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["named_by"])
    assert list(client.post(new, NAMED | {"named_by": ""}).context["form"].errors) == ["initiative_0"]
    assert client.post(new, NAMED).status_code == 302
    client.post("/costs/allocation/apply/")
    assert cost_of(one, None) == [5, 0]
    listed = re.sub(r"<[^>]+>|\s+", " ", client.get("/costs/allocation/").content.decode())
    assert "named by “Tag initiative”" in re.sub(" +", " ", listed)
    made = AllocationRule.objects.get()
    form = client.get(f"/costs/allocation/{made.pk}/").context["form"]
    assert form["named_by"].value() == "tag:initiative"
    stale = client.post(f"/costs/allocation/{made.pk}/", NAMED | {"version": "9"})
    assert "named by “Tag initiative”" in re.sub(r"<[^>]+>|\s+", " ", stale.content.decode())


def test_who_may_not_see_an_initiative_does_not_see_the_rule_that_finds_it():
    secret, plain = InitiativeFactory(number=1, confidential=True), InitiativeFactory(number=2)
    made = rule({"vendor": "x"}, named_by="resource")
    add_line(None, "2026-03-05", "5", vendor="x", resource=plain.key)
    assert [Api(**role)("get").json()["count"] for role in ({}, {"finance": True})] == [1, 1]
    add_line(None, "2026-03-05", "7", vendor="x", resource=secret.key)
    assert cost_of(secret) == [7]
    assert [Api(**role)("get").json()["count"] for role in ({}, {"finance": True})] == [0, 1]
    assert Api()("get", f"/{made.pk}").status_code == 404


def test_an_initiative_that_cost_is_placed_on_stays_when_its_import_is_taken_back():
    job = bring_in("initiatives_csv", "title,external_ref,stage\nPlaced,CRM,approved\nGone,,\n")
    rule({"vendor": "x"}, named_by="resource")
    add_line(None, "2026-03-05", "5", vendor="x", resource="CRM")
    reverted = jobs.revert(job, UserFactory(admin=True))
    assert (reverted.removed, reverted.kept) == (1, 1)
    assert cost_of(Initiative.objects.get(), None) == [5, 0]
