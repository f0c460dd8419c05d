"""What is typed into a search: a few words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_WORDS = 10  # that are searched for: every one is looked for in every text


def checked_words(text: str) -> str:
    """Return what is searched for; ValueError where it is too many words."""
    if len(text.split()) > MOST_WORDS:
        raise ValueError(_("At most {number} words.").format(number=MOST_WORDS))
    return text


class WordsField(forms.CharField):
    """Words that are searched for; nothing is a search for nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=200, **options)

    def clean(self, value: Any) -> str:
        """Refuse more words than are searched for."""
        try:
            return checked_words(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error
