"""The pages of costs: what they show, who may use them, how many queries they take."""

import html
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import quote

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import AuditEntry, User
from costs import lines, totals
from costs.budgets import lines as budget_lines
from costs.budgets.lines import NewBudget
from costs.models import BudgetLine, Category, CostLine
from display.numbers import JOINER
from tests.costs.factories import add_line, add_rate, new_line
from tests.factories import InitiativeFactory, UserFactory
from tests.forms import forms_of
from tests.markup import tight

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_costs_tab_shows_net_gross_and_pending(django_assert_max_num_queries):
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-05", "1200")
    add_line(initiative, "2026-03-06", "200", recoverable=True, billed_on="2026-04-01")
    add_line(initiative, "2026-03-07", "9", currency="EUR")
    client = signed_in(initiative.owner)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("costs:initiative", args=[initiative.key])).content.decode()
    assert "1 line waits for an exchange rate" in page
    assert "$1,200" in page


@time_machine.travel("2026-03-10T12:00:00Z")
def test_the_month_of_today_is_drawn_as_one_that_is_not_over_among_its_costs_and_budget():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-02-05", "900")
    add_line(initiative, "2026-03-05", "12")
    ahead = [
        NewBudget(initiative, date(2026, month, 1), None, Decimal(900), "USD", date(2026, 1, 1)) for month in (3, 4)
    ]
    budget_lines.add(None, ahead)
    shown = signed_in(initiative.owner).get(reverse("costs:initiative", args=[initiative.key])).context["chart"]
    assert [row[0] for row in shown.table().rows] == ["Feb 2026", "Mar 2026 so far", "Apr 2026"]


@time_machine.travel("2026-03-10T12:00:00Z")
def test_sums_of_an_initiative_lead_to_the_lines_that_they_add_up_of():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-05", "1200")
    client = signed_in(initiative.owner)
    tab = reverse("costs:initiative", args=[initiative.key])
    assert "later than today" not in client.get(tab).content.decode()
    add_line(initiative, "2026-03-30", "77")  # an invoice of the month's end, entered before
    page = client.get(tab).content.decode()
    assert "What is dated later than today is in no sum yet." in page
    assert "$77.00" in page  # among every line: what has just been recorded is found again
    figure = client.get(f"{initiative.url}figures/gross_cost/").content.decode()
    ways = re.findall(r'href="(/costs/\?initiative=[^"]*)"', page + figure)
    assert len(ways) == 3  # of the month, of the category, of the figure
    for way in ways:
        assert client.get(html.unescape(way)).context["sums"]._asdict() == {"lines": 1, "gross": 1200, "pending": 0}


@time_machine.travel("2026-03-10T12:00:00Z")
def test_what_tiles_work_out_adds_up_as_it_is_written():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-05", "1001.60")
    lines_of_budget = [NewBudget(initiative, date(2026, 2, 1), None, Decimal("500.30"), "USD", date(2026, 1, 1))]
    budget_lines.add(None, lines_of_budget)
    add_line(initiative, "2026-03-06", "100.40", recoverable=True)
    add_line(initiative, "2026-03-06", "50.60", recoverable=True, billed_on="2026-03-07")
    client = signed_in(UserFactory(finance=True))
    page = tight(client.get(reverse("costs:budget", args=[initiative.key])).content.decode())
    assert "$1,152.60 spent − $500.30 budgeted to date" in page
    assert "+$652" in page.replace(JOINER, "")
    assert "$1,152.60 spent + $0.00 of the budget to come" in page
    page = tight(client.get(reverse("costs:recoverable")).content.decode())
    values = re.findall(r'<div class="fig-value">([^<]*)</div>', page)
    assert values == ["$151.00", "$50.60", "$100.40"]


def test_an_amount_in_base_currency_is_said_once():
    line = add_line(InitiativeFactory(), "2026-03-06", "100", recoverable=True)
    client = signed_in(UserFactory(finance=True))
    detail, listed = reverse("costs:line", args=[line.key]), reverse("costs:recoverable")
    assert "<dt>In USD</dt>" not in tight(client.get(detail).content.decode())
    page = tight(client.get(listed).content.decode())
    assert '<th scope="col" class="num">Amount</th>' not in page
    assert "Mark the selected lines as billed" in page
    add_rate("2026-03-07", "EUR", "1.1")
    euros = add_line(InitiativeFactory(), "2026-03-07", "10", currency="EUR", recoverable=True)
    page = tight(client.get(listed).content.decode())
    assert '<th scope="col" class="num">Amount</th>' in page and "€10.00" in page and "$11.00" in page
    assert "<dt>In USD</dt>" in tight(client.get(reverse("costs:line", args=[euros.key])).content.decode())


