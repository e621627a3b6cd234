"""A simulation from genesis to its last auction: everything put together, run, and written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Final

from intents.assets import AssetId
from intents.codec import intent_id
from intents.errors import WalrasError
from intents.intent import Intent, IntentId
from node.agreement.timeouts import Timeouts
from node.chain.app import ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.genesis import network_of
from node.chain.items import Submission
from node.chain.reading import read_item
from node.machine import Commit
from settlement.settle import Settlement
from sim.agents.base import Agent, Fill, Settled
from sim.agents.registry import kind_of, make
from sim.cluster import Cluster, Member
from sim.kernel import Kernel
from sim.prices.process import PriceProcess
from sim.recording.events import EventKind
from sim.recording.recorder import Recorder
from sim.recording.rows import PRICE_EVERY_US
from sim.scenario.parts import ChainPart, ClockJump
from sim.scenario.simulation import Simulation
from sim.world.accounts import People, genesis_of, people_of
from sim.world.bookkeeping import Bookkeeper
from sim.world.checking import violations
from sim.world.clocks import Clocks
from sim.world.contestants import Contestants
from sim.world.desk import AtNode
from sim.world.faulting import SECOND_US, Faulting
from sim.world.heights import Height, proposing
from sim.world.incidents import Incidents
from sim.world.observing import Author, Observer
from sim.world.trace import Trace
from sim.world.transport import Transport

#: Heights an auction goes through.
HEIGHTS: Final = len(Phase)


@dataclass(eq=False)
class NodeDown(WalrasError):
    """A user's node does not answer."""

    code: ClassVar[str] = "node.down"
    text: ClassVar[str] = "node {node} does not answer"

    node: int


@dataclass(frozen=True)
class Outcome:
    """A finished run. ``trace_root`` covers everything that happened; ``violations`` what never should have."""

    recorder: Recorder
    trace_root: str
    auctions: int
    virtual_us: int
    events: int
    violations: tuple[str, ...]


