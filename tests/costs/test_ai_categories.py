"""What cost is for in AI terms: shipped rules, the label of new groups, and what happens when a rule changes."""

import fnmatch
import re
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.http import Http404
from django.test import Client
from django.urls import reverse

from accounts.changes import changing
from accounts.models import AuditEntry
from costs.ai import api as ai_api
from costs.ai import categories as ai_categories
from costs.ai import matching as ai_matching
from costs.groups import GroupKey, find, find_or_make, tags_text
from costs.models import AiCategoryRule, AllocationRule, AllocationRun, ChargeGroup
from tests.costs.factories import add_line, category
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
NOT_SAID = "Say after ! what must not be there."


def group(vendor: str, service: str = "", **fields) -> ChargeGroup:
    details = {"description": fields.pop("description")} if "description" in fields else {}
    key = GroupKey(
        "focus",
        None,
        category(fields.pop("category", "cloud")).pk,
        "USD",
        vendor=vendor,
        service=service,
        details=tags_text(details),
        kind=fields.pop("kind", "bill"),
        **fields,
    )
    return find([*find_or_make([key])])[key]


EC2 = "Amazon Elastic Compute Cloud"


@pytest.mark.parametrize(
    ("vendor", "service", "fields", "expected"),
    [
        ("AWS", "Amazon Bedrock", {}, "inference"),
        ("AWS", "Amazon Bedrock", {"description": "Claude customization training"}, "fine-tuning"),
        ("AWS", "Amazon SageMaker", {"description": "$3.825 per Training ml.p3.2xlarge hour"}, "training"),
        ("AWS", "Amazon SageMaker", {"description": "$0.115 per Hosting ml.m5.large hour"}, "inference"),
        ("AWS", "Amazon SageMaker", {"description": "Studio notebook"}, "platform"),
        ("AWS", EC2, {"description": "$32.77 per On Demand Linux p4d.24xlarge Instance Hour"}, "gpu"),
        ("AWS", EC2, {"sku": "USE1-BoxUsage:g5.xlarge"}, "gpu"),
        ("AWS", EC2, {"description": "$1.34 per Linux trn1.2xlarge"}, "gpu"),
        ("AWS", EC2, {"description": "$0.096 per On Demand Linux m5.large Instance Hour"}, ""),
        ("AWS", EC2, {"description": "$0.08 per GB-month of gp3", "service_category": "Storage"}, "storage"),
        ("Microsoft", "Azure OpenAI", {}, "inference"),
        ("Microsoft", "Virtual Machines", {"description": "NCasT4 v3 Series - NC4as T4 v3 - US East"}, "gpu"),
        ("Microsoft", "Virtual Machines", {"sku": "Standard_ND96asr_v4"}, "gpu"),
        ("Microsoft", "Virtual Machines", {"description": "Dv2/DSv2 Series - D11 v2 - US East 2"}, ""),
        ("Microsoft", "Azure Machine Learning", {}, "platform"),
        ("Google Cloud", "Vertex AI", {"description": "Gemini 1.5 Pro Text Input"}, "inference"),
        ("Google Cloud", "Compute Engine", {"description": "A2 Instance Core running in Americas"}, "gpu"),
        ("Google Cloud", "Compute Engine", {"description": "N2 Instance Core running in Americas"}, ""),
        ("Google Cloud", "Cloud TPU", {}, "gpu"),
        ("OpenAI", "", {"kind": "bill"}, "inference"),
        ("OpenAI", "Fine-tuning training", {}, "fine-tuning"),
        ("Anthropic", "", {}, "inference"),
        ("LiteLLM", "", {"kind": "gateway"}, "inference"),
        ("Somebody", "", {"category": "tokens", "kind": "entered"}, "inference"),
        ("Databricks", "Model Serving", {}, "inference"),
        ("Databricks", "Jobs Compute", {}, "platform"),
        ("Snowflake", "Cortex AI functions", {}, "inference"),
        ("Snowflake", "Storage", {}, "storage"),
        ("Oracle", "", {"service_category": "AI and Machine Learning"}, "platform"),
        ("AWS", "Amazon SageMaker", {"description": "Feature Store read units"}, "data"),
        ("AWS", "Amazon Kendra", {}, "data"),
        ("Microsoft", "Azure Cognitive Search", {}, "data"),
        ("Google Cloud", "Vertex AI", {"description": "Vector Search index serving"}, "data"),
        ("Databricks", "Mosaic AI", {"description": "Vector Search endpoint"}, "data"),
        ("Snowflake", "Compute", {"description": "Warehouse credits"}, "data"),
        ("Oracle", "Autonomous Database", {"service_category": "Databases"}, "data"),
        ("Contoso", "Labels", {"category": "data"}, "data"),
        ("Contoso", "Catering", {}, ""),
        ("AWS", "Amazon Bedrock", {"description": "Custom model storage per month"}, "storage"),
        ("AWS", "Amazon Comprehend", {}, "inference"),
        ("OpenAI", "File search storage", {}, "storage"),
        ("OpenAI", "", {"description": "Vector stores, GB-days"}, "storage"),
        ("Microsoft", "Azure OpenAI", {"description": "GPT-4o fine-tuning training hours"}, "fine-tuning"),
        ("Microsoft", "Cognitive Services", {}, "inference"),
        ("Microsoft", "Azure AI services", {}, "inference"),
        ("Microsoft", "Storage", {"resource": "/resourcegroups/prod-nc1/storageaccounts/logs"}, ""),
        ("Microsoft", "Virtual Machines", {"resource": "/rg/a/pool/1", "sku": "Standard_NC6s_v3"}, "gpu"),
        ("Google Cloud", "Vertex AI", {"description": "Gemini 1.5 Flash supervised tuning"}, "fine-tuning"),
        ("Google Cloud", "Vertex AI", {"description": "Custom Training n1-standard-4"}, "training"),
        ("Google Cloud", "Vertex AI", {"description": "Workbench managed notebook"}, "platform"),
        ("Google Cloud", "Gemini API", {}, "inference"),
        ("Databricks", "Model Training", {}, "training"),
        ("Oracle", "OCI Generative AI", {"description": "Generative AI - Large Cohere"}, "inference"),
        ("OCI", "GENERATIVE_AI", {}, "inference"),
        ("Oracle", "COMPUTE", {"description": "OCI - Compute - GPU - H100"}, "gpu"),
        ("Oracle", "COMPUTE", {"resource": "VM.GPU3.1"}, "gpu"),
        ("Oracle", "COMPUTE", {"description": "Compute - Standard - E4 - OCPU"}, ""),
        ("Oracle Cloud", "Data Science", {}, "platform"),
        ("Oracle", "DATA_SCIENCE", {}, "platform"),
        ("OpenAI", "ChatGPT Enterprise", {"category": "licences", "kind": "entered"}, ""),
        ("Anthropic", "Support engineer", {"category": "people", "kind": "entered"}, ""),
        ("OpenAI", "API", {"category": "cloud", "kind": "entered"}, "inference"),
        ("OpenAI", "Fine-tuning training", {"category": "licences"}, "fine-tuning"),
        ("Kestrel", "depreciation", {"category": "hardware", "kind": "entered"}, "gpu"),
        ("", "energy", {"category": "hardware", "kind": "entered"}, "gpu"),
    ],
)
def test_shipped_rules_know_the_large_providers(vendor, service, fields, expected):
    assert group(vendor, service, **fields).ai_category == expected


