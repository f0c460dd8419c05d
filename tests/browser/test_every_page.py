"""Every page, light in English and dark in Japanese: axe, policy, console, sideways scrolling."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings

from accounts.models import User
from costs.models import EnergyPrice
from costs.registers import entries as register_entries
from projects.columns import CHOICES
from projects.models import Initiative
from tests import addresses
from tests.browser.pages import CONTRAST, EVERY_RULE, faults, listen, scrolls_sideways
from tests.costs.factories import add_asset, add_recurring, amounts
from tests.everything import everything
from tests.factories import InitiativeFactory

pytestmark = [pytest.mark.django_db(transaction=True)]
# What axe finds of the structure it finds in any language and theme: the second walk asks for the colours alone.
WALKS = [("en", "light", 1440, EVERY_RULE), ("ja", "dark", 390, CONTRAST)]


EVERY_COLUMN = "&".join(f"columns={column.name}" for column in CHOICES)
LONG = ["/", f"/initiatives/?{EVERY_COLUMN}", "/initiatives/{key}/", "/initiatives/{key}/costs/", "/costs/"]


@pytest.mark.parametrize(
    ("language", "scheme", "width", "rules"),
    [pytest.param(*walk, marks=pytest.mark.xdist_group(f"walk in {walk[0]}")) for walk in WALKS],
)
def test_every_page_is_accessible_and_keeps_to_the_policy(
    page_as, live_server, portfolio, language, scheme, width, rules
):
    admin = User.objects.get(email="mika.oda@example.org")
    named = everything(admin, "Contoso", initiative=portfolio)
    page = page_as(language, scheme, width)
    heard, wrong = listen(page), []
    for address in addresses.PAGES:
        wrong += faults(page, live_server.url + address.format(**named), language, rules)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    for address in addresses.DOORSTEP:
        wrong += faults(page, live_server.url + address.format(**named), language, rules)
    User.objects.update(role="contributor")
    wrong += faults(page, live_server.url + addresses.BEFORE_SET_UP, language, rules)
    assert wrong == []
    assert heard == []


def test_a_long_title_and_a_12_digit_amount_break_nothing(signed_in, live_server, portfolio):
    Initiative.objects.update(title="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung " * 2)
    page = signed_in.new_page()
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for address in LONG:
            page.goto(live_server.url + address.format(key=portfolio.key))
            assert not scrolls_sideways(page), f"{address} at {width} px"


@pytest.mark.parametrize("address", ["/costs/assets/", "/costs/recurring/"])
def test_a_list_of_a_register_is_no_wider_than_its_paper(signed_in, live_server, address):
    one, two = InitiativeFactory(), InitiativeFactory()
    register_entries.set_energy_price(None, EnergyPrice(since=date(2022, 1, 1), amount=Decimal("0.22"), currency="USD"))
    for name, price in (
        ("GPU server, claims", 148_000),
        ("Workstations, mainframe team", 92_000),
        ("Cluster", 610_000),
    ):
        given = {"price": Decimal(price), "power_kw": Decimal("6.5"), "life_months": 48}
        add_asset([(one, "0.7"), (two, "0.2")], name=name, **given)
    for name, vendor, amount in (
        ("Code assistant, 350 seats", "Beacon Software", "9504"),
        ("Minutes", "Quill", "52800"),
    ):
        given = {"vendor": vendor, "every_months": 3, "recoverable": True}
        add_recurring([(one, "1")], amounts(d20260101=amount), name=name, **given)
    page = signed_in.new_page()
    page.set_viewport_size({"width": 760, "height": 900})
    page.emulate_media(media="print")
    page.goto(live_server.url + address)
    assert page.locator(".prose-cells tbody tr").count() >= 2
    assert not scrolls_sideways(page)
