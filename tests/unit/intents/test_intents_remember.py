"""Answers remembered by identity."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from intents.remember import Known, note, remembered


def test_an_object_is_asked_about_once_and_the_oldest_is_forgotten() -> None:
    """Equal objects are different ones; at most so many answers are kept."""
    asked: list[tuple[int, ...]] = []

    @remembered(2)
    def total(value: tuple[int, ...]) -> int:
        """A sum."""
        asked.append(value)
        return sum(value)

    one, two, three, same_as_one = (tuple(sorted((number, 1))) for number in (1, 2, 3, 1))
    assert [total(one), total(two), total(one)] == [2, 3, 2]
    assert asked == [one, two]
    assert same_as_one is not one
    assert total(same_as_one) == 2
    assert len(asked) == 3
    assert [total(three), total(one)] == [4, 2]
    assert len(asked) == 5
    assert total.__doc__ == "A sum."


def test_what_is_noted_is_not_asked_about() -> None:
    """Whoever has an answer already gives it, and it counts among the others."""
    asked: list[str] = []
    known: Known[str, int] = {}

    @remembered(2, known)
    def length(value: str) -> int:
        asked.append(value)
        return len(value)

    one, two, three = ("".join(("a", end)) for end in "bcd")
    note(known, 2, one, 7)
    assert [length(one), length(two)] == [7, 2]
    assert asked == [two]
    note(known, 2, three, 8)
    assert [length(three), length(one)] == [8, 2]
    assert len(known) == 2


def test_threads_share_what_is_remembered() -> None:
    """Several note and forget at once, each interrupted wherever it may be."""
    known: Known[tuple[int, int], int] = {}

    def fill(thread: int) -> None:
        for number in range(30_000):
            note(known, 64, (thread, number), number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(fill, thread) for thread in range(4)]:
                done.result()
    finally:
        sys.setswitchinterval(interval)
    assert len(known) <= 64 + 4