@pytest.mark.parametrize("ending", [r"\Z", r"$(?!\n)"])  # of Python 3.11, and in other words as 3.14 has it
def test_a_text_is_found_inside_of_another_whatever_python_calls_its_end(ending, monkeypatch):
    written = fnmatch.translate
    monkeypatch.setattr(ai_matching, "translate", lambda glob: written(glob).removesuffix(r"\Z") + ending)
    matcher = ai_matching.Matcher([{"text": "custom* train"}, {"text": "[!a-z]ft?"}, {"text": "ing"}])
    found = [
        matcher.first(ai_matching.Facts(ChargeGroup(details={"description": text}), "cloud"))
        for text in ("Claude Customization Training", "gpt ft:2 model", "customer", "Hosting", "soft")
    ]
    assert found == [0, 1, None, 2, None]


@pytest.mark.parametrize(
    ("match", "model"),
    [
        ({"sku": "claude-sonnet-4-5[1m]"}, "claude-sonnet-4-5[1m]"),
        ({"sku": "claude-*[1M]*"}, "claude-sonnet-4-5[1m]-eu"),
        ({"text": "4-5[1m]"}, "claude-sonnet-4-5[1m]"),
        ({"text": "4-[45]"}, "claude-sonnet-4-5"),
    ],
)
def test_a_rule_finds_a_name_with_brackets_and_one_of_several_characters(match, model):
    ai_categories.save(None, AiCategoryRule(priority=1, match=match, ai_category="data"))
    assert group("Contoso", sku=model).ai_category == "data"
    assert group("Contoso", sku="claude-haiku").ai_category == ""


