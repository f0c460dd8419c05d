"""Whole portfolios that come in and are taken back while others write too."""

from __future__ import annotations

import pytest

from accounts.changes import changing
from accounts.models import AuditEntry
from imports import jobs
from projects import bulk, initiatives
from projects.models import Initiative, Tag
from tests.beside import MY_END, beside, somebody_waits
from tests.factories import UserFactory
from tests.imports.files import bring_in


@pytest.mark.django_db
def test_a_tag_that_somebody_else_made_meanwhile_is_not_told_as_made(monkeypatch):
    real = Tag.objects.bulk_create

    def after_theirs(rows, **options):
        Tag.objects.create(name="Voice")
        return real(rows, **options)

    monkeypatch.setattr(Tag.objects, "bulk_create", after_theirs)
    with changing(None) as change:
        found = bulk.find_or_make_tags({"voice", "Chat"}, change)
    assert {key: tag.name for key, tag in found.items()} == {"voice": "Voice", "chat": "Chat"}
    made = AuditEntry.objects.filter(object_type="projects.tag", action="create")
    assert list(made.values_list("object_id", flat=True)) == [found["chat"].pk]


@pytest.mark.django_db(transaction=True)
def test_one_that_is_edited_while_its_import_is_taken_back_stays():
    office = UserFactory(portfolio=True)
    job = bring_in("initiatives_csv", "title\nGone\nContested\n")
    contested, reverted = Initiative.objects.get(title="Contested"), []
    with changing(office):
        initiatives.edit(contested, version=1, actor=office, problem="Now stated")
        thread = beside(lambda: reverted.append(jobs.revert(job, office)))
        assert somebody_waits(MY_END)
    thread.join(timeout=10)
    assert [(each.removed, each.kept) for each in reverted] == [(1, 1)]
    assert Initiative.objects.get().problem == "Now stated"
