"""How many intents a batch takes while solvers cannot keep up: fewer after two that nobody answered in time.

What is not solved in its window settles nothing, and comes again with what was handed in meanwhile: without a
brake a network that was once too slow would stay so. So, from the second on end, a batch without an answer halves
the room of the next, and each that is answered gives an eighth back, until the rules' ``max_orders`` is its only
bound: fast down and slowly up, as congestion is met elsewhere (Jacobson 1988). One alone may be a hiccup. While
nothing is wrong no entry is kept.
"""

from __future__ import annotations

from typing import Final

from intents.schema import Integer, Text
from settlement.ledger.rules import Rules
from settlement.ledger.state import Draft, State, Table

ROOM: Final[Table[str, int]] = Table(37, "room", Text(16), Integer(low=1))
#: So few intents are never too many: what leaves them without an answer is something else.
LEAST_ROOM: Final = 64
_NOW, _NEXT, _MISSED = "now", "next", "missed"


def room_of(state: State | Draft, rules: Rules) -> int:
    """The most intents of the auction under way."""
    return min(state.get(ROOM, _NOW) or rules.max_orders, rules.max_orders)


def answered(draft: Draft) -> None:
    """A solver has answered the batch: the next has more room, if this one's was short."""
    if draft.get(ROOM, _MISSED) is not None:
        draft.set(ROOM, _MISSED, None)
    room = draft.get(ROOM, _NOW)
    if room is not None:
        draft.set(ROOM, _NEXT, room + room // 8)


def unanswered(draft: Draft, orders: int) -> None:
    """Nobody has answered a batch of ``orders``, if it is the second: the next has half the room. Unless they are
    too few for that to be why."""
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
