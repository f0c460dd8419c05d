"""Notices that a budget is used up: raised once, whatever happens afterwards; told to those whom they concern."""

import re
from datetime import date, timedelta
from decimal import Decimal
from smtplib import SMTPDataError, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Letter
from accounts.tasks import send_letters
from costs import lines, tasks
from costs.ai import categories as ai_categories
from costs.allocation import runs as allocation_runs
from costs.budgets import lines as budget_lines
from costs.budgets import notices
from costs.models import AiCategoryRule, BudgetNotice, NoticeThresholds
from costs.pricing import Tokens
from costs.usage import lines as usage_lines
from costs.usage.rows import About, UsageRow
from display.numbers import day
from tests.costs.allocation.test_places import rule
from tests.costs.budgets.test_totals import add_budget
from tests.costs.factories import add_line, add_rate
from tests.costs.prices.test_book import add as add_price
from tests.costs.test_beside_an_import import SECONDS, beside
from tests.factories import InitiativeFactory, UserFactory, bearer
from tests.markup import tight

pytestmark = pytest.mark.django_db
SETTINGS = "/costs/notices/settings/"
THRESHOLDS = "/api/v1/budget-notices/thresholds"


@pytest.fixture
def initiative():
    """1,000 granted: 400 in 2025, 600 in a month that lies far ahead, so that all of it counts and little is due."""
    made = InitiativeFactory(title="Claims triage")
    add_budget(made, "2025-01", "400", approved_on="2025-01-01")
    add_budget(made, "2099-12", "600", approved_on="2025-01-01")
    return made


def raised() -> list[tuple]:
    told = BudgetNotice.objects.order_by("pk").values_list("threshold", "spent", "budget")
    return [tuple(map(int, each)) for each in told]


def test_each_threshold_of_the_whole_budget_is_raised_as_it_is_reached(initiative):
    add_line(initiative, "2025-02-01", "799.99")
    assert raised() == []
    add_line(initiative, "2025-02-01", "0.01")  # 800.00 of 1,000
    add_line(initiative, "2025-02-02", "150")
    add_line(initiative, "2025-02-03", "60")  # 1,010
    add_line(initiative, "2025-02-04", "190")  # 1,200
    assert raised() == [(80, 800, 1000), (100, 1010, 1000), (120, 1200, 1000)]


def test_of_several_thresholds_passed_at_once_the_highest_is_told(initiative):
    add_line(initiative, "2025-02-01", "1300")
    add_line(initiative, "2025-02-01", "-450")  # 850: below 100 % again, above 80 %
    add_line(initiative, "2025-02-01", "200")  # 1,050
    assert raised() == [(120, 1300, 1000)]


def test_a_value_that_swings_and_a_job_that_runs_twice_raise_it_once(initiative):
    line = add_line(initiative, "2025-02-01", "850")
    assert tasks.raise_budget_notices() == tasks.raise_budget_notices() == 0
    lines.remove(None, line)
    add_line(initiative, "2025-02-01", "840")
    add_line(initiative, "2025-02-02", "-300")
    add_line(initiative, "2025-02-03", "300")
    assert raised() == [(80, 850, 1000)]


def test_an_enlarged_budget_raises_anew_only_where_the_larger_amount_is_reached(initiative):
    add_line(initiative, "2025-02-01", "850")
    add_budget(initiative, "2025-03", "50")  # 80 % of 1,050 is 840: passed before, not told again
    assert raised() == [(80, 850, 1000)]
    add_budget(initiative, "2025-03", "950")  # 2,000: 80 % is 1,600
    add_line(initiative, "2025-03-01", "749")
    assert len(raised()) == 1
    add_line(initiative, "2025-03-02", "1")
    assert raised() == [(80, 850, 1000), (80, 1600, 2000)]


def test_a_budget_that_shrinks_is_passed_by_what_is_spent_already(initiative):
    add_line(initiative, "2025-02-01", "850")
    budget_lines.remove(None, list(initiative.budget_lines.filter(month__year=2025)))  # 600 are left: 850 is 141 %
    assert raised() == [(80, 850, 1000), (120, 850, 600)]
    budget_lines.remove(None, list(initiative.budget_lines.all()))
    assert len(raised()) == 2  # without a budget nothing is compared


