"""The documentation shows pictures that are there, and every one; its ways through the menus are there too.

What it tells an administrator to type does what it says.
"""

import re
import subprocess
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from config.supervisor import ROOT
from tests.factories import UserFactory
from tests.outcomes.factories import enter, make_outcome

DOCS = ROOT / "docs"
WAY = re.compile(r"(\*\*?)([^*→|\n]+(?: → [^*→|\n]+)+)\1")
LINK = re.compile(r'<(a|button)\b(?:[^>]*?\bhref="([^"]+)")?[^>]*>(.*?)</\1>', re.S)


def test_every_picture_is_shown_and_every_shown_one_is_there():
    pages = [ROOT / "README.md", *DOCS.glob("*.md")]
    shown = {
        (page.parent / address).resolve()
        for page in pages
        for address in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == set((DOCS / "pictures").iterdir())


def test_the_pictures_stay_small():
    assert sum(path.stat().st_size for path in (DOCS / "pictures").iterdir()) < 6_000_000


def ways() -> list[tuple[str, str]]:
    guides = sorted(DOCS.glob("*.md"))
    return [(guide.name, way) for guide in guides for _, way in WAY.findall(guide.read_text(encoding="utf-8"))]


def test_the_guides_tell_ways():
    assert len(ways()) > 20  # of none the test below would be skipped


def leads_on(client: Client, address: str, steps: list[str]) -> bool:
    """Tell whether the links of these names lead on from a page; the last may be a button."""
    found = [(unescape(href), name_of(html)) for _, href, html in LINK.findall(client.get(address).content.decode())]
    hrefs = {href for href, name in found if name == steps[0]}
    return bool(hrefs) if len(steps) == 1 else any(leads_on(client, href, steps[1:]) for href in hrefs if href)


def name_of(html: str) -> str:
    """Return the words of a link, without the number of things that are there."""
    return re.sub(r" \d+$", "", " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()))


@pytest.mark.django_db
@pytest.mark.parametrize(("guide", "way"), ways())
def test_a_way_through_the_menus_is_there(client: Client, guide: str, way: str):
    client.force_login(UserFactory(admin=True))
    initiative = make_outcome().initiative
    enter(initiative, "proposed", date(2026, 1, 1))
    steps = way.removeprefix("Your initials → ").split(" → ")
    assert any(leads_on(client, start, steps) for start in ("/", initiative.url))


def guide_for_administrators() -> str:
    return (DOCS / "administration.md").read_text(encoding="utf-8")


def typed_lines(text: str) -> list[str]:
    return "".join(re.findall(r"```sh\n(.*?)```", text, re.S)).splitlines()


def test_what_is_typed_for_a_service_means_its_database():
    """Without `ww` it would be another one: that of `var`, empty, or an embedded one beside the server's own."""
    guide = guide_for_administrators()
    told = guide[guide.index("### As a system service") : guide.index("## Environment variables")]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", told, flags=re.S))
    typed = [*typed_lines(told), *spans]
    ours = [each for each in typed if re.search(r"\bmake \w|manage\.py \w|config\.backup \w", each)]
    assert len(ours) >= 3
    assert [each for each in ours if not each.startswith("ww ")] == []


def test_systemd_and_the_shell_read_the_same_out_of_the_environments_file():
    """Unquoted, `&` puts an assignment into the background and `<` asks for a file; systemd takes both as they are."""
    lines = [line for line in typed_lines(guide_for_administrators()) if re.match(r"[A-Z_]+=", line)]
    assert {"VAR", "DATABASE_URL", "EMAIL_HOST_PASSWORD", "DEFAULT_FROM_EMAIL"} <= {
        line.split("=")[0] for line in lines
    }
    assert [line for line in lines if not re.fullmatch(r"[A-Z_]+='[^'\\]+'", line)] == []


def test_the_proxy_takes_a_slow_body_in_before_a_thread_has_to():
    """A thread reads as slowly as the client sends; sixteen clients that nobody knows would hold them all."""
    told = guide_for_administrators()
    assert "client_max_body_size 2g;" in told
    assert "proxy_request_buffering" not in told


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_upgrade_works_after_the_way_back_was_taken(tmp_path):
    origin, installed = tmp_path / "origin", tmp_path / "installed"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin))
    for release in ("old", "new"):
        git(origin, "commit", "--quiet", "--allow-empty", "--message", release)
    git(tmp_path, "clone", "--quiet", str(origin), str(installed))
    git(installed, "checkout", "--quiet", git(installed, "rev-parse", "HEAD~1"))
    guide = guide_for_administrators()
    for line in typed_lines(guide[guide.index("## Upgrading") :]):
        if line.startswith("ww git "):
            git(installed, *line.partition("#")[0].split()[2:])
    assert git(installed, "rev-parse", "HEAD") == git(origin, "rev-parse", "HEAD")
