"""Charts: structure, exact geometry, escaping, labels that keep apart, odd series."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from django.utils import translation

from display import charts, samples
from display.charts import placing, scales, text

SVG = "{http://www.w3.org/2000/svg}"
ALL = [
    samples.incidence,
    samples.funnel,
    samples.stacked,
    samples.cumulative,
    samples.readings,
    samples.by_month,
    samples.columns,
    samples.ranking,
    samples.price_curve,
]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def parsed(markup):
    return ET.fromstring(str(markup).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))


def boxes(picture):
    """Where every text stands, by the same widths that the charts place them with."""
    found = []
    for node in picture.iter(f"{SVG}text"):
        size, bold = float(node.get("font-size")), node.get("font-weight") == "600"
        wide = text.width(node.text or "", size, bold)
        left = float(node.get("x")) - {"middle": wide / 2, "end": wide}.get(node.get("text-anchor"), 0)
        bottom = float(node.get("y"))
        found.append((node.text, placing.Box(left, bottom - size * 0.8, left + wide, bottom)))
    return found


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("picture", ["wide", "narrow"])
def test_no_two_labels_overlap(make, language, picture):
    with translation.override(language):
        placed = boxes(parsed(getattr(make(), picture)))
    assert [(one, other) for (one, a), (other, b) in combinations(placed, 2) if a.meets(b)] == []


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("picture", ["wide", "narrow"])
def test_every_label_stands_inside_its_picture(make, picture):
    drawn = parsed(getattr(make(), picture))
    width = float(drawn.get("width"))
    assert [words for words, box in boxes(drawn) if box.left < -2 or box.right > width + 6] == []


@pytest.mark.parametrize("make", ALL)
def test_what_a_point_says_in_japanese_has_wide_signs(make):
    with translation.override("ja"):
        assert [point.label for point in make().points() if re.search("[:,] |–", point.label)] == []


def test_the_word_of_a_mark_stands_where_no_line_passes():
    """A line that falls from (0, 0) to (200, 200) passes through 22 below its middle, on the right; not on the left."""
    lines = placing.stretches(placing.finely([(0, 0), (200, 200)]))
    beside = placing.beside("used up", 10, (100, 100), (22, -12), (0, 200), lines)
    assert (beside.right, beside.bottom) == (92, 125)
    flat = placing.stretches([(0, 122), (99, 122)])
    assert placing.beside("used up", 10, (100, 100), (22, -12), (0, 200), [*lines, *flat]).bottom == 91
    assert placing.beside("used up", 10, (2, 100), (22, -12), (0, 200), []).left == 10


@pytest.mark.parametrize("make", ALL)
def test_pictures_carry_names_and_colours_but_no_style(make):
    chart = make()
    for markup in (chart.wide, chart.narrow):
        assert "style=" not in markup
        assert "#" not in re.sub(r"&#?\w+;", "", markup)
        drawn = parsed(markup)
        assert drawn.get("role") == "img"
        assert drawn.find(f"{SVG}title").text == chart.title


@pytest.mark.parametrize("make", ALL)
def test_words_are_never_smaller_than_eleven_pixels(make):
    chart = make()
    sizes = [
        float(node.get("font-size")) for one in (chart.wide, chart.narrow) for node in parsed(one).iter(f"{SVG}text")
    ]
    assert min(sizes, default=11) >= 11


def test_texts_are_escaped():
    chart = charts.Funnel(title="<b>&", stages=[charts.FunnelStage('<script>"', 3)])
    assert "<script>" not in chart.wide
    assert "<b>" not in chart.wide
    assert parsed(chart.wide).find(f"{SVG}title").text == "<b>&"


def test_one_curve_by_hand():
    """Plot from x = 44 to 760 − 10 − width of the label; one step to 50 % at month 18, top of the plot at 52 %."""
    chart = charts.Incidence(title="t", curves=[charts.Curve("a", "guided", [charts.Step(18, 0.5)])], axis="months")
    drawing = chart.draw(760)
    left, top, width, height = drawing.plot
    label = text.width("a 50\u202f%", 12.5, bold=True)
    assert (left, top) == (44, 18)
    assert width == pytest.approx(760 - 44 - 10 - label)
    assert height == pytest.approx(344 - 46 - 18)
    path = next(part for part in drawing.body if part.startswith("<path"))
    middle, right, high = left + width / 2, left + width, 298 - height * 0.5 / 0.52
    assert f'd="M44 298H{middle:.1f}V{high:.1f}H{right:.1f}"' in path


def test_a_curve_ends_where_observation_ends():
    curve = charts.Curve("a", "guided", [charts.Step(6, 0.2)], until=12)
    assert curve.at(3).value == 0
    assert curve.at(12).value == 0.2
    assert curve.at(13) is None
    table = charts.Incidence(title="t", curves=[curve], months=18).table()
    assert table.rows == [["6", "20\u202f%"], ["12", "20\u202f%"], ["18", "—"]]


def test_points_walk_along_each_curve_by_month():
    points = samples.incidence().points()
    assert len([point for point in points if point.series == 0]) == 37
    assert len([point for point in points if point.series == 2]) == 32
    assert points[0].label == "guided, month 0: 0\u202f%"


def test_funnel_bars_are_in_proportion():
    bars = parsed(samples.funnel().wide).findall(f"{SVG}rect")
    widths = [float(bar.get("width")) for bar in bars]
    assert [round(width / widths[0], 2) for width in widths] == [1, 0.79, 0.62, 0.4, 0.24]
    assert samples.funnel().table().rows[1] == ["Approved", "168", "79\u202f%", "31"]


def test_stacked_parts_fill_the_bar_and_the_smallest_can_be_seen():
    amounts = [("a", Decimal(999999), "guided"), ("b", Decimal(1), "stop"), ("c", Decimal(-5), "cost")]
    parts = [charts.Part(*amount) for amount in amounts]
    chart = charts.StackedBar(title="t", parts=parts, currency="USD")
    bars = parsed(chart.wide).findall(f"{SVG}rect")
    assert [float(bar.get("width")) for bar in bars] == [555, 3]
    assert float(bars[1].get("x")) == 557
    assert [row[0] for row in chart.table().rows] == ["a", "b", "c"]


def test_credits_hang_below_the_zero_line():
    bars = [charts.MonthBar(date(2026, 1, 1), Decimal(100)), charts.MonthBar(date(2026, 2, 1), Decimal(-50))]
    drawn = parsed(charts.BarsByMonth(title="t", bars=bars, currency="USD").wide)
    up, down = drawn.findall(f"{SVG}rect")
    assert float(up.get("y")) + float(up.get("height")) == pytest.approx(float(down.get("y")), abs=0.11)
    assert float(up.get("height")) == pytest.approx(2 * float(down.get("height")), abs=0.21)


def test_readings_are_filled_when_validated():
    circles = parsed(samples.readings().wide).findall(f"{SVG}circle")
    assert [circle.get("fill") for circle in circles] == ["var(--benefit)"] * 7 + ["var(--card)"] * 3


def _prices(at_full_use, marked, *levels):
    return charts.PriceCurve(
        title="t", at_full_use=at_full_use, marked=marked, levels=levels, currency="USD", name="own", axis="use"
    )


def _columns(count, parts, are_months):
    return charts.StackedColumns(
        title="t",
        starts=[date(2020 + index // 12, index % 12 + 1, 1) for index in range(count)],
        names=[f"第{index}四半期の名称" for index in range(count)],
        series=[charts.Series("長い名称" * 6, [Decimal(10**part)] * count, "12 %") for part in range(parts)],
        currency="USD",
        are_months=are_months,
    )


ODD = {
    "incidence of nobody": charts.Incidence(title="t", curves=[]),
    "incidence without events": charts.Incidence(title="t", curves=[charts.Curve("a", "guided", [])]),
    "certain at once": charts.Incidence(
        title="t", curves=[charts.Curve("a", "guided", [charts.Step(0, 1, None, None)])]
    ),
    "funnel of nothing": charts.Funnel(title="t", stages=[charts.FunnelStage("a", 0)]),
    "long Japanese names": charts.Funnel(title="t", stages=[charts.FunnelStage("非常に長い段階の名称" * 5, 5)]),
    "no money": charts.StackedBar(title="t", parts=[charts.Part("a", Decimal(0), "cost")], currency="USD"),
    "only credits": charts.StackedBar(title="t", parts=[charts.Part("a", Decimal(-1), "cost")], currency="USD"),
    "no line": charts.CumulativeLines(title="t", lines=[charts.Line("a", "cost", [])], currency="USD"),
    "one point": charts.CumulativeLines(
        title="t", lines=[charts.Line("a", "cost", [(date(2026, 1, 1), 5)])], currency="USD"
    ),
    "huge and negative": charts.CumulativeLines(
        title="t",
        lines=[charts.Line("a", "cost", [(date(1990, 1, 1), Decimal("-1e18")), (date(2026, 1, 1), Decimal("1e19"))])],
        currency="USD",
        today=date(2030, 1, 1),
    ),
    "one reading": charts.Readings(title="t", readings=[charts.Reading(date(2026, 1, 1), 5.0)]),
    "no reading": charts.Readings(title="t", readings=[]),
    "kept within bounds": charts.Readings(title="t", readings=[charts.Reading(date(2026, 1, 1), 5.0)], low=4, high=6),
    "three hundred months": charts.BarsByMonth(
        title="t",
        bars=[charts.MonthBar(date(2000 + index // 12, index % 12 + 1, 1), Decimal(index)) for index in range(300)],
        currency="JPY",
    ),
    "no month": charts.BarsByMonth(title="t", bars=[], currency="USD"),
    "no column": charts.StackedColumns(title="t", starts=[], names=[], series=[], currency="USD"),
    "sixty months of six parts": _columns(60, 6, are_months=True),
    "quarters with long names": _columns(40, 2, are_months=False),
    "only credits in columns": charts.StackedColumns(
        title="t",
        starts=[date(2026, 1, 1)],
        names=["Jan"],
        series=[charts.Series("a", [Decimal(-5)]), charts.Series("b", [None])],
        currency="JPY",
    ),
    "nothing to rank": charts.Ranking(title="t", bars=[], currency="USD"),
    "ranked credits and long names": charts.Ranking(
        title="t",
        bars=[charts.Bar("非常に長い名称" * 9, Decimal("-1e18"), -0.5), charts.Bar("b", Decimal(1))],
        currency="JPY",
    ),
    "a price of nothing": _prices(0.0, 0.5),
    "no price to compare with": _prices(3.754, 1.0),
    "hardly ever used": _prices(3.754, 1e-9, charts.PriceLevel("a", 1e9)),
    "prices that nobody pays": _prices(1e40, 0.5),
    "decades apart": _prices(1e-12, 0.02, charts.PriceLevel("a", 1e15), charts.PriceLevel("b", 1e15)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_series_are_either_drawn_or_known_to_be_empty(name):
    chart = ODD[name]
    table = chart.table()
    assert all(len(row) == len(table.heads) for row in table.rows)
    if chart.is_empty:
        return
    for markup in (chart.wide, chart.narrow):
        drawn = parsed(markup)
        assert "nan" not in markup
        assert "inf" not in markup.lower().replace("incidence", "")
        assert [words for words, box in boxes(drawn) if box.right > float(drawn.get("width")) + 6] == []
    assert all(-0.01 <= point.x <= 1.01 and -0.01 <= point.y <= 1.01 for point in chart.points())


def test_sparkline_has_gaps_where_values_are_missing():
    drawn = parsed(charts.sparkline([1, 2, None, 3, 4]))
    assert len(drawn.findall(f"{SVG}path")) == 2
    assert charts.sparkline([]) == charts.sparkline([None]) == ""
    assert drawn.get("aria-hidden") == "true"


def test_interval_mark_by_hand():
    """0 to 0.7 over 230 pixels from x = 5: 0.35 lies at 120."""
    drawn = parsed(charts.interval_mark(0.35, 0.14, 0.56, "guided", (0.15, 0.15)))
    assert drawn.find(f"{SVG}circle").get("cx") == "120"
    line = drawn.findall(f"{SVG}line")[1]
    assert (line.get("x1"), line.get("x2")) == ("51", "189")
    assert drawn.find(f"{SVG}rect").get("width") == "3"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0.57, [0, 0.2, 0.4, 0.6]),
        (0, 900000, [0, 250000, 500000, 750000, 1000000]),
        (-6000, 33000, [-10000, 0, 10000, 20000, 30000, 40000]),
        (0, 0, [0, 1]),
    ],
)
def test_ticks_are_round_and_cover_the_values(low, high, expected):
    assert scales.ticks(low, high, 4) == expected


def test_labels_move_apart_as_little_as_needed():
    assert text.spread([10, 12, 50], [15, 15, 15], 0, 100) == [10, 25, 50]
    assert text.spread([90, 95], [15, 15], 0, 100) == [70, 85]
    assert text.spread([95, 90], [15, 15], 0, 100) == [85, 70]


def test_a_single_day_has_a_single_label():
    chart = charts.CumulativeLines(title="t", lines=[charts.Line("a", "cost", [(date(2026, 1, 5), 5)])], currency="USD")
    assert chart.wide.count("Jan 2026") == 1


@pytest.mark.parametrize(("lowest", "has_room"), [(-900, False), (-1100, True)])
def test_a_line_that_dips_by_its_own_width_leaves_no_room_below_zero(lowest, has_room):
    known = [(date(2026, 1, 5), 0), (date(2026, 2, 5), lowest), (date(2026, 3, 5), 100_000)]
    chart = charts.CumulativeLines(title="t", lines=[charts.Line("a", "cost", known)], currency="USD")
    assert ("−\u2060$" in chart.wide) is has_room


def test_dots_of_many_readings_are_smaller():
    def chart(count: int) -> str:
        readings = [charts.Reading(date.fromordinal(738000 + day), 5.0 + day % 3) for day in range(count)]
        return charts.Readings(title="t", readings=readings).wide

    assert 'r="3"' in chart(2)
    assert 'r="2.4"' in chart(60)  # 370 px ÷ 60 ÷ 2.6
    assert 'r="1.2"' in chart(134)


def test_words_too_long_for_their_room_end_in_an_ellipsis():
    assert text.fit("Prototype", 200, 12) == "Prototype"
    short = text.fit("a title that runs on for ninety characters", 80, 12)
    assert short.endswith("…")
    assert text.width(short, 12) <= 80


def test_a_price_curve_meets_each_price_at_their_quotient():
    """3.754 ÷ 8 is 46.9 %, ÷ 4 is 93.85 %, ÷ 3.9 is 96.3 %; 0.26 is never reached."""
    chart = samples.price_curve()
    met = [point for point in chart.points() if point.series == 1]
    assert [round(point.x, 3) for point in met] == [0.469, 0.939, 0.963]
    assert met[0].label == "as dear as A large model at 47\u202f%"
    shares = {row[0]: row[1] for row in chart.table().rows}
    assert (shares["100\u202f%"], shares["30\u202f%"], shares["10\u202f%"]) == ("$3.754", "$12.51", "$37.54")
    assert "30\u202f%: $12.51" in [node.text for node in parsed(chart.wide).iter(f"{SVG}text")]


def test_rules_of_a_logarithmic_scale_are_few_and_round():
    assert scales.decades(-0.1, 0.9) == [1, 2, 5]
    assert scales.decades(-0.6, 1.6) == [0.3, 1, 3, 10, 30]
    assert scales.decades(-1, 2) == [0.1, 1, 10, 100]
    assert len(scales.decades(-20, 30)) <= 8


def test_pieces_of_a_column_by_hand():
    """Amounts 30, 10 and −20 on rules from −20 to 40 over 276 pixels: 30 is 138 high, 10 stands on it, −20 hangs."""
    chart = charts.StackedColumns(
        title="t",
        starts=[date(2026, 1, 1)],
        names=["Jan 2026"],
        series=[charts.Series(name, [Decimal(value)]) for name, value in (("a", 30), ("b", 10), ("c", -20))],
        currency="USD",
        width=1000,
    )
    first, second, third, *_swatches = parsed(chart.wide).findall(f"{SVG}rect")
    pixel = (320 - 32 - 12) / 60
    assert float(first.get("height")) == pytest.approx(30 * pixel - 1, abs=0.1)
    assert float(second.get("y")) == pytest.approx(12, abs=0.1)
    assert float(third.get("y")) == pytest.approx(12 + 40 * pixel, abs=0.1)
    assert [point.label for point in chart.points()] == [
        "Jan 2026, a: $30",
        "Jan 2026, b: $10",
        "Jan 2026, c: −\u2060$20",
    ]


def test_every_shade_of_a_column_stands_out_from_the_card_in_its_order_and_the_rest_does():
    tokens = Path("static/css/tokens.css").read_text()
    series = [charts.Series(str(index), [Decimal(9 - index)], is_rest=index == 5) for index in range(7)]
    chart = charts.StackedColumns(title="t", starts=[date(2026, 1, 1)], names=["Jan"], series=series, currency="USD")
    fills = [rect.get("fill") for rect in parsed(chart.wide).findall(f"{SVG}rect")][:7]
    for theme in (0, 1):
        card = _rgb(tokens, "card", theme)
        contrasts = []
        for fill in fills:
            name, part = re.search(r"--(\w+)\) (\d+)%", fill).groups()
            mixed = [
                a * int(part) / 100 + b * (1 - int(part) / 100)
                for a, b in zip(_rgb(tokens, name, theme), card, strict=True)
            ]
            dark, light = sorted(map(_luminance, (mixed, card)))
            contrasts.append((light + 0.05) / (dark + 0.05))
        *steps, _rest, last = contrasts
        assert [*steps, last] == sorted([*steps, last], reverse=True)
        assert min(contrasts) >= 2


def _rgb(tokens, name, theme):
    colour = re.search(rf"--{name}: light-dark\(#(\w{{6}}), #(\w{{6}})\)", tokens)[theme + 1]
    return [int(colour[at : at + 2], 16) for at in (0, 2, 4)]


def _luminance(rgb):
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (each / 255 for each in rgb)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _two_months(width=1000):
    """October has 30 of a and 10 of b, November so far 4 of a."""
    series = [charts.Series("a", [Decimal(30), Decimal(4)]), charts.Series("b", [Decimal(10), None])]
    return charts.StackedColumns(
        title="t",
        starts=[date(2026, 10, 1), date(2026, 11, 1)],
        names=["Oct 2026", "Nov 2026"],
        series=series,
        currency="USD",
        is_running=True,
        width=width,
    )


def test_series_are_named_at_the_height_of_the_last_column_that_has_all():
    """Rules go from 0 to 40 over 276 pixels: the middle of a is 15 high, that of b 35; letters begin 4 px below it."""
    names = {node.text: float(node.get("y")) for node in parsed(_two_months().wide).iter(f"{SVG}text")}
    assert names["a"] == pytest.approx(288 - 15 * 6.9 + 4, abs=0.1)
    assert names["b"] == pytest.approx(288 - 35 * 6.9 + 4, abs=0.1)


def test_beside_the_name_of_a_series_stand_its_shade_and_its_share_on_one_line():
    """The swatches follow the pieces: October's a and b, November's a; 10 px high, in the middle of the line."""
    chart = _two_months()
    chart = replace(chart, series=[replace(chart.series[0], detail="77 %"), chart.series[1]])
    drawn = parsed(chart.wide)
    first, second, _november, *swatches = drawn.findall(f"{SVG}rect")
    assert [each.get("fill") for each in swatches] == [first.get("fill"), second.get("fill")]
    words = {node.text: node for node in drawn.iter(f"{SVG}text")}
    assert words["77 %"].get("y") == words["a"].get("y")
    assert float(swatches[0].get("y")) + 5 == pytest.approx(float(words["a"].get("y")) - 4, abs=0.1)
    assert float(words["77 %"].get("x")) > float(words["a"].get("x")) > float(swatches[0].get("x"))


def test_the_bar_of_a_month_that_is_not_over_is_paler_and_says_so():
    """A plan goes on behind it: it need not be the last."""
    months = [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
    bars = [charts.MonthBar(month, Decimal(amount)) for month, amount in zip(months, (30, 4, 0), strict=True)]
    chart = charts.BarsByMonth(title="t", bars=bars, currency="USD", running=months[1])
    fills = [each.get("fill") for each in parsed(chart.wide).findall(f"{SVG}rect")]
    assert ["38%" in fill for fill in fills] == [False, True, False]
    assert [row[0] for row in chart.table().rows] == ["Oct 2026", "Nov 2026 so far", "Dec 2026"]
    assert chart.points()[1].label == "Nov 2026 so far: $4"


def test_a_column_whose_time_is_not_over_says_so():
    """4 of 40 over 276 pixels are 27.6 high; the words stand 6 px above. A column of 12 px has no room for them."""
    chart = _two_months()
    places = {node.text: float(node.get("y")) for node in parsed(chart.wide).iter(f"{SVG}text")}
    assert places["so far"] == pytest.approx(288 - 27.6 - 6, abs=0.1)
    assert [row[0] for row in chart.table().rows] == ["Oct 2026", "Nov 2026 so far"]
    assert chart.points()[1].label == "Nov 2026 so far, a: $4"
    october, _second, november, *_swatches = [each.get("fill") for each in parsed(chart.wide).findall(f"{SVG}rect")]
    assert ("100%" in october, "50%" in november) == (True, True)
    assert "so far" not in str(replace(_columns(60, 2, are_months=True), is_running=True).wide)


def test_a_label_that_was_moved_is_led_to_from_its_line():
    """Five prices within a sixth of a rule: their labels need 18 px each, so four of them are moved at least."""
    levels = [charts.PriceLevel(f"m{number}", 2 + number / 50) for number in range(5)]
    drawn = parsed(_prices(1.0, 0.3, *levels).wide)
    labels = {node.text.split()[0]: float(node.get("y")) for node in drawn.iter(f"{SVG}text") if "m" in node.text}
    ends = [float(line.get("y2")) + 4 for line in drawn.iter(f"{SVG}line") if line.get("y1") != line.get("y2")]
    assert len(ends) >= 4
    assert all(any(abs(end - place) < 0.2 for place in labels.values()) for end in ends)


def test_a_benchmark_is_named_inside_its_band_further_right_rather_than_below_it():
    """A curve runs along the middle of the band until month 10, and then above it: below the band is room at once."""
    steps = [charts.Step(0, 0.35), charts.Step(10, 0.8)]
    reference = charts.Reference("Venero", 0.3, 0.4)
    chart = charts.Incidence(title="t", curves=[charts.Curve("a", "guided", steps)], references=[reference])
    drawn = parsed(chart.wide)
    band = drawn.find(f"{SVG}rect[@opacity='0.1']")
    top, height = float(band.get("y")), float(band.get("height"))
    name = next(node for node in drawn.iter(f"{SVG}text") if node.text == "Venero")
    assert float(name.get("y")) == pytest.approx(top + height / 2 + 4, abs=0.1)


def test_benchmarks_are_named_below_the_plot_alike_where_one_name_would_be_written_over_a_curve():
    def names(label):
        curve = charts.Curve("a", "guided", [charts.Step(month, month / 36) for month in range(1, 37)])
        references = [
            charts.Reference(label, 0.3, 0.35, short="30–35 %"),
            charts.Reference("before 70 %", 0.7, 0.7, short="70 %"),
        ]
        chart = charts.Incidence(title="t", curves=[curve], references=references)
        drawn = [n for n in parsed(chart.wide).iter() if n.text]
        foot = chart.draw(chart.width).plot[1] + chart.draw(chart.width).plot[3] + 46
        return [n.text for n in drawn], [n.text for n in drawn if float(n.get("y", 0)) > foot]

    inside, below = names("Venero")
    assert {"Venero", "before 70 %"} <= set(inside)
    assert below == []
    long = "a benchmark whose name is as long as the whole of the plot is wide, from side to side " * 2
    inside, below = names(long)
    assert {"30–35 %", "70 %"} <= set(inside)
    assert below[0].startswith("a benchmark whose name")
    assert below[1] == "before 70 %"


def test_months_are_named_alike_however_wide_the_chart_is():
    # Cumulated to the end of each month: February's sum stands at the end of February, not at the first of March.
    months = [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    line = charts.Line("cost", "cost", [(day, 10) for day in months])
    chart = charts.CumulativeLines(title="t", lines=[line], currency="USD")
    first = [next(n.text for n in parsed(drawn).iter() if n.text and "2026" in n.text)
             for drawn in (chart.wide, chart.narrow)]  # fmt: skip
    assert first == ["Feb 2026", "Feb 2026"]


def test_a_long_name_beside_a_narrow_plot_goes_on_in_a_second_line():
    level = charts.PriceLevel("DeepSeek V4.1 Flash Preview", 2.0)
    chart = charts.PriceCurve(
        title="t", at_full_use=3.0, marked=0.3, levels=[level], currency="USD", name="n", axis="a"
    )
    words = [n.text for n in parsed(chart.narrow).iter() if n.text]
    assert {"DeepSeek V4.1", "Flash Preview", "$2.00"} <= set(words)


def test_bars_of_a_ranking_are_as_long_as_their_amounts():
    chart = charts.Ranking(
        title="t", bars=[charts.Bar("a", Decimal(40)), charts.Bar("b", Decimal(10))], currency="USD", width=400
    )
    long, short = (float(bar.get("width")) for bar in parsed(chart.wide).findall(f"{SVG}rect"))
    assert long == pytest.approx(4 * short, abs=0.3)
    assert [point.x for point in chart.points()] == [1, 0.25]


def test_all_others_together_do_not_set_the_scale_of_a_ranking_and_their_bar_is_broken():
    bars = [charts.Bar("a", Decimal(40)), charts.Bar("b", Decimal(10)), charts.Bar("9 more", Decimal(90), is_rest=True)]
    chart = charts.Ranking(title="t", bars=bars, currency="USD", width=900)
    drawn = parsed(chart.wide)
    first, second, rest = (float(bar.get("width")) for bar in drawn.findall(f"{SVG}rect"))
    assert (first, rest) == (pytest.approx(4 * second, abs=0.3), first)
    assert len(drawn.findall(f"{SVG}path")) == 1
    assert [point.x for point in chart.points()] == [1, 0.25, 1]
    small = replace(chart, bars=[*bars[:2], charts.Bar("9 more", Decimal(20), is_rest=True)])
    assert parsed(small.wide).findall(f"{SVG}path") == []


def test_on_a_telephone_a_name_stands_whole_above_its_bar():
    name = "AI-0004 Fraud signals in claims of water damage"
    chart = charts.Ranking(title="t", bars=[charts.Bar(name, Decimal(40), 0.5)], currency="JPY", width=1180)
    drawn = parsed(chart.narrow)
    (bar,) = drawn.findall(f"{SVG}rect")
    words = {node.text: float(node.get("y")) for node in drawn.iter(f"{SVG}text")}
    assert words[name] < float(bar.get("y"))
    assert bar.get("x") == "0"
    with translation.override("ja"):
        assert chart.points()[0].label.endswith("（50%）")


def test_months_without_cost_stand_in_the_row_of_months():
    assert charts.without_gaps([date(2025, 11, 1), date(2026, 2, 1)]) == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)
    ]  # fmt: skip
