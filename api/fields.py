"""The field types of bodies and answers. What they check is the same everywhere; names say what they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from annotated_types import MaxLen
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    PlainSerializer,
    Strict,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

from api.decimals import DIGITS_AFTER, DIGITS_BEFORE, exact, plain
from api.parsing import has_unusable_text, unusable_text

EARLIEST = date(1950, 1, 1)
LATEST = date(2100, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH_PATTERN = r"^\d{4}-(0[1-9]|1[0-2])$"
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_NUMBER_TEXT = {"type": "string", "pattern": rf"^-?\d{{1,{DIGITS_BEFORE}}}(\.\d{{1,{DIGITS_AFTER}}})?$"}
# The bounds as JSON numbers: a generated client or test stays inside what `exact` takes.
_JSON_NUMBER = {"type": "number", "minimum": -1e19, "maximum": 1e19}


class Body(Schema):
    """Base of request bodies: a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


# Numbers ------------------------------------------------------------------------------------------------------------
def _exact(value: Any) -> Decimal:
    """Read a JSON number or text; the parser has made exact Decimals of the numbers."""
    return exact(value)


def _number(value: Decimal) -> float:
    return float(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"anyOf": [_NUMBER_TEXT, _JSON_NUMBER]}, mode="validation"),
    WithJsonSchema({"type": "string", "examples": ["1234.50"]}, mode="serialization"),
]
"""Money or another exact number: taken as JSON number or text, given as text, never rounded."""

Rate = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(_number, return_type=float),
    WithJsonSchema({"anyOf": [_NUMBER_TEXT, _JSON_NUMBER]}, mode="validation"),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]
"""A rate or a share: taken exactly like an amount, given as a JSON number."""

Money = Annotated[Decimal, PlainSerializer(plain, return_type=str), WithJsonSchema({"type": "string"})]
"""Money in an answer: text with every digit, no exponent."""


def _whole(value: Any) -> int:
    number = _exact(value)
    if number != number.to_integral_value() or not 0 <= number <= MOST:
        raise ValueError(_("A whole number from 0 to 1,000,000,000,000."))
    return int(number)


# The sum of nine million such rows is still one that the database holds: the counts of a group in a month.
MOST = 10**12
Count = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MOST})]
"""How many there are: a whole number from 0 to a million million."""


# Dates --------------------------------------------------------------------------------------------------------------
def day_of(value: Any) -> date:
    """Read a day as YYYY-MM-DD, between `EARLIEST` and `LATEST`; ValueError says what is wrong with it."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(_("Not a date (YYYY-MM-DD)."))
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(_("There is no such day.")) from error
    return _within_limits(day)


def _within_limits(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(_("Dates go from 1950-01-01 to 2100-12-31."))
    return day


def _not_in_future(day: date) -> date:
    if day > timezone.localdate():
        raise ValueError(_("Not in the future."))
    return day


def _month(value: Any) -> date:
    found = _MONTH.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, date):
        return value
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError(_("Not a month (YYYY-MM)."))
    return _within_limits(date(int(found[1]), int(found[2]), 1))


_DAY_SCHEMA = WithJsonSchema({"type": "string", "format": "date"})

Day = Annotated[date, BeforeValidator(day_of), _DAY_SCHEMA]
"""A day from 1950 to 2100."""

PastDay = Annotated[date, BeforeValidator(day_of), AfterValidator(_not_in_future), _DAY_SCHEMA]
"""A day on which something happened: today at the latest."""

Month = Annotated[
    date,
    BeforeValidator(_month),
    PlainSerializer(lambda day: f"{day:%Y-%m}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _MONTH_PATTERN}),
]
"""A month, kept as its first day."""


# Texts --------------------------------------------------------------------------------------------------------------
def _usable(text: str) -> str:
    if has_unusable_text(text):
        raise ValueError(unusable_text())
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(_("May not be blank."))
    return text


def _text(longest: int, *checks: Callable[[str], str]) -> Any:
    return Annotated[
        str,
        StringConstraints(max_length=longest, strip_whitespace=True),
        *(AfterValidator(check) for check in (_usable, *checks)),
    ]


ShortText = _text(200)
"""A line of at most 200 characters; may be blank."""

Name = _text(200, _not_blank)
"""A line of at most 200 characters that says something."""

Title = _text(500, _not_blank)
"""At most 500 characters that say something."""

Reference = _text(500)
"""An external reference of at most 500 characters; may be blank."""

LONGEST_GLOB = 512
Glob = _text(LONGEST_GLOB)
"""A value or glob that a rule asks for: as long as the longest tag that a bill may have; may be blank."""

SayingGlob = _text(LONGEST_GLOB, _not_blank)
"""The same, saying something."""

Asked = _text(len("tag:") + LONGEST_GLOB)
"""What a rule asks for: a field, or a tag by its name."""

LongText = _text(20_000)
"""At most 20,000 characters; may be blank."""


def told(**schema: Any) -> WithJsonSchema:
    """Have the document say what is taken of a text that a reader of its own checks, in its own words."""
    return WithJsonSchema({"type": "string", **schema})


ToldDay = Annotated[str, told(format="date")]
ToldMonth = Annotated[str, told(pattern=_MONTH_PATTERN)]
Time = Annotated[str, told(format="date-time")]
"""In an answer: a moment as ISO 8601 has it."""


def no_truth_value(value: Any) -> Any:
    """Refuse `true` and `false`, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(_("Not a whole number."))
    return value


Whole = Annotated[int, BeforeValidator(no_truth_value)]
"""A whole number; `true` is not 1."""

Flag = Annotated[bool, Strict()]
"""JSON's own `true` or `false`: "yes", "0" and 1 are refused rather than guessed at."""


MOST_ROWS = 1_000


def one_or_many(model: type[Schema]) -> Any:
    """Return the type of a body that is one object or an array of at most `MOST_ROWS` of them.

    The value is the object or the list, as it was sent; errors name "field", or "0.field" in an array.
    """
    one = Annotated[model, Tag(ONE)]
    many = Annotated[list[model], MaxLen(MOST_ROWS), Tag(MANY)]  # type: ignore[valid-type]
    return Annotated[one | many, Discriminator(lambda value: MANY if isinstance(value, list) else ONE)]


# Tags of the union above; they turn up in pydantic's error locations and are taken out again (api.validation).
ONE, MANY = "<one>", "<many>"
