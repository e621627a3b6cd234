"""What goes wrong between a driver and an engine.

EngineError
├── EngineUnreachable   nobody answers at the address           exit 4
├── EngineTimedOut      no whole answer before the deadline
├── EngineRefused       a status other than 200, with its reason
├── EngineAnswerInvalid an answer that is too large or not what the API says
└── CannotListen        our own server gets no socket           exit 3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class EngineError(WalrasError):
    """``where`` is the engine's address."""

    code: ClassVar[str] = "engine"


@dataclass(eq=False)
class EngineUnreachable(EngineError):
    code: ClassVar[str] = "engine.unreachable"
    text: ClassVar[str] = "cannot be reached: {reason}"
    exit_code: ClassVar[int] = 4

    reason: str


@dataclass(eq=False)
class EngineTimedOut(EngineError):
    code: ClassVar[str] = "engine.timed-out"
    text: ClassVar[str] = "gave no whole answer within {seconds:.3g} s"

    seconds: float


@dataclass(eq=False)
class EngineRefused(EngineError):
    code: ClassVar[str] = "engine.refused"
    text: ClassVar[str] = "answered {status}: {reason}"

    status: int
    reason: str


@dataclass(eq=False)
class EngineAnswerInvalid(EngineError):
    code: ClassVar[str] = "engine.answer-invalid"
    text: ClassVar[str] = "{reason}"

    reason: str


@dataclass(eq=False)
class CannotListen(EngineError):
    code: ClassVar[str] = "engine.cannot-listen"
    text: ClassVar[str] = "cannot listen here: {reason}"
    exit_code: ClassVar[int] = 3

    reason: str
