"""Usage without a price is in no sum of cost: every page with such a sum says how much of it there is."""

from datetime import date

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from costs.models import LedgerSource
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from projects.models import BusinessUnit
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
