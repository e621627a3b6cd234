"""How many intents a batch takes while solvers cannot keep up: fewer after two that most did not get through.

What is not solved in its window settles nothing, and comes again with what was handed in meanwhile: without a
brake a network that was once too slow would stay so. So, from the second on end, a batch that was too large halves
the room of the next, and each that was not gives an eighth back, until the rules' ``max_orders`` is its only
bound: fast down and slowly up, as congestion is met elsewhere (Jacobson 1988). One alone may be a hiccup. While
nothing is wrong no entry is kept.

A solver's word on a batch costs it nothing, so what counts is the word of most, by their bonds: a batch was not
too large where those with more than half of the bonds got through it, or where half of its intents were done away
with, for half a batch could not have done more. Who says nothing has not got through; until it says nothing of a
batch too small for that to be why: then it is gone, and does not count before it is heard again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from intents.schema import Integer, Octets, Text
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table

ROOM: Final[Table[str, int]] = Table(37, "room", Text(16), Integer(low=1))
#: Solvers' accounts, each with a 1, that said nothing of a batch of the least room.
GONE: Final[Table[bytes, int]] = Table(38, "gone", Octets(limit=128), Integer(low=1))
#: So few intents are never too many: what leaves them without an answer is something else.
LEAST_ROOM: Final = 64
_NOW, _NEXT, _MISSED = "now", "next", "missed"


def room_of(state: State | Draft, rules: Rules) -> int:
    """The most intents of the auction under way."""
    return min(state.get(ROOM, _NOW) or rules.max_orders, rules.max_orders)


def sealed(draft: Draft, bonds: Mapping[bytes, int], words: Mapping[bytes, bool], orders: int) -> None:
    """What SEAL shows of a batch of ``orders``. ``bonds``: of those who may answer, by account; ``words``: whether
    those who have answered got through it."""
    for account in draft.rows(GONE):
        if account in words or account not in bonds:
            draft.set(GONE, account, None)
    there = {account: bond for account, bond in bonds.items() if draft.get(GONE, account) is None}
    if not there:
        return
    through = sum(bond for account, bond in there.items() if words.get(account, False))
    if 2 * through > sum(there.values()):
        answered(draft)
    else:
        unanswered(draft, orders)
    if 0 < orders <= LEAST_ROOM and draft.get(ROOM, _NOW) is not None:
        for account in there:
            if account not in words:
                draft.set(GONE, account, 1)


def settled(draft: Draft, done: int, orders: int) -> None:
    """What SETTLE shows: trades have done away with ``done`` of the batch's ``orders``."""
    if orders and 2 * done >= orders:
        answered(draft)


def answered(draft: Draft) -> None:
    """The batch was not too large: the next has more room, if this one's was short."""
    room = draft.get(ROOM, _NOW)
    for key, value in ((_NEXT, None if room is None else room + room // 8), (_MISSED, None)):
        if draft.get(ROOM, key) != value:
            draft.set(ROOM, key, value)


def unanswered(draft: Draft, orders: int) -> None:
    """The batch of ``orders`` was too large, if it is the second: the next has half the room. Unless they are too
    few for that to be why."""
    if orders > LEAST_ROOM:
        if draft.get(ROOM, _MISSED) is not None:
            draft.set(ROOM, _NEXT, max(LEAST_ROOM, orders // 2))
        draft.set(ROOM, _MISSED, 1)


def turn(draft: Draft, rules: Rules) -> None:
    """The auction is over. Not before: until then its batch must follow from the state."""
    room = draft.get(ROOM, _NEXT)
    if room is not None:
        draft.set(ROOM, _NOW, room if room < rules.max_orders else None)
        draft.set(ROOM, _NEXT, None)
