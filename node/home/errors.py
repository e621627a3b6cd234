"""What can be wrong with a home folder or with what was asked for when making one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import InputError


@dataclass(eq=False)
class HomeError(InputError):
    code: ClassVar[str] = "home"
    text: ClassVar[str] = "{why}"

    why: str


@dataclass(eq=False)
class HomeExists(HomeError):
    """Making a node where there is one would leave its keys without their ledger."""

    code: ClassVar[str] = "home.exists"


@dataclass(eq=False)
class NoHome(HomeError):
    code: ClassVar[str] = "home.missing"


@dataclass(eq=False)
class BadGenesis(HomeError):
    """A genesis file that is well-formed and yet starts no network."""

    code: ClassVar[str] = "home.genesis"
