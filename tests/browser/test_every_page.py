"""Every page, light in English and dark in Japanese: axe, policy, console, sideways scrolling."""

from __future__ import annotations

import pytest
from django.conf import settings

from accounts.models import User
from projects.columns import CHOICES
from projects.models import Initiative
from tests import addresses
from tests.browser.pages import CONTRAST, EVERY_RULE, faults, listen, scrolls_sideways
from tests.everything import everything

pytestmark = pytest.mark.django_db(transaction=True)
# What axe finds of the structure it finds in any language and theme: the second walk asks for the colours alone.
WALKS = [("en", "light", 1440, EVERY_RULE), ("ja", "dark", 390, CONTRAST)]


EVERY_COLUMN = "&".join(f"columns={column.name}" for column in CHOICES)
LONG = ["/", f"/initiatives/?{EVERY_COLUMN}", "/initiatives/{key}/", "/initiatives/{key}/costs/", "/costs/"]


@pytest.mark.parametrize(("language", "scheme", "width", "rules"), WALKS)
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
        wrong += faults(page, live_server.url + address.format(**named), language)
    User.objects.update(role="contributor")
    wrong += faults(page, live_server.url + addresses.BEFORE_SET_UP, language)
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
