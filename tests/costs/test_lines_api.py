"""One cost line by API: read with the row of its file, corrected; and cost categories."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditEntry
from costs import lines
from costs.ledger import lines_api
from costs.models import Category, CostLine, Withdrawal
from imports import tables, zips
from imports.kinds import FileKind
from imports.pipeline import FileRefusedError, Reason
from tests.costs.allocation.test_places import cost_of
from tests.costs.factories import add_line, add_rate, add_recurring
from tests.costs.importers.test_focus import bill
from tests.costs.test_removal_api import caller
from tests.factories import InitiativeFactory, UserFactory
from tests.imports.files import bring_in
from tests.markup import tight

pytestmark = pytest.mark.django_db
GONE = "Somebody has corrected or deleted this line meanwhile."


@pytest.fixture
def api(client: Client):
    """Call as finance: `api("patch", "/costs/…", {"amount": "5"}, match='"1"')`."""
    return caller(client, finance=True)


def gross() -> Decimal:
    return sum(CostLine.objects.live().values_list("amount", flat=True))


def test_a_line_is_read_and_corrected_at_the_version_that_was_read(api):
    one, two = InitiativeFactory(), InitiativeFactory()
    line = add_line(one, "2026-03-05", "80", vendor="Contoso", tags={"app": "x"}, external_id="r-1")
    address = f"/costs/{line.key}"
    read = api("get", address)
    assert (read.json()["amount"], read.json()["withdrawn"], read.json()["id"]) == ("80", None, line.key)
    wrong = {"amount": "80.50", "initiative": two.key, "billed_on": None}
    assert api("patch", address, wrong).status_code == 428
    stale = api("patch", address, wrong, match='"9"')
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert gross() == 80
    done = api("patch", address, wrong, match=read["ETag"])
    now = done.json()
    assert done.status_code == 200
    assert (now["amount"], now["initiative"], now["vendor"], now["tags"]) == ("80.50", two.key, "Contoso", {"app": "x"})
    assert (now["external_id"], now["withdrawn"]) == ("r-1", None)
    assert now["id"] != line.key
    assert gross() == Decimal("80.5")
    assert api("get", address).json()["withdrawn"] == "corrected"  # it stays in the history
    for match in (read["ETag"], "*"):  # who has read it before is late, as of anything that somebody else has changed
        late = api("patch", address, {"amount": "79"}, match=match)
        assert (late.status_code, late.json()["detail"]) == (412, GONE)
    assert gross() == Decimal("80.5")
    assert "ETag" not in api("get", address)  # there is nothing to correct in it any more
    again = api("get", f"/costs/{now['id']}")
    assert again["ETag"] == done["ETag"] == '"2"'
    same = api("patch", f"/costs/{now['id']}", {"amount": "80.5"}, match=again["ETag"])
    assert (same.json()["id"], CostLine.objects.count()) == (now["id"], 2)
    assert AuditEntry.objects.filter(action="edit", object_type="costs.costline").count() == 2  # of both initiatives


def test_a_line_that_was_deleted_or_restated_is_stale_too(api):
    text = "incurred_on,category,amount,currency,external_id\n2026-03-05,cloud,{},USD,A\n"
    bring_in("costs_csv", text.format("5"))
    restated, deleted = CostLine.objects.get(), add_line(None, "2026-03-05", "80")
    bring_in("costs_csv", text.format("6"))
    api("delete", f"/costs/{deleted.key}")
    for line in (restated, deleted):
        assert api("patch", f"/costs/{line.key}", {"amount": "1"}).status_code == 428
        assert api("patch", f"/costs/{line.key}", {"amount": "1"}, match='"1"').status_code == 412
    assert api("patch", "/costs/1-20260305-nothing-1", {"amount": "1"}, match='"1"').status_code == 404
    assert gross() == 6


def test_who_is_overtaken_between_looking_and_writing_is_late_too(api, monkeypatch):
    line, of = add_line(None, "2026-03-05", "80"), lines_api.require_match

    def overtaken(*given):
        of(*given)
        lines.remove(None, line)

    monkeypatch.setattr(lines_api, "require_match", overtaken)
    late = api("patch", f"/costs/{line.key}", {"amount": "1"}, match='"1"')
    assert (late.status_code, late.json()["detail"]) == (412, GONE)


def test_who_may_not_correct_a_line_is_told_so_or_nothing(api, client):
    line = add_line(InitiativeFactory(), "2026-03-05", "80")
    hidden = add_line(InitiativeFactory(confidential=True), "2026-03-05", "80")
    other = caller(client)
    for status in (200, 412):
        assert other("patch", f"/costs/{line.key}", {"amount": "1"}, match='"1"').status_code == 403
        assert other("patch", f"/costs/{hidden.key}", {"amount": "1"}, match='"1"').status_code == 404
        for each in (line, hidden):
            assert api("patch", f"/costs/{each.key}", {"amount": "2"}, match='"1"').status_code == status


def test_what_a_correction_names_is_looked_up_as_for_a_new_line(api):
    line = add_line(InitiativeFactory(), "2026-03-05", "80")
    address = f"/costs/{line.key}"
    Category.objects.filter(name="cloud").update(is_active=False)
    for body, field in (({"initiative": "AI-9999"}, "initiative"), ({"category": "people?"}, "category")):
        refused = api("patch", address, body, match='"1"')
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    kept = api("patch", address, {"category": "cloud", "amount": "81"}, match='"1"')  # its own, out of use
    assert (kept.json()["category"], kept.json()["amount"]) == ("cloud", "81")


def test_the_line_of_a_bill_keeps_its_original_and_what_a_later_delivery_finds_it_by(api):
    text = bill({"BilledCost": "7.25", "ChargePeriodStart": "2026-03-01T00:00:00Z"})
    job = bring_in("focus", text)
    assert job.rows_created == 1
    line = CostLine.objects.get()
    address = f"/costs/{line.key}"
    row = api("get", f"{address}/row").json()
    assert (row["state"], row["import_id"], row["line_number"]) == ("found", job.pk, 2)
    assert {"heading": "BilledCost", "text": "7.25"} in row["cells"]
    match = f'"{line.version}"'
    refused = api("patch", address, {"vendor": "Else"}, match=match)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "vendor")
    now = api("patch", address, {"amount": "7.00"}, match=match).json()
    assert (gross(), now["import_id"]) == (7, None)
    old = CostLine.objects.get(amount=Decimal("7.25"))
    assert (old.withdrawn, old.import_id) == (Withdrawal.CORRECTED, job.pk)
    assert bring_in("focus", text).rows_unchanged == 1  # the source says what it said: the correction stays
    assert gross() == 7


@pytest.mark.parametrize("at_once", [10, 10_000])
def test_a_row_is_not_found_this_time_where_reading_its_file_meets_its_limits(api, client, monkeypatch, at_once):
    def refuse(*_given):
        raise FileRefusedError(Reason(zips.TOO_LARGE))

    def answers() -> tuple[str, str]:
        address = f"/costs/{CostLine.objects.get().key}/row"
        page = client.get(address.replace("costs", "costs/lines") + "/").content.decode()
        return page, api("get", address).json()["state"]

    bring_in("focus", bill({"BilledCost": "7.25"}))
    client.force_login(UserFactory(finance=True))
    cache.clear()
    monkeypatch.setitem(tables.AT_ONCE, FileKind.CSV, at_once)
    with monkeypatch.context() as patch:
        patch.setattr(tables, "row_at", refuse)
        page, state = answers()
        assert "no such row was found" in page
        assert state == "not found"
    page, state = answers()
    assert "<dt>BilledCost</dt><dd>7.25</dd>" in page
    assert state == "found"


def test_lines_of_a_bill_are_billed_on_together_whatever_was_corrected_in_each(api):
    bring_in("focus", bill({"ServiceName": "A", "BilledCost": "7"}, {"ServiceName": "B", "BilledCost": "9"}))
    for service, bodies in (("A", [{"recoverable": True}, {"amount": "8"}]), ("B", [{"recoverable": True}])):
        for body in bodies:
            line = CostLine.objects.live().get(group__service=service)
            assert api("patch", f"/costs/{line.key}", body, match="*").status_code == 200
    # A has had three versions, B two: both are of one hour, and the first of their service in it.
    a, b = CostLine.objects.live().select_related("group").order_by("amount")
    assert (a.fingerprint == b.fingerprint, a.occurrence, b.occurrence) == (True, 3, 2)
    done = api("post", "/costs/billed", {"lines": [a.key, b.key], "billed_on": "2026-04-01", "invoice_ref": "INV-1"})
    assert (done.status_code, done.json()) == (200, {"changed": 2, "unchanged": 0})
    billed = CostLine.objects.live().order_by("amount").values_list("amount", "occurrence", "invoice_ref")
    assert list(billed) == [(8, 4, "INV-1"), (9, 3, "INV-1")]


def test_lines_that_follow_from_elsewhere_are_changed_there(api):
    add_recurring([(InitiativeFactory(), "1")])
    line = CostLine.objects.live().first()
    assert api("patch", f"/costs/{line.key}", {"amount": "1"}, match="*").status_code == 409
    nothing = api("get", f"/costs/{line.key}/row").json()
    assert (nothing["state"], nothing["cells"]) == ("none", [])


def test_categories_are_read_added_renamed_retired_and_put_in_order(api, client):
    admin = caller(client, admin=True)
    added = admin("post", "/cost-categories", {"name": "energy", "label": "Energy"})
    assert (added.status_code, added["ETag"], added.json()["position"]) == (201, '"1"', 9)
    assert admin("post", "/cost-categories", {"name": "energy"}).status_code == 409
    assert api("post", "/cost-categories", {"name": "water"}).status_code == 403
    one = "/cost-categories/energy"
    assert admin("patch", one, {"label": "Power"}).status_code == 428
    changed = admin("patch", one, {"label": "Power", "is_active": False}, match='"1"')
    assert changed.json() == {
        "name": "energy", "label": "Power", "title": "Power", "is_active": False, "position": 9, "version": 2,
    }  # fmt: skip
    assert admin("patch", one, {"label": "Heat"}, match='"1"').status_code == 412
    moved = admin("patch", one, {"position": 1}, match='"2"')
    assert (moved.json()["position"], moved["ETag"]) == (1, '"3"')
    listed = [(item["name"], item["title"]) for item in api("get", "/cost-categories").json()["items"]]
    assert listed[:3] == [("energy", "Power"), ("tokens", "Tokens"), ("cloud", "Cloud")]
    line = {"incurred_on": "2026-01-05", "category": "energy", "amount": "5", "currency": "USD"}
    assert api("post", "/costs", line).status_code == 422  # out of use: takes no new lines
    told = AuditEntry.objects.filter(object_type="costs.category").order_by("pk").values_list("changes", flat=True)
    assert list(told)[1:] == [{"label": ["Energy", "Power"], "is_active": [True, False]}, {"position": [9, 1]}]


@pytest.mark.parametrize("name", ["Energy", "é", "a b", "x" * 41, ""])
def test_a_category_is_named_in_lower_case_through_both_doors(client, name):
    admin = caller(client, admin=True)
    refused = admin("post", "/cost-categories", {"name": name})
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, ["name"])
    client.force_login(UserFactory(admin=True))
    page = client.post("/costs/categories/", {"name": name, "label": "", "is_active": "on"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["name"])
    assert Category.objects.count() == 8
    assert admin("post", "/cost-categories", {"name": "en-3_x"}).status_code == 201


def test_the_page_says_that_a_name_is_taken_or_has_capitals(client):
    client.force_login(UserFactory(admin=True))
    for name, said in (("cloud", "Category with this Name already exists."), ("Cloud", "Lower-case letters only.")):
        page = client.post("/costs/categories/", {"name": name, "label": "", "is_active": "on"})
        assert said in page.content.decode()


def test_the_page_of_a_category_saves_only_over_the_version_that_it_has_shown(client):
    client.force_login(UserFactory(admin=True))
    page = client.get("/costs/categories/cloud/").content.decode()
    assert '<input type="hidden" name="version" value="1">' in page
    client.post("/costs/categories/cloud/", {"version": "1", "label": "Sky", "is_active": "on"})
    typed = {"label": "Heaven", "is_active": "on"}
    late = client.post("/costs/categories/cloud/", typed | {"version": "1"})
    assert late.status_code == 422
    said = tight(late.content.decode())
    assert "Somebody else has changed this category meanwhile." in said
    assert "Label: Sky · in use" in said
    assert '<input type="hidden" name="version" value="2">' in said
    assert 'value="Heaven"' in said
    assert Category.objects.get(name="cloud").label == "Sky"
    assert client.post("/costs/categories/cloud/", typed | {"version": "2"}).status_code == 302
    assert Category.objects.get(name="cloud").label == "Heaven"


def test_what_a_wrong_rate_has_valued_is_put_right_line_by_line():
    """As the guide for finance says: what was entered, in base currency; of a bill, the difference as a line."""
    finance, one = caller(Client(), finance=True), InitiativeFactory()
    add_rate("2026-03-05", "EUR", "108")  # 1.08 was meant
    entered = add_line(one, "2026-03-05", "10", currency="EUR")
    assert entered.base_amount == 1080
    body = {"amount": "10.80", "currency": "USD"}
    mended = finance("patch", f"/costs/{entered.key}", body, '"1"').json()
    assert (mended["base_amount"], mended["rate"], mended["incurred_on"]) == ("10.80", 1.0, "2026-03-05")
    finance("post", "/exchange-rates", {"on": "2026-03-06", "currency": "EUR", "rate": "1.08"})
    assert add_line(one, "2026-03-06", "10", currency="EUR").base_amount == Decimal("10.8")
    assert cost_of(one) == [Decimal("21.6")]