@time_machine.travel("2026-03-10T12:00:00Z")
def test_categories_by_month_add_up_below_and_nothing_is_a_dash():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-02-05", "1200")
    add_line(initiative, "2026-03-05", "300", category="people")
    client = signed_in(initiative.owner)
    page = tight(client.get(reverse("costs:initiative", args=[initiative.key])).content.decode())
    table = page[page.index('aria-label="By category and month"') :]
    assert table.count('title="No cost is dated here."') == 2
    below = table[table.index("<tfoot>") : table.index("</tfoot>")]
    assert re.findall(r">([\d,]+)<", below) == ["1,200", "300", "1,500"]
    page = tight(signed_in(UserFactory(finance=True)).get(reverse("costs:explore")).content.decode())
    assert ">In all<" in page and ">Total<" not in page and "20\u202f% of the total" in page
    assert page.count('title="No cost is dated here."') == 2


def test_a_cost_is_recorded_on_the_costs_tab():
    initiative = InitiativeFactory()
    url = reverse("costs:initiative", args=[initiative.key])
    typed = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "12.50", "currency": "USD"}
    assert signed_in(initiative.owner).post(url, typed).status_code == 302
    assert CostLine.objects.get().group.initiative == initiative
    assert signed_in(UserFactory(executive=True)).post(url, typed).status_code == 403


def test_a_decimal_comma_is_refused_with_a_way_out():
    initiative = InitiativeFactory()
    typed = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "1.234,56", "currency": "USD"}
    answer = signed_in(initiative.owner).post(reverse("costs:initiative", args=[initiative.key]), typed)
    assert answer.status_code == 422
    assert "1234.56" in answer.content.decode()
    assert "1.234,56" in answer.content.decode()


def test_the_ledger_filters_and_sums(django_assert_max_num_queries):
    first, second = InitiativeFactory(), InitiativeFactory()
    add_line(first, "2026-03-05", "100", vendor="Contoso")
    add_line(second, "2026-04-05", "50")
    add_line(None, "2026-04-06", "7")
    client = signed_in(UserFactory(finance=True))
    with django_assert_max_num_queries(15):
        answer = client.get(reverse("costs:ledger"))
    assert answer.context["sums"]._asdict() == {"lines": 3, "gross": 157, "pending": 0}
    for query, gross in (
        (f"initiative={first.key}", 100), ("month=2026-04", 57), ("unallocated=on", 7), ("vendor=contoso", 100),
        ("category=people", None), ("source=manual", 157), ("month=nonsense", 157),
    ):  # fmt: skip
        assert client.get(f"{reverse('costs:ledger')}?{query}").context["sums"].gross == gross, query


def test_the_ledger_says_how_many_lines_it_has_whatever_is_filtered():
    initiative = InitiativeFactory()
    lines.add(None, [new_line(initiative, "2026-03-05", f"{number}") for number in range(60)])
    page = signed_in(initiative.owner).get(reverse("costs:ledger"), {"since": "2026-03"}).content.decode()
    assert "50 of 60" in page


def test_a_list_of_lines_has_no_column_that_would_be_empty_or_say_an_amount_twice():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-05", "100")
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:ledger")
    plain = tight(client.get(url).content.decode())
    assert '<th scope="col">Description</th>' not in plain and '<th scope="col" class="num">Amount</th>' not in plain
    add_line(initiative, "2026-03-06", "200", description="Seats")
    add_line(initiative, "2026-03-06", "9", currency="EUR")
    for page in (url, reverse("costs:initiative", args=[initiative.key])):
        full = tight(client.get(page).content.decode())
        assert '<th scope="col">Description</th>' in full and '<th scope="col" class="num">Amount</th>' in full
        lines_shown = re.sub("<[^>]*>", " ", full[full.index('aria-label="Cost lines"') :])
        assert (lines_shown.count("$200.00"), lines_shown.count("€9.00")) == (1, 1)


