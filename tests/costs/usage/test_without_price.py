"""Usage without a price is in no sum of cost: every page with such a sum says how much of it there is."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from costs.models import LedgerSource
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from projects.models import BusinessUnit
from tests.costs.allocation.test_places import rule
from tests.costs.factories import add_line
from tests.costs.prices.test_book import add as add_price
from tests.costs.test_pages import signed_in
from tests.factories import InitiativeFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = time_machine.travel("2026-11-20T12:00:00Z", tick=False)
ONE = "1 usage line has no price and is in no sum."


def use(initiative, *days: str, model: str = "gpt-0", provider: str = "openai", **about) -> None:
    """Use tokens of a model, of which the price book knows none, once on each day."""
    of = About("test", provider, model, initiative and initiative.pk, **about)
    usage_lines.add(None, [UsageRow(of, date.fromisoformat(day), Tokens(7)) for day in days])


def many(count: int) -> str:
    return f"{count} usage lines have no price and are in no sum."


def followed(client, url: str, **asked: str) -> tuple[str, str, str]:
    """Return how many lines a page says are without a price, what the way to them is called, and what it opens."""
    cache.clear()
    page = client.get(url, asked).content.decode()
    said, address, label = re.search(
        r"(\d+) usage lines? ha.*?in no sum\..*?href=\"([^\"]*)\">([^<]*)</a>", page, re.DOTALL
    ).groups()
    listed = client.get(html.unescape(address)).content.decode()
    return said, label, re.search(r"<b>(\d+) lines?</b> of usage", listed)[1]


THESE, AMONG_OTHERS = "Usage without a price", "Usage without a price, these among others"


def pages_of(initiative) -> list[str]:
    return [
        f"{reverse('costs:explore')}?initiative={initiative.key}",
        f"{reverse('costs:ledger')}?initiative={initiative.key}",
        reverse("costs:initiative", args=[initiative.key]),
        reverse("costs:budget", args=[initiative.key]),
        f"{reverse('costs:budgets')}?initiative={initiative.key}",
    ]


@TODAY
def test_every_sum_of_an_initiative_says_how_much_usage_it_lacks_and_leads_to_it():
    initiative = InitiativeFactory(title="Letters")
    add_line(initiative, "2026-11-03", "40")
    use(initiative, "2026-11-03", "2026-11-04", "2026-10-01")
    use(None, "2026-11-05")
    client = signed_in(UserFactory(finance=True))
    for url in pages_of(initiative):
        page = client.get(url).content.decode()
        assert many(3) in page, url
        assert f"/costs/usage/?initiative={initiative.key}&amp;unpriced=on" in page, url
    listed = client.get(f"/costs/usage/?initiative={initiative.key}&unpriced=on").content.decode()
    assert "<b>3 lines</b> of usage" in listed
    assert many(4) in client.get("/").content.decode()  # the unallocated is in its cost
    assert many(4) in client.get(reverse("costs:ledger")).content.decode()
    assert ONE in client.get(reverse("costs:unallocated")).content.decode()
    add_line(None, "2026-11-05", "1")
    assert ONE in client.get(reverse("costs:unallocated")).content.decode()


@TODAY
def test_it_is_told_of_the_months_models_and_days_that_a_sum_is_of():
    initiative = InitiativeFactory()
    use(initiative, "2026-11-03", "2026-11-04", "2026-10-01")
    use(initiative, "2026-09-30", model="gpt-00", provider="anthropic")
    add_price("m1", "2", provider="openai", since="2026-01-01")
    use(initiative, "2026-10-02", model="m1")  # this one is in the sum
    client = signed_in(UserFactory(finance=True))

    def said(path: str, **asked: str) -> str:
        page = client.get(reverse(path), asked).content.decode()
        return page.partition("and are in no sum.")[0][-40:] if "in no sum." in page else ""

    assert "3 usage lines" in said("costs:budgets", since="2026-10", until="2026-11")
    assert "3 usage lines" in said("costs:budgets", as_of="2026-11-03")
    assert not said("costs:budgets", category="cloud")
    for path in ("costs:ledger", "costs:explore"):
        assert "4 usage lines" in said(path, until="2026-11", since="2026-01")
        assert "2 usage lines" in said(path, since="2026-11", until="2026-11")
        assert "3 usage lines" in said(path, as_of="2026-11-03")  # of November one line is dated to that day
        assert ONE in client.get(reverse(path), {"vendor": "anthropic"}).content.decode()
        assert ONE in client.get(reverse(path), {"as_of": "2026-10-01", "sku": "gpt-0"}).content.decode()
        of_model = client.get(reverse(path), {"sku": "gpt-0"}).content.decode()
        assert "/costs/usage/?model=gpt-0&amp;unpriced=on" in of_model
        assert not said(path, category="cloud")
    # Usage without a price has no cost line, so no text, invoice or import of such a line.
    for lines_alone in ({"q": "x"}, {"invoice_ref": "x"}, {"pending": "on"}):
        assert "usage line" not in client.get(reverse("costs:ledger"), lines_alone).content.decode()


@TODAY
def test_the_way_to_them_opens_as_many_as_were_told_or_says_that_there_are_others():
    unit = BusinessUnit.objects.create(name="Claims", path="Claims")
    inside = InitiativeFactory(business_unit=unit)
    use(inside, "2026-10-03", "2026-11-04")
    use(None, "2026-11-05", provider="anthropic")
    client = signed_in(UserFactory(finance=True))
    ledger, explorer, budgets = reverse("costs:ledger"), reverse("costs:explore"), reverse("costs:budgets")
    for url in ("/", ledger):
        assert followed(client, url) == ("3", THESE, "3")
        assert followed(client, url, as_of="2026-11-04") == ("2", AMONG_OTHERS, "3")
        assert followed(client, url, business_unit="Claims") == ("2", AMONG_OTHERS, "3")
    assert followed(client, ledger, vendor="Anthropic") == ("1", THESE, "1")
    assert followed(client, ledger, provider="anthropic") == ("1", THESE, "1")
    assert followed(client, ledger, initiative=inside.key) == ("2", THESE, "2")
    assert followed(client, ledger, unallocated="on") == ("1", AMONG_OTHERS, "3")
    assert followed(client, ledger, month="2026-10", as_of="2026-11-01") == ("1", THESE, "1")
    assert followed(client, ledger, month="2026-11", as_of="2026-11-04") == ("1", AMONG_OTHERS, "2")
    for url in (ledger, explorer, budgets):
        assert followed(client, url, since="2026-11", until="2026-11") == ("2", THESE, "2")
        assert followed(client, url, since="2026-11", until="2026-12") == ("2", AMONG_OTHERS, "3")
    use(None, "2026-11-05", provider="azure")
    use(None, "2026-11-05", provider="microsoft")  # another name of the same provider
    assert followed(client, ledger, vendor="azure") == ("1", AMONG_OTHERS, "2")
    assert followed(client, ledger, provider="azure") == ("2", THESE, "2")
    assert followed(client, ledger, provider="azure", vendor="microsoft") == ("1", AMONG_OTHERS, "2")


@TODAY
def test_the_way_to_them_leaves_out_what_is_kept_for_comparison_as_the_sum_does():
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="bill")
    initiative = InitiativeFactory()
    use(initiative, "2026-11-03", "2026-11-04")
    use(initiative, "2026-11-05", provider="anthropic")
    client = signed_in(UserFactory(finance=True))
    for url in ("/", *pages_of(initiative)):
        assert followed(client, url)[::2] == ("1", "1"), url
    left_out = "Without what is kept for comparison only."
    assert left_out in client.get("/costs/usage/?unpriced=on&counted=on").content.decode()
    every = client.get(f"/costs/usage/?initiative={initiative.key}&unpriced=on").content.decode()
    assert "<b>3 lines</b> of usage" in every and left_out not in every
    file = client.get("/costs/usage.csv?unpriced=on&counted=on").getvalue().decode()
    assert len(file.splitlines()) == 2
    assert followed(client, "/costs/?compared=on") == ("2", AMONG_OTHERS, "3")


@TODAY
def test_records_that_count_for_several_providers_are_listed_as_one():
    initiative = InitiativeFactory()
    add_price("m1", "2", provider="mistral", since="2026-01-01")
    use(initiative, "2026-11-03", "2026-11-04")
    use(initiative, "2026-11-05", provider="anthropic", kind="gateway")
    client = signed_in(UserFactory(finance=True))
    assert followed(client, "/") == ("3", THESE, "3")
    assert "The gateway's log" not in client.get("/costs/usage/?unpriced=on&counted=on").content.decode()
    use(initiative, "2026-11-05", model="m1", provider="mistral")
    page = client.get("/costs/usage/?counted=on").context
    # 4 lines of 7 tokens; that of m1 cost 7 × 2 millionths.
    assert (page["sums"]["lines"], page["sums"]["tokens"], page["gross"]) == (4, 28, Decimal("0.000014"))
    assert page["logged"] is None
    page = client.get("/costs/usage/").context
    assert (page["sums"]["lines"], page["logged"]["lines"]) == (3, 1)


@TODAY
def test_who_may_not_see_all_initiatives_of_a_divided_line_is_told_of_none_of_it_on_the_portfolio_page():
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    rule({"vendor": "openai"}, (seen, "0.25"), (secret, "0.75"))
    add_line(seen, "2026-11-05", "1")
    use(None, "2026-11-03", "2026-11-04")
    use(seen, "2026-11-05", provider="anthropic")
    assert followed(signed_in(UserFactory()), "/") == ("1", THESE, "1")
    assert followed(signed_in(UserFactory(finance=True)), "/") == ("3", THESE, "3")


@TODAY
def test_what_is_kept_for_comparison_only_lacks_in_no_sum():
    LedgerSource.objects.create(provider="openai", since=date(2026, 1, 1), kind="bill")
    use(None, "2026-11-03")
    add_line(None, "2026-11-03", "4", vendor="OpenAI")
    client = signed_in(UserFactory(finance=True))
    for url in ("/", "/costs/", reverse("costs:explore"), reverse("costs:budgets")):
        assert "usage line" not in client.get(url).content.decode()
    assert "1 usage line has no price" in client.get("/costs/?compared=on").content.decode()


@TODAY
def test_nobody_is_told_of_usage_that_they_may_not_see():
    secret = InitiativeFactory(confidential=True)
    seen = InitiativeFactory()
    use(secret, "2026-11-03", "2026-11-04")
    use(seen, "2026-11-05")
    add_line(seen, "2026-11-05", "1")
    outsider, finance = signed_in(UserFactory()), signed_in(UserFactory(finance=True))
    for url in ("/", "/costs/", reverse("costs:explore"), reverse("costs:budgets")):
        cache.clear()
        assert ONE in outsider.get(url).content.decode(), url
        assert many(3) in finance.get(url).content.decode(), url
    assert outsider.get(reverse("costs:initiative", args=[secret.key])).status_code == 404


@TODAY
def test_the_portfolio_page_follows_its_filters_and_its_day():
    unit = BusinessUnit.objects.create(name="Claims", path="Claims")
    inside, outside = InitiativeFactory(business_unit=unit), InitiativeFactory()
    use(inside, "2026-10-03", "2026-11-04")
    use(outside, "2026-11-04")
    client = signed_in(UserFactory(finance=True))
    assert many(3) in client.get("/").content.decode()
    assert many(2) in client.get("/?business_unit=Claims").content.decode()
    assert ONE in client.get("/?business_unit=Claims&as_of=2026-11-03").content.decode()


@TODAY
def test_pages_take_one_more_query_at_most_and_no_usage_line_is_read_for_a_sum_of_today(
    django_assert_max_num_queries,
):
    initiative = InitiativeFactory()
    add_line(initiative, "2026-11-03", "40")
    use(initiative, "2026-11-03")
    client = signed_in(UserFactory(finance=True))
    for url in ("/", *pages_of(initiative)):
        cache.clear()
        with django_assert_max_num_queries(15) as asked:
            assert client.get(url).status_code == 200
        assert not [query for query in asked.captured_queries if '"costs_usageline"' in query["sql"]], url
