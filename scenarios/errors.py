"""What can be wrong with a world beyond the shape of its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import InputError


@dataclass(eq=False)
class OutOfBounds(InputError):
    code: ClassVar[str] = "scenario.out-of-bounds"
    text: ClassVar[str] = "{value} is outside {low} .. {high}"

    value: float
    low: float
    high: float


@dataclass(eq=False)
class UnknownScenario(InputError):
    code: ClassVar[str] = "scenario.unknown"
    text: ClassVar[str] = 'no scenario "{name}"{hint} (see `walras scenario list`)'

    name: str
    hint: str = ""