def test_nothing_is_raised_while_a_line_of_the_budget_waits_for_its_rate(initiative):
    add_budget(initiative, "2025-03", "100", approved_on="2025-01-02", currency="EUR")
    add_line(initiative, "2025-02-01", "850")
    assert raised() == []
    add_rate("2025-01-01", "EUR", "0.5")  # the whole is 1,050: 80 % is 840
    assert raised() == [(80, 850, 1050)]


def test_a_cost_that_waits_counts_from_the_day_its_rate_arrives(initiative):
    add_line(initiative, "2025-02-01", "1000", currency="EUR")
    assert raised() == []
    add_rate("2025-02-01", "EUR", "1.1")
    assert raised() == [(100, 1100, 1000)]


def test_what_is_dated_ahead_is_raised_by_the_daily_job_when_its_day_has_come(initiative):
    add_line(initiative, "2030-02-01", "900")
    assert raised() == []
    assert notices.raise_reached(as_of=date(2030, 1, 31)) == 0
    assert notices.raise_reached(as_of=date(2030, 2, 1)) == 1
    assert BudgetNotice.objects.get().raised_on == date(2030, 2, 1)


def test_a_correction_that_moves_a_cost_is_looked_at_where_it_goes_to(initiative):
    other = InitiativeFactory()
    line = add_line(other, "2025-02-01", "900")
    from tests.costs.factories import new_line

    lines.correct(None, line, new_line(initiative, "2025-02-01", "900"))
    assert raised() == [(80, 900, 1000)]


def test_a_cost_that_rules_move_is_looked_at_where_it_goes_to(initiative):
    add_line(None, "2025-02-01", "850", vendor="Acme")
    rule({"vendor": "acme"}, initiative)
    assert raised() == []
    allocation_runs.apply(None)
    assert allocation_runs.apply(None).pk is None
    assert raised() == [(80, 850, 1000)]


def test_a_cost_that_a_label_moves_is_looked_at_where_it_goes_to(initiative):
    add_line(None, "2025-02-01", "850", vendor="Acme")
    rule({"ai_category": "data"}, initiative)
    ai_categories.save(None, AiCategoryRule(priority=1, match={"provider": "acme"}, ai_category="data"))
    assert raised() == [(80, 850, 1000)]


def test_what_tokens_cost_is_looked_at(initiative):
    add_price("turbo", "850", since="2025-01-01")  # for a million
    about = About("test", "acme", "turbo", initiative.pk)
    usage_lines.add(None, [UsageRow(about, date(2025, 2, 1), Tokens(1_000_000))])
    assert raised() == [(80, 850, 1000)]


def test_all_initiatives_in_one_statement(initiative):
    for _number in range(4):
        other = InitiativeFactory()
        add_budget(other, "2025-01", "10")
        add_line(other, "2025-01-01", "9")
    BudgetNotice.objects.all().delete()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert notices.raise_reached() == 4
    assert len(queries) == 1


def test_owner_and_finance_get_one_letter_each_in_their_language(initiative, settings):
    settings.SITE_URL = "https://w.example.org"
    initiative.owner.language = "ja"
    initiative.owner.save()
    finance = UserFactory(finance=True, name="Fin")
    UserFactory(finance=True, is_active=False)
    UserFactory(portfolio=True)
    invited = UserFactory(finance=True)
    invited.set_unusable_password()
    invited.save()
    second = InitiativeFactory(title="Letters", owner=finance)
    add_budget(second, "2025-01", "10")
    add_line(initiative, "2025-02-01", "850")
    add_line(second, "2025-02-01", "13")
    assert tasks.mail_budget_notices() == 2
    assert tasks.mail_budget_notices() == 0
    assert send_letters() == 2
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert set(letters) == {initiative.owner.email, finance.email}
    assert letters[finance.email].subject == "2 budgets are nearly or fully spent"
    body = letters[finance.email].body
    assert "$850 of the whole budget of $1,000 were spent: 85\u202f%." in body
    assert "$13 of the whole budget of $10 were spent: 130\u202f%." in body
    assert f"https://w.example.org/initiatives/{second.key}/budget/" in body
    owners = letters[initiative.owner.email]
    assert owners.subject == f"予算の80%を使用しました：{initiative}"
    assert "Letters" not in owners.body
    lines = [re.sub("^[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日", "DAY", line) for line in owners.body.split("\n") if line]
    assert lines == [
        f"{initiative.owner}様",
        str(initiative),
        "DAY時点で、予算総額$1,000のうち$850（85%）を支出しています。",
        f"https://w.example.org/initiatives/{initiative.key}/budget/",
        "このメールは予算総額の80%・100%・120%に達したときにそれぞれ一度だけ送信されます。"
        "予算が増額された場合は、新しい総額で改めて判定します。",
    ]


