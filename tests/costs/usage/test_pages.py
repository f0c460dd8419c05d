"""The pages of token usage: which price row and why, models without a price, a period priced anew."""

import html
import re
from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from django.urls import reverse

from accounts.changes import changing
from costs.allocation import places
from costs.models import AllocationRule, CostLine, Kind, LedgerSource, TokenPrice, UsageLine, UsageMonth
from costs.prices import own_rows, repricing
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage import listing
from costs.usage.filters import UsageFilters
from costs.usage.listing import UsageList
from costs.usage.merge import CLASSES
from costs.usage.rows import About, UsageRow
from tests.costs.prices.test_book import add as add_price
from tests.costs.test_pages import signed_in
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.imports.files import SAMPLES, bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
LOGGED = {"kind": Kind.GATEWAY, "currency": "USD"}


def used(*rows: tuple[str, int], initiative=None, provider: str = "openai", of=None, **fields) -> None:
    about = initiative.pk if initiative else None
    usage_lines.add(
        None,
        [
            UsageRow(About("test", provider, model, about, **of or {}), date(2026, 11, 3), Tokens(count), **fields)
            for model, count in rows
        ],
    )


def test_the_list_says_by_which_row_each_line_is_priced(django_assert_max_num_queries):
    used(*[("gpt-4o", 1_000_000 + number) for number in range(20)])
    used(("claude-sonnet-4-5", 250_000), provider="anthropic")
    add_price("gpt-5*", "3", provider="openai", since="2026-10-01")
    used(("gpt-5", 1_000_000), ("gpt-0", 7))
    client = signed_in(UserFactory(finance=True))
    with django_assert_max_num_queries(16):
        page = client.get(reverse("costs:usage")).content.decode()
    for said in (
        "library 0.2.3",
        "prompts over 200,000 tokens",
        "own price from 1\u00a0Oct\u00a02026",
        "no price of this model",
    ):
        assert said in page
    assert "<b>21.3\u00a0M tokens</b>" in page  # 20,000,190 + 250,000 + 1,000,007


def test_a_model_without_a_price_leads_to_its_price_and_to_pricing_anew():
    used(("gpt-0", 7), ("gpt-0", 8))
    client = signed_in(UserFactory(finance=True))
    answer = client.get(reverse("costs:usage"))
    ((model, lines),) = [(each.model, each.lines) for each in answer.context["unpriced"]]
    assert (model, lines) == ("gpt-0", 2)
    page = answer.content.decode()
    assert f"{reverse('costs:price-new')}?provider=openai&amp;model=gpt-0" in page
    assert f"{reverse('costs:repricings')}?first=2026-11&amp;last=2026-11" in page
    assert "gpt-0" in client.get(reverse("costs:prices")).content.decode()
    reader = signed_in(UserFactory()).get(reverse("costs:usage")).content.decode()
    assert "gpt-0" in reader and "Add a price" not in reader


def test_models_without_a_price_and_a_list_of_their_usage_are_counted_by_the_sums():
    initiative = InitiativeFactory()
    add_price("gpt-9", "3", provider="openai")
    used(("gpt-9", 5), *[("gpt-0", number) for number in range(60)])
    used(*[("gpt-9", number) for number in range(3)], initiative=initiative, batch=True)
    finance = UserFactory(finance=True)
    lines, before = UsageLine.objects.live().exclude(unpriced=""), usage_lines_read()
    assert [(each.model, each.lack, each.lines) for each in listing.unpriced(finance)] == [
        ("gpt-0", "unknown", 60), ("gpt-9", "batch", 3),
    ]  # fmt: skip
    for asked, lacking in (({}, lines), ({"model": "gpt-9"}, lines.filter(group__sku="gpt-9"))):
        ((_record, sums),) = UsageList(UsageFilters(unpriced=True, **asked), finance).by_record.items()
        assert usage_lines_read() == before
        tokens = sum(getattr(line, name) for line in lacking for name in CLASSES)
        assert (sums["lines"], sums["unpriced"], sums["tokens"]) == (len(lacking), len(lacking), tokens)
        before = usage_lines_read()
    assert UsageList(UsageFilters(initiative=initiative.key, unpriced=True), finance).sums["lines"] == 3