def test_an_export_neutralises_formulas():
    add_line(InitiativeFactory(), "2026-03-05", "-5", description="=HYPERLINK(1)")
    client = signed_in(UserFactory(finance=True))
    text = b"".join(client.get(reverse("costs:export", args=["csv"])).streaming_content).decode()
    assert ",'=HYPERLINK(1)," in text
    assert ",-5,USD," in text
    answer = client.get(reverse("costs:export", args=["xlsx"]))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, sheet[2], strict=True))
    assert (row["amount"].value, row["amount"].data_type) == (-5, "n")
    assert (row["incurred_on"].is_date, row["description"].value, row["description"].data_type) == (
        True,
        "=HYPERLINK(1)",
        "s",
    )
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]


def test_a_line_is_corrected_and_the_old_one_stays_in_the_history():
    initiative, other = InitiativeFactory(), InitiativeFactory()
    line = add_line(initiative, "2026-03-05", "100")
    client = signed_in(UserFactory(finance=True))
    typed = {
        "initiative": other.key, "incurred_on": "2026-03-05", "category": "cloud", "amount": "80", "currency": "USD",
    }  # fmt: skip
    answer = client.post(reverse("costs:line", args=[line.key]), typed)
    assert answer.status_code == 302
    assert [each.amount for each in CostLine.objects.live()] == [80]
    assert client.get(answer.url).status_code == 200
    assert "no longer counts" in client.get(reverse("costs:line", args=[line.key])).content.decode()


@pytest.mark.parametrize("amount", ["100", "81"])
def test_a_line_that_moves_tells_in_no_history_what_it_says_in_a_confidential_one(amount):
    seen, secret = InitiativeFactory(), InitiativeFactory(confidential=True)
    line = add_line(seen, "2026-03-05", "100", vendor="Acme")
    there = lines.correct(None, line, new_line(secret, "2026-03-06", amount, vendor="Hush Ltd"))
    lines.correct(None, there, new_line(seen, "2026-03-05", "100", vendor="Acme"))

    def told(reader: User) -> str:
        return tight(signed_in(reader).get(reverse("projects:initiative-history", args=[seen.key])).content.decode())

    stranger, insider = told(UserFactory()), told(secret.owner)
    for word in (secret.key, "Hush", "$81", "6\u00a0Mar"):
        assert word not in stranger
    assert f"<del>{seen.key}</del> → <ins>another initiative</ins>" in stranger
    assert f"<del>another initiative</del> → <ins>{seen.key}</ins>" in stranger
    assert f"<del>{seen.key}</del> → <ins>{secret.key}</ins>" in insider
    assert "<ins>Hush Ltd</ins>" in insider and "another initiative" not in insider


def test_a_history_in_which_something_moved_to_what_is_no_key_is_shown():
    seen = InitiativeFactory()
    line = add_line(seen, "2026-03-05", "100")
    with changing(None) as change:
        change.record(line, "edit", {"initiative": (seen.key, "Claims")}, seen.pk)
    page = signed_in(UserFactory()).get(reverse("projects:initiative-history", args=[seen.key]))
    assert f"<del>{seen.key}</del> → <ins>another initiative</ins>" in tight(page.content.decode())


def sent(form) -> dict[str, str]:
    """Return what a browser sends of a form as it is shown, with the ends of lines that it makes."""
    shown = {field.name: field.value() for field in form}
    values = {name: "on" if value is True else value for name, value in shown.items() if value not in (None, False)}
    return {name: str(value).replace("\n", "\r\n") for name, value in values.items()}


def test_the_correction_of_a_line_keeps_its_category_though_it_is_out_of_use():
    line = add_line(InitiativeFactory(), "2026-03-05", "100")
    Category.objects.filter(pk=line.group.category_id).update(is_active=False)
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:line", args=[line.key])
    page = client.get(url)
    chosen = re.findall(r'<option value="([^"]*)" selected', page.content.decode())
    assert "cloud" in chosen
    assert client.post(url, sent(page.context["form"]) | {"amount": "80"}).status_code == 302
    (now,) = CostLine.objects.live()
    assert (now.amount, now.group.category.name) == (80, "cloud")
    other = add_line(InitiativeFactory(), "2026-03-05", "1", category="people")
    answer = client.post(reverse("costs:line", args=[other.key]), sent(page.context["form"]))
    assert answer.status_code == 422  # what is out of use is for its own lines alone