def test_without_a_mail_server_the_letters_wait_for_a_week(initiative, settings):
    add_line(initiative, "2025-02-01", "850")
    server = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert (tasks.mail_budget_notices(), send_letters()) == (1, 0)
    settings.EMAIL_BACKEND = server
    week, minute = timedelta(days=7), timedelta(minutes=1)
    Letter.objects.update(asked_at=timezone.now() - week, failed_at=timezone.now() - minute)
    assert send_letters() == 0
    Letter.objects.update(asked_at=timezone.now() - week + minute)
    assert send_letters() == 1
    assert tasks.mail_budget_notices() == 0


REFUSED = [SMTPDataError(552, b"too large"), SMTPServerDisconnected("gone")]


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda error: type(error).__name__)
def test_one_letter_that_is_refused_has_nobody_written_to_twice(initiative, monkeypatch, refusal):
    bad, good = UserFactory(finance=True), UserFactory(finance=True)
    add_line(initiative, "2025-02-01", "850")
    send = EmailMessage.send

    def refuse(letter):
        if letter.to == [bad.email]:
            raise refusal
        return send(letter)

    monkeypatch.setattr(EmailMessage, "send", refuse)
    assert tasks.mail_budget_notices() == 3
    for _minute in range(3):
        send_letters()
        Letter.objects.exclude(failed_at=None).update(failed_at=timezone.now() - timedelta(minutes=2))
        assert tasks.mail_budget_notices() == 0
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([initiative.owner.email, good.email])
    assert [letter.user for letter in Letter.objects.filter(sent_at=None)] == [bad]
    monkeypatch.undo()
    assert send_letters() == 1
    assert mail.outbox[-1].to == [bad.email]


def test_an_address_that_cannot_be_written_keeps_no_other_letter(initiative):
    bad = UserFactory(finance=True, email=f"x@{'ア' * 60}.jp")  # its name in DNS would be too long
    good = UserFactory(finance=True)
    add_line(initiative, "2025-02-01", "850")
    assert tasks.mail_budget_notices() == 3
    for _run in range(3):
        send_letters()
    assert {letter.to[0] for letter in mail.outbox} == {initiative.owner.email, good.email}
    assert Letter.objects.get(user=bad).failed_at is not None


@pytest.mark.django_db(transaction=True)
def test_who_marks_a_notice_as_seen_does_not_wait_for_the_letters(initiative, reader, monkeypatch):
    add_line(initiative, "2025-02-01", "850")
    seen = reverse("costs:notices")
    (notice,) = BudgetNotice.objects.all()

    def mark(*_given):
        other = beside(lambda: reader.post(seen, {"seen": notice.pk}))
        other.join(SECONDS)
        assert not other.is_alive()

    monkeypatch.setattr("accounts.mail.post", mark)
    assert tasks.mail_budget_notices() == 1
    assert notice.seen_by.get() == reader.user


@pytest.fixture
def reader():
    client = Client()
    client.user = UserFactory()
    client.force_login(client.user)
    return client


def test_the_page_lists_what_is_new_and_marks_it_as_seen_for_one_person(initiative, reader):
    add_line(initiative, "2025-02-01", "850")
    url = reverse("costs:notices")
    page = reader.get(url)
    assert "Claims triage" in page.content.decode()
    assert page.context["new"] == 1
    assert page.context["rows"][0][1] == Decimal("0.85")
    assert "Claims triage" not in reader.get(url, {"threshold": "100"}).content.decode()
    assert reader.post(url, {"seen": [BudgetNotice.objects.get().pk, "x", "9" * 30]}).status_code == 302
    assert reader.get(url).context["new"] == 0
    assert "Claims triage" in reader.get(url, {"show": "all"}).content.decode()
    other = Client()
    other.force_login(UserFactory(finance=True))
    assert other.get(url).context["new"] == 1


