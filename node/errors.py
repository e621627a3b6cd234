"""Errors of the composition root: what only a running program can meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class Unreachable(WalrasError):
    """A peer, engine or URL did not answer as it should."""

    code: ClassVar[str] = "peer.unreachable"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 4

    reason: str


@dataclass(eq=False)
class CannotListen(WalrasError):
    """Another process has the port, or the address is none of this machine's."""

    code: ClassVar[str] = "node.cannot-listen"
    text: ClassVar[str] = "cannot listen on {address}: {reason}"
    exit_code: ClassVar[int] = 3

    address: str
    reason: str


@dataclass(eq=False)
class RunNotFound(WalrasError):
    code: ClassVar[str] = "run.not-found"
    text: ClassVar[str] = "{reason}"
    exit_code: ClassVar[int] = 3

    reason: str


@dataclass(eq=False)
class NothingValid(WalrasError):
    """A solver ran, and nothing it gave could be settled."""

    code: ClassVar[str] = "solver.nothing-valid"
    text: ClassVar[str] = "{reason}"

    reason: str
