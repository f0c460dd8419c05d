"""Two people changed one outcome: what each changed alone holds, and of what both changed the later writer decides.

The page of a change carries what it showed, signed, so that what this person touched can be told from what the other
one did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import signing

from outcomes.models import Outcome, OutcomeTerms
from projects.conflicts import Conflict, as_text, conflicts
from projects.telling import FieldChange

if TYPE_CHECKING:
    from outcomes.forms import OutcomeChangeForm

SALT = "outcomes.both_versions"  # stays as it is: pages that are open are sealed with it


def seal(values: dict[str, Any]) -> str:
    """Return what a page shows of an outcome as a signed text, for `merge`."""
    return signing.dumps({name: as_text(value) for name, value in values.items()}, salt=SALT, compress=True)


def merge(form: OutcomeChangeForm, current: Outcome, terms: OutcomeTerms) -> list[Conflict]:
    """Put into a form what only somebody else has changed, and let it be sent again; return what differs.

    What this person changed stays as it was typed. `terms`: those of the outcome as it stands now.
    """
    now = form.values_of(current, terms)
    theirs = {name: as_text(value) for name, value in now.items() if name in form.fields and name != "version"}
    mine = {name: as_text(form.shortest(form.cleaned_data[name])) for name in theirs}
    found = conflicts(mine, _opened(form.cleaned_data["read"]), theirs, lambda *pair: _told(form, *pair))
    for each in found:
        if each.proposed == "theirs":
            form.data[each.name] = theirs[each.name]
    form.data["version"], form.data["read"] = current.version, seal(now)
    return found


def _opened(text: str) -> dict[str, str]:
    """Return what the page had shown; nothing where it does not tell: all that differs is then this person's."""
    try:
        read: dict[str, str] = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return {}
    return read


def _told(form: OutcomeChangeForm, name: str, theirs: str, mine: str) -> FieldChange:
    labels = {str(value): str(label) for value, label in getattr(form.fields[name], "choices", [])}
    return FieldChange(str(form[name].label), labels.get(theirs, theirs), labels.get(mine, mine))
