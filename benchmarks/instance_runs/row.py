"""One instance solved: what was found beside what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """``value`` found, ``reference`` where the file gives one, an upper ``bound`` we prove: in the file's units.

    ``seconds`` is the time to solve, without reading the file or checking the answer. ``violations`` counts the
    constraints that the answer breaks when it is checked apart from the solver: 0 or the answer is worth nothing.
    ``more`` holds figures of the format's own (iterations, leftovers, unrealised over realised …).
    """

    name: str
    value: float
    reference: float | None
    bound: float | None
    seconds: float
    violations: int
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def relative_difference(self) -> float | None:
        """(value − reference) / |reference|: positive is better than the reference when the format maximises."""
        if self.reference is None:
            return None
        return (self.value - self.reference) / max(abs(self.reference), 1e-300)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value,
            "reference": self.reference,
            "relative_difference": self.relative_difference,
            "bound": self.bound,
            "seconds": self.seconds,
            "violations": self.violations,
            **self.more,
        }


#: Solves the instances of one document, in order.
Runner = Callable[[Mapping[str, Any]], Iterator[Row]]
