"""Node processes on loopback for measurements: made, started, killed, started again, and none left."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import trio

from benchmarks.processor_time import started_s, used
from intents.intent import Leg
from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.chain.genesis import Genesis
from node.cli.main import EXIT_INTERRUPTED
from node.home.development import DECIMALS, ETH, WORTH, holder_of, units
from node.livedemo.desk import Desk, Endpoint, Seen, open_client
from node.livedemo.homes import MadeNode, NodeWanted, make_homes
from node.livedemo.process import Child, start, stop_all
from node.signals import end_like_ctrl_c

#: Owners whose intents are the load: more than the eight development accounts, so that no owner meets its bounds.
OWNERS = [SigningKey.from_seed(bytes([1, number]) * 16) for number in range(64)]
T = TypeVar("T")
READY_S = 90.0
#: Each look costs the node it looks at some milliseconds.
POLL_S = 0.2


@dataclass(eq=False)
class Bed:
    """Running nodes by name."""

    made: dict[str, MadeNode]
    desk: Desk
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def endpoints(self) -> list[Endpoint]:
        return [one.endpoint for one in self.made.values()]

    def endpoint(self, name: str) -> Endpoint:
        return self.made[name].endpoint

    async def start(self, name: str) -> None:
        made = self.made[name]
        self.children[name] = await start(name, made.command, made.log)

    async def kill(self, name: str) -> None:
        child = self.children[name]
        child.signal(signal.SIGKILL)
        await child.ended()

    async def ready(self, names: Sequence[str]) -> None:
        """All of them are. Fails by name after a minute and a half."""
        for name in names:
            with trio.move_on_after(READY_S) as scope:
                while not await self.desk.ready(self.endpoint(name)):
                    self.still_running()
                    await trio.sleep(POLL_S)
            if scope.cancelled_caught:
                raise SystemExit(f"{name} is not ready after {READY_S:g} s: {self.children[name].last_line()}")

    def still_running(self) -> None:
        for child in self.children.values():
            if child.process.poll() not in (None, -signal.SIGKILL):
                raise SystemExit(f"{child.name} ended by itself: {child.last_line()}")

    async def status(self, name: str) -> Seen:
        """Asks again while the node is too busy to answer in time."""
        while True:
            found = await self.desk.status(self.endpoint(name))
            if found is not None:
                return found
            self.still_running()

    async def settled(self, auction: int, name: str = "") -> None:
        """Wait until that auction has settled there, or on all nodes that run."""
        for one in [name] if name else self.running:
            while (await self.status(one)).auction <= auction:
                await trio.sleep(POLL_S)

    async def roots_equal(self) -> bool:
        """Whether all nodes that run have one root, compared at a moment when they stand at one height."""
        while True:
            seen = [await self.status(name) for name in self.running]
            if len({one.height for one in seen}) == 1:
                return len({one.root for one in seen}) == 1
            await trio.sleep(POLL_S)

    @property
    def running(self) -> list[str]:
        return [name for name, child in self.children.items() if child.process.poll() is None]

    def memory_bytes(self, name: str) -> int:
        """Resident memory of the process itself."""
        with open(f"/proc/{self.children[name].process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def processor_s(self) -> dict[str, float]:
        """Seconds of processor time so far: of each node's own process, of all that nodes started (``solvers``),
        and of this process, which makes the load and asks how far the nodes are (``load``)."""
        nodes = {name: child.process.pid for name, child in self.children.items()}
        return {
            **{name: used(pid).own_s for name, pid in nodes.items()},
            "solvers": sum(map(started_s, nodes.values())),
            "load": time.process_time(),
        }


@asynccontextmanager
async def open_bed(
    wanted: Sequence[NodeWanted], timeouts: Timeouts | None = None, folder: Path | None = None
) -> AsyncIterator[Bed]:
    """All nodes running and ready. Homes are forgotten afterwards unless ``folder`` keeps them."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as scratch:
        made = make_homes(folder or Path(scratch), wanted, timeouts or Timeouts(), changed=with_owners)
        async with open_client() as client:
            bed = Bed({one.name: one for one in made}, Desk(client))
            try:
                for name in bed.made:
                    await bed.start(name)
                await bed.ready(list(bed.made))
                yield bed
            finally:
                await stop_all(list(bed.children.values()))


def with_owners(genesis: Genesis) -> Genesis:
    """The development genesis with the load's owners in it, each with as much of every asset as a thousand ETH are
    worth: none runs out of what it keeps giving."""
    funds = tuple(Leg(asset, units(asset, 1_000 * WORTH[ETH] / WORTH[asset])) for asset in DECIMALS)
    owners = {holder_of(key.public): funds for key in OWNERS}
    return replace(genesis, balances={**genesis.balances, **owners})


def run(measure: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """``trio.run``, where whatever asks it to end is met like Ctrl-C: no node outlives its benchmark.

    That then ends with a line on stderr and exit code 130.
    """
    end_like_ctrl_c()
    try:
        return trio.run(measure, *arguments)
    except KeyboardInterrupt:
        pass
    except BaseExceptionGroup as group:
        if group.subgroup(KeyboardInterrupt) is None:
            raise
    print("interrupted", file=sys.stderr)
    raise SystemExit(EXIT_INTERRUPTED)
