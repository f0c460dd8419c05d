"""Each xdist worker has a Redis database number of its own, as it has a PostgreSQL database of its own.

A product that a test starts on the named servers has the last one: no worker's, whatever number the first has.
"""

import os
import re


def for_this_worker(url: str) -> str:
    """Return the address with the number raised by this worker's (gw0: 0, gw1: 1, …)."""
    return _raised(url, int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))


def for_a_product(url: str) -> str:
    """Return the address with the number before the one that it names (before 0: 15)."""
    return _raised(url, 15)


def _raised(url: str, by: int) -> str:
    found = re.search(r"(?<=db=)\d+|(?<=\d/)\d+|(?<=[a-z]/)\d+", url)
    if found is None:
        return f"{url.rstrip('/')}/{by}"
    return url[: found.start()] + str((int(found.group()) + by) % 16) + url[found.end() :]
