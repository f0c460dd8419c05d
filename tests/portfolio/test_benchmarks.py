"""Benchmarks as data: added, changed, withdrawn; what may stand beside what; what an upgrade leaves alone."""

import html
import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils import translation

from accounts.models import AuditEntry
from portfolio.benchmarks import references
from portfolio.benchmarks.shipped import SHIPPED, synchronise
from portfolio.guidance import Guidance
from portfolio.models import Benchmark
from projects import initiatives, transitions
from tests.factories import UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
LIST = "/portfolio/benchmarks/"
TYPED = {
    "label": "Our sector", "low": "22.5", "high": "30", "unit": "share", "comparable_with": "production_rate",
    "kind": "rate of projects", "what_it_measures": "Pilots in production divided by pilots.",
    "source_title": "Sector survey", "publisher": "Association", "year": "2026", "url": "https://example.org/survey",
}  # fmt: skip
SENT = TYPED | {"low": 0.225, "high": 0.3, "year": 2026}


@pytest.fixture
def office():
    return UserFactory(portfolio=True)


@pytest.fixture
def pages(office):
    client = Client()
    client.force_login(office)
    return client


def begin_a_prototype():
    initiative = initiatives.create(UserFactory(admin=True), title="Triage", problem="Slow")
    for stage in ("proposed", "prototype"):
        transitions.move(initiative, stage, initiative.created_at.date(), UserFactory(admin=True))
    cache.clear()


def shipped(slug: str) -> Benchmark:
    return Benchmark.objects.get(slug=slug)


def address(benchmark: Benchmark) -> str:
    return f"{LIST}{benchmark.pk}/"


def test_the_office_adds_a_benchmark_in_per_cent(pages, office, django_assert_num_queries):
    assert pages.post(f"{LIST}new/", TYPED).status_code == 302
    added = Benchmark.objects.get(label="Our sector")
    assert (added.low, added.high, added.shown, added.slug) == (Decimal("0.225"), Decimal("0.3"), "22–30\u202f%", None)
    assert "Our sector" in pages.get(LIST).content.decode()
    entry = AuditEntry.objects.get(object_type="portfolio.benchmark")
    assert (entry.action, entry.actor, entry.changes["low"]) == ("create", office, [None, "0.225"])
    with django_assert_num_queries(4):
        pages.get(LIST)


def test_a_choice_not_made_is_a_dash(pages):
    shown = pages.get(f"{LIST}new/").content.decode()
    assert shown.count('<option value="" selected>—</option>') == 4
    assert "---" not in shown


def test_it_stands_beside_the_figure_that_measures_the_same(pages):
    pages.post(f"{LIST}new/", TYPED)
    assert "Our sector" in pages.get("/portfolio/figures/production_rate/").content.decode()
    assert "Our sector" not in pages.get("/portfolio/figures/median_days_to_production/").content.decode()
    assert "Gartner 2024" in pages.get("/portfolio/figures/median_days_to_production/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "forecast"}, "never stands beside our rate of prototypes"),
        ({"kind": "share of firms or respondents"}, "never stands beside our rate of prototypes"),
        ({"unit": "days"}, "stands a share alone"),
        ({"low": "101", "high": ""}, "at most 100"),
        ({"high": "22"}, "At least as much as the lower end"),
        ({"cohort": "guided"}, "With guidance (Venero)” stands beside this cohort"),
        ({"cohort": "guided", "comparable_with": "none"}, "Only what may stand beside the production rate"),
        ({"what_it_measures": " "}, "This field is required"),
        ({"low": "NaN"}, "Not a number"),
    ],
)
def test_what_does_not_fit_is_refused_and_stays_typed(pages, wrong, said):
    answer = pages.post(f"{LIST}new/", TYPED | wrong)
    shown = answer.content.decode()
    assert (answer.status_code, said in shown, "Our sector" in shown) == (422, True, True)
    assert not Benchmark.objects.filter(slug=None).exists()


