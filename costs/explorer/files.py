"""The explorer's answers as files: the whole table, or what the filters keep in columns of FOCUS."""

from __future__ import annotations

from dataclasses import replace

from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy

from accounts.errors import RuleError
from accounts.models import User
from costs.explorer import exports, focus
from costs.explorer.pivot import pivot
from costs.explorer.question import EVERY, Question
from display.file_answers import csv_answer, xlsx_answer
from display.numbers import number
from display.spreadsheets import MOST_COLUMNS

MOST_IN_XLSX = MOST_COLUMNS - 2  # columns, beside the names of the rows and their totals
TOO_MANY_COLUMNS = gettext_lazy(
    "An Excel file holds at most %(most)s columns, and these are %(columns)s: take the CSV file, or filter further."
)


def table(question: Question, user: User, currency: str, extension: str) -> StreamingHttpResponse:
    """Give the whole table as csv or xlsx, nothing of it put together; RuleError where it is too large for that."""
    found, name = pivot(replace(question, top=EVERY), user), f"cost-explorer.{extension}"
    if extension == "csv":
        return csv_answer(exports.as_csv(found), name)
    if len(found.columns) > MOST_IN_XLSX:
        given = {"most": number(MOST_IN_XLSX), "columns": number(len(found.columns))}
        raise RuleError(TOO_MANY_COLUMNS % given)
    return xlsx_answer(exports.as_xlsx(found, currency), name)


def charges(question: Question, user: User, currency: str) -> StreamingHttpResponse:
    """Give what the filters keep in columns of FOCUS: a row a charge, month and initiative."""
    return csv_answer(focus.as_csv(question, user, currency), "focus.csv")
