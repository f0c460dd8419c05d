"""Lists of rows that are worked out: a page goes on after the last row of the one before."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import RequestFactory

from api.pages import PageQuery, listing_rows
from api.problems import Problem

REQUEST = RequestFactory().get("/rows")


def page(rows: str, cursor: str | None = None) -> tuple[str, str | None]:
    found = listing_rows(REQUEST, rows, PageQuery(limit=2, cursor=cursor), lambda row: row)
    following = found["next"] and parse_qs(urlsplit(found["next"]).query)["cursor"][0]
    return "".join(found["items"]), following


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ("abcde", "cd"),
        ("xyabcde", "cd"),  # some came before
        ("bcde", "cd"),  # one before has gone
        ("acde", "cd"),  # the last that was given has gone: what stands in its place is next
        ("aecdb", ""),  # it stands at the end by now
    ],
)
def test_a_page_goes_on_after_the_last_row_wherever_it_stands(rows, shown):
    first, cursor = page("abcde")
    assert first == "ab"
    assert page(rows, cursor)[0] == shown


def test_the_last_page_leads_nowhere():
    _first, cursor = page("abcd")
    assert page("abcd", cursor) == ("cd", None)
    assert page("") == ("", None)


@pytest.mark.parametrize("cursor", ["WyIyIl0", "WyJ4IiwieSJd", "WyJ4IiwiLTEiXQ", "WyJ4IiwiMTIzNDU2Nzg5MCJd"])
def test_what_no_list_has_given_is_refused(cursor):  # ["2"], ["x", "y"], ["x", "-1"], ["x", "1234567890"]
    with pytest.raises(Problem) as refused:
        page("abcde", cursor)
    assert refused.value.status == 422
