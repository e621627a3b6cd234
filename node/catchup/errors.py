"""What a peer may offer that is not so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class Forged(WalrasError):
    """Signed by fewer than it takes, or for something else: only a liar sends it."""

    code: ClassVar[str] = "catchup.forged"
    text: ClassVar[str] = "{what} does not hold"
    exit_code: ClassVar[int] = 5

    what: str


@dataclass(eq=False)
class BadSnapshot(WalrasError):
    code: ClassVar[str] = "catchup.snapshot"
    text: ClassVar[str] = "{what}"
    exit_code: ClassVar[int] = 5

    what: str