@pytest.mark.parametrize("text", ["[prod]", "*[prod]*"])
def test_a_name_in_brackets_alone_is_that_name_not_any_text_with_one_of_its_letters(text):
    ai_categories.save(None, AiCategoryRule(priority=1, match={"text": text}, ai_category="data"))
    assert group("Contoso", sku="cluster [prod] 1").ai_category == "data"
    assert group("Contoso", sku="reporting").ai_category == ""


@pytest.mark.parametrize(
    ("glob", "known", "unknown"),
    [
        ("!licences | !people", "cloud", "licences"),
        ("! Licences", "people", "licences"),
        ("!l*", "people", "licences"),
        ("c* | p* | !people", "cloud", "people"),
        ("c* | !people", "cloud", "data"),  # neither of them, and one of those that are named
    ],
)
def test_a_condition_may_say_what_does_not_stand_there(glob, known, unknown):
    matcher = ai_matching.Matcher([{"category": glob}])
    assert matcher.first(ai_matching.Facts(ChargeGroup(), known)) == 0
    assert matcher.first(ai_matching.Facts(ChargeGroup(), unknown)) is None


@pytest.mark.parametrize("glob", ["!", " ! ", "gpu | !", "!|gpu"])
def test_a_condition_says_behind_the_mark_what_must_not_stand_there(client: Client, glob: str):
    finance = UserFactory(finance=True)
    before = AiCategoryRule.objects.count()
    sent = {"priority": 1, "match": {"provider": "aws", "text": glob}, "ai_category": "gpu"}
    answer = client.post("/api/v1/ai-category-rules", sent, "application/json", headers=bearer(finance))
    assert (answer.status_code, NOT_SAID in answer.content.decode()) == (422, True)
    client.force_login(finance)
    typed = {"priority": "1", "provider": "aws", "text": glob, "ai_category": "gpu", "is_active": "on"}
    page = client.post("/costs/ai-categories/new/", typed)
    assert (page.status_code, page.context["form"].errors) == (422, {"text": [NOT_SAID]})
    assert NOT_SAID in page.content.decode()
    assert AiCategoryRule.objects.count() == before


def test_a_condition_may_say_which_provider_and_text_it_is_not():
    matcher = ai_matching.Matcher([{"provider": "!Amazon Web Services", "text": "gpu | !test"}])
    found = [
        matcher.first(ai_matching.Facts(ChargeGroup(vendor=vendor, sku=sku), "cloud"))
        for vendor, sku in (("Oracle", "VM.GPU3"), ("AWS", "VM.GPU3"), ("Oracle", "VM.GPU3 test"), ("Oracle", "VM"))
    ]
    assert found == [0, None, None, None]


SELLERS = {"provider": "openai | anthropic | mistral* | cohere* | deepseek | groq | together*"}
NARROWED = SELLERS | {"category": "!licences | !people"}


def test_seats_and_own_machines_are_told_by_the_shipped_rules_that_nobody_has_changed():
    migration = import_module("costs.migrations.0034_seats_and_own_machines")
    rules = AiCategoryRule.objects
    assert rules.get(priority=120).match == NARROWED
    assert rules.get(priority=940).match == {"category": "hardware"}
    seats = group("OpenAI", "ChatGPT Enterprise", category="licences", kind="entered")
    migration.take_back(apps, None)
    assert rules.get(priority=120).match == SELLERS
    assert not rules.filter(priority=940).exists()
    AllocationRun.objects.all().delete()
    machine = group("Kestrel", "depreciation", category="hardware", kind="entered")
    ai_categories.synchronise()
    seats.refresh_from_db()
    assert (seats.ai_category, machine.ai_category) == ("inference", "")
    migration.bring_up_rules(apps, None)
    (waiting,) = AllocationRun.objects.all()  # which gives what is there its label, as a worker does it
    assert waiting.about == "labels"
    with changing(None) as change:
        ai_categories.synchronise_waiting(waiting, change)
    seats.refresh_from_db()
    machine.refresh_from_db()
    assert (seats.ai_category, machine.ai_category) == ("", "gpu")


