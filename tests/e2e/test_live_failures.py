"""Four validator processes through everything that may happen to them, one thing after another.

The tests share one network and leave it whole; each begins where the one before ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from node.home.config import RoleName
from node.livedemo.homes import NodeWanted
from node.livedemo.trading import Crowd
from tests.e2e.command_line import walras
from tests.e2e.links import Way
from tests.e2e.network import (
    Network,
    hand_in,
    join,
    open_network,
    people,
    states,
    wait_until,
)

WANTED = [NodeWanted(f"v{number}", spec="" if number else "naive") for number in range(4)]
TRADED = {"settled", "part_filled"}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with open_network(tmp_path_factory.mktemp("network"), WANTED) as opened:
        yield opened


@pytest.fixture(scope="module")
def crowd(network: Network) -> Crowd:
    return people(network["v0"], 1)


def test_an_intent_settles_everywhere_and_its_receipt_verifies_offline(
    network: Network, crowd: Crowd, tmp_path: Path
) -> None:
    """Handed in at one node, settled at all; another node's receipt passes the checker, which knows no network."""
    signed = hand_in(crowd, [network["v1"]], 4)
    wait_until(lambda: TRADED & set(states(network["v3"], signed)) != set(), 60, "an intent has traded at v3")
    life = next(
        life for one in signed if (life := network["v3"].get(f"/v1/intents/0x{one.id.hex()}"))["state"] in TRADED
    )
    auction = life["trades"][0]["auction"]
    receipts = {
        node.client.get(f"{node.url}/v1/auctions/{auction}/receipt").content
        for node in (network["v2"], network["v3"])
    }
    assert len(receipts) == 1
    file = tmp_path / "receipt.json"
    file.write_bytes(receipts.pop())
    assert walras("auction", "verify", file).code == 0
    file.write_bytes(file.read_bytes().replace(b'"executed":', b'"executed" : 1, "was":', 1))
    assert walras("auction", "verify", file).code != 0


def test_batches_go_on_when_one_is_killed_and_it_catches_up(network: Network, crowd: Crowd) -> None:
    """``kill -9`` of one of four: intents still settle; started again, it has the others' ledger."""
    network["v2"].kill()
    left = [network[name] for name in ("v0", "v1", "v3")]
    signed = hand_in(crowd, left, 4)
    wait_until(lambda: TRADED & set(states(left[1], signed)) != set(), 60, "an intent has traded without v2")
    network["v2"].start()
    wait_until(lambda: network["v2"].ready, 60, "v2 ready again")
    network.same_root(network.validators, left[0].height)


def test_one_that_is_cut_off_says_so_and_recovers(network: Network) -> None:
    """It decides nothing by itself and is not ready; the others go on; joined again, it has their ledger."""
    network.cut_off("v3")
    wait_until(lambda: network["v3"].status().get("ready") is False, 60, "v3 says that it is in trouble")
    stood = network["v3"].height
    assert network["v3"].status()["trouble"] != ""
    assert network["v3"].client.get(network["v3"].url + "/health/ready").status_code == 503
    network.moves_on(network["v0"], 4)
    assert network["v3"].height == stood
    network.reconnect("v3")
    wait_until(lambda: network["v3"].ready, 60, "v3 ready again")
    network.same_root(network.validators, network["v0"].height)


def test_one_whose_words_are_held_back_recovers(network: Network) -> None:
    """Nothing it says gets out, and all it is told gets in, as through a broken switch."""
    for (dialler, dialled), link in network.between.items():
        if "v1" in (dialler, dialled):
            network.links.hold(link, Way.THERE if dialler == "v1" else Way.BACK)
    network.moves_on(network["v0"], 4)
    network.reconnect("v1")
    wait_until(lambda: network["v1"].ready, 60, "v1 ready again")
    network.same_root(network.validators, network["v0"].height)


def test_half_of_them_halts_without_a_fork_and_goes_on(network: Network, crowd: Crowd) -> None:
    """Two of four decide nothing; what is handed in meanwhile is kept and settles when the others are back."""
    assert network["v2"].stop() == 0
    network["v3"].pause()
    left = [network["v0"], network["v1"]]
    wait_until(lambda: not any(node.ready for node in left), 60, "both are in trouble")
    stood = [node.height for node in left]
    signed = hand_in(crowd, left, 4)
    assert [node.height for node in left] == stood
    network["v2"].start()
    network["v3"].go_on()
    wait_until(lambda: TRADED & set(states(network["v2"], signed)) != set(), 90, "an intent has traded at v2")
    network.same_root(network.validators, max(stood) + 1)
    wait_until(lambda: all(node.ready for node in network.validators), 60, "all ready")


def test_a_late_node_gets_the_same_ledger(network: Network, crowd: Crowd) -> None:
    """A full node that joins late follows, and takes in an intent that settles."""
    late = join(network, NodeWanted("late", RoleName.FULL))
    network.same_root([*network.validators, late], network["v0"].height)
    signed = hand_in(crowd, [late], 4)
    wait_until(lambda: TRADED & set(states(network["v1"], signed)) != set(), 60, "an intent of late's has traded")


def test_no_intent_that_was_acknowledged_is_unknown(network: Network, crowd: Crowd) -> None:
    """After all of that and a ``kill -9`` right after the acknowledgement, every node knows each of them."""
    signed = hand_in(crowd, [network["v1"]], 6)
    network["v1"].kill()
    network["v1"].start()
    wait_until(lambda: network["v1"].ready, 60, "v1 ready again")
    height = network["v0"].height
    network.moves_on(network["v0"], 3)
    for node in network.validators:
        wait_until(lambda node=node: node.height > height, 60, f"{node.name} beyond {height}")  # type: ignore[misc]
        wait_until(lambda node=node: "unknown" not in states(node, signed), 60, f"{node.name} knows all")  # type: ignore[misc]
    assert not any("Traceback" in node.log() for node in network.nodes.values())


def test_writing_needs_the_token(network: Network, crowd: Crowd) -> None:
    """A node's token is its own: another node's does not open it."""
    item = crowd.come(1)[0].item
    answer = network["v0"].post("/v1/intents", {"item": "0x" + item.hex()}, token=network["v1"].made.token)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
