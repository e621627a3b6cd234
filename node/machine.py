"""The node: agreement, chain and gossip of items as one machine. Events go in, effects come out, in order.

Nothing here reads a clock, a socket or a disk. The live node performs effects with trio, libp2p and SQLite; the
simulator with a virtual network, clock and disk. A disk effect must be done before any effect after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from intents.errors import WalrasError
from node.agreement import effects as asked
from node.agreement.core import Agreement
from node.agreement.effects import Record, Timer
from node.agreement.messages import Body, Decision, Message, Status
from node.agreement.sync import answers, status_of
from node.agreement.timeouts import Timeouts
from node.catchup.catchup import CatchUp
from node.catchup.joiner import Fetched
from node.catchup.library import NOTHING_KEPT, Keeping
from node.catchup.light import Pin
from node.catchup.messages import Checkpoint, Install, PeerMessage
from node.chain.app import ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.items import item_id
from node.effects import Ask, Commit, Effect, Give, Gossip, Solve, Store
from node.solving import SolverKey, sealed, sitting_out
from settlement.solution import Solution

__all__ = ["Ask", "Commit", "Effect", "Give", "Gossip", "Machine", "Solve", "Store"]

#: Items asked for or sent at once.
MAX_ASKED: Final = 256
#: Heights sent at once to a peer that is behind.
MAX_DECISIONS: Final = 8


class Machine:
    """One node. ``key`` is its validator key's public part, ``None`` for one that only follows.

    ``decision`` reads what the disk has decided, ``archive`` is what it kept of checkpoints, ``pin`` a block its
    operator vouches for. ``nonce``, a number never used before, is given where the disk has lost its log, again at
    every start until the log has its first record since: whoever keeps the disk marks it so.
    """

    def __init__(
        self,
        app: ChainApp,
        timeouts: Timeouts,
        sign: Callable[[bytes], bytes],
        key: bytes | None,
        decision: Callable[[int], Decision | None],
        solver: SolverKey | None = None,
        *,
        keeping: Keeping = NOTHING_KEPT,
        archive: Sequence[Checkpoint] = (),
        pin: Pin | None = None,
        nonce: bytes | None = None,
    ) -> None:
        self.app = app
        self.key = key
        self.solver = solver
        self.decision = decision
        self.agreement = Agreement(app.network, sign, app.verify, app, timeouts)
        self.past = CatchUp(
            app.network, sign, app.verify, key, keeping=keeping, archive=archive, pin=pin, nonce=nonce
        )
        self._reveal: tuple[int, bytes] | None = None
        self._out: list[Effect] = []

    # Events

    def start(self, records: Sequence[Record] = (), items: Sequence[bytes] = ()) -> list[Effect]:
        """Begin the height after the last decided one, with what log and item store held of it."""
        for item in items:
            self._take_in(item)
        self._begin(records)
        return self._taken()

    def submit(self, *items: bytes) -> list[Effect]:
        """Items from users of this node. Raises a ``WalrasError`` that says what is wrong with one, the others
        before it taken in."""
        for item in items:
            self._put_in(item)
        return self._retried()

    def hear(self, sender: int, items: Sequence[bytes]) -> list[Effect]:
        """Items from a peer: what is new and sound is stored and passed on."""
        new = [item for item in items[:MAX_ASKED] if self._take_in(item)]
        if not new:
            return []
        self._out.append(Store(tuple(new)))
        self._out += [Gossip(item) for item in new]
        return self._retried()

    def receive(self, sender: int, message: Message) -> list[Effect]:
        """A message of the agreement from a validator."""
        # Here and below: to ask whether a struct is of another class takes ten times as long.
        if type(message) is Status:
            self._help(sender, message)
        elif effects := self.agreement.receive(message):
            self._do(effects)
        return self._taken() if self._out else []

    def told(self, sender: int, message: PeerMessage) -> list[Effect]:
        """A message about the past, from any peer."""
        effects, fetched = self.past.hear(sender, message, self.app.height, self.app.state)
        self._out += effects
        if fetched is not None and fetched.light.header.height > self.app.height:
            self._install(fetched)
        return self._taken()

    def timed_out(self, timer: Timer) -> list[Effect]:
        if effects := self.agreement.timed_out(timer):
            self._do(effects)
        return self._taken() if self._out else []

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
        return [*out, *self.past.tick(self.app.height)]

    def solved(self, auction: int, solutions: Sequence[Solution] | None) -> list[Effect]:
        """Answers to a ``Solve``: seal them, if they are still in time. Without any, say so: nobody need wait, nor
        take the batch for too large; ``None`` is of a solver that has not got through it."""
        if self.solver is None or self.too_late(auction):
            return []
        both = sealed(self.app.network, self.solver, auction, solutions or ())
        if both is not None:
            return self._answered(*both)
        return self._answered(sitting_out(self.app.network, self.solver, auction, out_of_time=solutions is None))

    def too_late(self, auction: int) -> bool:
        """Whether answers to that auction are taken no more."""
        return auction != self.app.auction or phase_of(self.agreement.height) is Phase.SETTLE

    def _answered(self, commit: bytes, reveal: bytes | None = None) -> list[Effect]:
        """Unless nobody would take the answer: of a solver without a bond it would be noise."""
        if not self._take_in(commit):
            return []
        if reveal is not None:
            self._reveal = (self.app.auction, reveal)
        # The reveal is on disk before the seal is out: a crash between them must not cost the bond.
        self._out += [Store((commit,) if reveal is None else (commit, reveal)), Gossip(commit)]
        return self._retried()

    def reopen(self, auction: int, reveal: bytes) -> list[Effect]:
        """After a restart: what opens the seal that this solver set for ``auction``, said when its time comes."""
        if auction != self.app.auction:
            return []
        if phase_of(self.agreement.height) is Phase.SETTLE:
            return [Gossip(reveal)]
        self._reveal = (auction, reveal)
        return []

    # Inside

    def _begin(self, records: Sequence[Record] = ()) -> None:
        height, validators = self.app.height + 1, self.app.validators
        me = self.past.voter(height, validators)
        self._do(self.agreement.start(height, validators, me, records))

    def _do(self, effects: Sequence[asked.Effect]) -> None:
        for effect in effects:
            if type(effect) is asked.Decide:
                before = self.app.validators
                applied = self.app.apply(effect.height, effect.block)
                self._out.append(Commit(effect.height, effect.block, effect.certificate, applied))
                self._out += self.past.decided(
                    effect.block, effect.certificate, before, self.app.validators, self.app.state
                )
                self._after(effect.height)
                self._begin()
            else:
                if type(effect) is asked.Accuse:
                    self.app.accuse(effect.key, effect.first, effect.second)
                self._out.append(effect)

    def _after(self, height: int) -> None:
        """What a decided block calls for: solving after BATCH, opening the seal after SEAL."""
        phase = phase_of(height)
        if self.solver is None:
            return
        if phase is Phase.BATCH:
            auction = self.app.batch
            if auction is not None and auction.orders:
                self._out.append(Solve(auction))
        elif phase is Phase.SEAL and self._reveal is not None and self._reveal[0] == self.app.auction:
            self._put_in(self._reveal[1])
            self._reveal = None

    def _install(self, fetched: Fetched) -> None:
        """Go on from a snapshot: nothing was said at its height or later, so nothing can be said twice."""
        height = fetched.light.header.height
        self._out.append(Install(height, fetched.manifest, fetched.chunks, fetched.state))
        self.app = self.app.at(fetched.state, height, fetched.light.block)
        self.agreement.application = self.app
        self.past.installed(fetched)
        self._begin()

    def _help(self, sender: int, status: Status) -> None:
        if status.height < self.agreement.height:
            for height in range(status.height, min(self.agreement.height, status.height + MAX_DECISIONS)):
                found = self.decision(height)
                if found is None:
                    self._out += self.past.offer(sender)
                    break
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
        if effects := self.agreement.retry():
            self._do(effects)
        return self._taken()

    def _taken(self) -> list[Effect]:
        out, self._out = self._out, []
        return out
