"""What nodes of one process share: bounded, and of no effect on what they come to."""

from __future__ import annotations

from node.chain.memo import Memo, Remembered
from settlement.ledger.books import BALANCES
from sim.campaign_market import first_state


def test_answers_are_forgotten_oldest_first_once_they_are_too_large() -> None:
    """Sizes add up; a question asked again costs nothing while its answer is there."""
    asked: list[str] = []

    def answer(text: str) -> str:
        asked.append(text)
        return text

    kept: Remembered[str] = Remembered(5, len)
    for text in ("aa", "bb", "aa", "ccc", "bb", "aa"):
        assert kept.of(text, lambda text=text: answer(text)) == text  # type: ignore[misc]
    assert asked == ["aa", "bb", "ccc", "aa"]


def test_nodes_that_share_leave_each_others_state_alone() -> None:
    """The second node comes to the very state of the first; the state before is as it was."""
    first = first_state(1)
    draft = first.draft()
    place = min(first.rows(BALANCES))
    draft.set(BALANCES, place, 7)
    change, before = draft.change(), first.root
    memo = Memo()
    after = memo.after(first, change)
    assert memo.after(first, change) is after
    assert (first.root, after.root) == (before, change.root)
    assert (first.get(BALANCES, place), after.get(BALANCES, place)) != (7, None)
    assert after.get(BALANCES, place) == 7


def test_a_node_that_shares_nothing_changes_its_own_state() -> None:
    """In place, to the same root."""
    own = first_state(1).copy()
    draft = own.draft()
    draft.set(BALANCES, min(own.rows(BALANCES)), 7)
    change = draft.change()
    assert Memo(0).after(own, change) is own
    assert own.root == change.root != first_state(1).root
