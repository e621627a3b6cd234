"""What a light client can meet: full nodes that are away, behind, or lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class LightError(WalrasError):
    code: ClassVar[str] = "light"
    exit_code: ClassVar[int] = 4


@dataclass(eq=False)
class LyingNode(LightError):
    """What it said does not hold: a signature, a hash, or a proof. It is asked no more."""

    code: ClassVar[str] = "light.lying-node"
    text: ClassVar[str] = "the node lies: {what}"
    exit_code: ClassVar[int] = 5

    what: str


@dataclass(eq=False)
class Forked(LightError):
    """Two different blocks of one height are certified: more than a third of the validators have lied."""

    code: ClassVar[str] = "light.forked"
    text: ClassVar[str] = "height {height} has two certified blocks: {first} and {second}"
    exit_code: ClassVar[int] = 5

    height: int
    first: str
    second: str


@dataclass(eq=False)
class NotBelieved(LightError):
    """It may be so, but does not follow from what is believed here: the node is behind, or far ahead."""

    code: ClassVar[str] = "light.not-believed"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class NoFullNode(LightError):
    """Nobody to ask is left, or nobody who is asked answers."""

    code: ClassVar[str] = "light.no-full-node"
    text: ClassVar[str] = "no full node answers with a proof: {why}"

    why: str
