"""When to dial a peer again: doubling waits with jitter, under a ceiling, forgiven after a good connection."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Waits in milliseconds: ``first_ms`` doubling up to ``most_ms``, each shortened by up to half."""

    rng: random.Random
    first_ms: int = 250
    most_ms: int = 4_000
    _failures: int = field(default=0, init=False)

    def failed(self) -> int:
        """How long to wait after one more failure."""
        ceiling_ms = min(self.most_ms, self.first_ms << min(self._failures, 16))
        self._failures += 1
        return self.rng.randint((ceiling_ms + 1) // 2, ceiling_ms)

    def succeeded(self) -> None:
        self._failures = 0
