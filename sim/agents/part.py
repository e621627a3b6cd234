"""What every part of the population declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from scenarios.declare import number, text

BPS: Final = 10_000.0
MS: Final = 1000


@dataclass(frozen=True, slots=True)
class AgentPart:
    """A part of the population: one agent with ``count`` accounts."""

    name: str = text("", "a name of its own")
    count: int = number(1, 1, 10_000, "how many accounts it has")
    funds: float = number(
        1_000.0, 0.0, 1e12, "value that each account begins with, an equal part in each asset it trades"
    )
    assets: tuple[str, ...] = text((), "the assets it trades, by id; none: all")


def share_of_funds(default: float, doc: str) -> Any:
    """A field for a value that is declared as a share of what each account begins with."""
    return number(default, 1e-9, 10.0, f"{doc}, as a share of each account's funds")
