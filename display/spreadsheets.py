"""Texts that leave for a spreadsheet: nothing in them is run as a formula, wherever they came from."""

from __future__ import annotations

import re

# With these a cell is a formula; full-width ones as well, where the keyboard is Japanese.
FORMULA_SIGNS = ("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NEGATIVE = re.compile(r"-[\d.,]+", re.ASCII)


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; a negative number stays one."""
    is_formula = text.startswith(FORMULA_SIGNS) or (text.startswith("-") and not _NEGATIVE.fullmatch(text))
    return f"'{text}" if is_formula else text


class Echo:
    """A file that gives back what is written, so that `csv` can be streamed."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text
