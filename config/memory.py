"""How this process takes memory and gives it back. Imported before polars, whose allocator looks once, when it starts.

An import hands millions of cells from thread to thread. By default each thread has a store of its own, of polars'
allocator (jemalloc) and of the C library's, and what one of them has freed stands idle while the next one grows: a
quarter of what a worker needed. With one store for all an import is no slower.
"""

from __future__ import annotations

import ctypes
import gc
import os

_M_ARENA_MAX = -8  # malloc.h of the GNU C library

os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:200,muzzy_decay_ms:0")
# Two thousand modules are loaded at the start, none of them to go again: a fifth of it went into looking for garbage.
gc.set_threshold(50_000, 20, 50)
_mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
if _mallopt is not None:
    _mallopt(_M_ARENA_MAX, 1)
