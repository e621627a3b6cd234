"""Words for people: suggestions, plurals."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sized
from typing import Final

MAX_LINE: Final = 600


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'; did you mean "…"?' for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def one_line(message: str) -> str:
    """``message`` as one bounded line that moves no cursor: what it quotes may come from a stranger's file."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(message.split()))
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def counted(things: Sized | int, noun: str) -> str:
    """ "1 order", "2 orders"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
