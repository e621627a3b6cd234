"""Answers about immutable values, remembered by which object they are about.

Looking a large record up by its value costs a hash over all of it each time; which object it is costs nothing.
The object is kept as long as the answer is, so its identity cannot pass to another.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: What is full forgets this part of what it holds, the oldest.
_FORGOTTEN: Final = 8


def remembered(limit: int) -> Callable[[Callable[[T], R]], Callable[[T], R]]:
    """A decorator for pure functions of one immutable value: at most ``limit`` answers, the oldest forgotten."""

    def decorate(function: Callable[[T], R]) -> Callable[[T], R]:
        found: dict[int, tuple[T, R]] = {}

        def answer(value: T) -> R:
            known = found.get(id(value))
            if known is not None:
                return known[1]
            result = function(value)
            if len(found) >= limit:
                forget_oldest(found)
            found[id(value)] = (value, result)
            return result

        answer.__doc__ = function.__doc__
        return answer

    return decorate


def forget_oldest(found: dict[Any, Any]) -> None:
    """Make room in a dictionary: many at once, since finding the first entry means passing all gaps before it."""
    for key in list(islice(found, len(found) // _FORGOTTEN + 1)):
        # Another thread may have been here.
        found.pop(key, None)
