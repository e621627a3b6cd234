"""The kinds of events a run records: faults as they begin and end, and what came of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EventKind(StrEnum):
    """``EventRow.kind``. ``node`` is −1 where no single node is meant; ``detail`` is what is said here."""

    CRASH = "crash"  # detail: where it died, if known
    RESTART = "restart"
    JOIN = "join"  # a late node begins
    CUT = "cut"  # detail: the nodes cut off, "0,3"
    HEAL = "heal"  # detail: the same
    STORM = "storm"  # random crashes begin
    CALM = "calm"  # they end
    LIE = "lie"  # a Byzantine validator begins; detail: its lie
    CENSOR = "censor"  # likewise; detail: the name of the agent whose intents it leaves out
    EVIDENCE = "evidence"  # a block carries proof against ``node``
    BAN = "ban"  # validator ``node`` is put out for what was proven; detail: what it loses of its stake
    JAIL = "jail"  # validator ``node`` is put out for a time, having missed its turns
    SLASH = "slash"  # a solver's bond was cut; detail: whose and how much
    OMITTED = "omitted"  # every honest validator held it and the block left it out; detail: the item's id
    FORK = "fork"  # two decisions at one height; detail: the height
    HALT = "halt"  # ``node`` stopped for good; detail: why


#: What ends a fault, by what began it.
ENDS: Final = {EventKind.CRASH: EventKind.RESTART, EventKind.CUT: EventKind.HEAL, EventKind.STORM: EventKind.CALM}