def test_a_line_with_a_long_description_is_corrected_on_its_page():
    told = "two\nlines " + "x" * 19_990
    line = add_line(InitiativeFactory(), "2026-03-05", "100", description=told)
    client, url = signed_in(UserFactory(finance=True)), reverse("costs:line", args=[line.key])
    typed = sent(client.get(url).context["form"]) | {"amount": "80"}
    assert client.post(url, typed).status_code == 302
    (now,) = CostLine.objects.live()
    assert (now.amount, now.description) == (80, told)
    url = reverse("costs:line", args=[now.key])
    assert client.post(url, typed | {"description": told + "x"}).status_code == 422


def test_a_line_is_deleted():
    initiative = InitiativeFactory()
    line = add_line(initiative, "2026-03-05", "100")
    assert signed_in(UserFactory()).post(reverse("costs:line-delete", args=[line.key])).status_code == 403
    assert signed_in(initiative.owner).post(reverse("costs:line-delete", args=[line.key])).status_code == 302
    assert not CostLine.objects.live().exists()
    with pytest.raises(RuleError):
        lines.remove(initiative.owner, line)


def test_the_way_to_a_line_and_back_keeps_the_list_as_it_was_filtered():
    initiative = InitiativeFactory()
    first, second = (add_line(initiative, "2026-03-05", amount, vendor="Stratus") for amount in ("100", "80"))
    client, ledger = signed_in(initiative.owner), reverse("costs:ledger") + "?vendor=Stratus&month=2026-03"
    away = f"?next={quote(ledger, safe='')}"
    there = reverse("costs:line", args=[first.key]) + away
    assert f'href="{there}"' in client.get(ledger).content.decode()
    page = client.get(there)
    assert page.content.decode().count(f'href="{html.escape(ledger)}"') == 2  # the crumb, and Cancel
    correction = forms_of(page)[-2]
    refused = client.post(correction.action, correction.fields | {"amount": ""})
    assert forms_of(refused)[-1].fields["next"] == ledger
    corrected = client.post(correction.action, correction.fields | {"amount": "90"})
    assert corrected.url.endswith(away)
    (now,) = CostLine.objects.live().exclude(fingerprint=second.fingerprint)
    assert corrected.url.startswith(reverse("costs:line", args=[now.key]))
    (deletion,) = [form for form in forms_of(client.get(corrected.url)) if form.action.endswith("/delete/")]
    assert client.post(deletion.action, deletion.fields).url == ledger
    own = f"?next={quote(reverse('costs:initiative', args=[initiative.key]), safe='')}"
    listed = client.get(reverse("costs:initiative", args=[initiative.key])).content.decode()
    assert f'href="{reverse("costs:line", args=[second.key])}{own}"' in listed
    strange = client.get(reverse("costs:line", args=[second.key]) + "?next=https://evil.example/")
    assert strange.context["back"] == reverse("costs:ledger")


def test_budget_lines_are_pasted_and_deleted():
    initiative, office = InitiativeFactory(), UserFactory(portfolio=True)
    url, client = reverse("costs:budget", args=[initiative.key]), signed_in(office)
    cells = "2026-01\tcloud\t100\tUSD\t2025-12-01\n2026-02\t\t50\tUSD\t\n"
    assert client.post(url, {"cells": cells, "save": "1"}).status_code == 302
    assert [(line.amount, line.category and line.category.name) for line in BudgetLine.objects.all()] == [
        (100, "cloud"), (50, None),
    ]  # fmt: skip
    first = BudgetLine.objects.first()
    asked = client.post(f"{url}?year=2026", {"delete": first.pk})
    page = tight(asked.content.decode()).replace("\xa0", " ")
    assert "Delete this budget line of <b>$100.00</b>?" in page
    assert "<dd>Jan 2026</dd>" in page
    assert f'href="{url}?year=2026"' in page
    assert BudgetLine.objects.count() == 2
    for said in ("The budget line is deleted.", "This budget line is deleted already."):
        answer = client.post(f"{url}?year=2026", {"delete": first.pk, "sure": "1"})
        assert answer.url == f"{url}?year=2026"
        assert said in client.get(answer.url).content.decode()
    assert BudgetLine.objects.count() == 1
    assert 'Delete<span class="visually-hidden">: Feb 2026 · Any category</span>' in button_of(client, url)
    assert signed_in(initiative.owner).post(url, {"cells": cells, "save": "1"}).status_code == 403
    assert client.get(url).status_code == 200


def button_of(client: Client, url: str) -> str:
    """Return the first button that deletes a budget line."""
    page = tight(client.get(url).content.decode()).replace("\xa0", " ")
    return page[page.index('name="delete"') :].partition("</button>")[0]


