"""The node: agreement, chain and gossip of items as one machine. Events go in, effects come out, in order.

Nothing here reads a clock, a socket or a disk. The live node performs effects with trio, libp2p and SQLite; the
simulator with a virtual network, clock and disk. A disk effect must be done before any effect after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from intents.auction import Auction
from intents.errors import WalrasError
from node.agreement import effects as asked
from node.agreement.core import Agreement
from node.agreement.effects import Record, Timer
from node.agreement.messages import Body, Certificate, Decision, Message, Status
from node.agreement.sync import answers, status_of
from node.agreement.timeouts import Timeouts
from node.chain.app import Applied, ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.items import item_id
from node.chain.tables import chain_of
from node.solving import SolverKey, sealed
from settlement.ledger.auction import auction_of
from settlement.ledger.rules import rules_of
from settlement.solution import Solution

#: Items asked for or sent at once.
MAX_ASKED: Final = 256
#: Heights sent at once to a peer that is behind.
MAX_DECISIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Store:
    """Make these items durable: after this, whoever handed them in may be told so."""

    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Gossip:
    """Pass an item on to everybody."""

    item: bytes


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a peer (``None``: any) for items by id."""

    to: int | None
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Give:
    """Items a peer asked for."""

    to: int
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction: the block, its certificate and the changes to the state."""

    height: int
    block: bytes
    certificate: Certificate
    applied: Applied


@dataclass(frozen=True, slots=True)
class Solve:
    """Answer this auction; hand solutions to ``solved``."""

    auction: Auction


Effect = asked.Effect | Store | Gossip | Ask | Give | Commit | Solve


class Machine:
    """One node. ``key`` is its validator key's public part, ``None`` for one that only follows."""

    def __init__(
        self,
        app: ChainApp,
        timeouts: Timeouts,
        sign: Callable[[bytes], bytes],
        key: bytes | None,
        decision: Callable[[int], Decision | None],
        solver: SolverKey | None = None,
    ) -> None:
        self.app = app
        self.key = key
        self.solver = solver
        self.decision = decision
        self.agreement = Agreement(app.network, sign, app.verify, app, timeouts)
        self._reveal: tuple[int, bytes] | None = None
        self._out: list[Effect] = []

    # Events

    def start(self, records: Sequence[Record] = (), items: Sequence[bytes] = ()) -> list[Effect]:
        """Begin the height after the last decided one, with what log and item store held of it."""
        for item in items:
            self._take_in(item)
        self._begin(records)
        return self._taken()

    def submit(self, item: bytes) -> list[Effect]:
        """An item from a user of this node. Raises a ``WalrasError`` that says what is wrong with it."""
        self._put_in(item)
        return self._retried()

    def hear(self, sender: int, items: Sequence[bytes]) -> list[Effect]:
        """Items from a peer: what is new and sound is stored and passed on."""
        new = [item for item in items[:MAX_ASKED] if self._take_in(item)]
        if new:
            self._out.append(Store(tuple(new)))
            self._out += [Gossip(item) for item in new]
        return self._retried()

    def receive(self, sender: int, message: Message) -> list[Effect]:
        """A message of the agreement from a validator."""
        if isinstance(message, Status):
            self._help(sender, message)
        else:
            self._do(self.agreement.receive(message))
        return self._taken()

    def timed_out(self, timer: Timer) -> list[Effect]:
        self._do(self.agreement.timed_out(timer))
        return self._taken()

    def body_wanted(self, sender: int, height: int, block: bytes) -> list[Effect]:
        """A peer wants the body of a block: of a decided one it gets the decision."""
        found = self.decision(height) if height < self.agreement.height else None
        if found is not None:
            return [asked.Send(sender, found)]
        body = self.agreement.bodies.get(block)
        return [] if body is None else [asked.Send(sender, Body(height, body))]

    def items_wanted(self, sender: int, ids: Sequence[bytes]) -> list[Effect]:
        """A peer wants items."""
        found = [self.app.item(number) for number in ids[:MAX_ASKED]]
        items = tuple(item for item in found if item is not None)
        return [Give(sender, items)] if items else []

    def status(self) -> list[Effect]:
        """Now and then: say where we are, and ask for what is missing."""
        out: list[Effect] = [asked.Broadcast(status_of(self.agreement))]
        if self.app.missing:
            out.append(Ask(None, tuple(sorted(self.app.missing))[:MAX_ASKED]))
        return out

    def solved(self, auction: int, solutions: Sequence[Solution]) -> list[Effect]:
        """Answers to a ``Solve``: seal them, if they are still in time."""
        if self.solver is None or auction != self.app.auction:
            return []
        both = sealed(self.app.network, self.solver, auction, solutions)
        if both is None or phase_of(self.agreement.height) is Phase.SETTLE:
            return []
        commit, reveal = both
        # The reveal is on disk before the seal is out: a crash between them must not cost the bond.
        self._reveal = (auction, reveal)
        self._out.append(Store((commit, reveal)))
        return self.submit(commit)

    # Inside

    def _begin(self, records: Sequence[Record] = ()) -> None:
        validators = self.app.validators
        me = None if self.key is None else validators.position(self.key)
        self._do(self.agreement.start(self.app.height + 1, validators, me, records))

    def _do(self, effects: Sequence[asked.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, asked.Decide):
                applied = self.app.apply(effect.height, effect.block)
                self._out.append(Commit(effect.height, effect.block, effect.certificate, applied))
                self._after(effect.height)
                self._begin()
            else:
                if isinstance(effect, asked.Accuse):
                    self.app.accuse(effect.key, effect.first, effect.second)
                self._out.append(effect)

    def _after(self, height: int) -> None:
        """What a decided block calls for: solving after BATCH, opening the seal after SEAL."""
        phase = phase_of(height)
        if self.solver is None:
            return
        if phase is Phase.BATCH:
            rules, chain = rules_of(self.app.state), chain_of(self.app.state)
            auction = auction_of(self.app.state, rules, chain.auction, chain.seed)
            if auction.orders:
                self._out.append(Solve(auction))
        elif phase is Phase.SEAL and self._reveal is not None and self._reveal[0] == self.app.auction:
            self._put_in(self._reveal[1])
            self._reveal = None

    def _help(self, sender: int, status: Status) -> None:
        if status.height < self.agreement.height:
            for height in range(status.height, min(self.agreement.height, status.height + MAX_DECISIONS)):
                found = self.decision(height)
                if found is not None:
                    self._out.append(asked.Send(sender, found))
        else:
            self._out += [asked.Send(sender, message) for message in answers(self.agreement, status)]

    def _put_in(self, item: bytes) -> None:
        self.app.add(item)
        self._out += [Store((item,)), Gossip(item)]

    def _take_in(self, item: bytes) -> bool:
        if self.app.item(item_id(item)) is not None:
            return False
        try:
            return self.app.add(item)
        except WalrasError:
            return False

    def _retried(self) -> list[Effect]:
        """An item may have been what a proposal waited for."""
        self._do(self.agreement.retry())
        return self._taken()

    def _taken(self) -> list[Effect]:
        out, self._out = self._out, []
        return out
