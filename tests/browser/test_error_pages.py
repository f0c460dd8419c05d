"""Pages of errors: they say what happened and offer a way out, and they need nothing but the template."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tests.browser.pages import scrolls_sideways, violations

HEADINGS = {"en": "Nothing is kept at this address.", "ja": "このアドレスには何もありません。"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", HEADINGS)
def test_an_unknown_address_gets_a_page_in_the_reader_s_language(signed_in, live_server, language):
    signed_in.set_extra_http_headers({"Accept-Language": language})
    page = signed_in.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    response = page.goto(f"{live_server.url}/nothing-here/")
    assert response.status == 404
    assert page.text_content("h1") == HEADINGS[language]
    assert page.get_by_role("link").count() == 3
    assert violations(page) == []
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_error_pages_need_no_context_and_no_database(name, language):
    with translation.override(language):
        html = render_to_string(f"{name}.html")
    assert f'<html lang="{language}">' in html
    assert "<h1>" in html
    assert "style=" not in html
