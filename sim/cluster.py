"""A cluster of nodes on a virtual network: the node's own machine, its effects performed in virtual time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol

from intents.auction import Auction
from node.agreement.effects import Accuse, Broadcast, FallenBehind, Persist, Pull, Record, Send, SetTimer
from node.agreement.messages import Decision, Message, light_id
from node.agreement.timeouts import Timeouts
from node.catchup.library import NOTHING_KEPT, Keeping
from node.catchup.light import Pin
from node.catchup.messages import Archive, Install, PeerMessage, Prune, Tell
from node.catchup.snapshot import rebuild
from node.chain.app import ChainApp
from node.chain.blocks import decode_header
from node.chain.genesis import Genesis, build
from node.chain.items import item_id
from node.chain.memo import Memo
from node.machine import Ask, Commit, Effect, Give, Gossip, Machine, Solve, Store
from node.solving import SolverKey
from settlement.ledger.state import State
from settlement.solution import Solution
from sim.disk import Disk
from sim.kernel import Kernel

#: How often a node says where it is.
STATUS_US: Final = 500_000

#: Answers an auction; returns the solutions and the virtual microseconds that finding them took.
Solving = Callable[[Auction], tuple[Sequence[Solution], int]]


class Wire(Protocol):
    """Carries calls between nodes, each after a delay of its own, perhaps never, perhaps twice."""

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None: ...

    def spread(self, source: int, targets: Sequence[int], deliver: Callable[..., None], what: Any) -> None:
        """To each of ``targets``, as if sent one by one: ``deliver(target, source, what)``."""

    def cut(self, group: set[int]) -> None:
        """From now on ``group`` and the others cannot reach each other."""

    def heal(self) -> None: ...


class Mesh(Protocol):
    """Spreads items to everybody, by whatever way; ``Cluster.hear`` is to be called where they arrive."""

    def publish(self, node: int, item: bytes) -> None: ...


class Crash(Exception):
    """A node dies before an effect; of a write its first ``kept`` records reach the disk."""

    def __init__(self, kept: int = 0) -> None:
        super().__init__(kept)
        self.kept = kept


@dataclass
class Member:
    """One node. ``life`` counts restarts: what was scheduled in an earlier life does not reach this one.

    ``lied``: of a node that lies, the blocks it made up, by height and round.
    """

    index: int
    machine: Machine
    disk: Disk
    alive: bool = True
    life: int = 0
    lied: dict[tuple[int, int], bytes] = field(default_factory=dict)


@lru_cache(maxsize=1 << 12)
def mac(key: bytes, digest: bytes) -> bytes:
    """A stand-in for validators' signatures in worlds where nobody breaks cryptography: a keyed hash."""
    return hashlib.blake2b(digest, key=key, digest_size=32).digest()


def mac_holds(key: bytes, digest: bytes, signature: bytes) -> bool:
    return mac(key, digest) == signature


