"""Which cost of a FOCUS bill becomes the amount: chosen on the page, by API or command, remembered and shown."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.errors import RuleError
from costs.models import CostLine
from imports import jobs, runner
from imports.models import Import
from tests.costs.importers.test_focus import EFFECTIVE, EFFECTIVE_SUM, SAMPLE, bill
from tests.factories import UserFactory, bearer
from tests.imports.files import bring_in

pytestmark = pytest.mark.django_db


def test_the_command_takes_the_cost_that_counts_as_an_option(shared_data: Path, capsys):
    call_command("import_file", "focus", str(shared_data / SAMPLE), "--amount-column", "EffectiveCost")
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (Decimal(said["amount_total"]), said["amount_column"]) == (EFFECTIVE_SUM, "EffectiveCost")


def test_which_cost_counts_is_remembered_whoever_says_it():
    assert bring_in("focus", bill({})).amount_column == "BilledCost"
    effective = bring_in("focus", bill({}), amount_column="EffectiveCost")
    assert (effective.amount_column, effective.amount_total) == ("EffectiveCost", 1)
    assert jobs.repeat(effective, UserFactory(finance=True)).amount_column == "EffectiveCost"
    assert bring_in("focus", bill({}), mapping=EFFECTIVE).amount_column == "EffectiveCost"
    without = bill({}).replace("BilledCost", "ListCost")
    assert bring_in("focus", without, amount_column="EffectiveCost").amount_total == 1
    assert bring_in("focus", without).state == "failed"


@pytest.mark.parametrize(
    ("format_name", "mapping", "wanted"),
    [
        ("focus", None, "ListCost"),
        ("focus", {"ListCost": "amount"}, "EffectiveCost"),
        ("costs_csv", None, "BilledCost"),
    ],
)
def test_a_cost_that_cannot_be_had_is_refused(format_name, mapping, wanted):
    with pytest.raises(RuleError) as refused:
        bring_in(format_name, bill({}), mapping=mapping, amount_column=wanted)
    assert refused.value.field == "amount_column"


def test_the_page_of_a_line_shows_the_cost_that_a_mapping_leaves_out_and_no_more_of_what_it_does(client):
    bring_in("focus", bill({"ListCost": "2"}), mapping={"ListCost": "amount", "BilledCost": None, "ResourceId": None})
    client.force_login(UserFactory(finance=True))
    page = client.get(f"/costs/lines/{CostLine.objects.get(amount=2).key}/").content.decode()
    assert "<dt>BilledCost</dt><dd>1.5</dd>" in page and "<dt>ListCost</dt><dd>2</dd>" in page
    assert "ResourceId" not in page


def test_page_and_api_ask_which_cost_counts(client):
    finance, file = UserFactory(finance=True), bill({}).encode()
    client.force_login(finance)
    assert "Effective cost: prepaid commitments spread over their use" in client.get("/imports/").content.decode()
    sent = {"file": SimpleUploadedFile("bill.csv", file), "amount_column": "EffectiveCost"}
    answer = client.post("/imports/", sent)
    job = Import.objects.get()
    assert (answer.status_code, job.amount_column) == (302, "EffectiveCost")
    runner.run(job.pk)
    assert "Effective cost: prepaid" in client.get(f"/imports/{job.pk}/").content.decode()
    sent = {"file": SimpleUploadedFile("c.csv", b"initiative,amount\n"), "amount_column": "EffectiveCost"}
    refused = client.post("/imports/", sent | {"format": "costs_csv"})
    assert refused.status_code == 422
    assert "This format has but one column for the amount" in refused.content.decode()
    client.logout()
    headers = bearer(finance)
    sent = {"file": SimpleUploadedFile("bill.csv", file), "format": "focus", "amount_column": "EffectiveCost"}
    queued = client.post("/api/v1/imports", sent, headers=headers)
    shown = client.get(f"/api/v1/imports/{queued.json()['id']}", headers=headers).json()
    assert (queued.status_code, shown["amount_column"]) == (202, "EffectiveCost")
    sent = {"file": SimpleUploadedFile("bill.csv", file), "format": "focus", "amount_column": "Cost"}
    wrong = client.post("/api/v1/imports", sent, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "amount_column")


def test_who_may_import_no_costs_is_not_asked_which_counts(client):
    client.force_login(UserFactory(portfolio=True))
    assert "Cost that counts" not in client.get("/imports/").content.decode()
