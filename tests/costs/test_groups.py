"""Charge groups are found by what they say, and made where they are new: few as one text, many by COPY."""

from __future__ import annotations

import pytest

from costs.groups import AS_TEXT, GroupKey, find_or_make, tags_text
from costs.models import ChargeGroup, Kind
from tests.costs.factories import category

pytestmark = pytest.mark.django_db
ODD = {"a\tb": 'back\\slash "quoted"', "new\nline": "\\N", "名": "値 %s"}


@pytest.mark.parametrize("count", [2, AS_TEXT + 1])
def test_a_group_comes_back_as_it_was_told_and_only_once(count: int) -> None:
    cloud = category().pk
    keys = [
        GroupKey(
            "focus", None, cloud, "USD", vendor="V\\N\t", resource=f"i-{number}", tags=tags_text(ODD), kind=Kind.BILL,
            details=tags_text({"InvoiceId": f"{number}", "SkuPriceId": "\\."}),
        )
        for number in range(count)
    ]  # fmt: skip
    before = find_or_make(keys[:1])
    made = find_or_make(keys)
    assert made[keys[0]] == before[keys[0]]
    assert ChargeGroup.objects.count() == count
    stored = {group.pk: group for group in ChargeGroup.objects.all()}
    assert {key: GroupKey.of(stored[pk]) for key, pk in made.items()} == {key: key for key in keys}
    assert {group.family for group in stored.values()} == {key.family for key in keys}
    assert all(stored[pk].identity == key.identity for key, pk in made.items())
