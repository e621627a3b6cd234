"""Words for people: one line of anything, plurals."""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

MAX_LINE: Final = 600


def one_line(message: str) -> str:
    """``message`` as one bounded line that moves no cursor: what it quotes may come from a stranger's file."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(message.split()))
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def counted(things: Sized | int, noun: str) -> str:
    """ "1 order", "2 orders"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
