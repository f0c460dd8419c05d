"""Pages of outcomes and readings: what they say, what they ask back, how many queries they take."""

import re
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from outcomes import measurements
from outcomes.cards import cards
from outcomes.forms import OutcomeForm
from outcomes.models import Measurement, Outcome
from outcomes.suggestions import next_period, usual_range
from outcomes.wording import metric_warning
from projects import periods, units
from projects.models import Transition
from tests.factories import InitiativeFactory, UserFactory
from tests.forms import forms_of
from tests.outcomes.factories import enter, make_flow, make_outcome, read

pytestmark = pytest.mark.django_db

NEW = {
    "metric": "Minutes per claim",
    "unit": "minutes",
    "direction": "decrease",
    "kind": "level",
    "baseline": "14",
    "baseline_on": "2025-01-01",
    "target": "7",
    "target_on": "2025-12-31",
    "cadence_days": "30",
    "attribution": "80",
    "unit_value": "0.85",
    "unit_value_currency": "USD",
    "volume_per_month": "9,400",
    "agreed_on": "2025-01-01",
}


@pytest.fixture
def signed_in(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_outcomes_tab_shows_state_readings_and_benefit_within_15_queries(signed_in, django_assert_max_num_queries):
    initiative = InitiativeFactory(owner=UserFactory(portfolio=True))
    today = timezone.localdate()
    for number in range(4):
        outcome = make_outcome(initiative, metric=f"Minutes per claim {number}", worth=True)
        for days in range(0, 120, 10):
            read(outcome, today - timedelta(days=days), 9)
    client = signed_in(initiative.owner)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("outcomes:initiative", args=[initiative.key]))
    said = text_of(page)
    assert "4 outcomes: 4 at risk." in said
    assert "71 % of the way, 100 % of the time" in said
    assert "Latest reading" in said
    assert "Benefit since" in said
    assert "4 more readings" in said


def test_one_outcome_is_summed_up_in_a_sentence_of_its_own(signed_in):
    outcome = make_outcome(InitiativeFactory(owner=UserFactory(portfolio=True)))
    client = signed_in(outcome.initiative.owner)
    assert "The one outcome is not measured." in text_of(client.get(f"/initiatives/{outcome.initiative.key}/outcomes/"))


def test_tab_counts_the_outcomes(signed_in):
    outcome = make_outcome()
    make_outcome(initiative=outcome.initiative, metric="Claims re-opened")
    client = signed_in(UserFactory(role="portfolio_office"))
    assert "Outcomes 2" in text_of(client.get(outcome.initiative.url))
    assert "Outcomes 2" not in text_of(client.get(InitiativeFactory().url))


def test_initiative_without_outcomes_says_what_belongs_there(signed_in):
    initiative = InitiativeFactory()
    page = signed_in(initiative.owner).get(reverse("outcomes:initiative", args=[initiative.key]))
    assert "No outcome has been agreed." in text_of(page)
    assert reverse("outcomes:outcome-new", args=[initiative.key]) in page.content.decode()
    page = signed_in(UserFactory(executive=True)).get(reverse("outcomes:initiative", args=[initiative.key]))
    assert reverse("outcomes:outcome-new", args=[initiative.key]) not in page.content.decode()


def test_a_form_from_before_its_address_moved_is_taken(signed_in):
    initiative = InitiativeFactory(owner=UserFactory(portfolio=True))
    old = f"/initiatives/{initiative.key}/outcomes/new/"
    sent = [signed_in(initiative.owner).post(old, NEW | {"once": "t"}) for _ in range(2)]
    assert [answer.url for answer in sent] == [f"/initiatives/{initiative.key}/outcomes/"] * 2
    assert initiative.outcomes.count() == 1
    assert reverse("outcomes:outcome-new", args=[initiative.key]) == f"/outcomes/new/{initiative.key}/"


def test_outcome_is_agreed_by_form(signed_in):
    initiative = InitiativeFactory()
    answer = signed_in(initiative.owner).post(reverse("outcomes:outcome-new", args=[initiative.key]), NEW)
    assert answer.status_code == 302, text_of(answer)
    outcome = Outcome.objects.get()
    terms = outcome.terms.get()
    assert (terms.attribution, terms.volume_per_month) == (Decimal("0.8"), Decimal(9400))
    assert (outcome.owner, outcome.agreed_on) == (initiative.owner, date(2025, 1, 1))


