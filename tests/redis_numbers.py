"""Each xdist worker has a Redis database number of its own, as it has a PostgreSQL database of its own."""

import os
import re


def for_this_worker(url: str) -> str:
    """Return the address with the number raised by this worker's (gw0: 0, gw1: 1, …)."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    found = re.search(r"(?<=db=)\d+|(?<=\d/)\d+|(?<=[a-z]/)\d+", url)
    if found is None:
        return f"{url.rstrip('/')}/{worker}"
    return url[: found.start()] + str((int(found.group()) + worker) % 16) + url[found.end() :]
