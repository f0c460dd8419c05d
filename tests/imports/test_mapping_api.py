"""Saved mappings by API: read, deleted, by those who may import the format."""

import pytest
from django.db.models import QuerySet
from django.test import Client

from accounts.changes import data_version
from accounts.models import AuditEntry
from imports import registry, saved_mappings
from imports.models import SavedMapping
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db
HEADER, MAPPING = ["Betrag", "Farbe"], {"Betrag": "amount", "Farbe": None}
URL = "/api/v1/import-mappings"


@pytest.fixture
def saved():
    finance = UserFactory(finance=True)
    saved_mappings.save(finance, "Ledger", registry.importer("costs_csv"), HEADER, MAPPING)
    return SavedMapping.objects.get()


def test_mappings_count_for_no_figure():
    finance, before = UserFactory(finance=True), data_version()
    saved_mappings.save(finance, "Ledger", registry.importer("costs_csv"), HEADER, MAPPING)
    saved_mappings.change_mapping(finance, SavedMapping.objects.get(), 1, "Main ledger", MAPPING)
    saved_mappings.delete(finance, SavedMapping.objects.get(), 2)
    assert (AuditEntry.objects.count(), data_version()) == (3, before)


def test_a_mapping_is_read_and_deleted(client: Client, saved):
    headers = bearer(UserFactory(finance=True))
    one = f"{URL}/{saved.pk}"
    item = client.get(URL, headers=headers).json()["items"][0]
    assert (item["name"], item["format"], item["mapping"], item["version"]) == ("Ledger", "costs_csv", MAPPING, 1)
    saved_mappings.change_mapping(UserFactory(finance=True), saved, 1, "Main ledger", MAPPING)
    assert client.get(one, headers=headers)["ETag"] == '"2"'
    assert client.delete(one, headers=headers).status_code == 428
    assert client.delete(one, headers=headers | {"If-Match": '"1"'}).status_code == 412
    assert client.delete(one, headers=headers | {"If-Match": '"2"'}).status_code == 204
    missing = client.delete(one, headers=headers | {"If-Match": '"2"'})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    assert AuditEntry.objects.filter(object_type="imports.savedmapping", action="delete").count() == 1


@pytest.mark.parametrize(("role", "status"), [("portfolio", 404), ("contributor", 403), ("executive", 403)])
def test_who_may_not_import_the_format_sees_no_mapping_of_it(client: Client, saved, role, status):
    headers = bearer(UserFactory(role=role)) | {"If-Match": "*"}
    assert client.delete(f"{URL}/{saved.pk}", headers=headers).status_code == status
    assert SavedMapping.objects.exists()


NEW = {
    "name": "Bank", "format": "costs_csv",
    "mapping": {
        "Tag": "incurred_on", "Art": "category", "Betrag": "amount", "Farbe": None,
        "constants": {"currency": "EUR"}, "reading": {"dates": "dmy", "decimals": "comma"},
    },
}  # fmt: skip
JSON = "application/json"


def test_of_two_that_take_one_name_at_once_the_second_replaces_nothing(client: Client, monkeypatch: pytest.MonkeyPatch):
    headers = bearer(UserFactory(finance=True))
    monkeypatch.setattr(QuerySet, "exists", lambda _self: False)  # nobody sees the other's
    assert client.post(URL, NEW, content_type=JSON, headers=headers).status_code == 201
    other = NEW | {"mapping": NEW["mapping"] | {"Farbe": "vendor"}}
    answer = client.post(URL, other, content_type=JSON, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (409, "Another mapping of this format has this name.")
    assert (SavedMapping.objects.get().version, SavedMapping.objects.get().mapping["Farbe"]) == (1, None)


def test_a_mapping_is_saved_changed_and_offered_for_files_with_its_headings(client: Client):
    finance = UserFactory(finance=True)
    headers = bearer(finance)
    added = client.post(URL, NEW, content_type=JSON, headers=headers)
    assert (added.status_code, added["ETag"], added.json()["mapping"]) == (201, '"1"', NEW["mapping"])
    assert client.post(URL, NEW, content_type=JSON, headers=headers).status_code == 409
    header = ["Farbe", "Betrag", "Art", "Tag"]
    assert saved_mappings.fitting(finance, header).get().name == "Bank"
    one = f"{URL}/{added.json()['id']}"
    other = {"mapping": {**NEW["mapping"], "Firma": "vendor"}, "name": "Bank 2"}
    assert client.patch(one, other, content_type=JSON, headers=headers).status_code == 428
    changed = client.patch(one, other, content_type=JSON, headers=headers | {"If-Match": '"1"'})
    assert (changed.status_code, changed["ETag"], changed.json()["name"]) == (200, '"2"', "Bank 2")
    assert client.patch(one, other, content_type=JSON, headers=headers | {"If-Match": '"1"'}).status_code == 412
    assert not saved_mappings.fitting(finance, header).exists()
    assert saved_mappings.fitting(finance, [*header, "Firma"]).get().mapping["Firma"] == "vendor"
    renamed = client.patch(one, {"name": "Bank"}, content_type=JSON, headers=headers | {"If-Match": '"2"'})
    assert (renamed.json()["name"], renamed.json()["mapping"]["Firma"]) == ("Bank", "vendor")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": "federal_ai_inventory"}, "format"),  # it has its own columns
        ({"format": "nonsense"}, "format"),
        ({"mapping": {"Tag": "incurred_on"}}, "mapping"),  # category, amount and currency from nowhere
        ({"mapping": NEW["mapping"] | {"Sum": "amount"}}, "mapping"),  # twice
        ({"mapping": NEW["mapping"] | {"Farbe": "colour"}}, "mapping"),
        ({"mapping": NEW["mapping"] | {"constants": {"currency": "EUR", "colour": "x"}}}, "mapping"),
        ({"mapping": NEW["mapping"] | {"reading": {"dates": "xyz"}}}, "mapping"),
        ({"mapping": {"Tag": 1}}, "mapping"),
        ({"name": " "}, "name"),
    ],
)
def test_a_mapping_that_the_page_would_refuse_is_refused(client: Client, change, field):
    answer = client.post(URL, NEW | change, content_type=JSON, headers=bearer(UserFactory(finance=True)))
    assert answer.status_code == 422
    assert {error["field"].partition(".")[0] for error in answer.json()["errors"]} == {field}
    assert not SavedMapping.objects.exists()
