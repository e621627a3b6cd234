"""Words for people: one line of anything, plurals."""

from __future__ import annotations

import json
from collections.abc import Sized
from typing import Final

MAX_LINE: Final = 600


def one_line(message: str) -> str:
    """``message`` as one bounded line that moves no cursor: what it quotes may come from a stranger's file."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(message.split()))
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def printable(text: str) -> str:
    """``text`` for a terminal, its lines as they are: as in ``one_line``, what it quotes moves no cursor."""
    shown = text.encode("utf-8", "backslashreplace").decode()  # a file's name may be no Unicode at all
    return "\n".join(line if line.isprintable() else _plain(line) for line in shown.split("\n"))


def json_escaped(text: str) -> str:
    """The same JSON document, with what a terminal would obey rather than show as JSON writes it: \\u009b."""
    return "\n".join(
        line if line.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
        for line in text.split("\n")
    )


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line)


def counted(things: Sized | int, noun: str) -> str:
    """ "1 order", "2 orders"."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