def test_the_list_of_all_notices_counts_them_and_marks_those_that_are_new(initiative, reader):
    add_line(initiative, "2025-02-01", "850")
    url = reverse("costs:notices")
    new = tight(reader.get(url).content.decode())
    assert "Of budget now" in new and "Reached" in new and "All notices 1</a>" in new
    assert f'aria-label="Mark as seen: {initiative.key}">Mark as seen</button>' in new
    page = tight(reader.get(url, {"show": "all"}).content.decode())
    assert "<h1><b>1 budget notice</b>, new to you.</h1>" in page
    assert "All notices 1</a>" in page and "New to you 1 </a>" in page
    assert page.count('<span class="tag">new</span>') == 1
    reader.post(url, {"seen": BudgetNotice.objects.get().pk})
    page = tight(reader.get(url, {"show": "all"}).content.decode())
    assert "<h1><b>1 budget notice</b>, none of them new to you.</h1>" in page
    assert '<span class="tag">new</span>' not in page
    add_line(initiative, "2025-02-02", "150")
    page = tight(reader.get(url, {"show": "all"}).content.decode())
    assert "<h1><b>2 budget notices</b>, 1 of them new to you.</h1>" in page
    other = Client()
    other.force_login(UserFactory())
    page = tight(other.get(url, {"show": "all"}).content.decode())
    assert "<h1><b>2 budget notices</b>, all new to you.</h1>" in page


def test_a_confidential_initiative_is_in_nobodys_notices_but_its_own_peoples(reader):
    secret = InitiativeFactory(title="Whisper", confidential=True)
    add_budget(secret, "2025-01", "10")
    add_line(secret, "2025-01-01", "9")
    url = reverse("costs:notices")
    assert "Whisper" not in reader.get(url, {"show": "all"}).content.decode()
    reader.post(url, {"seen": BudgetNotice.objects.get().pk})
    assert not BudgetNotice.objects.get().seen_by.exists()
    assert reader.get("/api/v1/budget-notices", headers=bearer(reader.user)).json()["items"] == []


def test_the_page_takes_as_many_queries_for_many_as_for_one(reader, django_assert_max_num_queries):
    for _number in range(12):
        other = InitiativeFactory()
        add_budget(other, "2025-01", "10")
        add_line(other, "2025-01-01", "9")
    with django_assert_max_num_queries(11):
        reader.get(reverse("costs:notices"))


def test_the_initiative_tells_it_while_it_is_true(initiative, reader):
    add_line(initiative, "2025-02-01", "850")
    for name in ("costs:initiative", "costs:budget"):
        page = reader.get(reverse(name, args=[initiative.key])).content.decode()
        said = f"80\u202f% of the whole budget was reached by {day(timezone.localdate())}: $850 of $1,000."
        assert said in page.replace("\u00a0", " ")
        assert "Today it is 85" in page
    add_budget(initiative, "2025-03", "9000")
    assert "Today it is" not in reader.get(reverse("costs:budget", args=[initiative.key])).content.decode()


@pytest.mark.parametrize(
    ("credit", "said"),
    [
        ("0", "120\u202f% of the whole budget was reached by {on}: $1,250 of $1,000. Today it is 125\u202f%."),
        ("-200", "100\u202f% of the whole budget was reached by {on}: $1,250 of $1,000. Today it is 105\u202f%."),
        ("-450", "80\u202f% of the whole budget was reached by {on}: $1,250 of $1,000. Today it is 80\u202f%."),
        ("-451", ""),  # 799
    ],
)
def test_the_initiative_tells_the_threshold_that_a_credit_leaves_passed(initiative, reader, credit, said):
    add_line(initiative, "2025-02-01", "1250")
    add_line(initiative, "2025-02-02", credit)
    for name in ("costs:initiative", "costs:budget"):
        page = tight(reader.get(reverse(name, args=[initiative.key])).content.decode()).replace("\u00a0", " ")
        assert said.format(on=day(timezone.localdate())).replace("\u00a0", " ") in page
        assert ("of the whole budget was reached" in page) is bool(said)
    assert raised() == [(120, 1250, 1000)]


