"""Two people changed one outcome: what each changed alone holds, and of what both changed the later writer decides.

The page of a change carries what it showed, signed, so that what this person touched can be told from what the other
one did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import signing

from outcomes.models import Outcome, OutcomeTerms
from projects import conflicts
from projects.conflicts import Conflict, as_text

if TYPE_CHECKING:
    from outcomes.forms import OutcomeChangeForm

SALT = "outcomes.both_versions"  # stays as it is: pages that are open are sealed with it


def seal(values: dict[str, Any]) -> str:
    """Return what a page shows of an outcome as a signed text, for `merge`."""
    return signing.dumps({name: as_text(value) for name, value in values.items()}, salt=SALT, compress=True)


def merge(form: OutcomeChangeForm, current: Outcome, terms: OutcomeTerms) -> list[Conflict]:
    """Merge into a form the outcome as it stands now, with its `terms`; return what differs."""
    now = form.values_of(current, terms)
    version = now.pop("version")
    found = conflicts.merge(form, _opened(form.cleaned_data["read"]), now, form.cleaned_data)
    form.data["version"], form.data["read"] = version, seal(now)
    return found


def _opened(text: str) -> dict[str, str]:
    """Return what the page had shown; nothing where it does not tell: all that differs is then this person's."""
    try:
        read: dict[str, str] = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return {}
    return read
