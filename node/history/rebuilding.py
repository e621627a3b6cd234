"""A history made anew from the chain itself, for a store that kept its decisions from the genesis on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from node.agreement.messages import Decision
from node.chain.app import ChainApp, Verify
from node.chain.memo import Memo
from node.effects import Commit
from node.history.store import HistoryStore
from settlement.ledger.state import State

_LOG: Final = logging.getLogger("walras.history")
#: Blocks, and bytes of them, that a start goes through again for the sake of a history: seconds at most.
MAX_BLOCKS: Final = 1_000
MAX_BYTES: Final = 4 << 20


def mend(
    history: HistoryStore, first: State, last: int, decision: Callable[[int], Decision | None], verify: Verify
) -> bool:
    """After a crash between a block's commit and its record, or a loss of the file: whether all up to height
    ``last`` is recorded now. It is not where blocks are not kept any more, or are too many; that leaves a gap."""
    if history.height >= last:
        return True
    decisions, room = list[Decision](), MAX_BYTES
    for height in range(min(last + 1, MAX_BLOCKS)):
        found = decision(height)
        room -= MAX_BYTES if found is None else len(found.block)
        if found is None or room < 0:
            break
        decisions.append(found)
    if len(decisions) <= last:
        _LOG.warning("nothing is recorded of heights %d to %d", history.height + 1, last)
        return False
    return rebuild(history, first, decisions, verify) == last


def rebuild(history: HistoryStore, first: State, decisions: Iterable[Decision], verify: Verify) -> int:
    """Apply every decided block again and record it; returns the last height, −1 without any.

    ``decisions`` begin at height 0, right after the state ``first``. When they were decided is not known any more:
    ``at_ms`` is 0. Raises ``RuntimeError`` for a block that does not follow, as the node itself does.
    """
    app = ChainApp(first, verify, memo=Memo(1))
    for decision in decisions:
        applied = app.apply(decision.height, decision.block)
        commit = Commit(decision.height, decision.block, decision.certificate, applied)
        history.record(commit, applied.before, applied.after, 0)
    return app.height