def test_the_initiative_tells_no_higher_threshold_than_a_notice_did(initiative, reader):
    add_line(initiative, "2025-02-01", "850")
    BudgetNotice.objects.update(threshold=70)  # a former one; nothing is raised for 80 % while nothing is written
    page = tight(reader.get(reverse("costs:budget", args=[initiative.key])).content.decode())
    assert "70\u202f% of the whole budget was reached" in page


def test_the_api_marks_a_notice_as_seen_for_the_caller_alone(initiative, reader):
    add_line(initiative, "2025-02-01", "850")
    other, new = UserFactory(finance=True), "/api/v1/budget-notices?new=true"
    (item,) = reader.get(new, headers=bearer(reader.user)).json()["items"]
    seen = f"/api/v1/budget-notices/{item['id']}/seen"
    assert [reader.post(seen, headers=bearer(reader.user)).status_code for _again in range(2)] == [204, 204]
    assert reader.get(new, headers=bearer(reader.user)).json()["items"] == []
    assert reader.get("/api/v1/budget-notices", headers=bearer(reader.user)).json()["count"] == 1
    assert reader.get(new, headers=bearer(other)).json()["count"] == 1
    initiative.confidential = True
    initiative.save()
    assert reader.post(seen, headers=bearer(UserFactory())).status_code == 404


def test_the_api_lists_notices(initiative, reader):
    add_line(initiative, "2025-02-01", "850.50")
    other = InitiativeFactory()
    add_budget(other, "2025-01", "10")
    add_line(other, "2025-01-01", "9")
    answer = reader.get(f"/api/v1/budget-notices?initiative={initiative.key}", headers=bearer(reader.user))
    (item,) = answer.json()["items"]
    assert item.pop("id")
    assert item == {
        "initiative": initiative.key, "threshold": 80, "spent": "850.50", "budget": "1000", "currency": "USD",
        "raised_on": str(BudgetNotice.objects.earliest("pk").raised_on),
    }  # fmt: skip


@pytest.fixture
def admin():
    client = Client()
    client.user = UserFactory(admin=True)
    client.force_login(client.user)
    return client


def test_an_administrator_says_at_which_shares_notices_are_raised(initiative, admin):
    add_line(initiative, "2025-02-01", "850")
    assert "80, 100 or 120\u202f% of the whole budget" in admin.get("/costs/notices/").content.decode()
    answer = admin.post(SETTINGS, {"thresholds": "150, 50, 90 %"}, follow=True)
    assert "50, 90 or 150\u202f%</b> of a budget" in answer.content.decode()
    assert raised() == [(80, 850, 1000)]  # 50 % was passed before a higher one was told
    add_line(initiative, "2025-02-02", "60")
    add_line(initiative, "2025-02-03", "500")  # 1,410: neither 100 nor 120 % any more
    add_line(initiative, "2025-02-04", "90")
    assert raised() == [(80, 850, 1000), (90, 910, 1000), (150, 1500, 1000)]
    told = AuditEntry.objects.get(object_type="costs.noticethresholds")
    assert (told.actor, told.changes) == (admin.user, {"thresholds": [[80, 100, 120], [50, 90, 150]]})


def test_what_is_reached_already_is_raised_as_they_are_saved(initiative, admin):
    add_line(initiative, "2025-02-01", "600")
    other = InitiativeFactory()
    add_budget(other, "2025-01", "10")
    add_line(other, "2025-01-01", "4")
    answer = admin.post(SETTINGS, {"thresholds": "50"}, follow=True)
    assert "Saved. 1 notice was raised." in answer.content.decode()
    assert raised() == [(50, 600, 1000)]
    again = admin.post(SETTINGS, {"thresholds": "50"}, follow=True)
    assert [str(message) for message in again.context["messages"]] == ["Saved."]