@pytest.mark.parametrize(
    "edited",
    [
        {"priority": 60},
        {"is_active": False},
        {"version": 3},
        {"ai_category": "platform"},
        {"match": {"provider": "openai"}},
    ],
)
def test_a_shipped_rule_that_somebody_has_edited_stays_as_it_is(edited):
    migration = import_module("costs.migrations.0034_seats_and_own_machines")
    AiCategoryRule.objects.all().delete()
    values = {"priority": 120, "ai_category": "inference", "match": SELLERS, "version": 1} | edited
    kept = AiCategoryRule.objects.create(**values)
    theirs = AiCategoryRule.objects.create(priority=50, ai_category="platform", match={"category": "hardware"})
    migration.bring_up_rules(apps, None)
    kept.refresh_from_db()
    assert (kept.match, kept.version) == (values["match"], values["version"])
    assert list(AiCategoryRule.objects.filter(match={"category": "hardware"})) == [theirs]  # which is asked already
    assert not AllocationRun.objects.exists()  # nothing is there to label


MACHINES = {"priority": 940, "match": {"category": "hardware"}, "ai_category": "gpu"}


def test_a_rule_of_ones_own_that_reads_like_the_one_for_machines_outlasts_the_way_back():
    migration = import_module("costs.migrations.0034_seats_and_own_machines")
    AiCategoryRule.objects.all().delete()
    own = AiCategoryRule(**MACHINES)
    ai_categories.save(UserFactory(finance=True), own)
    migration.bring_up_rules(apps, None)
    migration.take_back(apps, None)
    assert list(AiCategoryRule.objects.all()) == [own]


@pytest.mark.parametrize(("theirs", "expected"), [(940, 940), (975, 976), (1_000_000, 1_000_000)])
def test_the_rule_for_machines_is_asked_behind_all_that_are_there(theirs, expected):
    migration = import_module("costs.migrations.0034_seats_and_own_machines")
    AiCategoryRule.objects.all().delete()
    fallback = AiCategoryRule.objects.create(priority=theirs, match={"provider": "*"}, ai_category="platform")
    migration.bring_up_rules(apps, None)
    first, machines = AiCategoryRule.objects.all()
    assert (first, machines.priority, machines.match) == (fallback, expected, {"category": "hardware"})
    migration.take_back(apps, None)
    assert list(AiCategoryRule.objects.all()) == [fallback]


@pytest.mark.parametrize(
    ("match", "left"),
    [
        (SELLERS | {"category": "!licences | !people"}, SELLERS),
        ({"provider": "aws", "text": "gpu | !test|[!a-z]p5"}, {"provider": "aws", "text": "gpu | [!a-z]p5"}),
        ({"provider": "aws", "text": "gpu|tpu"}, {"provider": "aws", "text": "gpu|tpu"}),
        ({"category": "!licences"}, {"category": "!licences"}),  # matches nothing as text, rather than everything
    ],
)
def test_on_the_way_back_conditions_keep_nothing_that_would_be_read_as_text(match, left):
    migration = import_module("costs.migrations.0034_seats_and_own_machines")
    AiCategoryRule.objects.all().delete()
    rule = AiCategoryRule.objects.create(priority=120, match=match, ai_category="inference", version=3)
    migration.take_back(apps, None)
    rule.refresh_from_db()
    assert (rule.match, rule.version) == (left, 3 + (match != left))


def test_the_shipped_rules_are_brought_up_where_nobody_has_changed_them():
    before = {"provider": "microsoft", "text": "[!a-z0-9]n[cdv][0-9]"}
    AiCategoryRule.objects.all().delete()
    old = AiCategoryRule.objects.create(priority=310, match=before, ai_category="gpu")
    changed = AiCategoryRule.objects.create(priority=310, match=before | {"sku": "nc*"}, ai_category="gpu")
    synchronise = import_module("costs.migrations.0023_machines_and_oracle").bring_up_rules
    synchronise(apps, None)
    assert not AllocationRun.objects.exists()  # nothing is there to label
    old.refresh_from_db()
    assert (old.match, old.version) == (before | {"service": "*virtual machine* | *kubernetes* | *batch*"}, 2)
    changed.refresh_from_db()
    assert (changed.match, changed.version) == (before | {"sku": "nc*"}, 1)
    group("Contoso")
    AiCategoryRule.objects.filter(priority__gte=600).delete()
    synchronise(apps, None)
    assert AllocationRun.objects.get().about == "labels"
    assert list(AiCategoryRule.objects.filter(priority__gte=600).values_list("priority", "ai_category")) == [
        (600, "inference"), (601, "gpu"), (602, "platform"),
    ]  # fmt: skip


