"""What a hosted solver may use, and the bounds on what it may send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: One solution, encoded. A batch of 10,000 fills takes under a megabyte; reading 4 MiB takes a second or two.
MAX_SOLUTION_BYTES: Final = 4 << 20
#: All solutions of one run. A solver that improves every few milliseconds stays far below.
MAX_RUN_BYTES: Final = 256 << 20
MAX_FRAMES: Final = 20_000
#: The end of a solver's stderr kept for its crash report.
STDERR_TAIL_BYTES: Final = 4096
#: CPU seconds beyond the deadline after which a worker that lost its host is stopped by the kernel.
CPU_SLACK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """``memory_mb`` bounds address space, ``processes`` what the solver may spawn, ``start_s`` its imports.

    ``again_s`` after a start that took longer another is tried; ``None`` for never. ``grace_s`` is how long after
    the deadline a solution already in the pipe is still read.
    """

    memory_mb: int = 6_000
    processes: int = 256
    start_s: float = 30.0
    again_s: float | None = None
    grace_s: float = 0.15
