"""What the command line says: one bounded line, counts and amounts as people read them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from node.cli.text import WHOLE, exactly, units
from node.cli.words import MAX_LINE, counted, one_line


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("\x1b[2Jerror[fake]\x07", "\N{REPLACEMENT CHARACTER}[2Jerror[fake]\N{REPLACEMENT CHARACTER}"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_message_is_one_line_that_moves_no_cursor(message: str, line: str) -> None:
    """Line breaks, escape codes and lone surrogates of a stranger's file do not reach the terminal."""
    assert one_line(message) == line


def test_a_message_is_bounded() -> None:
    """A message that quotes a megabyte ends in an ellipsis."""
    assert one_line("x" * 1_000_000) == "x" * (MAX_LINE - 1) + "…"


def test_counts_agree_with_their_nouns() -> None:
    """One order, two orders, no orders; things are counted or given as a number."""
    assert [counted(0, "order"), counted(1, "order"), counted(["a", "b"], "order")] == [
        "0 orders",
        "1 order",
        "2 orders",
    ]


def test_amounts_are_shown_in_whole_units() -> None:
    """Base units become whole ones with the symbol, or a short form of the id where there is none."""
    usdc = AssetInfo(AssetId("USDC"), decimals=6, symbol="USDC", reference_price=None)
    bare = AssetInfo(AssetId("0x" + "ab" * 20), decimals=0, symbol="", reference_price=None)
    auction = Auction("a", bytes(32), 1, (usdc, bare), (), ())
    assert units(auction, usdc.id, 1_234_567_890) == "1234.57 USDC"
    assert units(auction, bare.id, 2**127 - 1) == "1.70141e+38 0xabab…abab"


@given(st.integers(-(10**40), 10**40))
def test_node_words_exact_amounts(amount: int) -> None:
    """Whole units to the last unit say the same number, without digits that say nothing."""
    said = exactly(amount)
    assert Fraction(said) * WHOLE == amount
    assert exactly(str(amount)) == said
    assert not ("." in said and said.endswith(("0", ".")))