def test_a_new_rule_relabels_what_is_there_and_moves_no_cost():
    initiative = InitiativeFactory()
    line = add_line(initiative, "2026-03-05", "10", vendor="Contoso Labelling")
    rule = AiCategoryRule(priority=1, match={"provider": "contoso*"}, ai_category="data")
    assert ai_categories.save(UserFactory(finance=True), rule) == 1
    line.group.refresh_from_db()
    assert (line.group.ai_category, line.group.initiative_id) == ("data", initiative.pk)
    assert add_line(None, "2026-03-05", "1", vendor="contoso b").group.ai_category == "data"
    assert ai_categories.remove(None, rule, rule.version) == 2
    line.group.refresh_from_db()
    assert line.group.ai_category == ""


def test_an_allocation_rule_that_asks_for_the_label_follows_it():
    one = InitiativeFactory()
    AllocationRule.objects.create(name="r", match={"ai_category": "data"}).parts.create(initiative=one)
    moved = add_line(None, "2026-03-05", "10", vendor="Contoso").group
    ai_categories.save(None, AiCategoryRule(priority=1, match={"provider": "contoso"}, ai_category="data"))
    assert [place.initiative_id for place in moved.placements.all()] == [one.pk]


def page(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


def test_finance_adds_changes_and_deletes_a_rule_on_the_page(django_assert_max_num_queries):
    group("Contoso", "Labelling")
    client, url = page("finance"), reverse("costs:ai-categories")
    with django_assert_max_num_queries(12):
        assert client.get(url).status_code == 200
    typed = {"ai_category": "data", "priority": "5", "provider": "contoso", "service": "label*", "is_active": "on"}
    assert client.post(reverse("costs:ai-category-new"), typed).status_code == 302
    rule = AiCategoryRule.objects.get(priority=5)
    assert rule.match == {"provider": "contoso", "service": "label*"}
    assert ChargeGroup.objects.get(vendor="Contoso").ai_category == "data"
    edit = reverse("costs:ai-category-edit", args=[rule.pk])
    stale = client.post(edit, typed | {"ai_category": "gpu", "version": "0"})
    assert stale.status_code == 422
    assert 'name="version" value="0"><p' in tight(stale.content.decode())  # deletes no more than it changes
    assert client.post(edit, typed | {"ai_category": "gpu", "version": "1"}).status_code == 302
    assert ChargeGroup.objects.get(vendor="Contoso").ai_category == "gpu"
    for version in ("1", "", "x"):  # "1" was read before it was changed
        refused = client.post(edit, {"delete": "1", "version": version}, follow=True).content.decode()
        assert "Somebody has changed this rule meanwhile." in refused
    assert re.findall(r'name="version" value="(\d+)"', refused) == ["2", "2"]
    assert client.post(edit, {"delete": "1", "version": "2"}).status_code == 302
    assert not AiCategoryRule.objects.filter(pk=rule.pk).exists()
    assert ChargeGroup.objects.get(vendor="Contoso").ai_category == ""


def test_the_first_line_counts_the_rules_in_use_and_only_others_say_their_state():
    client, url = page("finance"), reverse("costs:ai-categories")
    total = AiCategoryRule.objects.filter(is_active=True).count()
    rule = AiCategoryRule.objects.create(
        ai_category="data", priority=5, match={"service": "*label* | ground*"}, is_active=False
    )
    html = tight(client.get(url).content.decode())
    assert f"<h1><b>{total} rules</b> say what the money is for" in html
    (row,) = [each for each in html.split("<tr>") if reverse("costs:ai-category-edit", args=[rule.pk]) in each]
    assert '<span class="tag">not in use</span>' in row
    assert html.count("not in use") == 1
    assert '<span class="whole">*label* |</span> <span class="whole">ground*</span>' in row


def test_a_rule_without_conditions_is_refused():
    answer = page("finance").post(reverse("costs:ai-category-new"), {"ai_category": "data", "priority": "5"})
    assert answer.status_code == 422
    assert "at least one" in answer.content.decode()


def test_what_no_rule_knows_is_listed_with_a_rule_to_make_of_it():
    add_line(None, "2026-03-05", "10", vendor="Contoso")
    shown = page("finance").get(reverse("costs:ai-categories")).content.decode()
    assert "provider=contoso" in shown
    assert "provider=contoso" not in page("executive").get(reverse("costs:ai-categories")).content.decode()


def test_our_own_kinds_categories_and_services_are_called_by_their_names():
    add_line(None, "2026-03-05", "10", vendor="Kestrel", service="depreciation")
    add_line(None, "2026-03-05", "5", vendor="Halden")
    AiCategoryRule.objects.create(
        ai_category="data", priority=1, match={"kind": "gateway | usage", "category": "cloud"}
    )
    AiCategoryRule.objects.create(ai_category="data", priority=1, match={"category": "!licences | !people"})
    with time_machine.travel("2026-04-01"):
        shown = tight(page("finance").get(reverse("costs:ai-categories")).content.decode())
    assert "<td>Depreciation</td>" in shown and "depreciation</td>" not in shown
    assert shown.count('<td class="twice">') == 1  # a lone dash says nothing on a telephone
    rule = re.sub(r"<[^>]*>|\s+", " ", shown.partition("What no rule matches")[2])
    assert "Gateway log | Usage, priced by us" in re.sub(" +", " ", rule)
    assert "gateway" not in rule
    assert "not Licences, People" in re.sub(" +", " ", rule)


@pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("portfolio", 403), ("executive", 403)])
def test_only_finance_and_administrators_change_rules(role, status):
    client = page(role)
    assert client.get(reverse("costs:ai-categories")).status_code == 200
    assert client.post(reverse("costs:ai-category-new"), {}).status_code == status


