"""Template tags and filters."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from display import currency, sentences
from display.fields import SoftWarning
from display.stages import StageStep
from tests.markup import tight


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"), currency.using("USD"):
        yield


def shown(source, path="/initiatives/?sort=-cost&unit=3&page=4", **context):
    request = RequestFactory().get(path)
    return Template("{% load display %}" + source).render(Context({"request": request, **context})).strip()


class Sample(forms.Form):
    metric = forms.CharField(label="What?", help_text="One thing")
    note = forms.CharField(required=False)
    amount = forms.DecimalField()
    currency = forms.ChoiceField(choices=[("USD", "USD")])
    kind = forms.ChoiceField(choices=[("level", "A reading")], widget=forms.RadioSelect)


def test_sentences_follow_with_a_space_and_in_japanese_without():
    assert shown("One.{% sentence_space %}Two.") == "One. Two."
    with translation.override("ja"):
        assert shown("一。{% sentence_space %}二。") == "一。二。"


def test_things_in_a_row_have_the_comma_of_the_language():
    assert shown("{{ things|listed }}", things=["one", 2]) == "one, 2"
    with translation.override("ja"):
        assert shown("{{ things|listed }}", things=["一", 2]) == "一、2"


def test_what_is_said_aside_has_brackets_of_the_language_with_their_space():
    assert shown("<b>38 %</b>{% aside range %}", range="31–46") == "<b>38 %</b> (31–46)"
    assert shown("<b>38 %</b>{% aside range %}", range="") == "<b>38 %</b>"
    with translation.override("ja"):
        assert shown("<b>38%</b>{% aside range %}", range="31–46") == "<b>38%</b>（31–46）"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Claims by hand", "Claims by hand"),
        ("Claims are sorted", "Claims are…"),
        ("Claims are by hand", "Claims are by…"),
        ("引受担当者は手作業で照合している。", "引受担当者は手作業で照合し…"),
        ("https://example.org/a b", "https://examp…"),
    ],
)
def test_what_is_too_long_is_cut_between_words_where_there_are_any(text, cut):
    assert sentences.shortened(text, 14) == cut


def test_a_name_and_what_it_is_are_parted_as_the_language_does():
    assert shown("Stage{% colon %}Pilot") == "Stage: Pilot"
    assert shown("{{ q }}{% colon q %}Yes.", q="Is it?") == "Is it? Yes."
    with translation.override("ja"):
        assert shown("段階{% colon %}パイロット") == "段階：パイロット"
        assert shown("{{ q }}{% colon q %}はい。", q="必要ですか？") == "必要ですか？はい。"


def test_a_field_points_to_its_help_error_and_warning():
    form = Sample({"metric": ""})
    form.warnings = {"metric": [SoftWarning("Vague", "Use “time”", "time")]}
    html = shown("{% field form.metric %}", form=form)
    assert 'aria-describedby="id_metric_help id_metric_error id_metric_warning"' in html
    assert 'aria-invalid="true"' in html
    assert html.index("One thing") < html.index("<input") < html.index("This field is required.") < html.index("Vague")
    assert 'name="use-metric" value="time" formnovalidate data-fill="id_metric"' in html


def test_optional_fields_say_so_and_required_ones_do_not():
    assert "optional" in shown("{% field form.note %}", form=Sample())
    assert "optional" not in shown("{% field form.metric %}", form=Sample())


def test_what_was_typed_into_a_number_stays_even_when_it_is_none():
    html = shown("{% field form.amount currency=form.currency %}", form=Sample({"amount": "1.2.3"}))
    assert 'type="text" name="amount" value="1.2.3"' in html
    assert 'inputmode="decimal"' in html
    assert '<select name="currency"' in html


def test_choices_are_a_group_with_a_legend():
    html = tight(shown("{% field form.kind %}", form=Sample()))
    assert html.startswith("<fieldset")
    assert "<legend>Kind" in html


def test_the_summary_leads_to_every_wrong_field():
    html = shown("{% form_errors form %}", form=Sample({"amount": "x"}))
    assert "4 fields need another look" in html
    assert '<a href="#id_amount">Amount</a>: Enter a number.' in html


def test_query_changes_parameters_and_goes_back_to_page_one():
    assert shown("{% query unit=None %}") == "?sort=-cost"
    assert shown("{% query page=2 %}") == "?sort=-cost&amp;unit=3&amp;page=2"
    assert shown("{% query unit=None sort=None %}") == "/initiatives/"


def test_an_address_carries_a_query_and_what_else_it_should_say():
    source = '{% address "portfolio:figure" "roi" query=query left_out=why %}'
    assert shown('{% address "portfolio:figure" "roi" query=query %}', query="") == "/portfolio/figures/roi/"
    assert shown(source, query="", why="a&b") == "/portfolio/figures/roi/?left_out=a%26b"
    assert shown(source, query="tag=x&rate=1", why="no date") == (
        "/portfolio/figures/roi/?tag=x&amp;rate=1&amp;left_out=no+date"
    )


def test_sort_header_turns_round_and_says_its_direction():
    html = shown('{% sort_header "cost" "Cost" num=True %}')
    assert 'aria-sort="descending"' in html
    assert 'href="?sort=cost&amp;unit=3"' in html
    assert 'href="?sort=title&amp;unit=3"' in shown('{% sort_header "title" "Title" %}')
    assert 'href="?sort=-count&amp;unit=3"' in shown('{% sort_header "count" "Count" num=True %}')


def test_pages_mark_where_one_is():
    html = shown("{% pages page %}", page=Paginator(range(2133), 50).page(4))
    assert "151–200 of 2,133" in html
    assert '<span class="at" aria-current="page">4</span>' in html
    assert 'href="?sort=-cost&amp;unit=3&amp;page=43"' in html
    assert shown("{% pages page %}", page=Paginator(range(4), 50).page(1)).strip() == ""  # "1–4 of 4" says nothing


def test_a_missing_figure_is_a_dash_with_its_reason():
    html = shown("{% figure value 'money' reason=why %}", value=None, why="<No rate>")
    assert 'title="&lt;No rate&gt;"' in html
    assert '<span class="visually-hidden">&lt;No rate&gt;</span>' in html
    assert shown("{% figure value 'money_short' %}", value=1240000) == "$1.24\u00a0M"
    with pytest.raises(TemplateSyntaxError):
        shown("{% figure 1 'nonsense' %}")


def test_filters_show_nothing_as_a_dash():
    assert shown("{{ v|money }} {{ v|percent }} {{ v|day }}", v=None) == "— — —"
    assert shown('{{ 5|money:"JPY" }} {{ 5|money }}') == "¥5 $5.00"


def test_badges_always_say_the_word():
    assert shown('{% stage_badge "production" %}') == '<span class="tag guided">Production</span>'
    assert shown('{% guidance_badge "partly_guided" %}') == '<span class="tag partly">Partly guided</span>'
    assert shown("{% guidance_badge None %}") == ""
    with translation.override("ja"):
        assert shown('{% status_badge "overdue" %}') == '<span class="tag stop">測定遅れ</span>'


def test_navigation_marks_the_room_one_is_in():
    assert shown('{% nav_item "/initiatives/" "Initiatives" %}').endswith('aria-current="page">Initiatives</a>')
    assert shown('{% nav_item "/initiatives/" "I" %}', path="/initiatives/AI-0001/").endswith(
        'aria-current="true">I</a>'
    )
    assert "aria-current" not in shown('{% nav_item "/" "Portfolio" %}')


def test_day_month_and_year_stay_on_one_line():
    day, moment = date(2026, 8, 1), datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
    assert shown("{{ day|day }}, {{ day|day_short }}", day=day) == "1\u00a0August\u00a02026, 1\u00a0Aug\u00a02026"
    assert shown("{{ moment|moment }}", moment=moment) == "1\u00a0Aug\u00a02026, 09:30"
    assert shown("{{ day|days:end }}", day=day, end=date(2026, 9, 2)) == "1\u00a0Aug – 2\u00a0Sep\u00a02026"
    assert shown("{{ day|month }}{{ none|day }}", day=day, none=None) == "August\u00a02026—"
    with translation.override("ja"):
        assert shown("{{ day|day }}", day=day) == "2026年8月1日"


def test_the_stage_line_shows_plan_and_actual():
    steps = [
        StageStep("Pilot", "now", date(2026, 3, 8), date(2026, 3, 1)),
        StageStep("Production", "ahead", planned=date(2026, 8, 1), overdue_days=122),
    ]
    html = tight(shown("{% stage_line steps %}", steps=steps))
    assert 'class="done now" aria-current="step"' in html
    assert "7 days after plan" in html
    assert "planned 1\u00a0Aug\u00a02026" in html
    assert '<small class="late">122 days overdue</small>' in html


def test_progress_without_a_job_is_a_bar_alone():
    assert tight(shown("{% progress %}")) == '<div class="progress"><progress aria-label="Progress"></progress></div>'


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("20.52022672899", '<data value="20.52022672899" title="20.52022672899">$20.52</data>'),
        ("-1234.5678", '<data value="-1234.5678" title="−1,234.5678">−\u2060$1,234.57</data>'),
        ("0.0000000004", '<data value="0.0000000004" title="0.0000000004">&lt;$0.01</data>'),
        ("-1234.50", "−\u2060$1,234.50"),
        ("0", "$0.00"),
    ],
)
def test_a_rounded_amount_has_all_its_digits_behind_it(amount, text):
    assert shown("{{ a|money|exactly:a }}", a=Decimal(amount)) == text
    assert shown("{{ a|money|exactly:a }}", a=None) == "—"


@pytest.mark.parametrize(
    ("unit", "language", "behind"),
    [
        ("minutes", "en", "\N{NO-BREAK SPACE}minutes"),
        ("minutes", "ja", "\N{NO-BREAK SPACE}minutes"),
        ("分", "ja", "分"),
        ("%", "en", "\N{NARROW NO-BREAK SPACE}%"),
        ("%", "ja", "%"),
        ("", "en", ""),
    ],
)
def test_a_unit_stands_behind_its_number_as_everywhere_where_a_style_puts_it_there(unit, language, behind):
    with translation.override(language):
        assert shown("7{{ unit|behind_a_number }}", unit=unit) == f"7{behind}"
