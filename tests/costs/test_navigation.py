"""The way around the pages about costs: each stands in one group, and says where one is."""

import re

import pytest
from django.test import Client

from tests.factories import UserFactory
from tests.markup import tight

pytestmark = pytest.mark.django_db

GROUPS = {
    "Allocation": ["/costs/unallocated/", "/costs/allocation/"],
    "Tokens": ["/costs/usage/", "/costs/prices/"],
    "Registers": ["/costs/assets/", "/costs/labour/", "/costs/recurring/", "/costs/recoverable/"],
    "Settings": ["/costs/ai-categories/", "/costs/categories/", "/costs/rates/", "/costs/notices/settings/"],
}
ALONE = ["/costs/", "/costs/explore/", "/costs/reconciliation/", "/costs/budgets/", "/costs/notices/"]
WHERE = re.compile(r'<a href="([^"]+)" aria-current="(page|true)">\s*([^<]+?)\s*</a>')


@pytest.fixture
def finance(client: Client) -> Client:
    """Signed in as finance."""
    client.force_login(UserFactory(finance=True))
    return client


def navigation(client: Client, address: str) -> str:
    html = tight(client.get(address).content.decode())
    return html[html.index('<nav class="tabs" aria-label="Costs">') :]


@pytest.mark.parametrize(("group", "address"), [(group, page) for group, pages in GROUPS.items() for page in pages])
def test_page_of_a_group_marks_the_group_and_itself_and_links_to_its_neighbours(finance, group, address):
    html = navigation(finance, address)
    assert (GROUPS[group][0], "true", group) in WHERE.findall(html)
    assert (address, "page") in [found[:2] for found in WHERE.findall(html)]
    assert all(f'href="{neighbour}"' in html for neighbour in GROUPS[group])


@pytest.mark.parametrize("address", ALONE)
def test_page_outside_the_groups_marks_itself(finance, address):
    assert (address, "page") in [found[:2] for found in WHERE.findall(navigation(finance, address))]


def test_no_two_places_have_one_name(finance):
    html = navigation(finance, "/costs/ai-categories/")
    names = re.findall(r"<a [^>]*>\s*([^<]+?)\s*</a>", html[: html.rindex("</nav>")])
    assert names.index("Notice settings") > names.index("Budget notices")
    assert names.count("Budget notices") == 1
