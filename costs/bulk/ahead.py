"""Makes the next of something while the one before is worked on: numpy, polars and the database wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def one_ahead(made: Iterable[Made]) -> Iterator[Made]:
    """Yield what an iterable gives, none of it None; the next one is made in a thread of its own meanwhile."""
    source = iter(made)
    with ThreadPoolExecutor(1) as beside:
        begun = beside.submit(next, source, None)
        while (one := begun.result()) is not None:
            begun = beside.submit(next, source, None)
            yield one
