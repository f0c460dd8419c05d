"""A correction of a line that somebody else corrects or deletes while its page is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costs import lines
from costs.entry.forms import CorrectionForm
from costs.ledger.standing import standing
from costs.models import CostLine
from costs.new_line import NewLine
from imports import jobs
from imports.models import Import
from projects.models import Initiative
from tests.costs.factories import add_line
from tests.costs.importers.test_focus import bill
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.forms import Form, forms_of
from tests.imports.files import SAMPLES, bring_in

pytestmark = pytest.mark.django_db


def correct(line: CostLine, **fields: object) -> CostLine:
    return lines.correct(None, line, replace(NewLine.of(line), **fields))


def the_form(page: object) -> Form:
    """Return the form of a page that holds a line."""
    (form,) = [each for each in forms_of(page) if "amount" in each.fields]
    return form


def opened(client: Client, line: CostLine) -> Form:
    """Return the form that corrects a line, as its page holds it."""
    client.force_login(line.group.initiative.owner if line.group.initiative else UserFactory(finance=True))
    return the_form(client.get(reverse("costs:line", args=[line.key])))


def test_a_correction_that_somebody_overtook_shows_both_versions_and_goes_on_from_what_stands_now(client):
    line = add_line(InitiativeFactory(), "2026-03-05", "100", description="GPU")
    form = opened(client, line)
    other = correct(line, amount=Decimal(90), incurred_on=date(2026, 3, 6), recurring=True)
    now = correct(other, description="GPU hours")
    stale = client.post(reverse("costs:line", args=[line.key]), form.fields | {"amount": "80.00", "vendor": "Ours"})
    assert stale.status_code == 409
    assert "Somebody else has corrected this line meanwhile." in stale.content.decode()
    assert {each.name: (each.mine, each.theirs, each.proposed) for each in stale.context["stale"]} == {
        "incurred_on": ("2026-03-05", "2026-03-06", "theirs"),
        "amount": ("80", "90", "mine"),
        "vendor": ("Ours", "", "mine"),
        "description": ("GPU", "GPU hours", "theirs"),
        "recurring": ("No", "Yes", "theirs"),
    }
    assert reverse("costs:line-delete", args=[now.key]) in stale.content.decode()
    assert reverse("costs:line-delete", args=[line.key]) not in stale.content.decode()
    again = the_form(stale)
    assert again.action == reverse("costs:line", args=[now.key])
    assert client.post(again.action, again.fields).status_code == 302
    (kept,) = CostLine.objects.live()
    assert (kept.amount, kept.incurred_on, kept.description) == (80, date(2026, 3, 6), "GPU hours")
    assert (kept.group.vendor, kept.group.recurring) == ("Ours", True)


def test_a_correction_that_is_overtaken_while_it_is_written_shows_both_versions_at_once(client, monkeypatch):
    line = add_line(InitiativeFactory(), "2026-03-05", "100")
    form, is_valid = opened(client, line), CorrectionForm.is_valid

    def other_one_first(form):
        monkeypatch.setattr(CorrectionForm, "is_valid", is_valid)
        correct(line, amount=Decimal(90))
        return form.is_valid()

    monkeypatch.setattr(CorrectionForm, "is_valid", other_one_first)
    stale = client.post(form.action, form.fields | {"amount": "80"})
    assert stale.status_code == 409
    assert [(each.mine, each.theirs) for each in stale.context["stale"]] == [("80", "90")]


@pytest.mark.parametrize("is_allocated", [True, False])
def test_a_correction_of_what_was_deleted_meanwhile_is_recorded_anew_with_what_was_typed(client, is_allocated):
    line = add_line(InitiativeFactory() if is_allocated else None, "2026-03-05", "100", description="GPU")
    form = opened(client, line)
    lines.remove(None, correct(line, amount=Decimal(90)))
    late = client.post(reverse("costs:line", args=[line.key]), form.fields | {"amount": "80", "recurring": "on"})
    assert late.status_code == 409
    assert "Somebody has deleted this line meanwhile." in late.content.decode()
    assert reverse("costs:line-delete", args=[line.key]) not in late.content.decode()
    again = the_form(late)
    answer = client.post(again.action, again.fields)
    (kept,) = CostLine.objects.live()
    assert answer.url == reverse("costs:line", args=[kept.key])
    assert (kept.amount, kept.description, kept.group.recurring) == (80, "GPU", True)
    assert kept.group.initiative == line.group.initiative
    assert client.post(again.action, again.fields).url == answer.url  # sent twice
    assert CostLine.objects.live().count() == 1


FILE = "incurred_on,category,amount,currency,description,initiative\n2026-03-05,tokens,100,USD,GPU,{}\n"


def line_of_a_file(initiative: Initiative) -> CostLine:
    bring_in("costs_csv", FILE.format(initiative.key))
    return CostLine.objects.live().shown().get()


def revert() -> None:
    jobs.revert(Import.objects.get(), None)


@pytest.mark.parametrize("is_overtaken_late", [False, True])
def test_a_correction_of_what_went_with_its_file_is_recorded_anew_with_what_was_typed(
    client, monkeypatch, is_overtaken_late
):
    line = line_of_a_file(InitiativeFactory())
    form, is_valid = opened(client, line), CorrectionForm.is_valid

    def reverted_first(form):
        monkeypatch.setattr(CorrectionForm, "is_valid", is_valid)
        revert()
        return form.is_valid()

    if is_overtaken_late:
        monkeypatch.setattr(CorrectionForm, "is_valid", reverted_first)
    else:
        revert()
    late = client.post(form.action, form.fields | {"amount": "80"})
    assert late.status_code == 409
    said = late.content.decode()
    assert "Somebody has deleted this line meanwhile." in said
    assert "If somebody had corrected it before, the correction still counts" in said
    assert 'href="/costs/?month=2026-03"' in said
    again = the_form(late)
    refused = client.post(again.action, again.fields | {"amount": "x"})
    assert refused.status_code == 422
    again = the_form(refused)
    answer = client.post(again.action, again.fields | {"amount": "80"})
    (kept,) = CostLine.objects.live()
    assert answer.url == reverse("costs:line", args=[kept.key])
    assert (kept.amount, kept.description, kept.group.initiative) == (80, "GPU", line.group.initiative)


def test_a_line_that_another_import_has_brought_under_the_same_key_is_not_overwritten_unseen(client):
    initiative = InitiativeFactory()
    read = line_of_a_file(initiative)
    form = opened(client, read)
    revert()
    bring_in("costs_csv", FILE.format(initiative.key) + "\n")  # another file, the same row
    now = CostLine.objects.live().get()
    assert now.key == read.key and now.import_id != read.import_id
    stale = client.post(form.action, form.fields | {"amount": "80"})
    assert stale.status_code == 409
    assert "An import has brought this line anew meanwhile." in stale.content.decode()
    assert [(each.name, each.mine, each.theirs) for each in stale.context["stale"]] == [("amount", "80", "100")]
    assert CostLine.objects.live().get().amount == 100
    deleted = client.post(
        reverse("costs:line-delete", args=[read.key]), {"version": form.fields["version"]}, follow=True
    )
    assert "Somebody has corrected or deleted this line meanwhile." in deleted.content.decode()
    again = the_form(stale)
    assert client.post(again.action, again.fields).status_code == 302
    assert CostLine.objects.live().get().amount == 80


def test_a_version_that_was_read_before_another_import_is_stale_by_api(client):
    initiative = InitiativeFactory()
    read, headers = line_of_a_file(initiative), bearer(initiative.owner)
    address = f"/api/v1/costs/{read.key}"
    etag = client.get(address, headers=headers)["ETag"]
    revert()
    bring_in("costs_csv", FILE.format(initiative.key) + "\n")

    def patched(match: str) -> int:
        sent = {"data": {"amount": "80"}, "content_type": "application/json"}
        return client.patch(address, **sent, headers={**headers, "If-Match": match}).status_code

    assert patched(etag) == 412
    told = client.get(address, headers=headers)
    assert told["ETag"] == f'"{told.json()["version"]}"' != etag
    assert patched(told["ETag"]) == 200


@pytest.mark.parametrize("kind", ["by content", "by external id", "of a bill"])
def test_a_line_whose_import_went_is_not_recorded_beside_its_correction(client, kind):
    initiative = InitiativeFactory()
    if kind == "of a bill":
        bring_in("focus", bill({"BilledCost": "100"}))
        line = CostLine.objects.live().shown().get()
    elif kind == "by external id":
        bring_in("costs_csv", FILE.format(initiative.key).replace("description", "external_id", 1))
        line = CostLine.objects.live().shown().get()
    else:
        line = line_of_a_file(initiative)
    form = opened(client, line)
    now = correct(correct(line, amount=Decimal(90)), amount=Decimal(95))
    revert()
    assert CostLine.objects.get(withdrawn_at=None) == now
    late = client.post(form.action, form.fields | {"amount": "80"})
    assert (late.status_code, the_form(late).action) == (409, reverse("costs:line", args=[now.key]))
    assert ("amount", "80", "95") in [(each.name, each.mine, each.theirs) for each in late.context["stale"]]
    assert client.post(form.action, form.fields | {"amount": "80", "record": "1"}).status_code == 409
    assert CostLine.objects.live().count() == 1


def test_what_went_with_its_file_is_recorded_anew_by_those_alone_who_could_correct_it(client):
    line = line_of_a_file(InitiativeFactory(confidential=True))
    form = opened(client, line)
    revert()
    assert client.get(form.action).status_code == 404
    client.force_login(UserFactory())
    assert client.post(form.action, form.fields).status_code == 404
    assert client.post(form.action, form.fields | {"record": "1"}).status_code == 404
    assert not CostLine.objects.exists()


def test_a_line_that_is_now_where_one_may_not_correct_it_keeps_what_was_typed(client):
    line = add_line(InitiativeFactory(), "2026-03-05", "100")
    form = opened(client, line)
    now = correct(line, initiative=InitiativeFactory(confidential=True))
    late = client.post(reverse("costs:line", args=[line.key]), form.fields | {"description": "As I see it"})
    assert late.status_code == 409
    assert "What stands now is not yours to correct. What you typed is not saved." in late.content.decode()
    assert the_form(late).fields["description"].strip() == "As I see it"
    assert now.key not in late.content.decode()
    assert [each.key for each in CostLine.objects.live()] == [now.key]
    assert client.post(reverse("costs:line", args=[line.key]), form.fields | {"record": "1"}).status_code == 409
    client.force_login(UserFactory())
    assert client.post(reverse("costs:line", args=[line.key]), form.fields).status_code == 403


def test_the_page_of_a_corrected_line_leads_to_what_stands_now(client):
    line = add_line(InitiativeFactory(), "2026-03-05", "100")
    now = correct(correct(line, amount=Decimal(90)), amount=Decimal(80))
    client.force_login(line.group.initiative.owner)
    page = client.get(reverse("costs:line", args=[line.key])).content.decode()
    assert reverse("costs:line", args=[now.key]) in page


def test_a_line_of_a_bill_is_followed_among_its_versions():
    bring_in("focus", SAMPLES / "focus.csv")
    line = CostLine.objects.live().shown().filter(group__family__isnull=False).first()
    now = correct(correct(line, description="GPU"), description="GPU hours")
    assert standing(CostLine.objects.shown().get(pk=line.pk)) == now


SIBLINGS = [
    ({"Tags": '{"app": "a"}'}, {"Tags": '{"app": "b"}'}),
    ({"InvoiceId": "INV-1"}, {"InvoiceId": "INV-2"}),
]


def lines_of_a_bill(*rows: dict[str, str]) -> list[CostLine]:
    """Return the lines of a bill whose rows differ in tags or invoice alone, in their order."""
    bring_in("focus", bill(*[row | {"BilledCost": str(n)} for n, row in enumerate(rows, 1)]))
    return list(CostLine.objects.live().shown().order_by("amount"))


def stands(line: CostLine) -> CostLine:
    return standing(CostLine.objects.shown().get(pk=line.pk))


@pytest.mark.parametrize("rows", SIBLINGS)
def test_a_line_of_a_bill_is_not_taken_for_one_that_differs_in_tags_or_invoice_alone(client, rows):
    first, second = lines_of_a_bill(*rows)
    form = opened(client, second)
    first_now, second_now = (correct(each, description="GPU") for each in (first, second))
    assert [stands(each) for each in (first, second)] == [first_now, second_now]
    stale = client.post(form.action, form.fields | {"amount": "5"})
    again = the_form(stale)
    assert (stale.status_code, again.action) == (409, reverse("costs:line", args=[second_now.key]))
    assert client.post(again.action, again.fields).status_code == 302
    assert sorted(CostLine.objects.live().values_list("amount", flat=True)) == [1, 5]


def test_a_deleted_line_of_a_bill_is_not_followed_by_one_with_other_tags():
    first, second = lines_of_a_bill(*SIBLINGS[0])
    correct(first, description="GPU")
    lines.remove(None, second)
    assert stands(second).pk == second.pk


def test_a_line_of_a_bill_is_followed_to_its_other_tags_where_no_other_line_may_be_meant(client):
    first, second = lines_of_a_bill(*SIBLINGS[0])
    first_now = correct(first, tags={"app": "c"})
    assert stands(first) == first_now
    correct(second, description="GPU")
    assert stands(first).pk == first.pk
    client.force_login(UserFactory(finance=True))
    page = client.get(reverse("costs:line", args=[first.key]))
    assert page.status_code == 200
    assert "The line that counts now" not in page.content.decode()


def test_a_line_of_a_bill_that_was_deleted_and_delivered_again_is_what_stands():
    (line,) = lines_of_a_bill({})
    lines.remove(None, correct(line, description="GPU"))
    bring_in("focus", bill({"BilledCost": "7"}))
    assert stands(line) == CostLine.objects.live().get()


def test_lines_of_a_bill_are_followed_to_the_invoice_of_the_month_that_was_closed():
    first, second = lines_of_a_bill(*SIBLINGS[0])
    closed = [row | {"InvoiceId": "INV-1", "BilledCost": str(n)} for n, row in enumerate(SIBLINGS[0], 3)]
    bring_in("focus", bill(*closed))
    assert [(stands(each).amount, stands(each).withdrawn_at) for each in (first, second)] == [(3, None), (4, None)]


def test_a_deleted_line_that_came_again_with_its_invoice_is_not_recorded_beside_it():
    (line,) = lines_of_a_bill({})
    lines.remove(None, line)
    bring_in("focus", bill({"InvoiceId": "INV-1", "BilledCost": "7"}))
    assert stands(line) == CostLine.objects.live().get()


def test_a_line_that_was_deleted_and_brought_again_by_its_source_is_not_recorded_beside_it(client):
    named = {"external_id": "INV-1", "source": "erp"}
    line = add_line(InitiativeFactory(), "2026-03-05", "100", **named)
    form = opened(client, line)
    deleted = correct(line, amount=Decimal(90))
    lines.remove(None, deleted)
    now = add_line(line.group.initiative, "2026-03-05", "120", **named)
    assert [stands(line), stands(deleted)] == [now, now]
    stale = client.post(form.action, form.fields | {"amount": "80"})
    assert (stale.status_code, the_form(stale).action) == (409, reverse("costs:line", args=[now.key]))


@pytest.mark.parametrize("of_a_bill", [True, False])
def test_what_stands_is_found_by_one_query_however_many_versions_there_are(of_a_bill, django_assert_num_queries):
    named = {"external_id": "INV-1", "source": "erp"}
    line = lines_of_a_bill({})[0] if of_a_bill else add_line(None, "2026-03-05", "100", **named)
    now = line
    for number in range(5):
        now = correct(now, description=str(number))
    line = CostLine.objects.shown().get(pk=line.pk)
    with django_assert_num_queries(1):
        assert standing(line) == now


def test_a_line_whose_follower_is_not_known_is_not_said_to_be_somebody_else_s(client):
    line = add_line(InitiativeFactory(), "2026-03-05", "100")
    form = opened(client, line)
    CostLine.objects.filter(pk=line.pk).update(withdrawn="corrected", withdrawn_at="2026-03-06T00:00Z")
    late = client.post(form.action, form.fields | {"description": "As I see it"})
    assert late.status_code == 409
    (said,) = late.context["form"].non_field_errors()
    assert said == "Somebody has corrected this line meanwhile. What you typed is not saved."
    assert the_form(late).fields["description"].strip() == "As I see it"


def test_lines_corrected_in_one_write_are_told_apart():
    initiative = InitiativeFactory()
    first, second = (add_line(initiative, "2026-03-05", "100") for _ in range(2))
    named = add_line(initiative, "2026-03-05", "100", external_id="INV-1", source="erp")
    pairs = [(line, replace(NewLine.of(line), amount=Decimal(90 + n))) for n, line in enumerate((first, second, named))]
    made = lines.correct_all(None, pairs)
    assert [standing(CostLine.objects.get(pk=line.pk)) for line in (first, second, named)] == made
