"""Answers remembered by identity."""

from __future__ import annotations

from intents.remember import remembered


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
