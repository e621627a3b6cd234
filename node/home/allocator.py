"""The C library's allocator in a process that runs for months: a node's memory is to end where its caches end.

glibc keeps an arena for every few threads, and raises the size above which a block is a mapping of its own with
every large block that is given back: large tables that grow then leave holes nobody fills. Two arenas and fixed
thresholds give them back to the system.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

#: Parameters of mallopt(3), from malloc.h, and what they are set to.
SETTINGS: Final = {
    "M_TRIM_THRESHOLD": (-1, 128 << 10),
    "M_MMAP_THRESHOLD": (-3, 1 << 20),
    "M_ARENA_MAX": (-8, 2),
}


def steady_allocator() -> bool:
    """Set it up, before threads are started; whether it is glibc's and took all of it."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False  # another C library, whose allocator has no such settings
    taken = [mallopt(number, value) == 1 for number, value in SETTINGS.values()]
    return all(taken)