def test_a_text_that_is_sent_as_it_was_is_no_change(pages):
    pages.post(f"{LIST}new/", TYPED | {"note": "a\r\nb"})
    row = Benchmark.objects.get(slug=None)
    assert row.note == "a\nb"
    assert pages.post(address(row), TYPED | {"note": "a\r\nb", "version": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.version == 1


def test_the_database_refuses_too(office):
    with pytest.raises(IntegrityError), transaction.atomic():
        Benchmark.objects.filter(slug="rand-2024").update(comparable_with="production_rate", kind="forecast")
    with pytest.raises(IntegrityError), transaction.atomic():
        Benchmark.objects.filter(slug="venero-aimless").update(cohort="guided")


def test_portfolio_page_shows_what_is_changed_at_once_and_nothing_of_what_is_withdrawn(pages, office):
    begin_a_prototype()
    assert "Before guidance (Venero)" in pages.get("/").content.decode()
    row = shipped("venero-unguided")
    typed = TYPED | {"label": "Before guidance, own clients", "low": "18", "high": "18", "version": "1"}
    assert pages.post(address(row), typed | {"cohort": "partly_guided"}).status_code == 302
    page = pages.get("/").content.decode()
    assert "Before guidance, own clients" in page
    assert "Before guidance (Venero)" not in page
    assert pages.post(address(row), {"withdraw": "1", "version": "2"}).status_code == 302
    pages.get(LIST)  # says that it is done
    assert "Before guidance, own clients" not in pages.get("/").content.decode()
    assert Guidance.PARTLY_GUIDED not in references.production_rate_references()
    assert "Put it back" in pages.get(address(row)).content.decode()
    assert pages.post(address(row), {"withdraw": "0", "version": "3"}).status_code == 302
    assert references.production_rate_references()[Guidance.PARTLY_GUIDED].low == 0.18
    actions = AuditEntry.objects.filter(object_id=row.pk, object_type="portfolio.benchmark").order_by("pk")
    assert [entry.action for entry in actions] == ["edit", "withdraw", "put back"]


def words(page: str) -> str:
    """Return what a page says where nothing has to be opened."""
    closed = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", closed)))


def test_each_reference_is_told_with_its_definition_and_its_own_source(pages):
    begin_a_prototype()
    own = TYPED | {"label": "Own clients", "low": "18", "high": "18", "version": "1", "cohort": "partly_guided"}
    assert pages.post(address(shipped("venero-unguided")), own).status_code == 302
    page = words(pages.get("/").content.decode())
    article, survey = '"Tokenmaxxing" is no AI strategy (article), The Register 2026', "Sector survey, Association 2026"
    for said in (
        f"References: {article} With guidance (Venero) 45–50 % Prototypes that reach production divided by",
        f"References: {survey} Own clients 18 % Pilots in production divided by pilots.",
        f"Grey marks, from {article}: With guidance (Venero) 45–50 %",
        f"Grey marks, from {survey}: Own clients 18 %",
    ):
        assert said in page


def test_without_references_no_mark_is_spoken_of(pages):
    begin_a_prototype()
    for slug in ("venero-unguided", "venero-aimless", "venero-guided"):
        assert pages.post(address(shipped(slug)), {"withdraw": "1", "version": "1"}).status_code == 302
    pages.get(LIST)  # says that it is done
    page = words(pages.get("/").content.decode())
    for said in ("Grey mark", "Reference", "Venero"):
        assert said not in page


def test_another_may_take_the_place_of_one_that_is_withdrawn_which_then_cannot_come_back(pages):
    row = shipped("venero-guided")
    pages.post(address(row), {"withdraw": "1", "version": "1"})
    assert pages.post(f"{LIST}new/", TYPED | {"cohort": "guided"}).status_code == 302
    refused = pages.post(address(row), {"withdraw": "0", "version": "2"}, follow=True)
    assert "“Our sector” stands beside this cohort" in refused.content.decode()
    row.refresh_from_db()
    assert row.is_withdrawn


def test_a_stale_form_overwrites_nothing(pages):
    row = shipped("idc-lenovo-2025")
    assert pages.post(address(row), TYPED | {"version": "1"}).status_code == 302
    mine = TYPED | {"label": "Other", "low": "20", "kind": "practitioner estimate", "version": "1"}
    stale = pages.post(address(row), mine)
    assert stale.status_code == 409
    page = stale.content.decode()
    versions = tight(page.partition('<div class="versions">')[2].partition("<form")[0])
    told = [html.unescape(text) for text in re.findall(r">([^<>]+)<", versions) if text.strip()]
    assert told == [
        "In force now", "Typed by you", "Name", "Our sector", "Other", "Figure, or its lower end", "22.5", "20",
        "Kind", "Figure of projects", "Practitioner's estimate",
    ]  # fmt: skip
    assert page.count('name="version" value="2"') == 2
    assert 'value="Other"' in page
    assert shipped("idc-lenovo-2025").label == "Our sector"
    assert pages.post(address(row), mine | {"version": "2"}).status_code == 302
    assert (shipped("idc-lenovo-2025").label, shipped("idc-lenovo-2025").version) == ("Other", 3)


def test_what_somebody_has_changed_meanwhile_is_not_withdrawn(pages):
    row = shipped("idc-lenovo-2025")
    page = pages.get(address(row)).content.decode()
    assert page.count('name="version" value="1"') == 2  # to change it, and to withdraw it
    pages.post(address(row), TYPED | {"version": "1"})
    for version in ({"version": "1"}, {}):
        stale = pages.post(address(row), {"withdraw": "1"} | version, follow=True)
        assert "Somebody has changed this benchmark meanwhile" in stale.content.decode()
    row.refresh_from_db()
    assert (row.is_withdrawn, row.version) == (False, 2)
    pages.post(address(row), {"withdraw": "1", "version": "2"})
    row.refresh_from_db()
    assert (row.is_withdrawn, row.version) == (True, 3)


def test_an_upgrade_renews_what_nobody_changed_and_leaves_the_rest(pages, monkeypatch, tmp_path):
    changed, withdrawn = shipped("idc-lenovo-2025"), shipped("rand-2024")
    pages.post(address(changed), TYPED | {"version": "1"})
    pages.post(address(withdrawn), {"withdraw": "1", "version": "1"})
    pages.post(f"{LIST}new/", TYPED | {"label": "Own"})
    head, *rows = SHIPPED.read_text().splitlines()
    later = [row.replace("The Register", "The Register (corrected)") for row in rows]
    later = [row.replace("POC to wide deployment", "New name").replace("AI projects that fail", "New") for row in later]
    later.append(rows[0].replace("venero-aimless", "brand-new").replace(",production_rate,", ",none,"))
    file = tmp_path / "benchmarks.csv"
    file.write_text("\n".join([head, *later]) + "\n")
    monkeypatch.setattr("portfolio.benchmarks.shipped.SHIPPED", file)
    before = Benchmark.objects.count()
    for _ in range(2):
        call_command("migrate", "portfolio", verbosity=0)
    assert Benchmark.objects.count() == before + 1
    assert shipped("venero-guided").publisher == "The Register (corrected)"
    assert shipped("idc-lenovo-2025").label == "Our sector"
    assert shipped("rand-2024").is_withdrawn
    assert shipped("rand-2024").label == "AI projects that fail (RAND, cited estimate)"
    assert Benchmark.objects.filter(label="Own", slug=None).exists()


def test_a_new_installation_has_what_is_shipped_in_its_order():
    rows = Benchmark.objects.order_by("pk").values_list("slug", "low", "high", "cohort", "version")
    assert [row[0] for row in rows] == [line.split(",")[0] for line in SHIPPED.read_text().splitlines()[1:]]
    assert list(rows[:3]) == [
        ("venero-aimless", Decimal("0.05"), Decimal("0.05"), "aimless", 1),
        ("venero-unguided", Decimal("0.15"), Decimal("0.15"), "partly_guided", 1),
        ("venero-guided", Decimal("0.45"), Decimal("0.50"), "guided", 1),
    ]


def test_a_table_of_an_earlier_version_is_left_to_the_migrations_to_come():
    before = MigrationLoader(connection).project_state([("portfolio", "0001_initial")]).apps
    Benchmark.objects.filter(slug="rand-2024").delete()
    synchronise(before)
    assert not Benchmark.objects.filter(slug="rand-2024").exists()


def test_an_emptied_database_has_what_is_shipped_again():
    Benchmark.objects.all().delete()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")  # as `flush` does: it names no apps
    assert shipped("rand-2024").label == "AI projects that fail (RAND, cited estimate)"


@pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("finance", 403), ("executive", 403)])
def test_others_read_them(role, status):
    client = Client()
    client.force_login(UserFactory(role=role))
    assert client.get(LIST).status_code == 200
    assert "Add a benchmark" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}new/", TYPED).status_code == status
    assert client.post(address(shipped("rand-2024")), {"withdraw": "1"}).status_code == status