def test_the_migration_that_told_sums_apart_by_why_there_is_no_price_adds_up_the_lines_that_count():
    used(("gpt-4o", 5), ("gpt-4o", 6), ("gpt-0", 7), ("gpt-0", 8))
    used(("gpt-4o", 9), batch=True)
    usage_lines.remove(None, UsageLine.objects.filter(group__sku="gpt-0").first())
    kept = set(UsageMonth.objects.filter(lines__gt=0).values_list())
    assert len(kept) == 2
    UsageMonth.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("costs.migrations.0029_usage_without_price").NOW)
    assert set(UsageMonth.objects.values_list()) == kept


def test_the_api_counts_the_lines_of_every_record_that_it_lists(client):
    used(("m-0", 7), provider="Bedrock", of=LOGGED)
    used(("gpt-4o", 7), ("gpt-4o", 8))
    found = client.get("/api/v1/usage", headers=bearer(UserFactory(finance=True))).json()
    assert (found["count"], len(found["items"])) == (3, 3)


def test_lines_of_a_large_file_are_counted_to_a_limit_on_the_page_and_all_of_them_by_api(client, monkeypatch):
    header = "occurred_on,provider,model,input_tokens,output_tokens\n"
    job = bring_in("usage_csv", header + "".join(f"2026-03-05,openai,gpt-4o,{n},0\n" for n in range(1, 61)))
    office, finance, url = signed_in(UserFactory(finance=True)), UserFactory(finance=True), reverse("costs:usage")
    exact = office.get(url, {"import_id": job.pk})
    assert (exact.context["sums"]["lines"], exact.context["sums"]["tokens"]) == (60, sum(range(1, 61)))
    assert "50 of 60" in exact.content.decode()
    monkeypatch.setattr(listing, "MOST_COUNTED", 55)
    shown = office.get(url, {"import_id": job.pk}).content.decode()
    assert "<b>More than 55 lines</b> of usage." in tight(shown)
    assert "50 of more than 55" in shown
    assert "50 of 60" in office.get(url).content.decode()  # which the sums know
    read = client.get(f"/api/v1/usage?import_id={job.pk}", headers=bearer(finance))
    assert read.json()["count"] == 60


