"""A whole network in virtual time: gossip, agreement, solving, verification, settlement and ledger of big batches.

``python -m benchmarks.pipeline [--validators N] [--intents N] [--batches N] [--markets N] [--solver NAME]``

Users sign intents beforehand; in each batch's window every intent is handed to some node, which sends what it
takes in to all others, packed as a live node does. They check it, agree on the batch, on a solver's sealed answer
and on the settlement, with the default windows (1.0, 2.0 and 0.5 s). Prints virtual seconds per processor second,
signing left out. What a process loads once belongs to no batch, as a live node warms its solver: a small network
runs first. What is a pure function of agreed bytes is worked out once for all nodes, as they share one process. So
do the users: nodes take their signatures as made, as in every simulated world, and a node's solver takes the word
of its node for them. With ``--verify`` each intent is decoded and its signature checked, once for all.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any, Final

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from intents.intent import Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.chain.blocks import Phase, phase_of
from node.chain.genesis import Genesis, network_of
from node.chain.items import Submission, encode_item
from node.chain.reading import own_item
from node.live.wire import ITEM_PACKS
from node.machine import Commit
from node.solving import SolverKey
from settlement.ledger.rules import Rules
from settlement.signatures import count_as_signed
from settlement.solution import Solution
from sim.campaign import settle_in
from sim.cluster import Cluster, Member
from sim.kernel import Kernel
from sim.links import LinkModel, Links
from solver.protocol import Deadline
from solver.registry import NAMES, built_in

WHOLE: Final = 10**18
USERS: Final = 500
#: Links of 5 to 50 ms, and the windows of a default node.
LINKS: Final = LinkModel(5_000, 50_000)
SOLVING_US: Final = 500_000
#: So many batches are signed at once: of more, nodes would have forgotten that they know the signatures.
AHEAD: Final = 5
#: Intents of the network that only loads what is loaded once.
WARMING: Final = 50


class Pipeline:
    """The network, its users and its one solver."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.rng = rng = Random(options.seed)
        self.assets = [AssetId(f"T{i}") for i in range(options.markets + 1)]
        self.users = [SigningKey.from_seed(rng.randbytes(32)) for _ in range(USERS)]
        solver = SigningKey.from_seed(rng.randbytes(32))
        self.genesis = self._genesis(solver)
        self.network = network_of(self.genesis)
        self.signed = 0
        self.signing_s = 0.0
        self.batches: list[list[bytes]] = []
        self._sign()
        self.kernel = Kernel(options.seed)
        self.links = Links(self.kernel, LINKS, 1 << 62)
        self.published: set[bytes] = set()
        self.packs: list[list[bytes]] = [[] for _ in range(options.validators)]
        self.solving_s = 0.0
        self.settled: list[int] = []
        self.cluster = Cluster(
            self.kernel,
            self.links,
            self.genesis,
            Timeouts(early=False),
            solvers={0: (SolverKey(solver.public, solver.public, solver.sign), self._solve)},
            mesh=self,
        )
        self.cluster.committed = self._committed
        self.solver = built_in(options.solver)
        self.heights = 0

    def run(self) -> dict[str, Any]:
        self._hand_in()
        # What is loaded stays; of what a batch makes most lives until its end.
        gc.collect()
        settle_in()
        began, signing_s = time.process_time(), self.signing_s
        self.cluster.start()
        self.kernel.run(1 << 62)
        seconds = time.process_time() - began - (self.signing_s - signing_s)
        virtual = self.kernel.now_us / 1e6
        return {
            "validators": self.options.validators,
            "intents_per_batch": self.options.intents,
            "batches": len(self.settled),
            "trades_per_batch": self.settled,
            "virtual_seconds": round(virtual, 3),
            "cpu_seconds": round(seconds, 3),
            "cpu_seconds_per_batch": round(seconds / len(self.settled), 3),
            "solving_seconds_per_batch": round(self.solving_s / len(self.settled), 3),
            "times_real_time": round(virtual / seconds, 2),
            "events": self.kernel.events,
        }

    def publish(self, node: int, item: bytes) -> None:
        """Gossip: whoever is first sends it to everybody, with what else comes while it waits for company."""
        if item not in self.published:
            self.published.add(item)
            pack = self.packs[node]
            if not pack:
                self.kernel.after(ITEM_PACKS.linger_ms * 1_000, self._send_pack, node)
            pack.append(item)
            if len(pack) == ITEM_PACKS.items:
                self._send_pack(node)

    def _send_pack(self, node: int) -> None:
        pack, self.packs[node] = self.packs[node], []
        for other in range(self.options.validators) if pack else ():
            if other != node:
                self.links.send(node, other, self.cluster.hear_pack, other, node, pack)

    def _genesis(self, solver: SigningKey) -> Genesis:
        first = self.assets[0]
        deep = (10**6 * WHOLE, 10**6 * WHOLE)
        pools = tuple(
            ConstantProductState(VenueId(f"{first}-{asset}"), (first, asset), 0, "", deep, Fraction(3, 1000))
            for asset in self.assets[1:]
        )
        purse = tuple(Leg(asset, 10**6 * WHOLE) for asset in self.assets)
        return Genesis(
            name="pipeline",
            # No oracle speaks here: the first prices must last.
            rules=Rules(bytes(32), first, stale_after=self.options.batches),
            assets=tuple(AssetInfo(asset, 18, asset, WHOLE) for asset in self.assets),
            validators=tuple(Validator(bytes([i + 1]) * 32) for i in range(self.options.validators)),
            balances={b"\0" + key.public: purse for key in self.users},
            venues=tuple((pool, ()) for pool in pools),
            bonds={b"\0" + solver.public: ("solver", 1_000 * WHOLE)},
            rewards=10**6 * WHOLE,
        )

    def _item(self, batch: int, number: int) -> bytes:
        rng = self.rng
        key, amount = rng.choice(self.users), rng.randint(WHOLE, 100 * WHOLE)
        pair = [self.assets[0], rng.choice(self.assets[1:])]
        rng.shuffle(pair)
        sealed = encode_signed if self.options.verify else own_item
        intent = Intent(
            self.network,
            Owner(OwnerScheme.ED25519, key.public),
            batch * self.options.intents + number,
            0,
            batch + 2,
            (Leg(pair[0], amount),),
            (Leg(pair[1], amount * rng.randint(95, 99) // 100),),
            Kind.EXACT_IN,
        )
        return sealed(key, intent)

    def _sign(self) -> None:
        """The next batches, signed by their users while no time is counted."""
        began = time.process_time()
        gc.disable()
        last = min(self.signed + AHEAD, self.options.batches)
        for batch in range(self.signed, last):
            self.batches.append([self._item(batch, number) for number in range(self.options.intents)])
        self.signed = last
        gc.freeze()
        gc.enable()
        self.signing_s += time.process_time() - began

    def _hand_in(self) -> None:
        """The next batch's intents arrive, evenly over the first 0.9 s from now."""
        if not self.batches:
            self._sign()
        if self.batches:
            items = self.batches.pop(0)
            for place, item in enumerate(items):
                node = place % self.options.validators
                self.kernel.after(900_000 * place // len(items), self.cluster.submit, node, item)

    def _committed(self, member: Member, commit: Commit) -> None:
        if commit.height < self.heights:
            return
        self.heights = commit.height + 1
        if phase_of(commit.height) is Phase.SETTLE:
            settlement = commit.applied.effects.settlement
            self.settled.append(sum(len(winner.trades) for winner in settlement.settled) if settlement else 0)
            if len(self.settled) == self.options.batches:
                self.kernel.halt()
            self._hand_in()

    def _solve(self, auction: Auction) -> tuple[Sequence[Solution], int]:
        began = time.process_time()
        deadline = Deadline.work(self.options.work, seed=auction.number)
        # As live nodes' solvers have it: the node that asks has checked them.
        count_as_signed(auction.orders)
        found = {solution.id: solution for solution in self.solver.solve(auction, deadline)}
        count_as_signed(())
        self.solving_s += time.process_time() - began
        return tuple(found.values()), SOLVING_US


def encode_signed(key: SigningKey, intent: Intent) -> bytes:
    """As somebody outside would sign it: the nodes decode and check it."""
    return encode_item(Submission(intent, sign_intent(key, intent)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validators", type=int, default=4)
    parser.add_argument("--intents", type=int, default=1_000)
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--markets", type=int, default=1)
    parser.add_argument("--solver", choices=NAMES, default="naive")
    parser.add_argument("--work", type=int, default=200_000, help="the solver's budget in units of work")
    parser.add_argument("--verify", action="store_true", help="have the nodes decode and check what users signed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    Pipeline(argparse.Namespace(**{**vars(options), "intents": WARMING, "batches": 1})).run()
    report = Pipeline(options).run()
    print(json.dumps(report) if options.json else "\n".join(f"{name}: {value}" for name, value in report.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
