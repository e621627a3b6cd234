"""A node's log executed again from its genesis: every block, every root, every settlement.

With another mechanism, or without a solver, each recorded auction is also settled as it would have been: the same
intents, snapshot and answers, one thing changed. Later auctions stay as recorded, so each answers for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from intents.errors import UsageError
from node.chain.app import ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.tables import TABLES
from node.storage.errors import Corrupt
from node.storage.store import Store
from settlement.ledger.journal import Line, decode_line
from settlement.ledger.rules import Rules, rules_of
from settlement.ledger.state import State
from settlement.mechanism import mechanism
from settlement.rewards import RewardCaps
from settlement.settle import Settlement, settle

#: What of a log can be changed.
MECHANISM: Final = "chain.mechanism"
WINNERS: Final = "chain.max_winners"
SOLVERS: Final = "solvers."


@dataclass(frozen=True, slots=True)
class Change:
    """Another mechanism, another cap on winners, solvers left out. Empty: as it was."""

    mechanism: str = ""
    max_winners: int = 0
    without: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.mechanism or self.max_winners or self.without)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One settled auction of the log. Scores in numeraire base units; ``other`` is with the change made."""

    auction: int
    height: int
    orders: int
    score: int
    winners: tuple[str, ...]
    other: int
    other_winners: tuple[str, ...]


def change_of(settings: tuple[str, ...]) -> Change:
    """``chain.mechanism=…``, ``chain.max_winners=…``, ``solvers.NAME=`` (left out)."""
    found = Change()
    for text in settings:
        path, sign, value = (part.strip() for part in text.partition("="))
        if sign and path == MECHANISM and value:
            mechanism(value)
            found = replace(found, mechanism=value)
        elif sign and path == WINNERS and value.isdecimal() and int(value) > 0:
            found = replace(found, max_winners=int(value))
        elif sign and path.startswith(SOLVERS) and not value:
            found = replace(found, without=found.without | {path.removeprefix(SOLVERS)})
        else:
            known = f"{MECHANISM}=NAME, {WINNERS}=COUNT, {SOLVERS}NAME= (left out)"
            raise UsageError("--set", f'of a log only this can be changed: {known}; not "{text[:80]}"')
    return found


def replay(path: Path, change: Change, advance: Callable[[int, int], None]) -> Iterator[Replayed]:
    """Every auction of the node's store at ``path``. Raises ``Corrupt`` at the first height that differs.

    Certificates are not looked at: a log proves what a node did, not that others agreed.
    """
    with Store(path, None) as store, closing(store.journal()) as journal:
        top, lines = store.height(), (decode_line(line) for line, _ in journal)
        app = ChainApp(_genesis(next(lines)), lambda key, digest, signature: True)
        for height in range(top + 1):
            decision = store.decision(height)
            if decision is None:
                raise Corrupt(str(path), f"decision[{height}]", "nothing", "a decided block")
            if not app.valid(height, decision.block):
                raise Corrupt(str(path), f"decision[{height}]", "a block that breaks the rules", "a valid one")
            applied = app.apply(height, decision.block)
            line = next(lines, None)
            recorded = b"" if line is None else line.root
            if app.state.root != recorded:
                raise Corrupt(str(path), f"root[{height}]", app.state.root.hex(), recorded.hex())
            advance(height + 1, top + 1)
            settlement = applied.effects.settlement
            if phase_of(height) is Phase.SETTLE and settlement is not None:
                yield _held_against(height, settlement, rules_of(app.state), change)


def _genesis(first: Line) -> State:
    """The first state, from the journal's first line."""
    state = State(TABLES)
    state.absorb(dict(first.delta))
    return state


def _held_against(height: int, settlement: Settlement, rules: Rules, change: Change) -> Replayed:
    other = settlement
    if change:
        answers = [item.solution for item in settlement.verified] + [item.solution for item in settlement.refused]
        chosen = mechanism(
            change.mechanism or rules.mechanism, max_winners=change.max_winners or rules.max_winners
        )
        caps: RewardCaps = rules.caps
        kept = [solution for solution in answers if solution.solver not in change.without]
        other = settle(settlement.auction, kept, chosen, caps)
    return Replayed(
        settlement.auction.number,
        height,
        len(settlement.auction.orders),
        settlement.score,
        _winners(settlement),
        other.score,
        _winners(other),
    )


def _winners(settlement: Settlement) -> tuple[str, ...]:
    return tuple(sorted({item.solution.solver for item in settlement.settled}))