class Cluster:
    """Nodes 0 … n − 1, the first of which are the genesis's validators in order; ``followers`` more only follow.

    Without a ``mesh`` items go straight to everybody. Nodes share a ``memo``, so that what all of them work out
    is worked out once; ``Memo(0)`` lets each do everything itself. ``first`` is the genesis's state, if built.
    ``candidates`` are keys that the first followers have, and may buy votes for; ``keeping`` is what all nodes
    keep for late joiners, ``pins`` what some were told by their operators.
    ``twins`` come last: each is one more node, honest in itself, with the key of that validator.
    """

    def __init__(
        self,
        kernel: Kernel,
        links: Wire,
        genesis: Genesis,
        timeouts: Timeouts,
        *,
        solvers: dict[int, tuple[SolverKey, Solving]] | None = None,
        followers: int = 0,
        mesh: Mesh | None = None,
        memo: Memo | None = None,
        first: State | None = None,
        twins: Sequence[int] = (),
        candidates: Sequence[bytes] = (),
        keeping: Keeping = NOTHING_KEPT,
        pins: Mapping[int, Pin] | None = None,
    ) -> None:
        self.kernel, self.links, self.genesis, self.timeouts = kernel, links, genesis, timeouts
        self.solvers = solvers or {}
        self.mesh = mesh
        self.memo = Memo() if memo is None else memo
        self.first = build(genesis) if first is None else first
        #: Called with (node, block number of its effect) before each effect: may raise ``Crash``.
        self.hazard: Callable[[Member, Effect], None] | None = None
        #: Called with every message that one of ``liars`` sends to another; returns what is sent in its place.
        self.corrupt: Callable[[Member, int, Message], Iterable[Message]] | None = None
        #: Nodes that lie; ``None`` where that is for ``corrupt`` to know.
        self.liars: Container[int] | None = None
        #: Called after a node has decided and applied a height.
        self.committed: Callable[[Member, Commit], None] | None = None
        #: Called with every message that a node sends to all others.
        self.said: Callable[[Member, Message], None] | None = None
        #: Called after each effect that a node has performed.
        self.watch: Callable[[Member, Effect], None] | None = None
        #: How long a node's clock takes in truth for a delay that it measures: (node, delay) in microseconds.
        self.clock: Callable[[int, int], int] | None = None
        #: Called with every message about the past that a node sends; returns what is sent in its place.
        self.distort: Callable[[Member, int, PeerMessage], Iterable[PeerMessage]] | None = None
        self.keeping, self.pins = keeping, pins or {}
        self.accused: list[tuple[int, Accuse]] = []
        keys = [*(validator.key for validator in genesis.validators), *candidates]
        self.index = {key: i for i, key in enumerate(keys)}
        self._holders = {key: [i] for i, key in enumerate(keys)}
        self._keys: list[bytes | None] = [*keys, *(None for _ in range(followers - len(candidates)))]
        for twin in twins:
            self._holders[keys[twin]].append(len(self._keys))
            self._keys.append(keys[twin])
        places = range(len(self._keys))
        self._others = [tuple(other for other in places if other != i) for i in places]
        self.members = [self._member(i, Disk()) for i in places]

    def start(self) -> None:
        """All begin but those that were made to crash before: they join when they are restarted."""
        for member in self.members:
            if member.alive:
                self._perform(member, member.machine.start())
                self.kernel.after(1 + member.index * 7_919, self._status, member, member.life)

    def end(self) -> None:
        """Nobody goes on from here: nodes are let go of now, not when somebody looks for garbage."""
        self.members.clear()
        self.hazard = self.corrupt = self.committed = self.said = self.watch = self.clock = self.distort = None

    def submit(self, index: int, item: bytes) -> None:
        """A user hands an item to a node. Raises a ``WalrasError`` where the node refuses it."""
        member = self.members[index]
        if member.alive:
            self._perform(member, member.machine.submit(item))

    def hear(self, index: int, sender: int, item: bytes) -> bool:
        """An item reaches a node through the mesh; whether the node holds it now, and so passes it on."""
        member = self.members[index]
        if not member.alive:
            return False
        self._perform(member, member.machine.hear(sender, (item,)))
        return member.machine.app.item(item_id(item)) is not None

    def hear_pack(self, index: int, sender: int, items: Sequence[bytes]) -> None:
        """Items reach a node in one message."""
        member = self.members[index]
        if member.alive:
            effects = member.machine.hear(sender, items)
            if effects:
                self._perform(member, effects)

    def restart(self, index: int) -> None:
        """The node comes back with what its disk kept."""
        self._revive(index, self.members[index].disk)

    def wipe(self, index: int, disk: Disk) -> None:
        """The node comes back with its key and another disk: an empty one, or one that lacks the end."""
        disk.lost = True
        self._revive(index, disk)

    def _revive(self, index: int, disk: Disk) -> None:
        old, nonce = self.members[index], None
        if disk.lost:
            # One that dies before it has found out where the others are still does not know what it said.
            nonce = hashlib.sha256(f"{self.kernel.seed}/{index}/{old.life}".encode()).digest()
        member = self.members[index] = self._member(index, disk, nonce)
        member.life = old.life + 1
        for decision in disk.decisions:
            member.machine.app.apply(decision.height, decision.block)
        records: Sequence[Record] = disk.log.get(disk.height + 1, ())
        self._perform(member, member.machine.start(records, list(disk.items.values())))
        self.kernel.after(1, self._status, member, member.life)

    def crash(self, index: int) -> None:
        self.members[index].alive = False

    # Effects

    def _perform(self, member: Member, effects: Sequence[Effect]) -> None:
        hazard, watch = self.hazard, self.watch
        try:
            for effect in effects:
                if hazard is not None:
                    hazard(member, effect)
                _PERFORMED[type(effect)](self, member, effect)
                if watch is not None:
                    watch(member, effect)
        except Crash as crash:
            member.disk.tear(effect, crash.kept)
            member.alive = False

    def _broadcast(self, member: Member, effect: Broadcast) -> None:
        message = effect.message
        if self.said is not None:
            self.said(member, message)
        index, others = member.index, self._others[member.index]
        if self.corrupt is None or (self.liars is not None and index not in self.liars):
            self.links.spread(index, others, self._receive, message)
        else:
            for target in others:
                self._tell(member, target, message)

    def _send(self, member: Member, effect: Send) -> None:
        self._tell(member, effect.to, effect.message)

    def _tell(self, member: Member, target: int, message: Message) -> None:
        messages = (message,) if self.corrupt is None else self.corrupt(member, target, message)
        for said in messages:
            self.links.send(member.index, target, self._receive, target, member.index, said)

    def _arm(self, member: Member, effect: SetTimer) -> None:
        delay_us = effect.after_ms * 1000
        if self.clock is not None:
            delay_us = self.clock(member.index, delay_us)
        self.kernel.put(delay_us, self._timer, (member, member.life, effect.timer))

    def _persist(self, member: Member, effect: Persist) -> None:
        member.disk.append(effect.height, effect.records)

    def _store(self, member: Member, effect: Store) -> None:
        member.disk.store(effect.items)

    def _gossip(self, member: Member, effect: Gossip) -> None:
        if self.mesh is not None:
            self.mesh.publish(member.index, effect.item)
        else:
            self.links.spread(member.index, self._others[member.index], self.hear_pack, (effect.item,))

    def _commit(self, member: Member, effect: Commit) -> None:
        member.disk.decide(Decision(effect.height, effect.block, effect.certificate))
        if self.committed is not None:
            self.committed(member, effect)

    def _give(self, member: Member, effect: Give) -> None:
        self._call(member, (effect.to,), "hear", effect.items)

    def _ask(self, member: Member, effect: Ask) -> None:
        self._call(member, self._all() if effect.to is None else (effect.to,), "items_wanted", effect.ids)

    def _pull(self, member: Member, effect: Pull) -> None:
        holders = [index for key in effect.holders for index in self._holders.get(key, ())]
        self._call(member, holders, "body_wanted", effect.height, effect.block)

    def _solve(self, member: Member, effect: Solve) -> None:
        _, solving = self.solvers[member.index]
        solutions, took_us = solving(effect.auction)
        self.kernel.after(took_us, self._solved, member, member.life, effect.auction.number, solutions)

    def _accuse(self, member: Member, effect: Accuse) -> None:
        self.accused.append((member.index, effect))

    def _pass(self, member: Member, effect: FallenBehind) -> None:
        """A node that is behind asks for what it lacks with its next status."""

    def _tell_past(self, member: Member, effect: Tell) -> None:
        for target in self._all() if effect.to is None else (effect.to,):
            messages = (effect.message,)
            for message in messages if self.distort is None else self.distort(member, target, effect.message):
                self._call(member, (target,), "told", message)

    def _archive(self, member: Member, effect: Archive) -> None:
        member.disk.archive.append(effect.checkpoint)

    def _prune(self, member: Member, effect: Prune) -> None:
        member.disk.pruned = effect.below

    def _install(self, member: Member, effect: Install) -> None:
        member.disk.install(effect)

    def _all(self) -> Sequence[int]:
        return range(len(self.members))

    def _call(self, member: Member, targets: Iterable[int], event: str, *arguments: Any) -> None:
        for target in targets:
            if target != member.index:
                self.links.send(member.index, target, self._deliver, target, event, member.index, *arguments)

    # Events

    def _receive(self, target: int, sender: int, message: Message) -> None:
        member = self.members[target]
        if member.alive:
            effects = member.machine.receive(sender, message)
            if effects:
                self._perform(member, effects)

    def _deliver(self, target: int, event: str, *arguments: Any) -> None:
        member = self.members[target]
        if member.alive:
            effects = getattr(member.machine, event)(*arguments)
            if effects:
                self._perform(member, effects)

    def _timer(self, member: Member, life: int, timer: Any) -> None:
        if member.alive and self.members[member.index].life == life:
            effects = member.machine.timed_out(timer)
            if effects:
                self._perform(member, effects)

    def _status(self, member: Member, life: int) -> None:
        if self.members[member.index].life != life:
            return
        if member.alive:
            self._perform(member, member.machine.status())
        self.kernel.after(STATUS_US, self._status, member, life)

    def _solved(self, member: Member, life: int, auction: int, solutions: Sequence[Solution]) -> None:
        if member.alive and self.members[member.index].life == life:
            self._perform(member, member.machine.solved(auction, solutions))

    def _member(self, index: int, disk: Disk, nonce: bytes | None = None) -> Member:
        key = self._keys[index]
        solver = self.solvers.get(index)

        def sign(digest: bytes) -> bytes:
            assert key is not None, "a follower has nothing to sign"
            return mac(key, digest)

        machine = Machine(
            self._app(disk),
            self.timeouts,
            sign,
            key,
            disk.decision,
            solver[0] if solver else None,
            keeping=self.keeping,
            archive=disk.archive,
            pin=self.pins.get(index),
            nonce=nonce,
        )
        return Member(index, machine, disk)

    def _app(self, disk: Disk) -> ChainApp:
        """As the disk has it before its decisions: at the genesis, or at the snapshot it joined with."""
        if disk.base is None:
            first = self.first if self.memo.shares else self.first.copy()
            return ChainApp(first, mac_holds, memo=self.memo)
        checkpoint = disk.base.manifest.checkpoint
        state = rebuild(disk.base.chunks, decode_header(checkpoint.header).state_root)
        block = light_id(checkpoint.header, checkpoint.body_hash)
        return ChainApp(state, mac_holds, height=disk.base.height, previous=block, memo=self.memo)


#: How each effect is performed. A table, since effects are many and to match structs one after the other is slow.
_PERFORMED: Final[Mapping[type[Effect], Callable[[Cluster, Member, Any], None]]] = {
    Broadcast: Cluster._broadcast,
    SetTimer: Cluster._arm,
    Persist: Cluster._persist,
    Send: Cluster._send,
    Store: Cluster._store,
    Gossip: Cluster._gossip,
    Commit: Cluster._commit,
    Give: Cluster._give,
    Ask: Cluster._ask,
    Pull: Cluster._pull,
    Solve: Cluster._solve,
    Accuse: Cluster._accuse,
    FallenBehind: Cluster._pass,
    Tell: Cluster._tell_past,
    Archive: Cluster._archive,
    Prune: Cluster._prune,
    Install: Cluster._install,
}
