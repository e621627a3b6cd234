"""How a solver's run ended, and what it left: the kinds are never mixed up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from settlement.solution import Solution


class OutcomeKind(StrEnum):
    OK = "ok"  # at least one solution arrived in time (best so far counts, also after a timeout)
    EMPTY = "empty"  # finished in time with nothing to offer
    TIMEOUT = "timeout"  # still running at the deadline, with nothing to show
    CRASH = "crash"  # raised, died, ran out of memory or flooded its pipe
    INVALID = "invalid"  # answered, but nothing it answered could be read or passed the verifier


@dataclass(frozen=True, slots=True)
class SolverRun:
    """One solver on one auction. ``seconds`` is wall time until it finished or was stopped.

    ``first_s`` is when its first solution arrived; ``stopped`` says the deadline cut it off;
    ``detail`` is the reason for a bad ending, in a line.
    """

    solver: str
    kind: OutcomeKind
    solutions: tuple[Solution, ...]
    seconds: float
    first_s: float | None = None
    stopped: bool = False
    peak_memory_mb: int = 0
    detail: str = ""