class World:
    """Built from a simulation and a seed; ``run`` once. What a desk sees of it is ``sim.world.desk.Place``."""

    def __init__(self, simulation: Simulation, seed: int) -> None:
        self.simulation = simulation
        self.kernel = Kernel(seed)
        self.trace = Trace()
        self.people: People = people_of(simulation, seed)
        self.numeraire = self.people.numeraire.id
        starts = {asset.id: asset.price for asset in simulation.assets}
        self.prices = PriceProcess(simulation.prices, starts, self.kernel.stream)
        self.recorder = Recorder()
        self.books = Bookkeeper(self.recorder, self.people.assets, self.outside, lambda: self.kernel.now_us)
        self.top = -1
        self.heights: dict[int, Height] = {}
        self._last = simulation.auctions * HEIGHTS - 1
        self._build()

    def _build(self) -> None:
        """Nodes, their network, solvers, faults, people."""
        simulation, kernel = self.simulation, self.kernel
        chain, network, note = simulation.chain, simulation.network, self.books.note
        genesis = genesis_of(simulation, self.people, kernel)
        self.network = network_of(genesis)
        self._ledgers = chain.validators + network.followers
        self.contestants = Contestants(
            simulation.solvers, self.people.solvers, kernel, self._ledgers, self.network, chain.solve_ms * 1000
        )
        self.machines = self._ledgers + len(self.contestants.nodes)
        relays = network.nodes - self._ledgers
        self.homes = [*range(self._ledgers), *range(self.machines, self.machines + relays)]
        self.transport = Transport(kernel, network, self.machines, relays, self._arrived)
        self.cluster = Cluster(
            kernel,
            self.transport,
            genesis,
            _timeouts(chain),
            solvers=self.contestants.nodes,
            followers=self.machines - chain.validators,
            mesh=self,
        )
        self.cluster.committed = self._committed
        jumps = [fault for fault in simulation.faults if isinstance(fault, ClockJump)]
        if network.skew or jumps:
            self.cluster.clock = Clocks(kernel, self.machines, network.skew, jumps)
        self.faults = Faulting(self.cluster, self.transport, simulation.faults, note)
        self.incidents = Incidents(chain.validators, self.faults.liars, self.cluster.index, note)
        self.cluster.watch = self.incidents.watch
        self.observer = Observer(
            self.recorder,
            self.people.assets,
            self.books.value,
            self.outside,
            {part.name: part.strategy.value for part in simulation.solvers},
            self.contestants.answers,
            fairness=simulation.fairness,
        )
        self.desks, self.agents = self._population()
        self.books.began(self.desks, self.app(0))

    def _population(self) -> tuple[list[AtNode], list[Agent]]:
        """Each account at a node drawn from those that are not solvers'."""
        rng, desks = self.kernel.stream("homes"), []
        for part in self.simulation.agents:
            keys = self.people.owners[part.name]
            nodes, anchor = [rng.choice(self.homes) for _ in keys], rng.randrange(self._ledgers)
            desks.append(AtNode(self, part.name, kind_of(part), nodes, anchor, keys, self.people.assets))
        return desks, [make(part) for part in self.simulation.agents]

    # Running

    def run(self, advance: Callable[[int], None] = lambda auction: None) -> Outcome:
        """To the last auction, or the time limit. ``advance`` is told of every auction settled."""
        self._advance = advance
        self.cluster.start()
        for desk, agent in zip(self.desks, self.agents, strict=True):
            self.kernel.after(1, agent.start, desk)
        self._watch_prices()
        self.kernel.run(int(self.simulation.limit_s * SECOND_US), self._finished)
        return self._outcome()

    def _finished(self) -> bool:
        """Whether every node that is up and honest has decided the last height."""
        if self.top < self._last:
            return False
        liars = self.faults.liars
        return all(
            len(member.disk.decisions) > self._last
            for member in self.cluster.members
            if member.alive and member.index not in liars
        )

    def _committed(self, member: Member, commit: Commit) -> None:
        """A node has decided a height and applied it."""
        height, now_us, app = commit.height, self.kernel.now_us, member.machine.app
        self.trace.add("block", now_us, member.index, height, commit.certificate.block)
        at = self.heights.get(height)
        if at is None:
            proposer = proposing(commit.applied, self.cluster.index)
            at = self.heights[height] = Height(now_us, commit.applied.block, proposer)
        at.add(now_us, commit, app.state.root)
        if len(at.blocks) > 1:
            self.books.note(EventKind.FORK, member.index, str(height))
        phase, auction = phase_of(height), height // HEIGHTS + 1
        if height > self.top:
            self.top = height
            self.observer.decided(now_us, height, commit.certificate.round, at.proposer, commit.applied)
            self.incidents.decided(height, commit.applied)
            if phase is Phase.SETTLE:
                self.books.settled(auction, self.desks, app, commit.applied.effects.settlement)
                self._advance(auction)
        for desk, agent in zip(self.desks, self.agents, strict=True):
            if desk.anchor != member.index:
                continue
            if phase is Phase.BATCH:
                desk.batched(auction)
            elif phase is Phase.SETTLE:
                # After the node is done with this block.
                news = _news(desk, auction, commit.applied.effects.settlement)
                self.kernel.after(1, agent.settled, desk, news)

    def _watch_prices(self) -> None:
        self.books.prices((self.top + 1) // HEIGHTS + 1)
        self.kernel.after(PRICE_EVERY_US, self._watch_prices)

    def _outcome(self) -> Outcome:
        validators, nodes = self.simulation.chain.validators, self.machines + len(self.homes) - self._ledgers
        self.books.ended(self.cluster, self.transport, nodes, validators)
        for height, found in sorted(self.heights.items()):
            self.recorder.add(found.row(height))
        broken = violations(self.cluster, self.faults.liars, self._last)
        self.trace.add("end", self.kernel.now_us, self.kernel.events)
        self.trace.add_rows(self.recorder)
        auctions = (self.top + 1) // HEIGHTS
        return Outcome(
            self.recorder, self.trace.root.hex(), auctions, self.kernel.now_us, self.kernel.events, tuple(broken)
        )

    # What a mesh does for the cluster, with solvers' and censors' hands in it

    def publish(self, node: int, item: bytes) -> None:
        """A node hands an item to gossip."""
        if self.contestants.meddles(node) and self.contestants.keeps_back(node, read_item(item, self.network)):
            return
        self.transport.publish(node, item)

    def _arrived(self, node: int, sender: int, item: bytes) -> bool:
        """Gossip brings an item to a node."""
        if self._censored(node, item):
            return False
        kept = self.cluster.hear(node, sender, item)
        if kept and self.contestants.meddles(node):
            reply = self.contestants.reply(node, read_item(item, self.network))
            if reply is not None:
                self.kernel.after(1, self._say, node, reply)
        return kept

    def _say(self, node: int, item: bytes) -> None:
        """A strategy hands in an item; what its own node refuses is not said."""
        with suppress(WalrasError):
            self.submit(node, item)

    def _censored(self, node: int, item: bytes) -> bool:
        victim = self.faults.censors(node)
        if not victim:
            return False
        found = read_item(item, self.network)
        if not isinstance(found, Submission):
            return False
        author = self.observer.authors.get(intent_id(found.intent))
        return author is not None and author.agent == victim

    # What a desk sees

    def app(self, node: int) -> ChainApp:
        """The ledger that users of ``node`` look at."""
        return self.cluster.members[node].machine.app

    def outside(self, asset: AssetId, ahead_us: int = 0) -> float:
        now_us = self.kernel.now_us
        return (self.prices.ahead(now_us, ahead_us) if ahead_us else self.prices.at(now_us))[asset]

    def submit(self, node: int, item: bytes) -> None:
        """Hand an item to a node; raises a ``WalrasError`` where it refuses or is down."""
        if node >= self.machines:
            read_item(item, self.network)
            self.transport.publish(node, item)
        elif self.cluster.members[node].alive:
            self.cluster.submit(node, item)
        else:
            raise NodeDown("node", node)

    def offered(
        self, desk: AtNode, number: IntentId, intent: Intent, owner: int, purpose: str, refused: str
    ) -> None:
        """For the record."""
        if not refused:
            self.observer.authors[number] = Author(desk.name, owner, intent)
        self.trace.add("intent", self.kernel.now_us, desk.name, owner, number, refused)
        self.books.offered(desk, number, intent, owner, purpose, refused)


def _news(desk: AtNode, auction: int, settlement: Settlement | None) -> Settled:
    """What of a settlement concerns this desk."""
    fills = []
    for winner in () if settlement is None else settlement.settled:
        for trade in winner.trades:
            found = desk.mine.get(trade.order)
            if found is not None:
                fills.append(Fill(trade.order, found[0], trade.gives[0], trade.wants[0]))
    return Settled(auction, tuple(fills))


def _timeouts(chain: ChainPart) -> Timeouts:
    windows_ms = (chain.collect_ms, chain.solve_ms, chain.reveal_ms)
    return Timeouts(windows_ms, chain.propose_ms, chain.vote_ms, early=chain.early)
