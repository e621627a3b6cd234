"""Answers about immutable values, remembered by which object they are about.

Looking a large record up by its value costs a hash over all of it each time; which object it is costs nothing.
The object is kept as long as the answer is, so its identity cannot pass to another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: What is full forgets this part of what it holds, the oldest.
_FORGOTTEN: Final = 8


#: Answers by the identity of what they are about.
Known = dict[int, tuple[T, R]]


def remembered(limit: int, found: Known[Any, Any] | None = None) -> Callable[[Callable[[T], R]], Callable[[T], R]]:
    """A decorator for pure functions of one immutable value: at most ``limit`` answers, the oldest forgotten.

    They are kept in ``found``, for whoever can ``note`` some without asking.
    """

    def decorate(function: Callable[[T], R]) -> Callable[[T], R]:
        known: Known[T, R] = {} if found is None else found

        def answer(value: T) -> R:
            before = known.get(id(value))
            if before is not None:
                return before[1]
            result = function(value)
            note(known, limit, value, result)
            return result

        answer.__doc__ = function.__doc__
        return answer

    return decorate


def note(known: Known[T, R], limit: int, value: T, result: R) -> None:
    """From now on ``result`` is what is known of ``value``."""
    if len(known) >= limit:
        forget_oldest(known)
    known[id(value)] = (value, result)


def forget_oldest(found: dict[Any, Any]) -> None:
    """Make room in a dictionary: many at once, since finding the first entry means passing all gaps before it."""
    # All keys in one step: between making an iterator and using it up another thread may change the dictionary.
    for key in list(found)[: len(found) // _FORGOTTEN + 1]:
        # Another thread may have been here.
        found.pop(key, None)
