"""What a rule refused stands at its fields; what is about none of a form's fields stands above the form."""

from __future__ import annotations

import pytest
from django import forms

from accounts import refusals
from accounts.errors import RuleError
from tests.factories import UserFactory


class _Letter(forms.Form):
    owner_email = forms.CharField()
    note = forms.CharField()


REFUSED = {
    "one field": (RuleError("Too long.", "note"), {"note": ["Too long."]}),
    "no field": (RuleError("Not today."), {"__all__": ["Not today."]}),
    "a field that the form lacks": (RuleError("Too much.", "amount"), {"__all__": ["Too much."]}),
    "several": (
        RuleError("Too long.", errors=[("note", "Too long."), ("amount", "Too much."), ("owner", "Nobody.")]),
        {"note": ["Too long."], "__all__": ["Too much."], "owner_email": ["Nobody."]},
    ),
}


@pytest.mark.parametrize(("error", "told"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_stands_at_its_fields(error, told):
    form = _Letter({"owner_email": "o@example.org", "note": "a"})
    assert form.is_valid()
    refusals.show(form, error, {"owner": "owner_email"})
    assert form.errors == told


CARDS = {
    "money.ledger.add": ("/costs/rates/add/", {"on": "2026-01-05", "currency": "EUR", "rate": "1"}),
    "costs.categories.rules.add": ("/costs/categories/", {"name": "travel", "label": "Travel", "is_active": "on"}),
    "costs.registers.entries.set_energy_price": (
        "/costs/assets/",
        {"since": "2026-01-01", "amount": "0.2", "currency": "USD"},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("door", CARDS)
def test_what_is_about_no_field_of_a_small_card_is_said_on_it(client, monkeypatch, door):
    def refuse(*_given):
        raise RuleError("Not like this.", "somewhere")

    monkeypatch.setattr(door, refuse)
    client.force_login(UserFactory(admin=True))
    address, typed = CARDS[door]
    assert "<p>Not like this.</p>" in client.post(address, typed).content.decode()
