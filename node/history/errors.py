"""What can be wrong with a history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from intents.errors import WalrasError


@dataclass(eq=False)
class HistoryError(WalrasError):
    code: ClassVar[str] = "history"
    exit_code: ClassVar[int] = 5


@dataclass(eq=False)
class HistoryNotOurs(HistoryError):
    """A file that is not a history is never touched."""

    code: ClassVar[str] = "history.not-ours"
    text: ClassVar[str] = "no history of a Walras node: {why}"

    why: str


@dataclass(eq=False)
class HistoryFailed(HistoryError):
    """The disk is full, or the file cannot be read or written."""

    code: ClassVar[str] = "history.disk"
    text: ClassVar[str] = "the history failed: {why}"

    why: str


@dataclass(eq=False)
class HistoryDamaged(HistoryError):
    """A row is not what can have been written: the disk has changed it."""

    code: ClassVar[str] = "history.damaged"
    text: ClassVar[str] = "the history is damaged ({why}); without its file the node begins it anew"

    why: str
