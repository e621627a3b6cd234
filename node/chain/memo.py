"""What the nodes of one process need not work out twice.

What a block's items do is a pure function of the state's root, the phase, the items, the block before and the
evidence; whether a block may be decided is one of the root, the block before, the height and the block. So the
second node with the same root may take the first one's answer: the same change, to a state of its own. What a
block's bytes say, and whose word its successor takes, are such functions too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from node.chain.blocks import Block
from node.chain.transition import Effects
from settlement.ledger.state import Change, State

T = TypeVar("T")

#: Entries of the state that remembered changes may touch together, about 1 kB each.
MAX_ENTRIES: Final = 1 << 16
#: States kept for nodes that come to them later; whoever is at another makes its own.
MAX_STATES: Final = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a block's items do: the change of state, what happened, and the digest of the next validators."""

    change: Change
    effects: Effects
    next_validators: bytes

    @property
    def size(self) -> int:
        return 8 + len(self.change.delta)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A block, what it does, and whether it may be decided (``outcome`` is ``None`` where it may not)."""

    block: Block | None
    outcome: Outcome | None

    @property
    def size(self) -> int:
        return 8 + (len(self.block.items) if self.block is not None else 0)


class Remembered(Generic[T]):
    """Answers by question, the oldest forgotten first once they are more than ``limit`` in size together."""

    __slots__ = ("_found", "_limit", "_size", "_size_of")

    def __init__(self, limit: int, size_of: Callable[[T], int]) -> None:
        self._found: dict[Hashable, T] = {}
        self._limit, self._size, self._size_of = limit, 0, size_of

    def of(self, question: Hashable, answer: Callable[[], T]) -> T:
        found = self._found.get(question)
        if found is None:
            found = answer()
            self._found[question] = found
            self._size += self._size_of(found)
            while self._size > self._limit:
                oldest = next(iter(self._found))
                self._size -= self._size_of(self._found.pop(oldest))
        return found


class Memo:
    """Shared by the nodes of one process, or one node's own. ``entries`` 0 remembers nothing."""

    __slots__ = ("_states", "awaited", "blocks", "outcomes", "shares", "verdicts")

    def __init__(self, entries: int = MAX_ENTRIES) -> None:
        #: Whether nodes with the same root have one state between them, which nobody changes in place.
        self.shares = entries > 0
        self._states: Remembered[State] = Remembered(MAX_STATES, lambda state: 1)
        self.outcomes: Remembered[Outcome] = Remembered(entries, lambda outcome: outcome.size)
        self.verdicts: Remembered[Verdict] = Remembered(entries, lambda verdict: verdict.size)
        #: Blocks by id, whoever made them or read them first.
        self.blocks: Remembered[Block] = Remembered(entries, lambda block: 8 + len(block.items))
        #: Solvers whose word a phase takes, by root and phase.
        self.awaited: Remembered[frozenset[bytes]] = Remembered(entries, lambda solvers: 8 + len(solvers))

    def after(self, state: State, change: Change) -> State:
        """The state after ``change``: one that others have too, or ``state`` itself, changed."""
        if self.shares:
            return self._states.of((change.before, change.root), lambda: state.after(change))
        state.take(change)
        return state
