"""Tags: free labels, one per name whatever its case."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.changes import changing
from accounts.errors import RuleError
from accounts.models import User
from accounts.permissions import can
from projects.models import Tag
from projects.names import line, named

MOST = 50
SEPARATORS = ",、，"  # between tags, where a form shows them in one line


def find_or_make(names: Iterable[str | Tag], actor: User | None) -> list[Tag]:
    """Return the tags of these names, each once, made where they are missing and the actor may (422 where not)."""
    wanted = {name.casefold(): name for name in reversed([line(str(each), "tags") for each in names]) if name}
    if len(wanted) > MOST:
        raise RuleError(_("At most {n} tags.").format(n=MOST), "tags")
    # Always in one order: two people who make the same tags at once would wait for each other.
    made = {_tag(wanted[name], actor) for name in sorted(wanted)}
    return sorted(made, key=lambda tag: tag.name.casefold())


def split(text: str) -> list[str]:
    """Return the names of one line; one query.

    A tag that has a comma in it, as an import may bring it, is one name, unless its parts are tags as well.
    """
    small = Tag.objects.annotate(small=Lower("name"))
    known = dict(
        small.filter(Q(name__regex=f"[{SEPARATORS}]") | Q(small__in=_parts(text))).values_list("name", "small")
    )
    tags = set(known.values())
    with_comma = [name for name in known if len(_parts(name)) > 1 and not _parts(name) <= tags]
    whole = [re.escape(name) for name in sorted(with_comma, key=len, reverse=True)]
    name = "|".join([*whole, f"[^{SEPARATORS}]+?"])
    found = re.findall(rf"(?:^|[{SEPARATORS}])\s*({name})\s*(?=[{SEPARATORS}]|$)", text, re.IGNORECASE)
    return [each.strip() for each in found if each.strip()]


def _parts(text: str) -> set[str]:
    return {part.strip().lower() for part in re.split(f"[{SEPARATORS}]", text) if part.strip()}


def _tag(name: str, actor: User | None) -> Tag:
    found = Tag.objects.filter(named("name", name)).first()
    if found is not None:
        return found
    if actor is not None and not can(actor, "tag.make"):
        raise RuleError(_("There is no tag “{name}”.").format(name=name), "tags")
    if set(name) & set(SEPARATORS):
        raise RuleError(_("A tag has no comma: “{name}”.").format(name=name), "tags")
    with changing(actor) as change:
        tag, made = Tag.objects.filter(named("name", name)).get_or_create(defaults={"name": name})
        if made:
            change.record(tag, "create", {"name": (None, name)})
    return tag
