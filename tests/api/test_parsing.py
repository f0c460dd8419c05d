"""JSON that is read strictly: numbers with every digit, bounded depth, clear errors."""

from decimal import Decimal

import pytest

from api.decimals import NumberError, exact, plain
from api.parsing import parse_json
from api.problems import Problem


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1E-7", Decimal("0.0000001")),
        ("-0", Decimal(0)),
        ("-0.00", Decimal(0)),
        ("0E-30", Decimal(0)),
        ("+5", Decimal(5)),
        (".5", Decimal("0.5")),
        ("1e19", Decimal("10000000000000000000")),
        ("9" * 20 + "." + "9" * 18, Decimal("9" * 20 + "." + "9" * 18)),
        (" 12.50 ", Decimal("12.50")),
        (7, Decimal(7)),
    ],
)
def test_numbers_keep_every_digit(text, number):
    read = exact(text)
    assert read == number
    assert not read.is_signed() or read < 0


@pytest.mark.parametrize(
    "text",
    ["NaN", "nan", "Infinity", "-inf", "1e400", "1e20", "1" * 21, "0." + "1" * 19, "1_000", "１", "", " ", "1,5", "0x1",
     "1e99999", "--1", True, 1.5, None, [], "1e-999999999999"],
)  # fmt: skip
def test_what_is_no_number_within_the_limits_is_refused(text):
    with pytest.raises(NumberError):
        exact(text)


def test_plain_text_has_no_exponent_and_keeps_zeros():
    assert [plain(Decimal(text)) for text in ("1E+3", "1E-7", "1234.50", "-0.0", "0")] == [
        "1000", "0.0000001", "1234.50", "0.0", "0",
    ]  # fmt: skip


def test_json_numbers_become_exact():
    assert parse_json(b'{"a": 0.1, "b": 12345678901234567.123456789, "c": 3, "d": [1E-7]}') == {
        "a": Decimal("0.1"),
        "b": Decimal("12345678901234567.123456789"),
        "c": 3,
        "d": [Decimal("1E-7")],
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"a": 1, "a": 2}', b'{"a": 01}', b"[" * 51 + b"]" * 51, b"nothing",
     b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_an_unreadable_body_is_400(body):
    with pytest.raises(Problem) as refused:
        parse_json(body)
    assert refused.value.status == 400


def test_ten_megabytes_of_brackets_are_400():
    with pytest.raises(Problem) as refused:
        parse_json(b"[" * (10 * 1024 * 1024))
    assert refused.value.status == 400


def test_fifty_levels_are_read():
    assert parse_json(b"[" * 50 + b"]" * 50)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"title": "a\u0000b"}', "title"),
        (rb'{"owner": {"name": "\ud800"}}', "owner.name"),
        (rb'[{"tags": ["ok", "\udfff"]}]', "0.tags.1"),
        (rb'{"a\u0000": 1}', "a\ufffd"),
        (b'{"amount": 1e400}', "amount"),
        (b'{"amount": 1E-400}', "amount"),
        (b'{"amount": NaN}', "amount"),
        (b'{"amount": -Infinity}', "amount"),
        (b'{"amount": ' + b"1" * 5_000 + b"}", "amount"),
        (b'{"amount": 1e99999999999999999999}', "amount"),
        (b'{"n": 1E999999999}', "n"),
    ],
)
def test_what_cannot_be_stored_is_422_with_its_field(body, field):
    with pytest.raises(Problem) as refused:
        parse_json(body)
    assert refused.value.status == 422
    assert [name for name, _ in refused.value.errors] == [field]


def test_a_whole_surrogate_pair_is_a_character():
    assert parse_json(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}