def test_benchmarks_by_api(office):
    client, headers = Client(), bearer(office)
    url, json = "/api/v1/benchmarks", {"content_type": "application/json"}
    listed = client.get(f"{url}?comparable_with=production_rate&cohort=guided", headers=headers).json()
    assert [(item["label"], item["low"], item["high"]) for item in listed["items"]] == [
        ("With guidance (Venero)", 0.45, 0.5)
    ]
    made = client.post(url, SENT, headers=headers, **json)
    assert made.status_code == 201
    item = made.json()
    assert (item["low"], item["cohort"], item["is_withdrawn"], made["ETag"]) == (0.225, None, False, '"1"')
    one = f"{url}/{item['id']}"
    assert client.patch(one, {"low": 0.2}, headers=headers, **json).status_code == 428
    assert client.patch(one, {"low": 0.2}, headers=headers | {"If-Match": '"4"'}, **json).status_code == 412
    wrong = client.patch(one, {"kind": "forecast"}, headers=headers | {"If-Match": '"1"'}, **json)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "comparable_with")
    gone = client.patch(one, {"is_withdrawn": True}, headers=headers | {"If-Match": '"1"'}, **json)
    assert (gone.json()["is_withdrawn"], gone["ETag"]) == (True, '"2"')
    assert client.get(one, headers=headers)["ETag"] == '"2"'
    assert client.get(f"{url}?is_withdrawn=true", headers=headers).json()["count"] == 1
    for wrong in ({"unit": "miles"}, {"cohort": "not_recorded"}, {"url": "javascript:alert(1)"}, {"slug": "x"}):
        assert client.post(url, SENT | wrong, headers=headers, **json).status_code == 422
    finance = bearer(UserFactory(finance=True))
    assert client.post(url, SENT, headers=finance, **json).status_code == 403