def test_wrong_target_is_said_at_its_field_and_what_was_typed_stays(signed_in):
    initiative = InitiativeFactory()
    page = signed_in(initiative.owner).post(
        reverse("outcomes:outcome-new", args=[initiative.key]), NEW | {"target": "15.50"}
    )
    assert page.status_code == 422
    assert page.context["form"].errors == {"target": ["To decrease, the target must lie below the baseline."]}
    assert 'value="15.50"' in page.content.decode()


def test_metric_that_nobody_can_measure_is_asked_back_once(signed_in):
    initiative = InitiativeFactory()
    client, url = signed_in(initiative.owner), reverse("outcomes:outcome-new", args=[initiative.key])
    vague = NEW | {"metric": "improve efficiency of claims handling"}
    page = client.post(url, vague)
    assert "Nobody could measure this yet." in text_of(page)
    assert "Handling time per case" in text_of(page)
    assert not Outcome.objects.exists()
    used = client.post(url, vague | {"use-metric": "Handling time per case"})
    assert used.context["form"]["metric"].value() == "Handling time per case"
    heeded = vague | {"heeded": page.context["form"]["heeded"].value()}
    assert client.post(url, heeded).status_code == 302
    assert Outcome.objects.get().metric == "improve efficiency of claims handling"


def test_change_holds_from_its_day_and_touches_nothing_else(signed_in):
    outcome = make_outcome(worth=True)
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:outcome-edit", args=[outcome.pk])
    form = client.get(url).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    typed = {name: "" if value is None else str(value) for name, value in shown.items()}
    assert client.post(url, typed | {"target": "6", "effective_on": "2025-03-01"}).status_code == 302
    first, second = outcome.terms.all()
    assert (first.target, second.target, second.effective_on) == (7, 6, date(2025, 3, 1))
    assert (second.attribution, second.unit_value) == (first.attribution, first.unit_value)
    stale = client.post(url, typed | {"target": "5"})
    assert stale.status_code == 409, stale.context["form"].errors
    assert "Somebody else has changed this outcome" in text_of(stale)
    assert 'value="5"' in stale.content.decode()
    assert client.post(url, typed | {"target": "5", "version": "2"}).status_code == 302


def test_a_direction_is_changed_from_a_day_on_and_the_pages_tell_both(signed_in):
    outcome = make_outcome(worth=True)
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:outcome-edit", args=[outcome.pk])
    form = client.get(url).context["form"]
    typed = {name: "" if (value := form[name].value()) is None else str(value) for name in form.fields}
    change = {"direction": "increase", "target": "20", "effective_on": "2025-03-01"}
    assert client.post(url, typed | change).status_code == 302
    table = client.get(reverse("outcomes:outcome", args=[outcome.pk])).content.decode().partition("<tbody>")[2]
    assert re.findall(r">(Decrease|Increase)</td>", table) == ["Decrease", "Increase"]
    assert client.get(url).context["form"]["direction"].value() == "increase"
    history = f"/initiatives/{outcome.initiative.key}/history/"
    told = text_of(client.get(history, headers={"accept-language": "ja"}))
    assert "方向" in told
    assert "目標" in told


def test_reading_takes_a_minute(signed_in):
    outcome = make_flow()
    read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:reading-new", args=[outcome.pk])
    page = client.get(url)
    assert "The last reading: 10 hours from 1 May 2025 to 31 May 2025." in text_of(page)
    assert page.context["form"].initial == {"period_start": date(2025, 6, 1), "period_end": date(2025, 6, 30)}
    typed = {"period_start": "2025-06-01", "period_end": "2025-06-30", "value": "20", "method": "observed"}
    assert client.post(url, typed).status_code == 302
    overlapping = client.post(url, typed)
    assert list(overlapping.context["form"].errors) == ["period_start"]


def test_outlying_value_is_asked_back_once(signed_in):
    outcome = make_outcome()
    read(outcome, date(2025, 5, 31), 10)
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:reading-new", args=[outcome.pk])
    typed = {"period_end": "2025-06-30", "value": "98", "method": "observed"}
    page = client.post(url, typed)
    assert "That is far from the readings so far (10 to 10)." in text_of(page)
    assert Measurement.objects.count() == 1
    heeded = page.context["form"]["heeded"].value()
    assert client.post(url, typed | {"heeded": heeded, "value": "980"}).status_code == 200
    assert client.post(url, typed | {"heeded": heeded}).status_code == 302


@pytest.mark.parametrize("value", ["98", "98 "])
def test_a_remark_is_heeded_also_where_the_value_ends_in_a_space(signed_in, value):
    outcome = make_outcome()
    read(outcome, date(2025, 5, 31), 10)
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:reading-new", args=[outcome.pk])
    typed = {"period_end": "2025-06-30", "value": value, "method": "observed"}
    heeded = client.post(url, typed).context["form"]["heeded"].value()
    assert client.post(url, typed | {"heeded": heeded}).status_code == 302
    assert Measurement.objects.counting().latest("period_end").value == 98


