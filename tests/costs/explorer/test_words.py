"""What we or FOCUS have a name for is said by it in the explorer, in the reader's language."""

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from costs.models import ChargeGroup
from tests.costs.factories import add_line
from tests.factories import UserFactory, bearer

pytestmark = pytest.mark.django_db
NOW = time_machine.travel("2026-11-25", tick=False)


@pytest.fixture
def finance() -> Client:
    client = Client()
    client.force_login(UserFactory(finance=True))
    return client


@pytest.mark.parametrize(
    ("dimension", "value", "english", "japanese"),
    [
        ("source", "labour-register", "Register of labour", "人件費の登録簿"),
        ("source", "API", "API", "API"),
        ("source", "sap-export", "sap-export", "sap-export"),
        ("service", "write-off", "Write-off", "除却"),
        ("service_category", "AI and Machine Learning", "AI and Machine Learning", "AI・機械学習"),
        ("service_category", "Our own", "Our own", "Our own"),
    ],
)
def test_what_has_a_name_is_said_by_it(finance, dimension, value, english, japanese):
    with NOW:
        line = add_line(None, "2026-11-06", "100")
        ChargeGroup.objects.filter(pk=line.group_id).update(**{dimension: value})
        for language, name in (("en", english), ("ja", japanese)):
            asked = {"rows": dimension, "columns": "none", dimension: value}
            answer = finance.get(reverse("costs:explore"), asked, headers={"Accept-Language": language})
            page = answer.content.decode()
            assert f"<b>{name}</b>" in page.split("</h1>")[0]
            assert re.search(rf'<th scope="row"><a href="[^"]*{dimension}=[^"]*">{name}</a></th>', page)
            chip = re.search(r'<span class="chip on">\s*(.*?)\s*<a', page).group(1)
            assert chip.endswith(name)
        headers = bearer(UserFactory(finance=True))
        (item,) = finance.get("/api/v1/costs/explore", asked, headers=headers).json()["items"]
        assert (item["name"], item["label"]) == (value, english)
