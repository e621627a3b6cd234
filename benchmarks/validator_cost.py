"""What one validator of four spends on each intent, by stage, when it shares nothing with the others.

``python -m benchmarks.validator_cost [--intents N ...] [--batches N] [--markets N] [--folder DIR] [--json]``

Four machines exchange real messages in canonical bytes, with real keys; windows close as soon as all intents are
in. Validator 0 does everything itself: it reads every intent and checks its signature, takes part in agreement,
works out every block on a state of its own, proposes when it is its turn, and writes to a store on disk. What the
others do is not counted, and nothing that they find is told to validator 0: it hears first. Solving is not part of
validating: the solution is ``naive``'s. Prints milliseconds of processor time per intent, by stage, and intents a
second that a validator could take with a core of its own; the least of ``--rounds``.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Final

from intents.assets import AssetId, AssetInfo
from intents.auction import Auction
from intents.intent import Intent, Kind, Leg, Owner, OwnerScheme
from intents.signing import SigningKey, sign_intent
from intents.venue_states import ConstantProductState, VenueId
from node.agreement.effects import Broadcast, Send, SetTimer, Timeout, Timer
from node.agreement.messages import Decision, Message
from node.agreement.timeouts import Timeouts
from node.agreement.validators import Validator
from node.agreement.wire import decode_message, encode_message
from node.chain.app import ChainApp
from node.chain.blocks import Phase, phase_of
from node.chain.genesis import Genesis, build, network_of
from node.chain.items import Submission, encode_item
from node.chain.reading import forget_items
from node.effects import Commit, Effect, Gossip, Solve
from node.embedded.performing import Performer, divided, stale_items
from node.embedded.recovery import verified
from node.machine import Machine
from node.solving import SolverKey
from node.storage.store import Store
from settlement.ledger.rules import Rules
from settlement.ledger.state import State
from settlement.solution import Solution
from solver.naive import Naive
from solver.protocol import Deadline

WHOLE: Final = 10**18
VALIDATORS: Final = 4
USERS: Final = 500
#: Items that come in one message of gossip.
TOGETHER: Final = 64
SOLVER: Final = 1
#: An item gossiped, with its sender; a message in canonical bytes, with its sender; or a timer that runs out.
Mail = tuple[int, tuple[bytes, ...]] | tuple[int, bytes] | Timer


class Spent:
    """Processor seconds by stage; ``within`` counts only while validator 0 is at work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def within(self, stage: str, counts: bool) -> Iterator[None]:
        began = time.process_time()
        yield
        if counts:
            self.seconds[stage] += time.process_time() - began