@pytest.mark.parametrize("longest", [True, False], ids=["512", "513"])
def test_a_rule_may_name_the_longest_that_a_bill_has_through_both_doors(longest):
    finance, client = UserFactory(finance=True), Client()
    client.force_login(finance)
    match = {"text": "r" * (512 if longest else 513)}
    body = {"priority": 5, "match": match, "ai_category": "data"}
    made = client.post("/api/v1/ai-category-rules", body, content_type="application/json", headers=bearer(finance))
    assert made.status_code == (201 if longest else 422)
    sent = {"priority": "5", "ai_category": "data", "is_active": "on", **match}
    assert client.post(reverse("costs:ai-category-new"), sent).status_code == (302 if longest else 422)


def test_rules_by_api():
    client, headers = Client(), bearer(UserFactory(finance=True))
    url = "/api/v1/ai-category-rules"
    body = {"priority": 5, "match": {"provider": "contoso"}, "ai_category": "data"}
    made = client.post(url, body, content_type="application/json", headers=headers)
    assert made.status_code == 201
    item = made.json()
    assert item["match"] == {"provider": "contoso"}
    one = f"{url}/{item['id']}"
    patch = {"data": {"is_active": False}, "content_type": "application/json"}
    assert client.patch(one, headers=headers, **patch).status_code == 428
    assert client.patch(one, headers=headers | {"If-Match": '"7"'}, **patch).status_code == 412
    changed = client.patch(one, headers=headers | {"If-Match": '"1"'}, **patch)
    assert changed.json()["is_active"] is False
    assert changed["ETag"] == '"2"'
    assert client.get(url, headers=headers).json()["items"][0]["priority"] == 5
    wrong = client.post(url, body | {"match": {"colour": "x"}}, content_type="application/json", headers=headers)
    assert wrong.status_code == 422
    assert (
        client.post(url, body, content_type="application/json", headers=bearer(UserFactory(executive=True))).status_code
        == 403
    )


def test_a_rule_that_somebody_deletes_while_it_is_changed_stays_away(monkeypatch):
    rule = AiCategoryRule.objects.create(priority=5, match={"provider": "contoso"}, ai_category="data")
    # It is deleted after it was read and before it is locked.
    gone = AiCategoryRule.objects.filter(pk=rule.pk)
    monkeypatch.setattr(ai_api, "require_match", lambda _request, _read: gone.delete())
    patch = {"data": {"is_active": False}, "content_type": "application/json"}
    answer = Client().patch(
        f"/api/v1/ai-category-rules/{rule.pk}", headers=bearer(UserFactory(finance=True)) | {"If-Match": '"1"'}, **patch
    )
    assert answer.status_code == 404
    with pytest.raises(Http404):
        ai_categories.remove(None, rule, rule.version)
    assert not gone.exists()
    assert not AuditEntry.objects.filter(action__in=("edit", "delete")).exists()
