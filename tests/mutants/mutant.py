"""One plausible mistake, and the test that notices it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old``, which occurs exactly once in ``file``, becomes ``new``; the test ``killer`` fails then."""

    name: str
    file: str
    old: str
    new: str
    killer: str
