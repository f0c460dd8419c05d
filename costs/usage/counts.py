"""What a source counts as input: said where its usage is brought in and where it is looked at."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from costs.models import UsageLine
from costs.pricing import InputCount
from display import numbers
from imports.models import Import

INPUT_WORDS = {
    InputCount.WHOLE_PROMPT: _("This source counts the whole prompt as input, cached tokens included."),
    InputCount.UNCACHED: _("This source counts as input only what no cache held; cached tokens come on top."),
}
BY_API = InputCount.WHOLE_PROMPT


def input_words(line: UsageLine) -> str | Promise:
    """Say what the source of a line counts as input: the format of its file, or the API."""
    job = Import.objects.filter(pk=line.import_id).only("format", "mapping").first() if line.import_id else None
    words = job.counts_note if job else INPUT_WORDS[BY_API]
    if words != INPUT_WORDS[InputCount.WHOLE_PROMPT] or line.tokens.prompt == line.input_tokens:
        return words
    whole = gettext("The source's {tokens} input tokens include the cached ones; they are shown apart here.")
    return whole.format(tokens=numbers.number(line.tokens.prompt))
