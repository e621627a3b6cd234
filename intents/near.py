"""Suggestions: the known word that a mistyped one was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

#: Looked for with so many characters: the search indexes each of them, and the word is a stranger's.
MAX_WORD: Final = 80


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """'; did you mean "…"?' for the nearest known word, or nothing: the end of an error's sentence."""
    near = difflib.get_close_matches(word[:MAX_WORD], list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