def usage_lines_read() -> int:
    """Return how many lines of usage this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'costs_usageline'"
        )
        return cursor.fetchone()[0]


def test_the_names_of_one_provider_are_one_and_what_counts_them_leads_to_as_many():
    used(("m-0", 7), ("m-0", 8), provider="bedrock")
    usage_lines.add(None, [UsageRow(About("test", "Amazon Web Services", "m-0"), date(2026, 10, 5), Tokens(9))])
    used(("m-0", 5), provider="Acme")
    client = signed_in(UserFactory(finance=True))
    answer = client.get(reverse("costs:usage"))
    found = [(each.provider, each.model, each.lines, each.first, each.last) for each in answer.context["unpriced"]]
    assert found == [
        ("bedrock", "m-0", 3, date(2026, 10, 1), date(2026, 11, 1)),
        ("Acme", "m-0", 1, date(2026, 11, 1), date(2026, 11, 1)),
    ]
    for name in ("bedrock", "aws", "AMAZON  web services"):
        listed = client.get(reverse("costs:usage"), {"provider": name, "model": "m-0", "unpriced": "on"})
        assert listed.context["sums"]["lines"] == 3
    reading = client.get("/api/v1/usage?provider=aws", headers=bearer(UserFactory(finance=True)))
    assert reading.json()["count"] == 3


def test_a_provider_of_which_only_a_gateway_tells_is_recalculated_by_its_link():
    used(("m-0", 7), provider="Bedrock", of=LOGGED)
    used(("m-1", 7), provider="openai")
    client = signed_in(UserFactory(finance=True))
    page = client.get(reverse("costs:usage")).content.decode()
    links = re.findall(r'href="(/costs/usage/pricing/[^"]+)"\s+aria-label="\s*Recalculate: m-0', page)
    assert links == ["/costs/usage/pricing/?first=2026-11&amp;last=2026-11&amp;provider=Bedrock"]
    form = client.get(html.unescape(links[0])).context["form"]
    assert form.fields["provider"].choices[1:] == [("aws", "aws"), ("openai", "openai")]
    assert form["provider"].value() == "aws"


def test_an_empty_list_says_what_belongs_there_and_a_filtered_one_how_to_see_more():
    client = signed_in(UserFactory(finance=True))
    assert "Import a table of token usage" in client.get(reverse("costs:usage")).content.decode()
    used(("gpt-4o", 1_000_000))
    filtered = client.get(reverse("costs:usage"), {"model": "gpt-9"}).content.decode()
    assert "Take off a filter" in filtered
    assert "Import a table of token usage" not in filtered


def test_filters_and_pages():
    initiative = InitiativeFactory()
    used(("gpt-4o", 1_000_000), initiative=initiative)
    used(*[("gpt-0", number) for number in range(60)])
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:usage")
    for query, lines in (
        ({}, 61), ({"initiative": initiative.key}, 1), ({"model": "GPT-4o"}, 1), ({"month": "2026-10"}, 0),
        ({"unpriced": "on"}, 60), ({"provider": "OpenAI", "month": "2026-11"}, 61), ({"import_id": "5"}, 0),
    ):  # fmt: skip
        assert client.get(url, query).context["sums"]["lines"] == lines, query
    first = client.get(url)
    second = client.get(url, {"after": first.context["page"].next_after})
    assert [len(each.context["page"].lines) for each in (first, second)] == [50, 11]


def test_a_line_shows_its_tokens_and_prices_and_is_deleted():
    initiative = InitiativeFactory()
    used(("gpt-4o", 1_000_000), initiative=initiative)
    line = UsageLine.objects.get()
    url, owner = reverse("costs:usage-line", args=[line.key]), signed_in(initiative.owner)
    page = owner.get(url).content.decode()
    assert "2.5" in page and "$2.50" in page
    assert (
        reverse("costs:usage-line", args=[line.key])
        in owner.get(reverse("costs:line", args=[line.key])).content.decode()
    )
    assert owner.get(reverse("costs:usage-line", args=["nonsense"])).status_code == 404
    delete = reverse("costs:usage-delete", args=[line.key])
    assert signed_in(UserFactory()).post(delete).status_code == 403
    assert owner.post(delete).status_code == 302
    assert not CostLine.objects.live().exists()
    assert "no longer counts" in owner.get(url).content.decode()


def test_a_confidential_initiatives_usage_is_its_own():
    secret = InitiativeFactory(confidential=True)
    used(("gpt-0", 7), initiative=secret)
    stranger = signed_in(UserFactory())
    assert "gpt-0" not in stranger.get(reverse("costs:usage")).content.decode()
    assert stranger.get(reverse("costs:usage-line", args=[UsageLine.objects.get().key])).status_code == 404


def test_a_period_is_priced_anew_on_its_pages():
    used(("gpt-0", 1_000_000))
    add_price("gpt-0", "3", provider="openai")
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:repricings")
    assert client.get(url, {"first": "2026-11", "last": "2026-11"}).context["form"]["first"].value() == "2026-11"
    wrong = client.post(url, {"first": "2026-11", "last": "2026-10", "provider": ""})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"last"})
    planned = client.post(url, {"first": "2026-11", "last": "2026-11", "provider": "openai"})
    detail = planned.url
    waiting = client.get(detail).content.decode()
    assert "being worked out" in waiting
    assert 'http-equiv="refresh"' in waiting  # without scripts it moves, too
    assert "hx-get" in client.get(detail, headers={"HX-Request": "true"}).content.decode()
    repricing.run_next()
    assert "$3.00" in (over := client.get(detail).content.decode())
    assert 'http-equiv="refresh"' not in over
    assert client.get(detail, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    client.post(detail)
    repricing.run_next()
    assert "was recalculated" in client.get(detail).content.decode()
    line = UsageLine.objects.live().get()
    assert "How it was priced before" in client.get(reverse("costs:usage-line", args=[line.key])).content.decode()
    assert "2026" in client.get(url).content.decode()


def place(*shares: tuple, model: str) -> None:
    """Let a rule place the usage of a model."""
    rule = AllocationRule.objects.create(name=model, match={"sku": model})
    for initiative, share in shares:
        rule.parts.create(initiative=initiative, share=Decimal(share))
    with changing(None):
        places.synchronise()


def test_usage_is_shown_and_found_where_its_cost_belongs(django_assert_max_num_queries):
    named, placed, other = InitiativeFactory(), InitiativeFactory(), InitiativeFactory()
    add_price("gpt-4o", "3", provider="openai")
    used(("gpt-4o", 1_000_000), initiative=named)
    used(("gpt-0", 800), ("gpt-5-mini", 10))
    place((placed, "0.25"), (other, "0.5"), model="gpt-0")
    finance = UserFactory(finance=True)
    client, url = signed_in(finance), reverse("costs:usage")
    with django_assert_max_num_queries(16):
        page = client.get(url).content.decode()
    assert page.count("by a rule") == 1
    assert placed.key in page and "25\u202f%" in page and "Unallocated" in page
    for initiative, lines, tokens in ((named, 1, 1_000_000), (placed, 1, 200), (other, 1, 400)):
        for query in ({}, {"unpriced": "on"}) if initiative is not named else ({}, {"month": "2026-11"}):
            sums = client.get(url, {"initiative": initiative.key} | query).context["sums"]
            assert (sums["lines"], sums["tokens"]) == (lines, tokens), (initiative, query)
    assert client.get(url, {"initiative": named.key}).context["gross"] == 3
    assert client.get(url, {"initiative": placed.key, "month": "2026-10"}).context["sums"]["lines"] == 0
    headers = bearer(finance)
    api = client.get(f"/api/v1/usage?initiative={placed.key}&limit=1", headers=headers).json()
    assert [(item["model"], item["initiative"], item["compared"]) for item in api["items"]] == [("gpt-0", None, False)]
    assert sorted(part["share"] for part in api["items"][0]["allocations"]) == [0.25, 0.5]
    line = client.get(reverse("costs:usage-line", args=[api["items"][0]["id"]])).content.decode()
    assert placed.key in line and "by a rule" in line


def test_a_share_of_usage_is_a_share_of_its_cost_and_both_add_up(client):
    one, two = InitiativeFactory(), InitiativeFactory()
    add_price("gpt-9", "3", provider="openai")
    used(("gpt-9", 2_000_000))
    place((one, "0.3"), (two, "0.7"), model="gpt-9")
    browser, url = signed_in(UserFactory(finance=True)), reverse("costs:usage")
    found = [browser.get(url, {"initiative": each.key}).context for each in (one, two)]
    assert [(each["gross"], each["sums"]["tokens"]) for each in found] == [
        (Decimal("1.8"), 600_000),
        (Decimal("4.2"), 1_400_000),
    ]


def test_one_line_writes_its_amount_in_one_way_and_says_who_priced_it():
    add_price("gpt-0", "3.1234", provider="openai")
    used(("gpt-0", 1_000_001))
    used(("gpt-0", 5), amount=Decimal("4.46765"), of=LOGGED)
    client = signed_in(UserFactory(finance=True))
    priced, told = (
        tight(client.get(reverse("costs:usage-line", args=[line.key])).content.decode())
        for line in UsageLine.objects.order_by("amount")
    )
    assert priced.count("$3.1234031234") == 2  # 1,000,001 × 3.1234 ÷ 1,000,000: in the title and at its cost line
    assert "Price in USD" in priced and "Together exactly" not in priced
    assert told.count("$4.46765") == 2
    assert "The source gives the cost, but no price per million tokens." in told
    assert "<h2>Tokens</h2>" in told and "Price in USD" not in told


def test_a_list_of_two_records_names_the_record_of_each_line():
    used(("gpt-0", 5))
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:usage")
    assert "Gateway log" not in client.get(url).content.decode()
    used(("gpt-0", 5), amount=Decimal(2), of=LOGGED)
    page = tight(client.get(url).content.decode())
    assert [page.count(f'<td class="nowrap">{each}</td>') for each in ("Gateway log", "Usage")] == [1, 1]
    assert "The two records overlap" in page


def test_usage_that_is_kept_for_comparison_stays_with_what_it_names():
    named = InitiativeFactory()
    used(("gpt-4o", 1_000_000), initiative=named)
    used(("gpt-0", 5))
    LedgerSource.objects.update(kind="bill")
    with changing(None):
        places.synchronise()
    finance = UserFactory(finance=True)
    client, url = signed_in(finance), reverse("costs:usage")
    assert client.get(url).content.decode().count("kept for comparison") == 2
    found = client.get(url, {"initiative": named.key})
    assert (found.context["sums"]["lines"], named.key in found.content.decode()) == (1, True)
    items = client.get("/api/v1/usage", headers=bearer(finance)).json()["items"]
    assert {(item["initiative"], item["compared"]) for item in items} == {(named.key, True), (None, True)}


def test_initiatives_have_no_column_where_no_line_has_one_and_a_line_says_that_it_has_none():
    used(("gpt-0", 5))
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:usage")
    assert '<th scope="col">Initiative</th>' in tight(client.get(url).content.decode())  # it is unallocated
    LedgerSource.objects.update(kind="bill")
    with changing(None):
        places.synchronise()
    page = tight(client.get(url).content.decode())
    assert '<th scope="col">Initiative</th>' not in page
    for said in ("Prompt tokens", "Of these cached", "Output tokens"):
        assert f'<td class="num" data-label="{said}">' in page
    line = tight(client.get(reverse("costs:usage-line", args=[UsageLine.objects.get().key])).content.decode())
    assert "<dt>Initiative</dt><dd>None, kept for comparison</dd>" in line


def test_pages_of_usage_by_api_go_on_where_the_last_ended(client):
    used(*[("gpt-0", number) for number in range(5)])
    headers, url, seen = bearer(UserFactory(finance=True)), "/api/v1/usage?limit=2", []
    while url:
        answer = client.get(url, headers=headers).json()
        seen += [item["id"] for item in answer["items"]]
        url = answer["next"]
    assert (len(seen), len(set(seen)), answer["count"]) == (5, 5, 5)
    assert client.get("/api/v1/usage?cursor=bad", headers=headers).status_code == 422


def test_what_a_gateway_logged_of_the_same_calls_is_told_apart(client):
    add_price("gpt-4o", "5", provider="OpenAI", since="2026-11-01")
    for kind, amount in (("usage", None), ("gateway", Decimal(3))):
        about = About("x", "OpenAI", "gpt-4o", kind=kind, currency="USD" if amount else "")
        usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), Tokens(input=2_000_000), amount=amount)])
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:usage")).content.decode().replace("\xa0", " ").replace("\u202f", " ")
    assert "<b>2.00 M tokens</b> cost" in page
    assert "log has 2.00 M tokens for $3" in page


def test_a_line_tells_the_cached_tokens_apart_and_what_its_source_calls_input(client):
    about = About("x", "OpenAI", "gpt-4o", kind="gateway", currency="USD")
    tokens = Tokens(input=1_013_600, cached_input=740_700)
    usage_lines.add(None, [UsageRow(about, date(2026, 11, 3), tokens, amount=Decimal("4.39"))])
    client.force_login(UserFactory(finance=True))
    html = client.get(reverse("costs:usage-line", args=[UsageLine.objects.get().key])).content.decode()
    page = tight(html).replace("\xa0", " ")
    assert '<span class="whole">gpt-4o</span> cost <b class="cost">$4.39</b> on 3 November 2026.' in page
    assert "The source&#x27;s 1,754,300 input tokens include the cached ones; they are shown apart here." in page
    assert '<th scope="row">Input, not cached</th><td class="num">1,013,600</td>' in page
    assert WHOLE not in page


WHOLE = "This source counts the whole prompt as input, cached tokens included."
NORMALLY = (
    "This source normally counts the whole prompt as input, cached tokens included. "
    "Of a call with more cached tokens than that, some or all of them come on top."
)
UNCACHED = "This source counts as input only what no cache held; cached tokens come on top."


@pytest.mark.parametrize(
    ("sample", "said", "japanese"),
    [
        ("openai_usage.json", WHOLE, "キャッシュ分を含むプロンプト全体の数です。"),
        ("anthropic_usage.json", UNCACHED, "キャッシュ分を含みません。"),
        ("litellm_spend.json", NORMALLY, "その一部または全部が別に加わります。"),
        ("usage.csv", WHOLE, "キャッシュ分を含むプロンプト全体の数です。"),
    ],
)
def test_what_a_source_counts_as_input_is_said_where_it_is_brought_in_and_looked_at(client, sample, said, japanese):
    client.force_login(UserFactory(finance=True))
    report = reverse("imports:import-detail", args=[bring_in("", SAMPLES / sample).pk])
    line = reverse("costs:usage-line", args=[UsageLine.objects.live().first().key])
    of_line = ("include the cached ones; they are shown apart here.", "ここでは分けて示します。")
    for url, words in ((report, (said, japanese)), (line, of_line if said == WHOLE else (said, japanese))):
        assert words[0] in client.get(url).content.decode()
        assert words[1] in client.get(url, headers={"accept-language": "ja"}).content.decode()
    formats = client.get(reverse("imports:import-list")).content.decode()
    assert (formats.count(WHOLE), formats.count(UNCACHED)) == (2, 1)
    assert said in tight(formats)[tight(formats).index(f"/{sample}") :][:500]


def test_a_line_by_api_says_that_its_input_is_the_whole_prompt(client):
    used(("gpt-4o", 7))
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:usage-line", args=[UsageLine.objects.get().key])).content.decode()
    assert WHOLE in page


@pytest.mark.parametrize("way", ["button", "api"])
def test_without_the_library_the_next_usage_is_priced_by_own_rows_alone(client, way):
    finance = UserFactory(finance=True)
    client.force_login(finance)
    book = reverse("costs:prices") + "?provider=openai"

    def take(uses: bool) -> None:
        if way == "button":
            word = "yes" if uses else "no"
            assert f'name="uses" value="{word}"' in client.get(book).content.decode()
            client.post(reverse("costs:price-library"), {"provider": "openai", "uses": word})
            return
        body = {"provider": "openai", "uses": uses}
        sent = client.post("/api/v1/token-prices/library", body, "application/json", headers=bearer(finance))
        assert (sent.status_code, sent.json()) == (200, body)

    def priced(count: int) -> tuple[Decimal | None, str]:
        used(("gpt-4o", count))
        line = UsageLine.objects.live().get(input_tokens=count)
        return line.amount, "" if line.price is None else line.price.library_version

    assert priced(1_000_000) == (Decimal("2.5"), "0.2.3")  # genai-prices: $2.50 a million
    take(False)
    assert priced(2_000_000) == (None, "")
    add_price("gpt-4o", "3", provider="openai", since="2026-11-01")
    assert priced(3_000_000) == (Decimal(9), "")
    take(True)
    own_rows.end(finance, TokenPrice.objects.own().get(), date(2026, 11, 1))
    assert priced(4_000_000) == (Decimal(10), "0.2.3")
    assert (
        UsageLine.objects.live().get(input_tokens=2_000_000).amount is None
    )  # what came meanwhile stays as it was priced
