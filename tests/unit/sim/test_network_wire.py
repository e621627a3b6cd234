"""Direct streams: delays, queues, loss, copies, cuts, computing; every message accounted for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.errors import WrongValue
from sim.kernel import Kernel
from sim.network.counters import Drop
from sim.network.model import ONE, Jitter, LinkModel, Spread
from sim.network.regions import one_way_us
from sim.network.state import Network
from sim.network.topology import Plan, Shape, Topology, draw
from sim.network.wire import FRAME_BYTES, Streams
from tests.gossip_worlds import CONSTANT, LONG_US, full, line


def streams(topology: Topology, model: LinkModel, seed: int = 1) -> tuple[Kernel, Network, Streams]:
    kernel = Kernel(seed)
    network = Network(kernel, topology, model)
    return kernel, network, Streams(network)


def sent_all(
    model: LinkModel, sizes: Sequence[int], gap_us: int = 0, topology: Topology | None = None
) -> tuple[Network, list[tuple[int, int]]]:
    """Messages 0, 1, … of these sizes from node 0 to node 1; (when, which) of those that arrived."""
    kernel, network, wire = streams(topology or line(2), model)
    arrived: list[tuple[int, int]] = []
    for number, size in enumerate(sizes):
        kernel.at(number * gap_us, wire.send, 0, 1, size, lambda n: arrived.append((kernel.now_us, n)), number)
    kernel.run(LONG_US)
    return network, arrived


def test_a_stream_takes_the_quickest_path() -> None:
    """Not the fewest links: 0 – 2 directly takes 10 ms, over 1 it takes 7."""
    kernel, network, wire = streams(
        Topology(3, ((0, 1), (0, 2), (1, 2)), (3_000, 10_000, 4_000)), LinkModel(CONSTANT)
    )
    arrived: list[int] = []
    wire.send(0, 2, 1, lambda: arrived.append(kernel.now_us))
    kernel.run(LONG_US)
    assert arrived == [7_000]
    assert [network.path_us(2, other) for other in range(3)] == [7_000, 4_000, 0]


def test_streams_between_regions_take_no_longer_than_was_measured() -> None:
    """Nodes of a full mesh over regions: the measured delay, or a detour that is quicker."""
    topology = draw(Plan(Shape.FULL, 10, 9), Kernel(1).stream("t"))
    topology = Topology(10, topology.links, tuple(one_way_us(u, v) for u, v in topology.links), tuple(range(10)))
    network = Network(Kernel(1), topology, LinkModel())
    assert all(network.path_us(u, v) <= one_way_us(u, v) for u, v in topology.links)
    assert network.path_us(3, 4) == one_way_us(3, 4)


@given(
    sizes=st.lists(st.integers(0, 3_000), min_size=1, max_size=30),
    bandwidth=st.sampled_from([100_000, 1_000_000, 8_000_000]),
    queue=st.sampled_from([0, 1_500, 10_000]),
    gap_us=st.sampled_from([0, 500, 20_000]),
)
@settings(max_examples=80, deadline=None)
def test_a_queue_conserves_order_and_bytes(sizes: list[int], bandwidth: int, queue: int, gap_us: int) -> None:
    """First in, first out; what is let in leaves at the bandwidth, never idle; what is not is counted."""
    model = LinkModel(CONSTANT, bandwidth_bps=bandwidth, queue_bytes=queue)
    network, arrived = sent_all(model, sizes, gap_us)
    counters = network.counters.totals()
    assert [number for _, number in arrived] == sorted(number for _, number in arrived)
    assert len(arrived) + counters["dropped_queue"] == len(sizes)
    assert counters["messages_out"] == counters["messages_in"] == len(arrived)
    assert counters["bytes_in"] == sum(sizes[number] + FRAME_BYTES for _, number in arrived)
    free_us = 0
    taken = {number: at_us for at_us, number in arrived}
    for number, size in enumerate(sizes):
        now_us = number * gap_us
        waiting_us = max(0, free_us - now_us)
        assert (number in taken) == (waiting_us * bandwidth <= queue * 8_000_000 or waiting_us == 0)
        if number in taken:
            free_us = max(now_us, free_us) + -(-(size + FRAME_BYTES) * 8_000_000 // bandwidth)
            assert taken[number] == free_us + 1_000


def test_a_full_queue_drops_and_counts() -> None:
    """1,000 bytes of room at 1 Mbit/s: of 10 frames of 500 bytes at once the first and three that wait fit."""
    model = LinkModel(CONSTANT, bandwidth_bps=1_000_000, queue_bytes=1_000)
    network, arrived = sent_all(model, [400] * 10)
    assert [number for _, number in arrived] == [0, 1, 2]
    assert network.counters.dropped[Drop.QUEUE].tolist() == [7, 0]


def test_links_do_not_wait_for_one_another() -> None:
    """Each direction and each pair has a queue of its own."""
    kernel, _, wire = streams(full(3), LinkModel(CONSTANT, bandwidth_bps=1_000_000))
    arrived: list[int] = []
    for source, target in ((0, 1), (1, 0), (0, 2), (2, 1)):
        wire.send(source, target, 900, lambda: arrived.append(kernel.now_us))
    kernel.run(LONG_US)
    assert arrived == [9_000] * 4


def test_a_node_computes_one_frame_at_a_time() -> None:
    """Three at once are dealt with after one, two and three times the cost; when it dies, what waits dies too."""
    _, arrived = sent_all(LinkModel(CONSTANT, frame_cpu_us=400), [10] * 3)
    assert [at_us for at_us, _ in arrived] == [1_400, 1_800, 2_200]
    kernel, network, wire = streams(line(2), LinkModel(CONSTANT, frame_cpu_us=400))
    heard: list[int] = []
    for _ in range(3):
        wire.send(0, 1, 10, lambda: heard.append(kernel.now_us))
    kernel.at(1_500, network.down, 1)
    kernel.at(1_501, network.up, 1)
    kernel.run(LONG_US)
    assert heard == [1_400]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_shares_of_loss_and_copies_are_what_was_asked_for(share: float) -> None:
    """Within five standard deviations over 4,000 messages; what is lost is counted as lost."""
    spread = 5 * (4_000 * share * (1 - share)) ** 0.5
    network, arrived = sent_all(LinkModel(loss=share), [1] * 4_000)
    assert abs(4_000 - len(arrived) - 4_000 * share) < spread
    assert network.counters.totals()["dropped_lost"] == 4_000 - len(arrived)
    _, arrived = sent_all(LinkModel(copies=share), [1] * 4_000)
    assert abs(len(arrived) - 4_000 - 4_000 * share) < spread
    assert {number for _, number in arrived} == set(range(4_000))


def test_what_is_held_back_is_overtaken() -> None:
    """A share arrives later by just that much, the others in order."""
    model = LinkModel(CONSTANT, reordered=0.2, held_us=5_000)
    _, arrived = sent_all(model, [1] * 500, gap_us=1_000)
    late = [number for at_us, number in arrived if at_us == number * 1_000 + 6_000]
    assert 60 < len(late) < 140
    assert len(late) + sum(at_us == number * 1_000 + 1_000 for at_us, number in arrived) == 500
    assert [number for _, number in arrived] != sorted(number for _, number in arrived)


def test_cuts_stop_what_is_sent_after_them() -> None:
    """One way, or between groups; what is under way arrives; counted as cut."""
    kernel, network, wire = streams(full(3), LinkModel(CONSTANT))
    heard: list[tuple[int, int, int]] = []

    def send(source: int, target: int) -> None:
        wire.send(source, target, 1, lambda: heard.append((kernel.now_us, source, target)))

    kernel.at(0, send, 0, 1)
    kernel.at(500, network.cut_link, 0, 1)
    for at_us, pair in (
        (600, (0, 1)),
        (600, (1, 0)),
        (3_000, (0, 1)),
        (5_000, (0, 2)),
        (5_000, (1, 2)),
        (9_000, (0, 2)),
    ):
        kernel.at(at_us, send, *pair)
    kernel.at(2_000, network.restore_link, 0, 1)
    kernel.at(4_000, network.partition, [[2], [1]])
    kernel.at(8_000, network.heal)
    kernel.run(LONG_US)
    assert heard == [(1_000, 0, 1), (1_600, 1, 0), (4_000, 0, 1), (10_000, 0, 2)]
    assert network.counters.dropped[Drop.CUT].tolist() == [2, 1, 0]


def test_what_was_under_way_to_a_node_that_died_is_lost() -> None:
    """Even if the node is there again when it would have come; a dead node sends nothing."""
    kernel, network, wire = streams(line(2), LinkModel(CONSTANT))
    heard: list[int] = []
    wire.send(0, 1, 1, lambda: heard.append(kernel.now_us))
    kernel.at(100, network.down, 1)
    kernel.at(150, wire.send, 1, 0, 1, lambda: heard.append(-1))
    kernel.at(200, network.up, 1)
    kernel.at(300, wire.send, 0, 1, 1, lambda: heard.append(kernel.now_us))
    kernel.run(LONG_US)
    assert heard == [1_300]
    assert network.counters.dropped[Drop.DOWN].tolist() == [0, 1]


def test_factors_have_the_shape_they_are_named_after() -> None:
    """Median 1; a lognormal's quartiles; a uniform's ends; never beyond the bound."""
    lognormal = Jitter(Spread.LOGNORMAL, 0.5).factors() / ONE
    assert abs(lognormal[32_768] - 1) < 1e-3
    assert abs(lognormal[49_152] - 1.4012) < 1e-3  # exp(0.5 · 0.67449)
    assert Jitter(Spread.LOGNORMAL, 5.0).factors().max() == 64 * ONE
    uniform = Jitter(Spread.UNIFORM, 0.4).factors() / ONE
    assert abs(uniform[0] - 0.6) < 1e-3
    assert abs(uniform[-1] - 1.4) < 1e-3
    assert set(CONSTANT.factors().tolist()) == {ONE}


@pytest.mark.parametrize(
    "wrong", [{"loss": 1.0}, {"copies": -0.1}, {"bandwidth_bps": -1}, {"jitter": Jitter(Spread.UNIFORM, 1.5)}]
)
def test_links_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    """By name, with the value."""
    with pytest.raises(WrongValue, match=r"links\."):
        LinkModel(**wrong)  # type: ignore[arg-type]