def test_categories_are_the_administrators():
    url = reverse("costs:categories")
    assert signed_in(UserFactory(finance=True)).post(url, {"name": "energy"}).status_code == 403
    admin = signed_in(UserFactory(admin=True))
    assert admin.post(url, {"name": "energy", "label": "Energy", "is_active": "on"}).status_code == 302
    assert str(Category.objects.get(name="energy")) == "Energy"
    assert (
        admin.post(reverse("costs:category-edit", args=["energy"]), {"label": "Power", "version": "1"}).status_code
        == 302
    )
    assert not Category.objects.get(name="energy").is_active
    count = Category.objects.count()
    assert f"<b>{count} cost categories</b>, {count - 1} of them in use." in admin.get(url).content.decode()


def test_a_category_without_a_label_says_what_it_is_shown_as():
    edit = reverse("costs:category-edit", args=["cloud"])
    html = signed_in(UserFactory(admin=True)).get(edit).content.decode()
    assert "What changes in “Cloud”?" in html
    assert "Empty: it is shown as “Cloud”." in html


def test_an_administrator_puts_categories_in_order_and_every_change_is_told():
    admin = signed_in(UserFactory(admin=True))
    url = reverse("costs:categories")
    assert signed_in(UserFactory(finance=True)).post(url, {"up": "cloud", "to": "0"}).status_code == 403
    (form,) = [form for form in forms_of(admin.get(url)) if ("up", "hardware") in form.buttons]
    for _click in range(2):  # the second finds it where the first has put it
        assert admin.post(url, form.fields | {"up": "hardware"}).status_code == 302
    assert [each.name for each in Category.objects.all()][:3] == ["tokens", "hardware", "cloud"]
    assert [admin.post(url, {"up": name}).status_code for name in ("moon", "\0")] == [404, 404]
    admin.post(reverse("costs:category-edit", args=["data"]), {"label": "Data sets", "is_active": "on", "version": "1"})
    told = AuditEntry.objects.filter(object_type="costs.category").order_by("pk").values_list("changes", flat=True)
    assert list(told) == [{"position": [3, 2]}, {"label": ["", "Data sets"]}]


def test_a_category_out_of_use_keeps_its_lines_and_takes_no_new_ones():
    initiative = InitiativeFactory()
    add_line(initiative, "2026-03-05", "100")
    admin, url = signed_in(UserFactory(admin=True)), reverse("costs:initiative", args=[initiative.key])
    admin.post(reverse("costs:category-edit", args=["cloud"]), {"label": "", "version": "1"})
    typed = {"incurred_on": "2026-03-05", "category": "cloud", "amount": "12.50", "currency": "USD"}
    assert admin.post(url, typed).status_code == 422
    assert "$100" in admin.get(url).content.decode()


def test_a_cost_may_lie_ahead_and_counts_from_its_day():
    initiative = InitiativeFactory()
    ahead = timezone.localdate() + timedelta(days=40)
    typed = {"incurred_on": str(ahead), "category": "cloud", "amount": "12.50", "currency": "USD"}
    url = reverse("costs:initiative", args=[initiative.key])
    assert signed_in(initiative.owner).post(url, typed).status_code == 302
    assert totals.gross_by_initiative([initiative.pk], ahead - timedelta(days=1)) == {}
    assert totals.gross_by_initiative([initiative.pk], ahead) == {initiative.pk: Decimal("12.50")}
    too_far = {**typed, "incurred_on": "2101-01-01"}
    assert signed_in(initiative.owner).post(url, too_far).status_code == 422


def test_recoverable_lines_come_fifty_a_page_and_what_is_said_of_them_is_of_all():
    initiative = InitiativeFactory()
    lines.add(None, [new_line(initiative, "2026-03-06", "2", recoverable=True) for _ in range(53)])
    client, page = signed_in(UserFactory(finance=True)), reverse("costs:recoverable")
    first = client.get(page)
    assert (len(first.context["rows"]), first.context["may_bill_lines"], first.context["sums"].lines) == (50, 53, 53)
    assert first.context["recovery"].open == first.context["sums"].gross == 106
    second = client.get(page, {"after": first.context["page"].next_after})
    assert (len(second.context["rows"]), second.context["sums"].lines, second.context["recovery"].open) == (3, 53, 106)