class World:
    """Keys, a genesis, and the intents of each batch, signed, each open for ``valid_for`` auctions after it."""

    def __init__(self, intents: int, batches: int, markets: int, seed: int, valid_for: int = 1) -> None:
        rng = Random(seed)
        self.valid_for = valid_for
        self.keys = [SigningKey.from_seed(rng.randbytes(32)) for _ in range(VALIDATORS)]
        self.solver = SigningKey.from_seed(rng.randbytes(32))
        self.users = [SigningKey.from_seed(rng.randbytes(32)) for _ in range(USERS)]
        self.assets = [AssetId(f"T{i}") for i in range(markets + 1)]
        self.genesis = self._genesis()
        self.network = network_of(self.genesis)
        self.batches = [
            [self._item(rng, batch, batch * intents + number) for number in range(intents)]
            for batch in range(batches)
        ]

    def _genesis(self) -> Genesis:
        first, deep = self.assets[0], (10**6 * WHOLE, 10**6 * WHOLE)
        purse = tuple(Leg(asset, 10**7 * WHOLE) for asset in self.assets)
        pools = (
            ConstantProductState(VenueId(f"{first}-{asset}"), (first, asset), 0, "", deep, Fraction(3, 1000))
            for asset in self.assets[1:]
        )
        return Genesis(
            name="validator-cost",
            rules=Rules(bytes(32), first),
            assets=tuple(AssetInfo(asset, 18, asset, WHOLE) for asset in self.assets),
            validators=tuple(Validator(key.public) for key in self.keys),
            balances={b"\0" + key.public: purse for key in self.users},
            venues=tuple((pool, ()) for pool in pools),
            bonds={b"\0" + self.solver.public: ("solver", 1_000 * WHOLE)},
            rewards=10**6 * WHOLE,
        )

    def _item(self, rng: Random, batch: int, nonce: int) -> bytes:
        key, amount = rng.choice(self.users), rng.randint(WHOLE, 100 * WHOLE)
        pair = [self.assets[0], rng.choice(self.assets[1:])]
        rng.shuffle(pair)
        give, want = Leg(pair[0], amount), Leg(pair[1], amount * rng.randint(95, 99) // 100)
        owner = Owner(OwnerScheme.ED25519, key.public)
        terms = Intent(self.network, owner, nonce, 0, batch + 1 + self.valid_for, (give,), (want,), Kind.EXACT_IN)
        return encode_item(Submission(terms, sign_intent(key, terms)))


class Network:
    """The four machines; validator 0 handles whatever it was sent before the others do."""

    def __init__(self, world: World, store: Store, first: State) -> None:
        self.spent = Spent()
        self.store, self.performer = store, Performer(store)
        self.settled = 0
        self.machines = [self._machine(world, i, first) for i in range(VALIDATORS)]
        self._mail: list[deque[Mail]] = [deque() for _ in range(VALIDATORS)]
        self._windows: dict[int, Timer] = {}
        for index, machine in enumerate(self.machines):
            self._perform(index, machine.start())
        self._deliver()

    def auction(self, items: Sequence[bytes]) -> None:
        """One batch, from its intents to its settlement: time passes until all windows of each height have run."""
        for place in range(0, len(items), TOGETHER):
            for mail in self._mail:
                mail.append((SOLVER, tuple(items[place : place + TOGETHER])))
        self._users = frozenset(items)
        for _ in Phase:
            self._deliver()
            due, self._windows = self._windows, {}
            for index, timer in due.items():
                self._mail[index].append(timer)
        self._deliver()

    def _machine(self, world: World, index: int, first: State) -> Machine:
        key = world.keys[index]
        solver = SolverKey(world.solver.public, b"secret", world.solver.sign) if index == SOLVER else None
        return Machine(
            ChainApp(first.copy(), verified), Timeouts(early=False), key.sign, key.public, no_decision, solver
        )

    def _deliver(self) -> None:
        while any(self._mail):
            index = next(i for i, mail in enumerate(self._mail) if mail)
            self._perform(index, self._event(index, self._mail[index].popleft()))

    def _event(self, index: int, mail: Mail) -> Sequence[Effect]:
        machine, counts = self.machines[index], index == 0
        phase = f"agree on {phase_of(machine.app.height + 1).name}"
        if isinstance(mail, Timer):
            with self.spent.within(phase, counts):
                return machine.timed_out(mail)
        source, sent = mail
        if isinstance(sent, tuple):
            with self.spent.within("read items", counts):
                return machine.hear(source, sent)
        with self.spent.within("wire", counts):
            message = decode_message(sent)
        with self.spent.within(phase, counts):
            return machine.receive(source, message)

    def _perform(self, index: int, effects: Sequence[Effect]) -> None:
        if index == 0:
            disk, effects = divided(effects)
            with self.spent.within("disk", bool(disk)):
                self.performer.write(disk, stale_items(disk, self.store, self.machines[0].app))
            self.settled += sum(trades(effect) for effect in disk if isinstance(effect, Commit))
        for effect in effects:
            match effect:
                case Broadcast():
                    self._send(index, effect.message, [i for i in range(VALIDATORS) if i != index])
                case Send():
                    self._send(index, effect.message, [effect.to])
                case SetTimer() if effect.timer.kind is Timeout.WINDOW:
                    self._windows[index] = effect.timer
                case Gossip() if index == SOLVER and effect.item not in self._users:
                    for other in range(VALIDATORS):
                        self._mail[other].append((index, (effect.item,)))
                case Solve():
                    self._perform(
                        index, self.machines[index].solved(effect.auction.number, solved(effect.auction))
                    )
                case _:
                    pass

    def _send(self, source: int, message: Message, targets: Sequence[int]) -> None:
        with self.spent.within("wire", source == 0):
            data = encode_message(message)
        for target in targets:
            self._mail[target].append((source, data))


def no_decision(height: int) -> Decision | None:
    """Nobody falls behind here."""
    return None


def solved(auction: Auction) -> tuple[Solution, ...]:
    return tuple(Naive().solve(auction, Deadline.after(60.0)))


def trades(commit: Commit) -> int:
    settlement = commit.applied.effects.settlement
    return sum(len(winner.trades) for winner in settlement.settled) if settlement is not None else 0


def measured(intents: int, batches: int, markets: int, folder: Path) -> dict[str, object]:
    """Milliseconds per intent by stage, over ``batches`` after one that warms up."""
    forget_items()
    world = World(intents, batches + 1, markets, seed=1)
    first = build(world.genesis)
    with Store(folder / "node.sqlite", first) as store:
        network = Network(world, store, first)
        network.auction(world.batches[0])
        network.spent.seconds.clear()
        before = network.settled
        # As ``walras node`` has it: what was loaded stays, and what waits is no garbage.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        for items in world.batches[1:]:
            network.auction(items)
        settled = network.settled - before
    gc.unfreeze()
    stages = {
        name: seconds * 1000 / (intents * batches) for name, seconds in sorted(network.spent.seconds.items())
    }
    total = sum(stages.values())
    return {
        "intents_per_batch": intents,
        "batches": batches,
        "settled": settled,
        "ms_per_intent": {name: round(value, 4) for name, value in stages.items()},
        "ms_per_intent_total": round(total, 4),
        "intents_per_second_per_core": round(1000 / total),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intents", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--batches", type=int, default=4, help="of four, each validator proposes as often")
    parser.add_argument("--markets", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="a folder on the disk that is to be measured")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    reports = []
    for intents in options.intents:
        found = []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                found.append(measured(intents, options.batches, options.markets, Path(folder)))
        reports.append(min(found, key=lambda report: str(report["ms_per_intent_total"])))
    if options.json:
        print(json.dumps(reports))
    for report in [] if options.json else reports:
        print("\n".join(f"{name}: {value}" for name, value in report.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