def test_an_amount_is_judged_again_once_its_period_is_another(signed_in):
    outcome = make_flow()
    read(outcome, date(2025, 5, 31), 100, period_start=date(2025, 5, 1))
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:reading-new", args=[outcome.pk])
    month = {"period_start": "2025-06-01", "period_end": "2025-06-30", "value": "600", "method": "observed"}
    heeded = {"heeded": client.post(url, month).context["form"]["heeded"].value()}
    day = month | {"period_end": "2025-06-01"}
    again = client.post(url, day | heeded)
    assert again.status_code == 200
    assert again.context["form"].must_ask
    assert Measurement.objects.count() == 1
    assert client.post(url, month | heeded).status_code == 302


def test_correction_and_withdrawal_keep_the_history(signed_in):
    outcome = make_outcome()
    reading = read(outcome, date(2025, 5, 31), 10)
    client = signed_in(outcome.initiative.owner)
    typed = {"period_end": "2025-05-31", "value": "11", "method": "sampled"}
    assert client.post(reverse("outcomes:reading-correct", args=[reading.pk]), typed).status_code == 302
    new = Measurement.objects.counting().get()
    withdraw = reverse("outcomes:reading-withdraw", args=[new.pk])
    assert "will count in no figure any more" in text_of(client.get(withdraw))
    assert client.post(withdraw).status_code == 302
    said = text_of(client.get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert "Corrected to 11 by" in said
    assert "Withdrawn by" in said
    assert client.get(withdraw).status_code == 404


def test_a_stale_correction_of_a_reading_keeps_what_was_typed(signed_in):
    reading = read(make_outcome(), date(2025, 5, 31), 10)
    measurements.withdraw(reading.outcome.initiative.owner, reading)
    client, url = signed_in(reading.outcome.initiative.owner), reverse("outcomes:reading-correct", args=[reading.pk])
    answer = client.post(url, {"period_end": "2025-05-31", "value": "11", "method": "sampled", "note": "as I see it"})
    assert answer.status_code == 409
    assert "Somebody has withdrawn this reading meanwhile" in text_of(answer)
    assert "as I see it" in text_of(answer)
    assert not Measurement.objects.counting().exists()
    assert client.get(url).status_code == 404


def test_a_note_ends_its_lines_with_one_character_whatever_a_browser_sends(signed_in):
    outcome = make_outcome()
    reading = read(outcome, date(2025, 5, 31), 10, note="a\nb")
    client, url = signed_in(outcome.initiative.owner), reverse("outcomes:reading-correct", args=[reading.pk])
    typed = {"period_end": "2025-05-31", "value": "10", "method": "observed"}
    assert client.post(url, typed | {"note": "a\r\nb"}).status_code == 302
    assert Measurement.objects.get() == reading  # nothing was changed
    longest = "a\n" * 9_999 + "ab"  # 20,000
    assert client.post(url, typed | {"note": longest.replace("\n", "\r\n") + "c"}).status_code == 422
    assert client.post(url, typed | {"note": longest.replace("\n", "\r\n")}).status_code == 302
    assert Measurement.objects.counting().get().note == longest


@pytest.mark.parametrize("back", ["abc", "https://evil.example/", "//evil.example", ""])
def test_after_validating_only_a_page_of_ours_is_gone_back_to(signed_in, back):
    client = signed_in(UserFactory(finance=True))
    assert client.post("/outcomes/validate/", {"next": back})["Location"] == reverse("outcomes:outcome-list")
    assert client.post("/outcomes/validate/", {"next": "/outcomes/?state=late"})["Location"] == "/outcomes/?state=late"


def test_finance_validates_several_at_once_and_others_may_not(signed_in):
    outcome = make_outcome()
    readings = [read(outcome, date(2025, month, 1), 10) for month in (3, 4, 5)]
    url = reverse("outcomes:reading-validate")
    typed = {"reading": [reading.pk for reading in readings[:2]]}
    assert signed_in(outcome.initiative.owner).post(url, typed).status_code == 403
    client = signed_in(UserFactory(finance=True))
    page = client.get(reverse("outcomes:outcome-list"), {"show": "validate"})
    assert "Validate all 3 readings shown" in text_of(page)
    answer = client.post(url, typed | {"next": "//evil.example"})
    assert answer["Location"] == reverse("outcomes:outcome-list")
    assert Measurement.objects.filter(state="validated").count() == 2
    client.post(url, {"shown": [reading.pk for reading in readings], "all": "1"})
    assert Measurement.objects.filter(state="validated").count() == 3


def test_a_reading_with_nothing_to_do_leaves_its_cell_empty(signed_in):
    outcome = make_outcome()
    read(outcome, date(2025, 3, 1), 10)
    client = signed_in(UserFactory(finance=True))
    empty = '<td class="num nowrap doing on-screen"></td>'
    page = reverse("outcomes:initiative", args=[outcome.initiative.key])
    assert empty not in client.get(page).content.decode()
    Measurement.objects.update(state="validated")
    assert empty in client.get(page).content.decode()


def test_list_puts_overdue_readings_first_within_15_queries(signed_in, django_assert_max_num_queries):
    today = timezone.localdate()
    for days, name in ((29, "Due tomorrow"), (100, "Long overdue"), (1, "Just read"), (50, "Overdue")):
        outcome = make_outcome(metric=name)
        enter(outcome.initiative, "pilot", date(2025, 2, 1))
        read(outcome, today - timedelta(days=days), 10)
    client = signed_in(UserFactory(executive=True))
    with django_assert_max_num_queries(15):
        page = client.get(reverse("outcomes:outcome-list"))
    assert [row.outcome.metric for row in page.context["page"]] == ["Long overdue", "Overdue", "Due tomorrow"]
    assert "2 readings are overdue." in text_of(page)
    filtered = client.get(reverse("outcomes:outcome-list"), {"status": "off_track"})
    assert [row.outcome.metric for row in filtered.context["page"]] == ["Due tomorrow", "Just read"]
    with django_assert_max_num_queries(15):
        client.get(reverse("outcomes:outcome-list"), {"show": "validate", "mine": "1"})


def test_all_outcomes_are_searched_and_narrowed_to_a_unit(signed_in, django_assert_num_queries):
    claims, motor = units.find_or_make("Claims", None), units.find_or_make("Claims / Motor", None)
    minutes = make_outcome(InitiativeFactory(title="Triage", business_unit=motor), metric="Minutes per claim")
    calls = make_outcome(InitiativeFactory(title="Voice", business_unit=claims), metric="Calls a day")
    other = make_outcome(InitiativeFactory(title="Voice of staff"), metric="Minutes per call")
    client, url = signed_in(UserFactory(executive=True)), reverse("outcomes:outcome-list")

    def found(**asked):
        return [row.outcome for row in client.get(url, {"show": "all", **asked}).context["page"]]

    assert found(q="minutes") == [minutes, other]
    assert found(q="minutes VOICE") == [other]
    assert found(q=calls.initiative.key) == found(q=f"{calls.initiative.number}") == [calls]
    assert found(unit="Claims") == [minutes, calls]
    assert found(unit="Claims", q="voice") == [calls]
    assert found(unit="Nowhere") == found(q="w " * 11) == [minutes, calls, other]  # said beside the field
    assert found(q="minutes", status="met") == []
    with django_assert_num_queries(9):
        client.get(url, {"show": "all"})
    with django_assert_num_queries(10):
        client.get(url, {"show": "all", "q": "minutes", "unit": "Claims"})


@pytest.mark.parametrize("asked", [{"mine": "1"}, {"status": "met"}, {"q": "nothing"}])
def test_a_list_that_is_empty_for_its_filters_says_so(signed_in, asked):
    make_outcome()
    client, url = signed_in(UserFactory(executive=True)), reverse("outcomes:outcome-list")
    page = client.get(url, {"show": "all", **asked})
    assert "Nothing matches" in text_of(page)
    assert "Outcomes are agreed on the page of their initiative." not in text_of(page)
    assert 'href="?show=all">Clear all filters' in page.content.decode()
    Outcome.objects.all().delete()
    assert "Outcomes are agreed on the page of their initiative." in text_of(client.get(url, {"show": "all"}))


def test_list_offers_a_reading_to_those_who_may_record_it(signed_in):
    outcome = make_outcome()
    read(outcome, timezone.localdate() - timedelta(days=20), 10)
    link = reverse("outcomes:reading-new", args=[outcome.pk])
    for user, offered in [
        (outcome.initiative.owner, True),
        (UserFactory(portfolio=True), True),
        (UserFactory(), False),
        (UserFactory(executive=True), False),
    ]:
        page = signed_in(user).get(reverse("outcomes:outcome-list"))
        assert (link in page.content.decode()) == offered


def test_who_works_through_the_readings_that_are_due_comes_back_to_them(signed_in):
    outcome = make_outcome()
    read(outcome, date(2025, 3, 31), "12")
    client, due = signed_in(outcome.initiative.owner), reverse("outcomes:outcome-list") + "?mine=1"
    there = f"{reverse('outcomes:reading-new', args=[outcome.pk])}?next={quote(due, safe='')}"
    assert f'href="{there}"' in client.get(due).content.decode()
    page = client.get(there)
    assert f'<a class="btn quiet" href="{due}">Cancel' in page.content.decode()
    form = forms_of(page)[-1]
    refused = client.post(form.action, form.fields | {"value": "x"})
    assert forms_of(refused)[-1].fields["next"] == due
    typed = {"value": "11", "period_end": "2025-05-31"}
    assert client.post(form.action, form.fields | typed).url == due
    strange = client.post(form.action, form.fields | typed | {"next": "https://evil.example/", "once": "other"})
    assert strange.url == reverse("outcomes:initiative", args=[outcome.initiative.key])


def test_who_works_through_the_pages_of_readings_stays_on_theirs(signed_in):
    outcome, office = make_outcome(cadence_days=7), UserFactory(admin=True)
    for number in range(51):
        read(outcome, date(2025, 3, 1) + timedelta(days=number), "12")
    client, second = signed_in(office), reverse("outcomes:outcome", args=[outcome.pk]) + "?page=2"
    page, away = client.get(second), f"?next={quote(second, safe='')}"
    (judged,) = [form for form in forms_of(page) if form.action == reverse("outcomes:reading-validate")]
    assert client.post(judged.action, judged.fields | dict(judged.buttons)).url == second
    (back,) = [form for form in forms_of(client.get(second)) if form.action == reverse("outcomes:reading-validate")]
    assert client.post(back.action, back.fields | dict(back.buttons)).url == second
    ((_button, pk),) = judged.buttons
    correct = reverse("outcomes:reading-correct", args=[pk]) + away
    withdraw = reverse("outcomes:reading-withdraw", args=[pk]) + away
    assert f'href="{correct}"' in page.content.decode() and f'href="{withdraw}"' in page.content.decode()
    form = forms_of(client.get(correct))[-1]
    assert client.post(form.action, form.fields | {"value": "13"}).url == second
    now = outcome.measurements.counting().get(value=13)
    withdraw = reverse("outcomes:reading-withdraw", args=[now.pk]) + away
    asked = client.get(withdraw)
    assert f'<a class="btn quiet" href="{second}">Cancel' in asked.content.decode()
    (form,) = [each for each in forms_of(asked) if not each.action]
    assert client.post(withdraw, form.fields).url == second


def test_outcome_page_takes_at_most_15_queries(signed_in, django_assert_max_num_queries):
    outcome = make_outcome(worth=True)
    for month in range(1, 11):
        read(outcome, date(2025, month, 1), 10)
    measurements.withdraw(outcome.initiative.owner, Measurement.objects.first())
    client = signed_in(outcome.initiative.owner)
    with django_assert_max_num_queries(15):
        assert client.get(reverse("outcomes:outcome", args=[outcome.pk])).status_code == 200


def test_confidential_outcome_is_not_found_by_others(signed_in):
    outcome = make_outcome(InitiativeFactory(confidential=True))
    client = signed_in(UserFactory())
    for name in ("outcome", "outcome-edit", "reading-new"):
        assert client.get(reverse(f"outcomes:{name}", args=[outcome.pk])).status_code == 404


@pytest.mark.parametrize("language", ["en", "ja"])
def test_pages_open_in_both_languages(signed_in, language):
    user = UserFactory(admin=True, language=language)
    outcome = make_flow()
    reading = read(outcome, date(2025, 5, 31), 10, period_start=date(2025, 5, 1))
    client = signed_in(user)
    for name, argument in [
        ("initiative", outcome.initiative.key),
        ("outcome-new", outcome.initiative.key),
        ("outcome", outcome.pk),
        ("outcome-edit", outcome.pk),
        ("reading-new", outcome.pk),
        ("reading-correct", reading.pk),
        ("reading-withdraw", reading.pk),
    ]:
        with translation.override(language):  # the middleware switches the language and leaves it so
            page = client.get(reverse(f"outcomes:{name}", args=[argument]))
        assert page.status_code == 200
        assert "style=" not in page.content.decode().split("<body", 1)[1]


@pytest.mark.parametrize(
    ("metric", "pick"),
    [
        ("improve efficiency", "Handling time per case"),
        ("Better quality of letters", "Share of cases with an error"),
        ("問い合わせ対応の効率化", "Handling time per case"),
        ("顧客満足度の向上", "Customer satisfaction score"),
        ("Minutes per claim", None),
        ("Improved share of claims paid within a week", None),
        ("1件当たりの処理時間の改善", None),
        ("Claims re-opened", None),
    ],
)
def test_wording_names_a_metric_that_can_be_counted(metric, pick):
    warning = metric_warning(metric)
    assert (warning.value if warning else None) == pick


def test_next_period_goes_on_where_the_last_one_ended():
    today = date(2025, 7, 10)
    assert next_period(False, None, today) == (today, today)
    assert next_period(True, None, today) == (date(2025, 6, 1), date(2025, 6, 30))
    assert next_period(True, (date(2025, 5, 1), date(2025, 5, 31)), today) == (date(2025, 6, 1), date(2025, 6, 30))
    assert next_period(True, (date(2025, 6, 1), date(2025, 6, 30)), today) == (date(2025, 7, 1), today)
    assert next_period(True, (date(2025, 6, 2), date(2025, 6, 15)), today) == (date(2025, 6, 16), date(2025, 6, 29))
    assert next_period(True, (today - timedelta(days=2), today - timedelta(days=1)), today) == (today, today)
    assert next_period(True, (today - timedelta(days=1), today), today) is None


def test_after_a_period_that_ended_today_none_is_proposed(client):
    today = timezone.localdate()
    flow = make_flow()
    read(flow, today, 10, period_start=today - timedelta(days=6))
    client.force_login(flow.initiative.owner)
    assert client.get(reverse("outcomes:reading-new", args=[flow.pk])).context["form"].initial == {}


def test_usual_range_needs_something_to_compare_with():
    assert usual_range([], [Decimal(14), Decimal(7)]) is None
    assert usual_range([Decimal(10)], [None]) is None
    assert usual_range([Decimal(10)], [Decimal(14), Decimal(7)]) == (0, 21)


def test_form_offers_the_base_currency():
    assert OutcomeForm()["unit_value_currency"].value() == "USD"


def test_recording_leads_to_the_form_where_there_is_one_outcome_else_to_a_question_which(signed_in):
    client = signed_in(UserFactory(portfolio=True))
    outcome = make_outcome()
    key = outcome.initiative.key
    address = reverse("outcomes:reading-choose", args=[key])
    assert client.get(address).url == reverse("outcomes:reading-new", args=[outcome.pk])
    make_outcome(outcome.initiative, metric="Claims re-opened")
    assert client.get(address).url == f"/initiatives/{key}/outcomes/?record=1"


def test_outcomes_ask_which_one_a_reading_is_of_and_offer_each(signed_in):
    initiative = InitiativeFactory(owner=UserFactory(portfolio=True))
    first, second = (make_outcome(initiative, metric=metric) for metric in ("Minutes per claim", "Claims re-opened"))
    client = signed_in(initiative.owner)
    address = reverse("outcomes:initiative", args=[initiative.key])
    question = "Which outcome is the reading of?"
    asked = client.get(address, {"record": 1}).content.decode().partition(question)[2].partition("</nav>")[0]
    links = re.findall(r'href="([^"]+)">\s*(.*?)\s*</a>', asked)
    assert links == [(f"/outcomes/{each.pk}/readings/new/", each.metric) for each in (first, second)]
    assert question not in text_of(client.get(address))
    seen = text_of(signed_in(UserFactory(role="executive")).get(address, {"record": 1}))
    assert "2 outcomes: 2 not measured." in seen
    assert question not in seen


def test_what_was_agreed_stacks_and_writes_what_a_unit_is_worth_as_money(signed_in):
    outcome = make_outcome(worth=True, unit_value=Decimal("0.0120"))
    client = signed_in(outcome.initiative.owner)
    page = text_of(client.get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert "$0.012 9,400" in page
    agreed = client.get(reverse("outcomes:outcome", args=[outcome.pk])).content.decode().partition("<tbody>")[2]
    assert 'data-label="Value per unit (minutes)"' in agreed
    form = client.get(reverse("outcomes:outcome-edit", args=[outcome.pk])).context["form"]
    assert (form["unit_value"].value(), form["attribution"].value()) == ("0.012", "100")


def test_what_an_outcome_is_about_is_said_with_its_unit_and_its_initiative(signed_in):
    initiative = InitiativeFactory(title="Claims triage", owner=UserFactory(portfolio=True))
    outcome = make_outcome(initiative)
    reading = read(outcome, date(2025, 6, 30), 10)
    client = signed_in(initiative.owner)
    page = text_of(client.get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert "Baseline, 1 Jan 2025 14 minutes Target for 31 Dec 2025 7 minutes" in page.replace("\u00a0", " ")
    assert "Decrease 14 minutes 7 minutes" in page.replace("\u00a0", " ")
    for name, key in (
        ("outcomes:outcome", outcome.pk),
        ("outcomes:outcome-edit", outcome.pk),
        ("outcomes:outcome-new", initiative.key),
        ("outcomes:reading-new", outcome.pk),
        ("outcomes:reading-correct", reading.pk),
        ("outcomes:reading-withdraw", reading.pk),
    ):
        assert "Claims triage" in text_of(client.get(reverse(name, args=[key]))), name
    figure = text_of(client.get(reverse("outcomes:outcome-figure", args=[outcome.pk, "attainment"])))
    assert "Minutes per claim · Claims triage" in figure
    assert "(10 − 14) ÷ (7 − 14) ≈ 57 %, in minutes" in figure


def test_readings_of_whole_months_have_one_column(signed_in):
    initiative = InitiativeFactory(owner=UserFactory(portfolio=True))
    flow = make_flow(initiative)
    read(flow, date(2025, 6, 30), 20, period_start=date(2025, 6, 1))
    client = signed_in(initiative.owner)

    def heads():
        page = client.get(reverse("outcomes:outcome", args=[flow.pk])).content.decode()
        found = re.findall(r'<th scope="col" class="num">([^<]*hours[^<]*)</th>', page.partition("What was agreed")[0])
        return [head.strip() for head in found]

    assert heads() == ["Reading (hours)"]
    read(flow, date(2025, 7, 10), 5, period_start=date(2025, 7, 1))
    assert heads() == ["Reading (hours)", "hours a month"]


@pytest.mark.parametrize(("days", "is_said"), [(0, False), (1, True)])
def test_an_outcome_says_that_its_target_date_has_passed(signed_in, days, is_said):
    initiative = InitiativeFactory(owner=UserFactory(portfolio=True))
    outcome = make_outcome(initiative, target_on=timezone.localdate() - timedelta(days=days))
    page = text_of(signed_in(initiative.owner).get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert ("The target date has passed." in page) == is_said
    assert ("The target date has passed. Agree on another date" in page) == is_said
    page = text_of(signed_in(UserFactory()).get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert ("The target date has passed." in page) == is_said
    assert "Agree on another" not in page


@pytest.mark.parametrize(
    ("value", "days_ago", "stages", "is_asked"),
    [
        ("7", 2, (), False),
        ("7", 60, (), False),  # overdue, for its reading is old: what it reached it has reached
        ("7.1", 60, (), True),
        ("7.1", 2, (), True),
        (None, 0, ("prototype", "production"), True),
        ("7.1", 2, ("prototype", "stopped"), False),
        ("7.1", 2, ("declined",), False),
        ("7.1", 2, ("prototype", "production", "retired"), False),
    ],
)
def test_another_date_is_asked_for_where_the_target_is_not_reached_and_the_initiative_goes_on(
    signed_in, value, days_ago, stages, is_asked
):
    initiative, today = InitiativeFactory(owner=UserFactory(portfolio=True)), timezone.localdate()
    outcome = make_outcome(initiative, target_on=today - timedelta(days=1))
    for stage in ("proposed", *stages):
        enter(initiative, stage, date(2025, 2, 1))
    if value:
        read(outcome, today - timedelta(days=days_ago), value)
    page = text_of(signed_in(initiative.owner).get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert "The target date has passed." in page
    assert ("Agree on another date" in page) == is_asked


def test_the_list_of_what_is_due_is_named_on_paper_and_says_that_it_holds_what_is_late(signed_in):
    page = signed_in(UserFactory(portfolio=True)).get(reverse("outcomes:outcome-list")).content.decode()
    assert re.search(r'<h2 class="on-paper">\s*Overdue or due within two weeks\s*</h2>', page)
    assert re.search(r'aria-current="page">\s*Overdue or due within two weeks 0\s*</a>', page)


def test_a_reading_has_the_same_digits_wherever_it_stands(signed_in):
    outcome = make_outcome(direction="increase", unit="points", baseline=Decimal(50), target=Decimal(76))
    read(outcome, date(2025, 6, 30), "60.22")  # 10.22 ÷ 26 = 39.3 %
    client = signed_in(outcome.initiative.owner)
    for path in (outcome.initiative.url, reverse("outcomes:outcome", args=[outcome.pk])):
        page = text_of(client.get(path))
        assert "60.22 points" in page
        assert "39 % of the way" in page
    page = text_of(client.get(reverse("outcomes:outcome-figure", args=[outcome.pk, "attainment"])))
    assert "Attainment: 39 %" in page
    assert "≈ 39 %" in page


@pytest.mark.parametrize("missing", ["baseline", "baseline_on", "target"])
def test_the_legend_speaks_of_an_expected_way_only_where_both_its_ends_are_known(missing):
    outcome = make_outcome(**{missing: None})
    [part, whole] = cards([outcome, make_outcome()], date(2025, 6, 30))
    assert part.chart.note == "minutes · Filled: validated"
    assert whole.chart.note == "minutes · Filled: validated; dotted: the expected way"


def test_an_outcome_without_readings_offers_the_first_and_says_since_when_it_is_late(signed_in):
    outcome = make_outcome(cadence_days=30)
    today = timezone.localdate()
    enter(outcome.initiative, "production", today - timedelta(days=40))
    page = signed_in(outcome.initiative.owner).get(reverse("outcomes:outcome", args=[outcome.pk]))
    said = text_of(page)
    assert said.count("No reading yet") == 1
    assert "Filled: validated" not in said
    assert "10 days late" in said
    assert page.content.decode().count(reverse("outcomes:reading-new", args=[outcome.pk])) == 1
    said = text_of(signed_in(UserFactory(executive=True)).get(reverse("outcomes:outcome", args=[outcome.pk])))
    assert "Record a reading" not in said


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        ("prototype", "it is not in production yet, or has ended."),
        ("production", "it reached production on a day that is not known."),
        ("retired", "it is not in production yet, or has ended."),  # in production on an unknown day before
    ],
)
def test_why_no_reading_is_due_is_true_of_a_production_whose_day_is_unknown(signed_in, stage, why):
    outcome = make_outcome()
    line = ["prototype", "production", "retired"]
    for position, each in enumerate(line[: line.index(stage) + 1], 1):
        Transition.objects.create(
            initiative=outcome.initiative, position=position, to_stage=each, known_by=date(2025, 6, 1)
        )
    periods.rebuild([outcome.initiative_id])
    page = signed_in(outcome.initiative.owner).get(reverse("outcomes:outcome", args=[outcome.pk]))
    assert f"No reading is due: {why}" in text_of(page)


@pytest.mark.parametrize(
    ("later", "told"),
    [
        # 12 instead of 14 is worth $2 a day: 20 days of it, then 21 days of the later reading. Validated alone: 41 × 2.
        (11, "$103 of which validated $82 (80 %)"),  # 40 + 21 × 3
        (14, "$40 Validated $82 Next"),  # 40 + 0
        (16, "−$2 Validated $82 Next"),  # 40 − 21 × 2
    ],
)
def test_what_is_validated_is_a_share_only_of_as_much_or_more(signed_in, later, told):
    a_day = {"unit_value": Decimal(1), "unit_value_currency": "USD", "volume_per_month": Decimal("30.4375")}
    outcome = make_outcome(InitiativeFactory(owner=UserFactory(admin=True)), **a_day)
    today = timezone.localdate()
    first = read(outcome, today - timedelta(days=40), 12)
    read(outcome, today - timedelta(days=20), later)
    measurements.validate(outcome.initiative.owner, [first])
    page = signed_in(outcome.initiative.owner).get(reverse("outcomes:outcome", args=[outcome.pk]))
    assert told in text_of(page).replace("\u2060", "")


def crumb_of(page) -> str:
    inside = page.content.decode().partition('<div class="crumb">')[2].partition('<div class="actions">')[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside)).strip()


def test_every_page_of_an_outcome_leads_back_to_its_room(signed_in):
    outcome = make_outcome()
    reading = read(outcome, date(2025, 6, 30), 10)
    client, key = signed_in(outcome.initiative.owner), outcome.initiative.key
    for name, argument in (("outcome", outcome.pk), ("outcome-edit", outcome.pk), ("reading-new", outcome.pk)):
        assert crumb_of(client.get(reverse(f"outcomes:{name}", args=[argument]))) == (
            f"Outcomes / {key} / Minutes per claim"
        )
    page = client.get(reverse("outcomes:reading-withdraw", args=[reading.pk]))
    assert crumb_of(page) == f"Outcomes / {key} / Minutes per claim"
    page = client.get(reverse("outcomes:outcome-figure", args=[outcome.pk, "status"]))
    assert crumb_of(page).startswith(f"Outcomes / {key} / Minutes per claim / Status as of")
    page = client.get(reverse("outcomes:outcome-new", args=[key]))
    assert crumb_of(page) == f"Outcomes / {key}"
    assert '<a href="/outcomes/" aria-current="true">' in page.content.decode()
    page = client.get(f"/initiatives/{key}/figures/roi/")
    assert crumb_of(page).startswith(f"Initiatives / {key} / ROI as of")