def test_without_thresholds_nothing_is_raised_and_the_pages_say_so(initiative, admin):
    admin.post(SETTINGS, {"thresholds": " "})
    add_line(initiative, "2025-02-01", "5000")
    assert raised() == []
    for address in (SETTINGS, "/costs/notices/"):
        assert "No notices are raised about budgets." in admin.get(address).content.decode()


@pytest.mark.parametrize("typed", ["0", "1001", "80, x", "8.5", "-80", "1 2 3 4 5 6 7 8 9 10 11"])
def test_what_is_no_share_is_refused_and_stays_typed(admin, typed):
    answer = admin.post(SETTINGS, {"thresholds": typed})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["thresholds"])
    assert f'value="{typed}"' in answer.content.decode()
    assert not NoticeThresholds.objects.exists()


@pytest.mark.parametrize("typed", ["80%、100％・120", "120;100 80", "100, 80, 120, 80"])
def test_they_are_taken_as_people_write_them(admin, typed):
    admin.post(SETTINGS, {"thresholds": "1"})
    admin.post(SETTINGS, {"thresholds": typed})
    assert NoticeThresholds.objects.get().percents == [80, 100, 120]


def test_others_see_them_and_cannot_change_them(reader):
    page = reader.get(SETTINGS).content.decode()
    assert "80, 100 or 120\u202f%</b> of a budget" in page and 'name="thresholds"' not in page
    assert reader.post(SETTINGS, {"thresholds": "50"}).status_code == 403
    answer = reader.put(THRESHOLDS, {"thresholds": [50]}, "application/json", headers=bearer(reader.user))
    assert answer.status_code == 403
    assert reader.get(THRESHOLDS, headers=bearer(reader.user)).json() == {"thresholds": [80, 100, 120]}


def test_they_are_changed_by_api(initiative, admin):
    add_line(initiative, "2025-02-01", "600")
    headers = bearer(admin.user)
    answer = admin.put(THRESHOLDS, {"thresholds": [95, 60]}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"thresholds": [60, 95]})
    assert raised() == [(60, 600, 1000)]
    for wrong in ({"thresholds": [0]}, {"thresholds": [80.5]}, {"thresholds": list(range(1, 12))}, {"percents": [1]}):
        assert admin.put(THRESHOLDS, wrong, "application/json", headers=headers).status_code == 422
    assert NoticeThresholds.objects.get().percents == [60, 95]


def test_notices_of_former_shares_are_filtered_by_them_and_an_unknown_share_is_said(initiative, admin, reader):
    add_line(initiative, "2025-02-01", "850")
    secret = InitiativeFactory(confidential=True)
    add_budget(secret, "2025-01", "10")
    add_line(secret, "2025-01-01", "10")  # raised at 100 %, seen by nobody but its own people
    admin.post(SETTINGS, {"thresholds": "90"})
    url = reverse("costs:notices")
    page = reader.get(url, {"threshold": "80"})
    assert [value for value, _share in page.context["thresholds"]] == ["80", "90"]
    assert [notice.threshold for notice, _now in page.context["rows"]] == [80]
    assert [*reader.get(url, {"threshold": "90"}).context["rows"]] == []
    assert "nothing is filtered" not in page.content.decode()
    unknown = reader.get(url, {"threshold": "<85"})
    assert "“&lt;85” is no share of a budget that notices are raised at" in unknown.content.decode()
    assert len(unknown.context["rows"]) == 1


def test_sentences_of_a_message_have_no_space_between_them_in_japanese(initiative, admin):
    add_line(initiative, "2025-02-01", "600")
    answer = admin.post(SETTINGS, {"thresholds": "50"}, follow=True, headers={"accept-language": "ja"})
    assert [str(message) for message in answer.context["messages"]] == ["保存しました。1件を通知しました。"]
    assert "。日付は" in admin.get("/costs/grid/", headers={"accept-language": "ja"}).content.decode()


def test_a_letter_names_the_shares_that_hold(initiative, admin):
    UserFactory(finance=True)
    admin.post(SETTINGS, {"thresholds": "60, 90"})
    add_line(initiative, "2025-02-01", "650")
    assert (tasks.mail_budget_notices(), send_letters()) == (2, 2)
    assert "once for each share of a budget (60 or 90\u202f%)" in mail.outbox[0].body
