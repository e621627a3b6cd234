"""A network of real node processes on loopback that a test may kill, stop, cut off and heal.

``open_network`` makes homes, puts a TCP link (``tests.e2e.links``) before every port that another node dials,
starts the processes and leaves none behind. All calls are plain and blocking; waiting is always for something,
with a bound that says what did not happen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx

from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.home.development import MAKER, accounts
from node.livedemo.desk import market_of
from node.livedemo.homes import MadeNode, NodeWanted, add_home, make_homes
from node.livedemo.trading import Crowd, Signed, Taste
from tests.e2e.links import Link, Links, open_links

#: As short as a loaded machine takes: about a second and a half a batch.
SHORT = Timeouts((500, 600, 300), 1_000, 400, 400, 200)
WALRAS = Path(sys.executable).with_name("walras")
READY_S = 60.0
POLL_S = 0.1


@dataclass(eq=False)
class RunningNode:
    """A node's process, which may be started again and again."""

    made: MadeNode
    client: httpx.Client
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.made.name

    @property
    def url(self) -> str:
        return self.made.url

    # Life

    def start(self) -> None:
        assert self.process is None or self.process.poll() is not None
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WALRAS_")}
        with self.made.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.made.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )

    def kill(self) -> None:
        """``kill -9``, and its children with it."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.terminate()
        self.process.communicate(timeout=20)
        return self.process.returncode

    def pause(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def log(self) -> str:
        return self.made.log.read_text("utf-8", "replace")

    # What it says

    def get(self, path: str) -> Any:
        """The document at ``path``; ``None`` where the node does not answer or has none."""
        try:
            answer = self.client.get(self.url + path)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.status_code == httpx.codes.OK else None

    @property
    def ready(self) -> bool:
        return self.get("/health/ready") is not None

    def status(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] | None = self.get("/v1/status")
        return found if found is not None else {}

    @property
    def height(self) -> int:
        return int(self.status().get("height", -1))

    def root_at(self, height: int) -> str | None:
        """The state root after that block."""
        found = self.get(f"/v1/blocks?before={height + 1}&limit=1")
        rows = found["blocks"] if found else []
        return str(rows[0]["root"]) if rows and rows[0]["height"] == height else None

    def auctions(self, limit: int = 50) -> list[Mapping[str, Any]]:
        """Settled ones, the newest first."""
        found = self.get(f"/v1/auctions?limit={limit}")
        return list(found["auctions"]) if found else []

    def post(self, path: str, document: object, token: str | None = None) -> httpx.Response:
        return self.client.post(
            self.url + path, json=document, headers={"Authorization": f"Bearer {token or self.made.token}"}
        )

    def submit(self, item: bytes) -> httpx.Response:
        return self.post("/v1/intents", {"item": "0x" + item.hex()})


@dataclass(eq=False)
class Network:
    """Running nodes by name, and the links between them by (who dials, who is dialled)."""

    root: Path
    nodes: dict[str, RunningNode]
    links: Links
    between: dict[tuple[str, str], Link]
    client: httpx.Client

    def __getitem__(self, name: str) -> RunningNode:
        return self.nodes[name]

    @property
    def validators(self) -> list[RunningNode]:
        return [node for node in self.nodes.values() if node.made.role == "validator"]

    def around(self, name: str) -> list[Link]:
        """Every link that ends at that node."""
        return [link for ends, link in self.between.items() if name in ends]

    def cut_off(self, name: str) -> None:
        for link in self.around(name):
            self.links.cut(link)

    def reconnect(self, name: str) -> None:
        for link in self.around(name):
            self.links.mend(link)
            self.links.let_go(link)

    def same_root(self, nodes: Sequence[RunningNode], height: int, seconds: float = 30.0) -> str:
        """The root that all of them have after ``height``, once the last is there. Fails where two differ."""
        wait_until(lambda: all(node.height >= height for node in nodes), seconds, f"all at height {height}")
        roots = {node.name: node.root_at(height) for node in nodes}
        assert len(set(roots.values())) == 1, roots
        root = next(iter(roots.values()))
        assert root is not None, f"nobody has block {height} any more"
        return root

    def moves_on(self, node: RunningNode, heights: int, seconds: float = 60.0) -> float:
        """Wait for so many more heights; the seconds they took."""
        first, began = node.height, time.monotonic()
        wait_until(lambda: node.height >= first + heights, seconds, f"{node.name} beyond height {first + heights}")
        return time.monotonic() - began


def join(network: Network, wanted: NodeWanted) -> RunningNode:
    """A new node beside the others, started; its links are in ``between`` as theirs."""
    others = [node.made for node in network.nodes.values()]

    def through(dialler: str, dialled: str, port: int) -> int:
        network.between[dialler, dialled] = link = network.links.add(port)
        return link.port

    node = RunningNode(add_home(network.root, wanted, others, through=through), network.client)
    network.nodes[node.name] = node
    node.start()
    wait_until(lambda: node.ready, READY_S, f"{node.name} ready")
    return node


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll; fail by name after ``seconds``."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(POLL_S)


@contextmanager
def open_network(
    root: Path, wanted: Sequence[NodeWanted], timeouts: Timeouts = SHORT, *, started: bool = True
) -> Iterator[Network]:
    """Running and ready, unless told not to start."""
    with open_links() as links, httpx.Client(timeout=10, trust_env=False) as client:
        between: dict[tuple[str, str], Link] = {}

        def through(dialler: str, dialled: str, port: int) -> int:
            between[dialler, dialled] = link = links.add(port)
            return link.port

        made = make_homes(root, wanted, timeouts, through=through)
        nodes = {one.name: RunningNode(one, client) for one in made}
        network = Network(root, nodes, links, between, client)
        try:
            if started:
                for node in nodes.values():
                    node.start()
                for node in nodes.values():
                    wait_until(lambda node=node: node.ready, READY_S, f"{node.name} ready")  # type: ignore[misc]
            yield network
        except BaseException:
            for node in network.nodes.values():
                print(f"--- {node.name}\n{node.log()[-3000:]}" if node.made.log.exists() else node.name)
            raise
        finally:
            for node in network.nodes.values():
                if node.process is not None:
                    node.kill()


def people(node: RunningNode, seed: int, taste: Taste | None = None) -> Crowd:
    """The development accounts as they sign for the node's network."""
    market = market_of(node.get("/v1/assets"), node.get("/v1/network"))
    keys = [SigningKey.from_seed(account.seed) for account in accounts() if account.name != MAKER]
    return Crowd(market.network, market.numeraire, market.assets, keys, Random(seed), taste or Taste(meeting=100))


def hand_in(crowd: Crowd, nodes: Sequence[RunningNode], count: int) -> list[Signed]:
    """So many or one more intents signed and acknowledged, by the nodes in turn."""
    found: list[Signed] = []
    auction = max(int(node.status()["auction"]) for node in nodes)
    while len(found) < count:
        for signed in crowd.come(auction):
            answer = nodes[len(found) % len(nodes)].submit(signed.item)
            assert answer.status_code == httpx.codes.ACCEPTED, answer.text
            found.append(signed)
    return found


def states(node: RunningNode, signed: Sequence[Signed]) -> list[str]:
    """What the node says has become of them; "unknown" where it knows nothing of one."""
    lives = [node.get(f"/v1/intents/0x{one.id.hex()}") for one in signed]
    return [life["state"] if life is not None else "unknown" for life in lives]
