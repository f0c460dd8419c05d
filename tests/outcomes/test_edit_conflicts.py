"""What the page of a change of an outcome was sealed with."""

from __future__ import annotations

from django.core import signing

from outcomes import edit_conflicts


def test_a_page_that_was_open_when_the_module_was_renamed_still_tells_what_it_showed():
    sealed = signing.dumps({"metric": "Hours"}, salt="outcomes.both_versions", compress=True)
    assert edit_conflicts._opened(sealed) == {"metric": "Hours"}
    assert edit_conflicts._opened(edit_conflicts.seal({"metric": "Days"})) == {"metric": "Days"}
    assert edit_conflicts._opened(f"{sealed}x") == {}
