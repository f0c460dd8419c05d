"""Whole portfolios that come in and are taken back while others write too."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from accounts.changes import changing
from accounts.models import AuditEntry
from imports import jobs
from projects import bulk, bulk_revert, initiatives
from projects.models import Initiative, Tag
from tests.beside import MY_END, SECONDS, beside, somebody_waits
from tests.factories import UserFactory
from tests.imports.files import bring_in
from tests.outcomes.factories import make_outcome


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


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_an_import_that_is_taken_back_keeps_nobody_else_waiting():
    """What a new row refers to is looked at before the data version is locked, which every write needs."""
    office = UserFactory(portfolio=True)
    job = bring_in("initiatives_csv", "title\nGone\n")
    other = initiatives.create(office, title="Other")
    gone, said = Initiative.objects.get(title="Gone"), []

    def add_an_outcome() -> None:
        with pytest.raises(IntegrityError) as error:
            make_outcome(gone)
        said.append(str(error.value))

    with changing(office) as change:
        bulk_revert.take_back(job.pk, change)
        waiting = beside(add_an_outcome)
        assert somebody_waits(MY_END)
        third = beside(lambda: initiatives.edit(other, version=1, actor=office, problem="Now stated"))
        third.join(SECONDS)
        assert not third.is_alive()
    waiting.join(SECONDS)
    assert len(said) == 1 and "outcomes_outcome" in said[0]
    assert Initiative.objects.get().problem == "Now stated"
