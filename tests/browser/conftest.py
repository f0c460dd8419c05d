"""A real Chromium for the browser tests: Debian's own, since a browser cannot come from a Python package."""

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from costs.allocation import rules as allocation_rules
from costs.allocation.rules import Terms
from costs.registers import labour_days
from costs.registers.labour_days import NewDays
from projects import initiatives, transitions
from projects.models import Initiative
from tests.browser.pages import AXE
from tests.clean_database import Snapshot
from tests.conftest import CHROMIUM
from tests.costs.factories import add_asset, add_line, add_recurring, add_role
from tests.outcomes.factories import make_outcome, read

# Chromium without the window that it draws around a page, which takes as long as all that is tested.
HEADLESS = Path("/usr/bin/chromium-headless-shell")

# Playwright's loop runs in the thread of the test, which talks to the database as well.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep browsers on few xdist workers: two cores carry one of them at a time, and one that walks all pages."""
    browsers = max(1, (os.cpu_count() or 1) // 2)
    here = [item for item in items if "/tests/browser/" in item.path.as_posix()]
    for place, item in enumerate(here):
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(f"browser {place % browsers}"))
        item.add_marker(pytest.mark.once)  # what a browser makes of a page is the same on every server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Start Debian's Chromium (where it is installed the one without a window), also as root; it calls nobody."""
    installed = HEADLESS if HEADLESS.exists() else CHROMIUM
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {**browser_type_launch_args, "executable_path": str(installed), "args": arguments}


@pytest.fixture
def signed_in(request, live_server, context, django_user_model):
    """A browser in which an administrator is signed in."""
    if "portfolio" in request.fixturenames:
        request.getfixturevalue("portfolio")  # first: it takes out whatever is there
    user = django_user_model.objects.create_user("mika.oda@example.org", "x", name="Mika Oda", role="admin")
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return context


@pytest.fixture
def page(signed_in) -> Page:
    """A page of the administrator, in English."""
    signed_in.set_extra_http_headers({"Accept-Language": "en"})
    return signed_in.new_page()


@pytest.fixture
def page_as(signed_in):
    """Open a page of the administrator in a language, a colour scheme and a width; axe comes with it."""
    signed_in.add_init_script(AXE)

    def opened(language: str, scheme: str, width: int) -> Page:
        signed_in.set_extra_http_headers({"Accept-Language": language})
        page = signed_in.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        return page

    return opened


@pytest.fixture
def portfolio(transactional_db, built: tuple[Snapshot, int]) -> Initiative:
    """One initiative in production, with what stands on every page: readings, costs (one of twelve digits)."""
    rows, pk = built
    rows.restore()
    return Initiative.objects.get(pk=pk)


@pytest.fixture(scope="session")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> tuple[Snapshot, int]:
    """Build the portfolio once; return its rows and its initiative, and leave the database as it was."""
    with django_db_blocker.unblock():
        before = Snapshot()
        made = _build()
        built = Snapshot()
        before.restore()
    return built, made.pk


def _build() -> Initiative:
    owner = User.objects.create_user("olive@example.org", "x", name="Olive Owner", role="portfolio")
    made = initiatives.create(owner, title="Claims triage", problem="14 minutes a claim", desired_outcome="7 minutes")
    for stage, day in STAGES.items():
        transitions.move(made, stage, day, owner)
    outcome = make_outcome(made, worth=True)
    for index, value in enumerate(("13.5", "12", "9")):
        read(outcome, date(2025, 4, 30) + timedelta(days=30 * index), Decimal(value))
    read(outcome, timezone.localdate(), Decimal("7.5"))
    add_line(made, "2025-02-28", "4200.10")
    add_line(made, "2025-03-31", "123456789012.34", category="people")
    add_line(made, "2025-04-30", "12", recoverable=True, billed_on="2025-05-10", invoice_ref="INV-1")
    add_asset([(made, "0.4")], price=Decimal("123456789012.34"), power_kw=Decimal(2))
    add_recurring([(made, "1")], recoverable=True)
    january = NewDays(made, add_role(), date(2026, 1, 1), Decimal("2.5"))
    labour_days.set_all(None, [january])
    add_line(None, "2025-03-31", "123456789012.34", vendor="Stratus", tags={"app": "triage"})
    add_line(None, "2025-04-30", "200", vendor="Stratus", tags={"app": "search"})
    rule = allocation_rules.create(owner, Terms({"tag:app": "search"}, ((made, None),)))
    rule.parts.update(share=Decimal("0.25"))  # as rules from earlier may say
    return made


STAGES = {
    "proposed": date(2025, 1, 10),
    "approved": date(2025, 1, 20),
    "prototype": date(2025, 2, 1),
    "pilot": date(2025, 4, 1),
    "production": date(2025, 7, 1),
}
