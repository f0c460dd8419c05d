"""One person, one draft, two tabs: what was typed in one is not undone by the other, which does not show it."""

import pytest
from django.urls import reverse

from projects.models import Initiative, IntakeDraft
from tests.projects.test_edit import WHY

MAIL = "carl@example.org"
READ = {**WHY, "owner_email": MAIL, "sponsor_email": ""}
AUTOSAVE = {"HX-Request": "true"}


@pytest.fixture
def address(triage: Initiative) -> str:
    return reverse("projects:edit-step", args=[triage.key, "why"])


def opened(client, address: str) -> dict[str, str]:
    """Open the step in a tab and return what the page will send where nothing is typed."""
    page = client.get(address).context
    return {**READ, "read": page["sealed"], "stood": page["stood"], "go": "save"}


def kept(name: str) -> list[str]:
    return IntakeDraft.objects.get().typed["why"][name]


def test_each_tab_keeps_what_was_typed_in_it_and_leaves_the_rest(as_contributor, address):
    one, other = opened(as_contributor, address), opened(as_contributor, address)
    as_contributor.post(address, one | {"problem": "From one tab"}, headers=AUTOSAVE)
    as_contributor.post(address, other | {"desired_outcome": "From the other"}, headers=AUTOSAVE)
    assert (kept("problem"), kept("desired_outcome")) == (["From one tab"], ["From the other"])
    as_contributor.post(address, other | {"problem": "Typed later"}, headers=AUTOSAVE)
    assert kept("problem") == ["Typed later"]


def test_what_is_typed_back_in_the_same_tab_is_a_change_too(as_contributor, address):
    page = opened(as_contributor, address)
    saved = as_contributor.post(address, page | {"problem": "Something"}, headers=AUTOSAVE)
    stood = saved.context["stood"]
    assert f'value="{stood.replace(chr(34), "&quot;")}" hx-swap-oob="true"' in saved.content.decode()
    as_contributor.post(address, page | {"stood": stood}, headers=AUTOSAVE)
    assert kept("problem") == [WHY["problem"]]


def test_line_ends_of_a_browser_are_nothing_typed(as_contributor, address, triage):
    Initiative.objects.filter(pk=triage.pk).update(problem="One\nTwo")
    page = opened(as_contributor, address) | {"problem": "One\r\nTwo"}
    as_contributor.post(address, page | {"problem": "Three"}, headers=AUTOSAVE)
    as_contributor.post(address, page, headers=AUTOSAVE)
    assert kept("problem") == ["Three"]


@pytest.mark.parametrize("stood", ["", "{", "[]", "[" * 100_000, '{"problem": []}'])
def test_a_page_that_does_not_tell_is_taken_at_its_word(as_contributor, address, stood):
    page = opened(as_contributor, address)
    as_contributor.post(address, page | {"problem": "Something"}, headers=AUTOSAVE)
    as_contributor.post(address, page | {"stood": stood}, headers=AUTOSAVE)
    assert kept("problem") == [WHY["problem"]]
