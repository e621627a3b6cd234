"""What can end a live node, or be refused by it, besides what its store and its machine say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from node.embedded.errors import NodeError


@dataclass(eq=False)
class TooFast(NodeError):
    """An owner sends more than its share; try again later."""

    code: ClassVar[str] = "node.rate"
    text: ClassVar[str] = "more than {per_s} items a second from one owner"
    exit_code: ClassVar[int] = 4

    per_s: int


@dataclass(eq=False)
class LostStore(NodeError):
    """The only validator of a network cannot ask anybody what it has voted for."""

    code: ClassVar[str] = "node.lost-store"
    text: ClassVar[str] = "this validator has voted, its store is gone, and it is alone; {mark} says so"

    mark: str


@dataclass(eq=False)
class NoNetwork(NodeError):
    """The transport cannot be opened as it is set up."""

    code: ClassVar[str] = "node.network"
    text: ClassVar[str] = "{why}"
    exit_code: ClassVar[int] = 3

    why: str


@dataclass(eq=False)
class WrongRole(NodeError):
    """Keys and role do not go together."""

    code: ClassVar[str] = "node.role"
    text: ClassVar[str] = "{why}"
    exit_code: ClassVar[int] = 3

    why: str
