"""trio's clock in milliseconds: only differences mean anything, tests may drive it, and it never jumps."""

from __future__ import annotations

import trio


def monotonic_ms() -> int:
    return int(trio.current_time() * 1_000)
