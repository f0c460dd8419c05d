"""The tree of business units is reorganised: renamed, moved, joined, taken out, and all that hangs on it goes along."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.changes import changing
from accounts.models import AuditEntry
from projects import initiatives, reorganising, units
from projects.models import BusinessUnit, Initiative
from tests.beside import MY_LOCK, SECONDS, beside, somebody_waits
from tests.factories import UserFactory, bearer
from tests.forms import forms_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client):
    user = UserFactory(portfolio=True)
    client.force_login(user)
    return user


def unit(path: str) -> BusinessUnit:
    return units.find_or_make(path, None)


def initiative(path: str) -> Initiative:
    return initiatives.create(None, title=path, business_unit=unit(path))


def call(client: Client, one: BusinessUnit, path: str, **fields: str):
    return client.post(f"/initiatives/units/{one.pk}/", {"path": path, "read": one.path} | fields)


def tree() -> list[str]:
    """Return all paths, and hold that names, paths and lineages say the same."""
    found = {each.pk: each for each in BusinessUnit.objects.all()}
    for each in found.values():
        above = found.get(each.parent_id)
        assert each.path == units.path_below(above, each.name)
        assert each.lineage == f"{above.lineage if above else '/'}{each.pk}/"
    return sorted(each.path for each in found.values())


def keys(client: Client, path: str) -> set[str]:
    """Return the initiatives of a unit and of those below it, as the API finds them."""
    found = client.get("/api/v1/initiatives", {"business_unit": path}, headers=bearer(UserFactory(executive=True)))
    return {each["key"] for each in found.json()["items"]}


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("Damage", ["Claims Europe", "Damage", "Damage / Motor", "Damage / Motor / Fleet"]),
        ("claims", ["Claims Europe", "claims", "claims / Motor", "claims / Motor / Fleet"]),
        (" Claims  Europe / Damage", [
            "Claims Europe", "Claims Europe / Damage", "Claims Europe / Damage / Motor",
            "Claims Europe / Damage / Motor / Fleet",
        ]),
        ("Group / Retail / Claims", [
            "Claims Europe", "Group", "Group / Retail", "Group / Retail / Claims", "Group / Retail / Claims / Motor",
            "Group / Retail / Claims / Motor / Fleet",
        ]),
    ],
)  # fmt: skip
def test_a_unit_is_called_anew_and_all_below_it_goes_along(client, office, path, after) -> None:
    one, other = initiative("Claims / Motor / Fleet"), initiative("Claims Europe")
    before = one.version
    assert call(client, unit("Claims"), path).status_code == 302
    assert tree() == sorted(after)
    assert one.key in keys(client, after[-1]) and other.key not in keys(client, after[-1])
    one.refresh_from_db()
    assert one.version == before  # what somebody types about it meanwhile is not overtaken
    entry = AuditEntry.objects.get(object_type="projects.businessunit", action="edit")
    assert entry.changes["path"][0] == "Claims" and entry.actor == office


def test_a_unit_in_the_midst_goes_elsewhere(client, office) -> None:
    one = initiative("Claims / Motor / Fleet")
    unit("Sales")
    assert call(client, unit("Claims / Motor"), "Sales / Motor").status_code == 302
    assert tree() == ["Claims", "Sales", "Sales / Motor", "Sales / Motor / Fleet"]
    assert (keys(client, "Claims"), keys(client, "Sales")) == (set(), {one.key})


def test_two_are_made_one_when_that_is_said(client, office) -> None:
    one, other = initiative("Clams / Motor"), initiative("Claims")
    own = initiative("Clams")
    page = call(client, unit("Clams"), "claims")
    assert page.status_code == 422
    assert "There is a unit “Claims” already." in page.content.decode() and 'name="joins"' in page.content.decode()
    assert tree() == ["Claims", "Clams", "Clams / Motor"]

    assert call(client, unit("Clams"), "claims", joins="on").status_code == 302
    assert tree() == ["Claims", "Claims / Motor"]
    assert keys(client, "Claims") == {one.key, other.key, own.key}
    before = own.version
    own.refresh_from_db()
    assert (own.business_unit.path, own.version) == ("Claims", before + 1)
    told = AuditEntry.objects.get(initiative_id=own.pk, action="edit")
    assert told.changes == {"business_unit": ["Clams", "Claims"]}
    gone = AuditEntry.objects.get(object_type="projects.businessunit", action="delete")
    assert gone.changes == {"path": ["Clams", None]}


@pytest.mark.parametrize(
    ("of", "path", "why"),
    [
        ("Claims", "Claims / Motor / Claims", "A unit cannot lie below itself."),
        ("Claims", "Claims / Motor", "A unit cannot lie below itself."),  # joined to what lies below it
        ("Claims", "Damage", "Both have a unit “Motor”. Join these two first."),
        ("Claims", "Damage / ", "Write it as “Unit” or “Unit / Sub-unit”."),
        ("Claims", "x" * 201, "At most 200 characters."),
        ("Claims", "", "This field is required."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_changes(client, office, of, path, why) -> None:
    for each in ("Claims / Motor", "Damage / motor"):
        initiative(each)
    before = tree()
    page = call(client, unit(of), path, joins="on")
    assert page.status_code == 422
    assert why in page.content.decode()
    assert path.strip() in page.content.decode()  # what was typed
    assert tree() == before


def test_who_comes_second_is_told_what_it_is_called_now(client, office) -> None:
    one = unit("Claims")
    call(client, one, "Damage")
    page = call(client, one, "Losses")
    assert "It is called “Damage” now." in page.content.decode() and "Losses" in page.content.decode()
    assert tree() == ["Damage"]
    form = next(each for each in forms_of(page) if "path" in each.fields)
    assert client.post(form.action or f"/initiatives/units/{one.pk}/", form.fields).status_code == 302
    assert tree() == ["Losses"]


def test_a_name_with_the_sign_of_paths_in_it_is_told_by_where_it_lies(client, office) -> None:
    agency = unit("Agency")
    units.child(agency, "FAS / IT", None)
    assert call(client, unit("Agency / FAS / IT"), "Agency / FAS / IT Services").status_code == 302
    assert tree() == ["Agency", "Agency / FAS / IT Services"]
    assert unit("Agency / FAS / IT Services").name == "FAS / IT Services"
    assert call(client, unit("Agency / FAS / IT Services"), "Agency / FAS IT").status_code == 302
    assert tree() == ["Agency", "Agency / FAS IT"]
    assert call(client, unit("Agency"), "Board").status_code == 302
    assert tree() == ["Board", "Board / FAS IT"]


def test_what_nothing_belongs_to_can_be_taken_out(client, office) -> None:
    initiative("Claims / Motor")
    empty = unit("Claims / Marine")
    for each, left in ((unit("Claims"), 3), (unit("Claims / Motor"), 3), (empty, 2)):
        client.post(f"/initiatives/units/{each.pk}/", {"remove": "1", "read": each.path})
        assert BusinessUnit.objects.count() == left
    assert tree() == ["Claims", "Claims / Motor"]


def test_the_list_counts_what_its_reader_may_see_with_what_lies_below(client, django_assert_num_queries) -> None:
    initiative("Claims / Motor / Fleet"), initiative("Claims")
    hidden = initiative("Claims / Motor")
    Initiative.objects.filter(pk=hidden.pk).update(confidential=True)
    client.force_login(UserFactory())
    with django_assert_num_queries(5):
        page = client.get("/initiatives/units/").content.decode()
    cells = [each.split("</td>")[0] for each in page.split('<td class="num">')[1:]]
    assert ["".join(each.split("<a")[-1].split(">")[-2:]).strip()[:1] for each in cells] == ["2", "1", "1"]
    assert "/initiatives/units/" + str(unit("Claims").pk) not in page  # nothing to change for a contributor


@pytest.mark.django_db(transaction=True)
def test_what_an_import_adds_meanwhile_goes_along() -> None:
    claims = unit("Claims")
    with changing(None):
        units.find_or_make("Claims / New", None)
        renaming = beside(lambda: reorganising.call(claims, "Damage", None, read="Claims"))
        assert somebody_waits(MY_LOCK)
    renaming.join(SECONDS)
    assert tree() == ["Damage", "Damage / New"]
