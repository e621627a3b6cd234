"""A simulation from genesis to its last auction: everything put together, run, and written down."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from intents.assets import AssetId
from intents.codec import intent_id
from intents.errors import WalrasError
from intents.intent import Intent, IntentId
from node.agreement.timeouts import Timeouts
from node.chain.app import ChainApp, read_item
from node.chain.blocks import Phase, phase_of
from node.chain.genesis import network_of
from node.chain.items import Submission
from node.machine import Commit
from node.solving import SolverKey
from settlement.settle import Settlement
from sim.agents.base import Agent, Fill, Settled
from sim.agents.registry import kind_of, make
from sim.cluster import Cluster, Member
from sim.kernel import Kernel
from sim.prices.process import PriceProcess
from sim.recording.events import EventKind
from sim.recording.recorder import Recorder
from sim.recording.rows import PRICE_EVERY_US, EventRow, IntentRow, NodeRow, PriceRow, WealthRow
from sim.scenario.parts import ClockJump, SolverPart, Strategy
from sim.scenario.simulation import Simulation
from sim.strategies.answering import Answering
from sim.strategies.seals import Copier, Withholder
from sim.world.accounts import People, genesis_of, people_of
from sim.world.checking import violations
from sim.world.clocks import Clocks
from sim.world.desk import AtNode
from sim.world.faulting import SECOND_US, Faulting
from sim.world.heights import Height
from sim.world.holdings import owned, venue_rows
from sim.world.incidents import Incidents
from sim.world.observing import Author, Observer
from sim.world.trace import Trace
from sim.world.transport import Transport

#: A message younger than this at the end is no measure of how far messages get.
SPREADING_US: Final = 2 * SECOND_US
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
        self.recorder = Recorder()
        self.trace = Trace()
        self.people: People = people_of(simulation, seed)
        self.numeraire = self.people.numeraire.id
        self.prices = PriceProcess(
            simulation.prices, {asset.id: asset.price for asset in simulation.assets}, self.kernel.stream
        )
        self.observer = Observer(
            self.recorder,
            self.people.assets,
            self.outside,
            {part.name: part.strategy.value for part in simulation.solvers},
            fairness=simulation.fairness,
        )
        self.top = -1
        self.blocks: dict[int, bytes] = {}
        self.heights: dict[int, Height] = {}
        self._ledgers = simulation.chain.validators + simulation.network.followers
        self.cluster = self._cluster()
        self.faults = Faulting(self.cluster, self.transport, simulation.faults, self.note)
        self.incidents = Incidents(simulation.chain.validators, self.faults.liars, self.cluster.index, self.note)
        self.cluster.watch = self.incidents.watch
        self.desks, self.agents = self._population()
        self._began = {desk.name: owned(self.app(0).state, desk.holders) for desk in self.desks}
        self._last = simulation.auctions * HEIGHTS - 1

    # Building

    def _cluster(self) -> Cluster:
        simulation, kernel = self.simulation, self.kernel
        chain, network = simulation.chain, simulation.network
        genesis = genesis_of(simulation, self.people, kernel)
        self.network = network_of(genesis)
        self.solvers: dict[int, SolverPart] = {
            self._ledgers + place: part for place, part in enumerate(simulation.solvers)
        }
        self._withholders: dict[int, Withholder] = {}
        self._copiers: dict[int, Copier] = {}
        solvers = {node: (self._solver_key(node), self._solving(node)) for node in self.solvers}
        relays = network.nodes - self._ledgers
        self.machines = self._ledgers + len(solvers)
        self.homes = [*range(self._ledgers), *range(self.machines, self.machines + relays)]
        self.transport = Transport(kernel, network, self.machines, relays, self._arrived)
        timeouts = Timeouts((chain.collect_ms, chain.solve_ms, chain.reveal_ms), chain.propose_ms, chain.vote_ms)
        cluster = Cluster(
            kernel,
            self.transport,
            genesis,
            timeouts,
            solvers=solvers,
            followers=network.followers + len(solvers),
            mesh=self,
        )
        cluster.committed = self._committed
        jumps = [fault for fault in simulation.faults if isinstance(fault, ClockJump)]
        if network.skew or jumps:
            cluster.clock = Clocks(kernel, self.machines, network.skew, jumps)
        return cluster

    def _solver_key(self, node: int) -> SolverKey:
        part = self.solvers[node]
        key = self.people.solvers[part.name]
        found = SolverKey(key.public, key.public, key.sign)
        if part.strategy is Strategy.WITHHOLDING:
            self._withholders[node] = Withholder(found, part.share, self.kernel.stream(f"solver/{part.name}"))
        elif part.strategy is Strategy.COPYING:
            self._copiers[node] = Copier(found, self.network)
        return found

    def _solving(self, node: int) -> Callable[..., Any]:
        part = self.solvers[node]
        window_us = self.simulation.chain.solve_ms * 1000
        answering = Answering(part, self.kernel.stream(f"solver/{part.name}"), window_us)

        def solve(auction: Any) -> Any:
            solutions, took_us = answering(auction)
            self.observer.answers[part.name] = (answering.certified, took_us)
            # A copier has nothing of its own to say.
            return (() if node in self._copiers else solutions), took_us

        return solve

    def _population(self) -> tuple[list[AtNode], list[Agent]]:
        """Each account at a node drawn from those that are not solvers'."""
        rng = self.kernel.stream("homes")
        desks = []
        for part in self.simulation.agents:
            keys = self.people.owners[part.name]
            nodes = [rng.choice(self.homes) for _ in keys]
            desks.append(
                AtNode(
                    self, part.name, kind_of(part), nodes, rng.randrange(self._ledgers), keys, self.people.assets
                )
            )
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
        height, now_us = commit.height, self.kernel.now_us
        block = commit.certificate.block
        self.trace.add("block", now_us, member.index, height, block)
        if self.blocks.setdefault(height, block) != block:
            self.note(EventKind.FORK, member.index, str(height))
        phase = phase_of(height)
        at = self.heights.setdefault(height, Height(now_us, commit.applied.block))
        at.add(now_us, commit, member.machine.app.state.root)
        if height > self.top:
            self.top = height
            self.observer.decided(now_us, height, commit.certificate.round, commit.applied)
            self.incidents.decided(height, commit.applied)
            if phase is Phase.SETTLE:
                self._record_wealth(member)
                self._advance(self.top // HEIGHTS + 1)
        for desk, agent in zip(self.desks, self.agents, strict=True):
            if desk.anchor == member.index:
                if phase is Phase.BATCH:
                    desk.batched()
                elif phase is Phase.SETTLE:
                    news = _news(desk, height // HEIGHTS + 1, commit.applied.effects.settlement)
                    # After the node is done with this block.
                    self.kernel.after(1, agent.settled, desk, news)

    # What a mesh does for the cluster, with solvers' and censors' hands in it

    def publish(self, node: int, item: bytes) -> None:
        """A node hands an item to gossip."""
        withholder = self._withholders.get(node)
        if withholder is not None and withholder.keeps_back(read_item(item, self.network)):
            return
        self.transport.publish(node, item)

    def _arrived(self, node: int, sender: int, item: bytes) -> bool:
        """Gossip brings an item to a node."""
        if self._censored(node, item):
            return False
        kept = self.cluster.hear(node, sender, item)
        copier = self._copiers.get(node)
        if kept and copier is not None:
            answer = copier.answers(read_item(item, self.network))
            if answer is not None:
                self.kernel.after(1, self.submit, node, answer)
        return kept

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
        give, want = intent.give[0], intent.want[0]
        if not refused:
            self.observer.authors[number] = Author(desk.name, owner, intent)
        now_us, value = self.kernel.now_us, self.observer.value(give.asset, give.amount)
        self.trace.add("intent", now_us, desk.name, owner, number, refused)
        self.recorder.add(
            IntentRow(
                number.hex(),
                desk.name,
                desk.kind,
                owner,
                purpose,
                desk.nodes[owner],
                now_us,
                desk.auction,
                give.asset,
                str(give.amount),
                want.asset,
                str(want.amount),
                intent.fill.mode.value == "fok",
                self.outside(give.asset),
                self.outside(want.asset),
                value,
                refused,
            )
        )

    # Writing down

    def note(self, kind: EventKind, node: int, detail: str) -> None:
        self.recorder.add(EventRow(self.kernel.now_us, kind.value, node, detail))

    def _watch_prices(self) -> None:
        """Outside prices between settlements."""
        now_us, auction = self.kernel.now_us, (self.top + 1) // HEIGHTS + 1
        for info in self.people.assets[1:]:
            self.recorder.add(PriceRow(auction, info.id, now_us, self.outside(info.id), 0.0, 0.0))
        self.kernel.after(PRICE_EVERY_US, self._watch_prices)

    def _record_wealth(self, member: Member) -> None:
        state, value = member.machine.app.state, self.observer.value
        settlement = member.applied[-1].effects.settlement
        number = self.top // HEIGHTS + 1
        for desk in self.desks:
            now = math.fsum(value(asset, amount) for asset, amount in sorted(owned(state, desk.holders).items()))
            held = math.fsum(value(asset, amount) for asset, amount in sorted(self._began[desk.name].items()))
            self.recorder.add(WealthRow(number, desk.name, desk.kind, self.kernel.now_us, now, held))
        if settlement is not None:
            for row in venue_rows(member.machine.app, settlement, self.kernel.now_us, value):
                self.recorder.add(row)

    def _outcome(self) -> Outcome:
        self.transport.close()
        for node in range(self.machines + len(self.homes) - self._ledgers):
            self.recorder.add(self._node_row(node))
        for row in self.transport.rows(self.kernel.now_us - SPREADING_US):
            self.recorder.add(row)
        for height, found in sorted(self.heights.items()):
            self.recorder.add(found.row(height))
        broken = violations(self.cluster, self.faults.liars, self._last)
        self.trace.add("end", self.kernel.now_us, self.kernel.events)
        self.trace.add_rows(self.recorder)
        auctions = (self.top + 1) // HEIGHTS
        return Outcome(
            self.recorder, self.trace.root.hex(), auctions, self.kernel.now_us, self.kernel.events, tuple(broken)
        )

    def _node_row(self, node: int) -> NodeRow:
        """Relays have no ledger, so neither a height nor a root."""
        counts = self.transport.counts(node)
        if node >= self.machines:
            return NodeRow(node, False, -1, *counts, 0, "")
        member = self.cluster.members[node]
        height, root = len(member.disk.decisions) - 1, member.machine.app.state.root.hex()
        return NodeRow(node, node < self.simulation.chain.validators, height, *counts, member.life, root)


def _news(desk: AtNode, auction: int, settlement: Settlement | None) -> Settled:
    """What of a settlement concerns this desk."""
    fills = []
    for winner in () if settlement is None else settlement.settled:
        for trade in winner.trades:
            found = desk.mine.get(trade.order)
            if found is not None:
                fills.append(Fill(trade.order, found[0], trade.gives[0], trade.wants[0]))
    return Settled(auction, tuple(fills))
