"""Suggestions for mistyped words."""

from __future__ import annotations

from intents.near import MAX_WORD, did_you_mean


def test_near_word_is_suggested() -> None:
    """A near miss names the word, a far one nothing."""
    assert did_you_mean("shwo", ("show", "solve")) == '; did you mean "show"?'
    assert did_you_mean("xyzzy", ("show", "solve")) == ""


def test_near_word_of_any_length_costs_little() -> None:
    """Only its beginning counts, so that a megabyte is told from the known words at once."""
    long = "a" * MAX_WORD
    assert did_you_mean(long + "b" * 10**6, (long,)) == f'; did you mean "{long}"?'
