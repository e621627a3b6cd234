"""A history made anew from the chain itself, for a store that kept its decisions from the genesis on."""

from __future__ import annotations

from collections.abc import Iterable

from node.agreement.messages import Decision
from node.chain.app import ChainApp, Verify
from node.chain.memo import Memo
from node.effects import Commit
from node.history.store import HistoryStore
from settlement.ledger.state import State


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