@pytest.mark.parametrize(("language", "said"), [("en", "$5–\u206020\u00a0M"), ("ja", "$500万～\u20602,000万")])
def test_a_range_of_money_is_read_at_a_glance(language, said):
    with translation.override(language):
        assert shipped("gartner-genai-cost").shown == said


def test_adding_and_changing_a_benchmark_are_told_apart_by_their_titles(pages):
    assert "<h1>What has been published, and what does it measure?</h1>" in pages.get(f"{LIST}new/").content.decode()
    page = words(pages.get(address(shipped("venero-aimless"))).content.decode())
    assert "Benchmarks / AI for the sake of AI (Venero)" in page
    assert "What has been published as “AI for the sake of AI (Venero)”?" in page


def test_a_form_shows_the_translation_of_what_is_shipped_and_calls_things_as_the_list_does(pages):
    japanese = {"accept-language": "ja"}
    listed = pages.get(LIST, headers=japanese).content.decode()
    form = pages.get(address(shipped("venero-aimless")), headers=japanese).content.decode()
    assert "日本語では次のように表示されます：AIのためのAI（Venero氏）" in form
    for word in ("種別", "比較できる数値", "出典", "測っているもの"):
        assert word in listed
        assert word in form
    for word in ("発行年", "URL"):
        assert word in form
